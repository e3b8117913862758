"""The fixture with every shape of call, through audit and migration."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fleetmod.model import EXEMPT, REFUSE, Finding
from tests.differential.stage import NAMES, SOURCES, Stage, link_modules, migrate
from tests.node import check, node, npm
from tests.repo import fleetmod, tree

GOLDEN = Path(__file__).parent / "differential" / "golden"
REFUSED = [path for path in SOURCES if "/refused/" in path]
TRAPS = [path for path in SOURCES if "/traps/" in path]
_REASON = re.compile(r"// refused: (.+)$")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return migrate(tmp_path_factory.mktemp("shapes") / "repository")


def test_the_audit_explains_every_line_that_grep_counts(stage: Stage) -> None:
    document = json.loads(stage.audited.out)
    assert document["unexplained"] == []
    assert document["unparsed"] == [] and document["unreadable"] == []
    lines = [
        (path, number)
        for path, data in stage.before.items()
        if path.startswith("packages/") and path.endswith(".ts")
        for number, line in enumerate(data.decode().split("\n"), 1)
        if "launchctl" in line
    ]
    counted = {count["needle"]: count["lines"] for count in document["text"]}
    assert counted["launchctl"] == len(lines)
    explained = {(f["path"], line) for f in document["findings"] for line in f["lines"]}
    assert set(lines) <= explained


def test_nothing_else_is_refused(stage: Stage) -> None:
    assert stage.migrated.code == 1, stage.migrated.err  # for packages/refused
    left = [f for f in stage.plan.findings if f.action == REFUSE and "/refused/" not in f.path]
    assert not left, "\n".join(map(_told, left))
    assert stage.plan.unproven == ()


@pytest.mark.parametrize("path", REFUSED)
def test_each_refusal_has_the_reason_beside_it(stage: Stage, path: str) -> None:
    expected = {
        number: match[1]
        for number, line in enumerate(stage.before[path].decode().splitlines(), 1)
        if (match := _REASON.search(line))
    }
    findings = [f for f in stage.plan.findings if f.path == path and f.action != EXEMPT]
    assert [_told(f) for f in findings if f.action != REFUSE] == []
    assert sorted({f.line for f in findings}) == sorted(expected)
    wrong = [_told(f) for f in findings if expected[f.line] not in f.reason]
    assert not wrong, "\n".join(wrong)
    assert stage.after[path] == stage.before[path]


@pytest.mark.parametrize("path", TRAPS)
def test_what_is_no_debt_stays(stage: Stage, path: str) -> None:
    findings = [f for f in stage.plan.findings if f.path == path]
    assert [_told(f) for f in findings if f.action != EXEMPT] == []
    assert stage.after[path] == stage.before[path]


def test_the_second_migration_changes_nothing(stage: Stage) -> None:
    again = fleetmod(stage.root, "migrate")
    assert "rewrote 0 finding(s) in 0 file(s); 0 file(s) created" in again.out, again.out
    assert tree(stage.root) == stage.after


@pytest.mark.parametrize("path", [p for p in SOURCES if p not in REFUSED + TRAPS])
def test_the_rewritten_code(stage: Stage, path: str, file_regression: Any) -> None:
    """`pytest --force-regen` writes the golden files anew."""
    kept = GOLDEN / path.removeprefix("packages/").replace("/src/", "/")
    file_regression.check(stage.after[path], binary=True, fullpath=kept)


@pytest.mark.parametrize("version", ["before", "after"])
def test_it_type_checks(stage: Stage, version: str, tmp_path: Path) -> None:
    modules = npm(*NAMES)
    files = stage.before if version == "before" else stage.after
    for path, data in files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    link_modules(tmp_path, modules)
    tsc = modules / "typescript" / "bin" / "tsc"
    check(node(), tsc, "--noEmit", "--pretty", "false", cwd=tmp_path)


def _told(finding: Finding) -> str:
    what = finding.reason or finding.understood
    return f"{finding.path}:{finding.line} {finding.action} {finding.text}: {what}"
