"""SARIF: valid by the official schema and by Microsoft's validator, with regions that are right."""

from __future__ import annotations

import json
import platform
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from fleetmod import engine
from fleetmod.analysis import Analysis
from fleetmod.audit import audit
from fleetmod.detect import matches
from fleetmod.project import open_project
from fleetmod.report import sarif
from fleetmod.report.report import report_of
from fleetmod.sources import read_sources
from fleetmod.syntax.lines import Lines
from tests import node
from tests.repo import fleetmod, make

CODE = '\ufeff// 🚀\nexport const é = [`/Users/alice/x`, "🚀 /Users/alice/y"]; // /Users/alice/z\n'
REFUSED = 'import { execSync } from "node:child_process";\nexecSync("launchctl $1");\n'
CONFIG = """version = 1
[home]
users = ["alice"]
[runtime]
scope = "@acme"
"""
ODD = "packages/app/src/a #100% é:1.ts"
FILES = {
    "package.json": '{\n  "name": "acme"\n}\n',
    "packages/app/package.json": '{\n  "name": "@acme/app"\n}\n',
    "fleetmod.toml": CONFIG,
    ODD: CODE,
    "packages/app/src/refused.ts": REFUSED,
    "packages/app/src/broken.ts": 'export const a = 1;\n@@@ execSync("launchctl list") ###\n',
}
TOOL = "@microsoft/sarif-multitool-linux"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("sarif") / "r", dict(FILES))


@pytest.fixture(scope="module")
def log(root: Path) -> dict[str, Any]:
    ran = fleetmod(root, "audit", "--format", "sarif")
    assert ran.code == 1
    document: dict[str, Any] = json.loads(ran.out)
    return document


def _fixed(root: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], list[str]]:
    """The fixes of a report by the text of the finding, and each file that was searched for them,
    as often as it was."""
    project = open_project(root, cached=True)
    sources = read_sources(project)
    found, searched = audit(project, None, sources), []

    def counted(analysis: Analysis, *args: Any) -> Iterator[Any]:
        searched.append(analysis.source.path)
        return matches(analysis, *args)

    monkeypatch.setattr(engine, "matches", counted)
    report = report_of(project, found, sources, "audit", fixes=True)
    project.cache.save(whole=True)
    return {entry.finding.text: entry.fix for entry in report.entries if entry.fix}, searched


def test_a_file_is_searched_once_for_all_of_its_fixes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEETMOD_CACHE_DIR", str(tmp_path))
    fixes, searched = _fixed(root, monkeypatch)
    assert len(fixes) > 1 and searched == [ODD]
    plain = open_project(root, cached=True)
    audit(plain)
    plain.cache.save(whole=True)  # a report that shows no fixes keeps what is known of them
    assert _fixed(root, monkeypatch) == (fixes, [])


def result(log: dict[str, Any], text: str) -> dict[str, Any]:
    found = [
        each
        for each in log["runs"][0]["results"]
        if text in each["locations"][0]["physicalLocation"]["region"]["snippet"]["text"]
    ]
    assert len(found) == 1, found
    one: dict[str, Any] = found[0]
    return one


def cut(text: str, region: dict[str, int]) -> str:
    """The text of a region whose columns are code points and whose end is exclusive."""
    lines = text.removeprefix("\ufeff").split("\n")[region["startLine"] - 1 : region["endLine"]]
    lines[-1] = lines[-1][: region["endColumn"] - 1]
    lines[0] = lines[0][region["startColumn"] - 1 :]
    return "\n".join(lines)


def test_the_official_schema(log: dict[str, Any]) -> None:
    schema = json.loads((node.npm(TOOL) / TOOL / "sarif-2.1.0.json").read_text("utf-8-sig"))
    assert "2.1.0" in schema["title"]
    jsonschema.validators.validator_for(schema)(schema).validate(log)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the validator is a program for x86_64")
def test_the_validator_of_the_sarif_sdk(log: dict[str, Any], tmp_path: Path) -> None:
    """https://github.com/microsoft/sarif-sdk: its errors, and warnings but those on taste."""
    tool = node.npm(TOOL) / TOOL / "Sarif.Multitool"
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    written = tmp_path / "a.sarif"
    written.write_text(json.dumps(log))
    done = node.run(
        tool,
        *("validate", written, "--output", tmp_path / "out.sarif", "--log", "ForceOverwrite"),
        cwd=tmp_path,
        env={"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1", "HOME": str(tmp_path)},
    )
    assert (tmp_path / "out.sarif").is_file(), done.stdout + done.stderr
    said = json.loads((tmp_path / "out.sarif").read_text("utf-8-sig"))["runs"][0]
    assert [r for r in said.get("results", []) if r.get("level") == "error"] == []
    assert done.returncode == 0, done.stdout


