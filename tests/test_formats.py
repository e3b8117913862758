"""The formats for CI servers and comments: their limits and escapes, and several at once."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from fleetmod.model import REFUSE, REWRITE, Finding
from fleetmod.report import github, gitlab, junit, markdown
from fleetmod.report.report import Entry, Report, Unproven
from fleetmod.rules import Rule
from tests.repo import fleetmod, make

RULE = Rule("a-rule", "a title", "home", "path", "", "prose")
FILES = {
    "package.json": '{\n  "name": "acme"\n}\n',
    "fleetmod.toml": 'version = 1\n[workspace]\ngate = ["src"]\n[home]\nusers = ["alice"]\n',
    "src/a.ts": 'export const a = "/Users/alice/x";\n',
}


def finding(number: int, **more: object) -> Finding:
    plain = {
        "rule": RULE.id,
        "family": "home",
        "cls": "path",
        "path": f"src/{number:04}.ts",
        "start": 0,
        "end": 0,
        "line": 1,
        "col": 1,
        "text": '"/Users/alice"',
        "understood": "homeDir",
        "action": REWRITE,
        **more,
    }
    return Finding(**plain)  # type: ignore[arg-type]


def report(*findings: Finding, unproven: tuple[Unproven, ...] = ()) -> Report:
    entries = tuple(Entry(f, f"{n:032}") for n, f in enumerate(findings))
    return Report("audit", "acme", "", 7, (), entries, unproven, (RULE,), ("",), {})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("formats") / "r", dict(FILES))


def test_annotations_keep_to_the_limits_and_show_the_worst() -> None:
    many = [finding(n) for n in range(30)]
    worst = [finding(n, action=REFUSE, reason="by hand") for n in range(100, 130)]
    known = [finding(200, known=True), finding(201, suppressed="a reason")]
    lines = github.render(report(*many, *worst, *known)).splitlines()
    assert sum(line.startswith("::error ") for line in lines) == 10
    assert sum(line.startswith("::warning ") for line in lines) == 10
    assert lines[0].startswith("::error file=src/0100.ts,line=1,title=")
    assert lines[-1] == "fleetmod: 40 more are not annotated, for GitHub shows 10 a level."


def test_annotations_escape_what_would_end_them() -> None:
    why = "50% of\r\n::error::x"
    odd = finding(1, path="src/a,b:c%0A.ts", action=REFUSE, reason=why)
    line, *rest = github.render(report(odd)).splitlines()
    assert rest == []
    assert line.startswith("::error file=src/a%2Cb%3Ac%250A.ts,line=1,")
    assert line.endswith(": 50%25 of%0D%0A::error::x")


def test_nothing_new_is_said_so() -> None:
    assert github.render(report()) == "fleetmod: no new host-bound debt in 7 file(s).\n"


def test_the_steps_summary_is_written_and_added_to(root: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    env = {"GITHUB_STEP_SUMMARY": str(summary)}
    ran = fleetmod(root, "audit", "--format", "github", env=env)
    assert ran.code == 1 and ran.out.startswith("::warning file=src/a.ts,line=1,")
    assert "col=18,endColumn=34" in ran.out
    text = summary.read_text()
    assert text.startswith("before\n# Host-bound debt: 1 finding in 1 file\n")
    wrong = fleetmod(root, "audit", "--format", "github", env={"GITHUB_STEP_SUMMARY": "/nowhere/x"})
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("size", [10, 5000])
def test_markdown_fits_a_comment_and_counts_what_it_leaves_out(size: int) -> None:
    text = markdown.render(report(*(finding(n, reason="é" * 50) for n in range(size))))
    assert len(text) <= 65536
    rows = sum(line.startswith("| src/") for line in text.splitlines())
    if size == 10:
        assert rows == 10 and "not fit" not in text
    else:
        assert f"… and {size - rows} more row(s), which do not fit here." in text
    summary = github.summary(report(*(finding(n, reason="é" * 50) for n in range(size))), 2**20)
    assert len(summary.encode()) < 200


def test_junit_has_a_passing_case_when_clean() -> None:
    suite = ET.fromstring(junit.render(report()))[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")
    assert [len(case) for case in suite] == [0]


def test_junit_escapes_and_tells_outcomes_apart() -> None:
    text = junit.render(
        report(
            finding(1, text='<a & "b">\x1b[31m\x00\ufffe', path="src/<&>\x07.ts"),
            finding(2, suppressed="it's <fine>"),
            unproven=(Unproven("src/b.ts", 3, 4, "does not parse"),),
        )
    )
    suite = ET.fromstring(text)[0]
    failed, skipped, doubt = suite
    assert failed.get("file") == "src/<&>\ufffd.ts"
    assert '<a & "b">\ufffd[31m\ufffd\ufffd' in (failed[0].text or "")
    assert (skipped[0].tag, skipped[0].get("message")) == ("skipped", "it's <fine>")
    assert (doubt[0].tag, doubt.get("name")) == ("error", "src/b.ts:3-4 does not parse")
    counts = [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert counts == ["3", "1", "1", "1"]


def test_gitlab_has_what_its_widget_needs() -> None:
    doubt = Unproven("", 0, 0, "the folder nowhere of workspace.gate does not exist")
    hard = finding(2, action=REFUSE, reason="by hand")
    found = json.loads(gitlab.render(report(finding(1), hard, unproven=(doubt,))))
    assert [each["severity"] for each in found] == ["minor", "major", "critical"]
    for each in found:
        assert each["description"] and each["check_name"] and each["location"]["path"]
        assert each["location"]["lines"]["begin"] >= 1
    assert len({each["fingerprint"] for each in found}) == 3
    assert json.loads(gitlab.render(report())) == []


def test_several_reports_of_one_run(root: Path, tmp_path: Path) -> None:
    sarif, page = tmp_path / "a.sarif", tmp_path / "b.html"
    options = ["--format", "sarif", "--output", str(sarif), "--format", "html"]
    for last in (["--format", "json"], ["--format", "json", "--output", "-"]):
        ran = fleetmod(root, "audit", *options, "--output", str(page), *last)
        assert ran.code == 1
        assert json.loads(ran.out)["format"] == "fleetmod-audit"
    assert json.loads(sarif.read_text())["version"] == "2.1.0"
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--format", "json", "--format", "sarif"], "only one format can go to standard output"),
        (["--output", "x", "--output", "y"], "2 --output for 1 --format"),
        (
            ["--format", "json", "--output", "x", "--format", "html", "--output", "x"],
            "two formats cannot go to one --output",
        ),
        (["--format", "yaml"], "'yaml' is not one of"),
        (["--format", "html", "--history", "none.json"], "none.json: cannot be read"),
    ],
)
def test_what_does_not_fit_together(root: Path, options: list[str], said: str) -> None:
    for command in ("audit", "gate"):
        ran = fleetmod(root, command, *options)
        assert (ran.code, ran.out) == (2, "") and said in ran.err


def test_what_a_grep_finds_and_the_gate_passes_over_stands_in_every_report(tmp_path: Path) -> None:
    files = dict(FILES)
    files["src/a.ts"] = "export const report = { launchctl: 1 };\n"
    root = make(tmp_path / "r", files)
    ran = fleetmod(root, "gate", "--phase", "1a", "--format", "sarif")
    (run,) = json.loads(ran.out)["runs"]
    assert (ran.code, run["results"]) == (0, [])
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["level"] == "note" and "launchctl-field" in note["message"]["text"]
    assert note["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    for form in ("text", "json", "junit", "markdown", "html"):
        ran = fleetmod(root, "gate", "--phase", "1a", "--format", form)
        assert ran.code == 0 and "launchctl-field" in ran.out
    for form in ("github", "gitlab"):  # which show each entry as something to mend
        ran = fleetmod(root, "gate", "--phase", "1a", "--format", form)
        assert ran.code == 0 and "launchctl-field" not in ran.out


def test_a_strict_gate_reports_the_lines_that_only_its_grep_finds(tmp_path: Path) -> None:
    files = dict(FILES)
    files["src/a.ts"] = "export const report = { launchctl: 1 };\n"
    root = make(tmp_path / "r", files)
    strict = ("gate", "--strict", "--phase", "1a", "--format")
    ran = fleetmod(root, *strict, "sarif")
    assert ran.code == 1
    (found,) = json.loads(ran.out)["runs"][0]["results"]
    assert found["ruleId"] == "gate-grep"
    assert found["locations"][0]["physicalLocation"]["region"]["startLine"] == 1
    for form in ("text", "json", "junit", "github", "gitlab", "markdown", "html"):
        ran = fleetmod(root, *strict, form)
        assert ran.code == 1 and "gate-grep" in ran.out
