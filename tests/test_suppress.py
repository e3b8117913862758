"""Directives that accept a finding: where they count, and what is wrong with those that do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.model import EXEMPT, REFUSE, REWRITE
from tests.repo import fleetmod, make
from tests.scan import look, migrated

CALL = 'execFileSync("launchctl", ["stop", "com.acme.worker"]);'
TOOL = "launchctl"
HEAD = 'import { execFileSync } from "node:child_process";\n'


def outcomes(text: str, path: str = "packages/app/src/example.ts") -> dict[str, str]:
    """What becomes of each rule's findings."""
    return {f.rule: f.action for f in look(text, path).findings}


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{CALL} // fleetmod-ignore launchctl-call: the installer owns it\n",
        f"{HEAD}// fleetmod-ignore launchctl-call: the installer owns it\n{CALL}\n",
        f"{HEAD}/* fleetmod-ignore launchctl-call: the installer owns it */\n{CALL}\n",
        f"{HEAD}// fleetmod-ignore launchctl-call: the installer owns it\n\n// and more\n{CALL}\n",
        f"// fleetmod-ignore-file launchctl-call: the installer owns it\n{HEAD}\n\n{CALL}\n",
        f"{HEAD}// fleetmod-ignore launchctl-call: owned\n{CALL.replace(',', ',' + chr(10))}\n",
        f"\ufeff// fleetmod-ignore-file launchctl-call: owned\r\n{HEAD}{CALL}\r\n",
    ],
    ids=["line", "next", "block", "past-comments", "file", "many-lines", "mark-and-returns"],
)
def test_a_directive_accepts_what_it_names(text: str) -> None:
    found = [f for f in look(text).findings if f.rule == "launchctl-call"]
    assert [(f.action, bool(f.suppressed)) for f in found] == [(EXEMPT, True)]
    assert "suppression" not in outcomes(text)
    assert migrated(text) == text


@pytest.mark.parametrize("behind", ["", "export const a = 1;\n"])
def test_a_directive_accepts_the_comments_below_it(behind: str) -> None:
    noted = f"/** as `{TOOL} load` does */\n// see {TOOL}(1)\n{behind}"
    text = f"// fleetmod-ignore launchctl-comment: a port of it\n{noted}"
    found = [f for f in look(text).findings if f.line > 1]
    assert [(f.rule, f.action) for f in found] == [("launchctl-comment", EXEMPT)] * 2
    assert migrated(text) == text


def test_a_directive_in_markup() -> None:
    view = (
        "export const view = (\n  <p>\n"
        "    {/* fleetmod-ignore launchctl-display: a page about macOS */}\n"
        "    run launchctl kickstart -k gui/501/com.acme.worker\n  </p>\n);\n"
    )
    assert outcomes(view, "packages/app/src/view.tsx") == {
        "launchctl-display": EXEMPT,
        "launchctl-comment": EXEMPT,
    }


def test_a_directive_does_not_reach_further() -> None:
    text = f"{HEAD}// fleetmod-ignore launchctl-call: this one\n{CALL}\n{CALL}\n"
    found = [f for f in look(text).findings if f.rule == "launchctl-call"]
    assert [f.action for f in found] == [EXEMPT, REWRITE]


def test_one_directive_for_two_rules() -> None:
    text = (
        f"{HEAD}// fleetmod-ignore launchctl-call, home-path: the old Mac\n"
        'execFileSync("launchctl", ["load", "/Users/alice/a.plist"]);\n'
    )
    assert set(outcomes(text).values()) == {EXEMPT}


@pytest.mark.parametrize(
    ("directive", "said"),
    [
        ("fleetmod-ignore launchctl-call:", "gives no reason"),
        ("fleetmod-ignore launchctl-call", "is no directive: write"),
        ("fleetmod-ignore launchctl-call because", "is no directive: write"),
        ("fleetmod-ignore", "is no directive: write"),
        ("fleetmod-ignore: everything", "is no directive: write `fleetmod-ignore RULE: reason`"),
        ("fleetmod-ignore all", "is no directive: write"),
        ("fleetmod-ignore is how one accepts a finding", "is no directive: write"),
        ("fleetmod-ignored launchctl-call: no", "is no directive: write"),
        ("fleetmod-ignore-next-line launchctl-call: x", "it counts for the next line of code"),
        ("fleetmod-ignore-line launchctl-call: x", "behind code, it counts for that line"),
        ("fleetmod-ignore-start", "there is none for a range of lines"),
        ("fleetmod-ignore-end", "there is none for a range of lines: delete it"),
        ("fleetmod-ignore-files launchctl-call: x", "is no directive: write"),
        ("FLEETMOD-IGNORE launchctl-call: x", "not in lower case"),
        ("Fleetmod-Ignore-File launchctl-call: x", "not in lower case"),
        ("fleetmod-ignore launchctl-cal: typo", "the unknown rule launchctl-cal"),
        ("fleetmod-ignore home-path: not here", "suppresses nothing of home-path"),
    ],
)
def test_a_directive_that_suppresses_nothing_is_a_finding(directive: str, said: str) -> None:
    found = look(f"{HEAD}// {directive}\n{CALL}\n").findings
    (own,) = (f for f in found if f.rule == "suppression")
    assert own.action == REFUSE and said in own.reason
    assert [f.action for f in found if f.rule == "launchctl-call"] == [REWRITE]