def test_regions_count_code_points(log: dict[str, Any]) -> None:
    assert log["runs"][0]["columnKind"] == "unicodeCodePoints"
    for text in ("`/Users/alice/x`", '"🚀 /Users/alice/y"', "// /Users/alice/z"):
        where = result(log, text)["locations"][0]["physicalLocation"]
        assert cut(CODE, where["region"]) == text
        assert where["artifactLocation"]["uriBaseId"] in log["runs"][0]["originalUriBaseIds"]
        uri = where["artifactLocation"]["uri"]
        assert uri == "packages/app/src/a%20%23100%25%20%C3%A9%3A1.ts" and unquote(uri) == ODD


def test_a_fix_is_applied_as_it_says(log: dict[str, Any], root: Path) -> None:
    (fix,) = result(log, "`/Users/alice/x`")["fixes"]
    (change,) = fix["artifactChanges"]
    text = CODE.removeprefix("\ufeff")
    lines = text.split("\n")

    def offset(line: int, column: int) -> int:
        return sum(len(each) + 1 for each in lines[: line - 1]) + column - 1

    for each in reversed(change["replacements"]):
        region = each["deletedRegion"]
        start = offset(region["startLine"], region["startColumn"])
        end = offset(region["endLine"], region["endColumn"])
        text = text[:start] + each.get("insertedContent", {}).get("text", "") + text[end:]
    assert "`${nodeIdentity.homeDir}/x`" in text and "import { nodeIdentity }" in text
    assert '"🚀 /Users/alice/y"' in text, "only this finding is mended"


def test_levels_rules_and_ids(log: dict[str, Any], root: Path) -> None:
    run = log["runs"][0]
    refused = result(log, "launchctl $1")
    assert refused["level"] == "error" and "fixes" not in refused
    assert result(log, "`/Users/alice/x`")["level"] == "warning"
    for each in run["results"]:
        rule = run["tool"]["driver"]["rules"][each["ruleIndex"]]
        assert rule["id"] == each["ruleId"] and rule["help"]["text"] and rule["help"]["markdown"]
        assert list(each["partialFingerprints"]) == ["fleetmodFinding/v1"]
        assert "baselineState" not in each
    ids = [each["partialFingerprints"]["fleetmodFinding/v1"] for each in run["results"]]
    assert len(set(ids)) == len(ids)
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "endLine": 2}


def test_ids_outlive_moved_lines(root: Path, log: dict[str, Any], tmp_path: Path) -> None:
    moved = dict(FILES)
    moved[ODD] = CODE.replace("// 🚀\n", "// 🚀\n\n\n  ")
    again = json.loads(fleetmod(make(tmp_path / "m", moved), "audit", "--format", "sarif").out)

    def ids(of: dict[str, Any]) -> set[str]:
        return {r["partialFingerprints"]["fleetmodFinding/v1"] for r in of["runs"][0]["results"]}

    assert ids(again) == ids(log)


def test_suppressions_and_a_baseline(root: Path) -> None:
    project = open_project(root)
    sources = read_sources(project)
    audited = audit(project, None, sources)
    (first, *others) = audited.results
    marked = (
        replace(first.findings[0], suppressed="a reason"),
        replace(first.findings[1], known=True),
        *first.findings[2:],
    )
    audited = replace(audited, results=(replace(first, findings=marked), *others))
    log = json.loads(sarif.render(report_of(project, audited, sources, "audit", baseline=True)))
    one, two, three = log["runs"][0]["results"][:3]
    assert one["suppressions"] == [
        {"kind": "inSource", "status": "accepted", "justification": "a reason"}
    ]
    assert two["suppressions"] == []
    assert (two["baselineState"], three["baselineState"]) == ("unchanged", "new")
    schema = json.loads((node.npm(TOOL) / TOOL / "sarif-2.1.0.json").read_text("utf-8-sig"))
    jsonschema.validators.validator_for(schema)(schema).validate(log)


def test_a_gate_gives_the_same_ids(root: Path, log: dict[str, Any]) -> None:
    gate = json.loads(fleetmod(root, "gate", "--format", "sarif").out)
    own = [r for r in gate["runs"][0]["results"] if r["ruleId"] != "gate-grep"]
    assert [r["partialFingerprints"] for r in own] == [
        r["partialFingerprints"] for r in log["runs"][0]["results"]
    ]


def test_lines_of_bytes() -> None:
    data = "a🚀\nb".encode()
    lines = Lines(data)
    assert [lines.position(n) for n in (0, 1, 5, 6, 7)] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2)]
    assert Lines(b"").position(0) == (1, 1)
