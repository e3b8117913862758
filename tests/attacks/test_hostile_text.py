"""Text of a repository on a terminal and in a log: it is shown, and neither of them obeys it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetmod.printed import as_lines, json_text, lines, one_line
from tests.repo import commit, fleetmod, git, make

OSC, BIDI = "\x1b]0;own\x07", "\u202e"
HEAD = 'import { execSync } from "node:child_process";\n'
CALL = f'execSync("launchctl kickstart {OSC}\x1b[8m\x9b2J{BIDI}##[add-mask]x ##vso[task.x]y");\n'
MULTI = "export const a = `launchctl\n::stop-commands::t\n  ::add-mask::u\n${b}`;\n"
NAMES = ("a\n::stop-commands::x.ts", "::add-mask::y.ts", "b\r\x1b[2J\u2066.ts", "##[error]z.ts")
CONFIG = 'version = 1\n[home]\nusers = ["alice"]\n[runtime]\nscope = "@acme"\n'


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "r", "workspaces": ["packages/*"]}\n',
        "fleetmod.toml": CONFIG,
        "packages/app/package.json": '{"name": "app", "type": "module"}\n',
        "packages/app/src/c.ts": HEAD + CALL + MULTI,
        "packages/app/src/broken\n::error::.ts": 'export const = = "launchctl stop x" (;\n',
        f"packages/app/src/run\n::warning::{OSC}.sh": "#!/bin/sh\nlaunchctl stop x\n",
    }
    files |= {f"packages/app/src/{name}": HEAD + CALL + MULTI for name in NAMES}
    root = make(tmp_path_factory.mktemp("text") / "r", files)
    (root / f"packages/app/src/new\n::error::{OSC}.ts").write_text(HEAD + CALL + MULTI)
    git(root, "add", "-A")
    return root


def assert_inert(text: str) -> None:
    """Nothing of it is obeyed, whatever a runner cuts off in front of a line."""
    odd = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert odd <= {"\n", "\t"}, text
    assert not [line for line in text.split("\n") if line.strip().startswith("::")]
    assert "##[" not in text and "##vso[" not in text


COMMANDS = [
    ["audit"],
    ["audit", "--format", "markdown"],
    ["check"],
    ["check", "--format", "markdown"],
    ["check", "--staged"],
    ["gate"],
    ["gate", "--phase", "host,portable"],
    ["baseline"],
    ["migrate", "--dry-run"],
    ["migrate", "--dry-run", "--all-languages", "--host-tools"],
    ["init", "--print"],
    ["trend"],
    ["explain", "launchctl-call"],
    ["explain", "no\n::error::such"],
    ["audit", "--only", f"x\n::error::{OSC}"],
    ["check", f"no\n::error::{OSC}"],
    ["migrate", "--apply", f"no\n::error::{OSC}"],
    [f"no\n::error::{OSC}"],
    ["audit", f"no\n::error::{OSC}"],
    ["-C", f"/no\n::error::{OSC}##[x]", "audit"],
]


@pytest.mark.parametrize("args", COMMANDS, ids=lambda args: " ".join(args)[:40].encode().hex())
def test_what_every_command_prints(args: list[str], root: Path) -> None:
    (root / ".fleetmod-baseline").unlink(missing_ok=True)
    ran = fleetmod(root, *args)
    assert ran.code in (0, 1, 2, 3) and ran.out + ran.err
    assert_inert(ran.out)
    assert_inert(ran.err)
    if args == ["audit"]:
        assert "a\\n::stop-commands::x.ts:2:" in ran.out and "\\x1b]0;own\\x07" in ran.out
        assert "\\u202e" in ran.out


def test_colours_are_all_that_a_terminal_gets(root: Path) -> None:
    here, there = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    command = [sys.executable, "-m", "fleetmod", "-C", str(root), "audit"]
    with subprocess.Popen(command, stdout=there, stderr=there, env=env) as running:
        os.close(there)
        seen = b""
        try:
            while part := os.read(here, 1 << 16):
                seen += part
        except OSError:  # the other end is closed
            pass
        assert running.wait() == 1
    os.close(here)
    text = seen.decode().replace("\r\n", "\n")
    assert "\x1b[" in text
    # colours, and what rich's bar does to its own line: hide the cursor, clear, go up
    odd = re.sub(r"\x1b\[(?!8m)(?:[0-9;]*m|\?25[lh]|2K|1A)", "", text).replace("\r", "")
    assert_inert(odd)


@pytest.mark.parametrize("form", ["json", "sarif", "gitlab"])
def test_json_means_the_same_and_is_inert(form: str, root: Path) -> None:
    ran = fleetmod(root, "audit", "--format", form)
    assert_inert(ran.out)
    named = map(unquote, _strings(json.loads(ran.out)))  # SARIF names files by their URL
    assert any(f"packages/app/src/{NAMES[0]}" in text for text in named)


def _strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in _strings(each)]
    return [value] if isinstance(value, str) else []


def test_annotations_are_the_only_commands(root: Path) -> None:
    out = fleetmod(root, "check", "--format", "github").out
    for line in out.splitlines():
        assert line.startswith(("::warning file=", "::error file=", "::error title=", "fleetmod: "))
        about = line.removeprefix("::").partition("::")
        assert_inert(about[0] + about[2])


def test_junit_is_read(root: Path) -> None:
    ElementTree.fromstring(fleetmod(root, "audit", "--format", "junit").out)


def test_what_git_says_is_shown(tmp_path: Path) -> None:
    """The subject of a commit, and a branch that an error quotes."""
    root = make(tmp_path / "r", {"package.json": "{}", "fleetmod.toml": CONFIG})
    git(root, "commit", "-q", "--allow-empty", "-m", f"{OSC}::error::x{BIDI}")
    assert_inert(fleetmod(root, "trend").out)
    ran = fleetmod(root, "trend", "--since", f"no\n::error::{OSC}")
    assert_inert(ran.out + ran.err)


@pytest.mark.skipif(sys.platform != "linux", reason="the disk takes UTF-8 names only")
def test_a_name_that_is_not_utf8(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"package.json": "{}", "fleetmod.toml": CONFIG})
    (root / os.fsdecode(b"a\xff\n::error::.ts")).write_text(HEAD + CALL)
    commit(root)
    for args in (["audit"], ["check"], ["gate"], ["audit", "--format", "json"]):
        ran = fleetmod(root, *args)
        assert ran.code in (1, 3)
        assert_inert(ran.out + ran.err)
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/no\xff")
    for args in (["check", odd], ["migrate", "--apply", odd], ["-C", odd, "init"]):
        ran = fleetmod(root, *args)
        assert (ran.code, ran.err.count("\n"), "\\xff" in ran.err) == (2, 1, True), ran


@pytest.mark.parametrize("key", ["scan", "exclude", "gate", "rules", "packages"])
def test_a_nul_in_the_configuration(key: str, tmp_path: Path) -> None:
    config = f'version = 1\n[workspace]\n{key} = ["a\\u0000b\\u001b]0;x"]\n'
    root = make(tmp_path / "r", {"package.json": "{}", "fleetmod.toml": config})
    for args in (["audit"], ["check"], ["gate"], ["migrate", "--dry-run"]):
        ran = fleetmod(root, *args)
        assert ran.code in (0, 1, 2, 3) and ran.err.count("\n") < 2, ran
        assert_inert(ran.out + ran.err)


@given(st.text())
def test_any_text(text: str) -> None:
    assert_inert(one_line(text))
    assert_inert(lines(text))
    assert_inert(as_lines([text, text]))
    assert "\n" not in one_line(text)
    document = json.dumps({"a": text}, ensure_ascii=False, indent=2)
    assert json.loads(json_text(document)) == {"a": text}
    assert_inert(json_text(document))


@given(st.text(alphabet=":# [vso\n\t a\u2028\x1b"))
def test_any_command(text: str) -> None:
    assert_inert(lines(text))
    assert_inert(as_lines([text]))


@pytest.mark.parametrize(
    "text", ["a b", "größe → 👨‍👩‍👧 é", "Foo::bar", "a # [b]", "می‌خواهم", "x:: y", "# b"]
)
def test_what_people_write_stays(text: str) -> None:
    assert one_line(text) == text == lines(text)