@pytest.mark.parametrize("comment", ["/* {} */", "/** {} */", "/*\n * {}\n */", "//! {}", "//{}"])
@pytest.mark.parametrize("directive", ["fleetmod-ignore-start", "FLEETMOD-IGNORE home-path: x"])
def test_what_no_comment_hides(comment: str, directive: str) -> None:
    found = look(f"{HEAD}{comment.format(directive)}\n{CALL}\n").findings
    assert [f.action for f in found if f.rule == "suppression"] == [REFUSE]
    assert [f.action for f in found if f.rule == "launchctl-call"] == [REWRITE]


def test_a_directive_of_several_lines_counts() -> None:
    text = f"{HEAD}/*\n * fleetmod-ignore launchctl-call: the installer owns it\n */\n{CALL}\n"
    assert set(outcomes(text).values()) == {EXEMPT}


@pytest.mark.parametrize(
    ("path", "code", "phase"),
    [
        ("run.sh", "#!/bin/sh\n# {}\nplutil -lint x\n", "host"),
        ("run.sh", "#!/bin/sh\n# {}\ncd /Users/alice/x\n", "portable"),
        ("run.py", 'import os\n# {}\nos.system("plutil -lint x")\n', "host"),
        ("run.py", '# {}\nHOME = "/Users/alice/x"\n', "portable"),
    ],
)
def test_scripts_are_told_the_same(path: str, code: str, phase: str, tmp_path: Path) -> None:
    config = 'version = 1\n[home]\nusers = ["alice"]\n'
    root = make(tmp_path / "r", {"package.json": "{}", "fleetmod.toml": config, path: ""})
    for directive in ("fleetmod-ignore: all", "fleetmod-ignore-next-line x: y", "FLEETMOD-IGNORE"):
        (root / path).write_text(code.format(directive))
        ran = fleetmod(root, "gate", "--phase", phase, "--format", "json")
        assert (ran.code, "is no directive" in ran.out) == (1, True), (directive, ran)


@pytest.mark.parametrize(
    "prose",
    [
        "// write fleetmod-ignore launchctl-call: reason to accept it\n",
        "// see fleetmod-ignore-start, which there is not\n",
        "/* one accepts a finding\n * fleetmod-ignore is how\n */\n",
        'export const help = "// fleetmod-ignore home-path: reason";\n',
    ],
)
def test_prose_is_no_directive(prose: str) -> None:
    assert "suppression" not in outcomes(prose)


def test_the_gate_passes_and_the_certificate_tells(tmp_path: Path) -> None:
    line = f"{CALL} // fleetmod-ignore launchctl-call: the installer owns it\n"
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r"}',
            "fleetmod.toml": "version = 1\n",
            "packages/app/package.json": '{"name": "app"}',
            "packages/app/src/a.ts": HEAD + line,
        },
    )
    passed = fleetmod(root, "gate", "--phase", "1a")
    assert (passed.code, "suppressed packages/app/src/a.ts:2" in passed.out) == (0, True)
    certificate = fleetmod(root, "gate", "--phase", "1a", "--format", "json").out
    assert '"reason": "the installer owns it"' in certificate
    (root / "packages/app/src/b.ts").write_text("// fleetmod-ignore home-path: long gone\n")
    assert fleetmod(root, "gate", "--phase", "1a").code == 1
    assert "suppresses nothing of home-path" in fleetmod(root, "audit").out
    assert fleetmod(root, "migrate", "--dry-run", "--only", "launchctl-call").code == 0


def test_explain_knows_directives(tmp_path: Path) -> None:
    told = fleetmod(tmp_path, "explain", "suppression")
    assert (told.code, "reason is required" in told.out.replace("\n", " ")) == (0, True)


@pytest.mark.parametrize(
    ("path", "text", "codes"),
    [
        ("a.sh", "# fleetmod-ignore shell-home: why\ncp /Users/sam/a b\n", 0),
        ("a.sh", "cp /Users/sam/a b # fleetmod-ignore shell-home: why\n", 0),
        ("a.sh", "echo ' # fleetmod-ignore shell-home: why'; cp /Users/sam/a b\n", 1),
        ("a.sh", "cat <<X\n# fleetmod-ignore-file shell-home: why\nX\ncp /Users/sam/a b\n", 1),
        ("a.py", "# fleetmod-ignore python-home: why\n\na = '/Users/sam/a'\n", 0),
        ("a.py", "é = '/Users/sam/a'  # fleetmod-ignore python-home: why\n", 0),
        ("a.py", "\f\na = '\u2028' + '/Users/sam/a'  # fleetmod-ignore python-home: why\n", 0),
        ("a.py", "t = '''\n# fleetmod-ignore-file python-home: why\n'''\na = '/Users/sam/a'\n", 1),
    ],
)
def test_a_directive_of_a_script_is_a_comment_of_it(
    tmp_path: Path, path: str, text: str, codes: int
) -> None:
    toml = 'version = 1\n[home]\nusers = ["sam"]\n'
    root = make(tmp_path / "r", {"fleetmod.toml": toml, path: text})
    ran = fleetmod(root, "gate", "--phase", "portable")
    assert ran.code == codes, ran.out
