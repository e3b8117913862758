"""Tools of one platform in shell scripts and in Python: each example of the rules, and the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.host import manifest, python, shell
from fleetmod.host.examples import HostExample, load_examples
from fleetmod.host.nature import surroundings
from fleetmod.host.tools import load_tools
from fleetmod.model import EXEMPT, FileResult
from tests.repo import fleetmod, make, tree

TOOLS = load_tools()
SCANS = {"shell": shell.scan, "python": python.scan}


def found(result: FileResult) -> list[str]:
    return [f.understood.split()[1].rstrip(",") for f in result.findings if f.action != EXEMPT]


@pytest.mark.parametrize("example", load_examples(), ids=lambda e: f"{e.language}: {e.title}")
def test_an_example_of_the_rules(example: HostExample) -> None:
    result = SCANS[example.language](example.path, example.code.encode(), TOOLS)
    assert found(result) == list(example.finds)
    assert result.unparsed == ()


def test_a_script_that_a_dockerfile_runs_is_for_its_image() -> None:
    code = b"apt-get update\n"
    around = surroundings(["FROM debian\nCOPY tools/setup.sh /\nRUN echo \\\n  && /setup.sh\n"], [])
    assert found(shell.scan("tools/setup.sh", code, TOOLS, around=around)) == []
    assert found(shell.scan("tools/other.sh", code, TOOLS, around=around)) == ["apt-get"]
    assert found(shell.scan("tools/setup.sh", b"brew update\n", TOOLS, around=around)) == ["brew"]


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("brew --version >/dev/null 2>&1 && brew bundle", []),
        ('if osascript -e x; then echo done; else echo "no desktop"; fi', []),
        ("if osascript -e x; then echo done; fi", ["osascript"]),
        ("brew update && brew bundle", ["brew"]),
    ],
)
def test_a_command_that_is_asked_only_needs_no_tool(code: str, names: list[str]) -> None:
    assert found(shell.scan("a.sh", f"#!/bin/bash\n{code}\n".encode(), TOOLS)) == names


def test_a_function_may_come_from_a_script_that_is_read() -> None:
    around = surroundings([], [b"say() { echo; }\n"])
    assert found(shell.scan("a.sh", b". ./lib.sh\nsay hello\n", TOOLS, around=around)) == []
    assert found(shell.scan("a.sh", b"say hello\n", TOOLS, around=around)) == ["say"]


@pytest.mark.parametrize(
    ("path", "exempt"),
    [
        ("scripts/macos/setup.sh", True),
        ("packaging/mac-client/build.sh", True),
        ("bin/installMacApps.sh", True),
        ("scripts/machine.sh", False),
        ("scripts/linux/mac-setup.sh", False),
        ("scripts/linux.sh", False),
    ],
)
def test_a_name_that_tells_the_platform(path: str, exempt: bool) -> None:
    assert (found(shell.scan(path, b"brew update\n", TOOLS)) == []) is exempt


def test_what_does_not_parse_and_names_a_tool_is_not_proven() -> None:
    broken = b"if then\nplutil x\n"
    assert shell.scan("a.sh", broken, TOOLS).unparsed != ()
    assert shell.scan("a.sh", broken.replace(b"plutil", b"open"), TOOLS).unparsed == ()
    old = b'import os\nprint "plutil"\n'
    assert python.scan("a.py", old, TOOLS).unparsed == ((1, 3),)
    assert python.scan("a.py", old.replace(b"plutil", b"say"), TOOLS).unparsed == ()
    for scan in SCANS.values():
        assert scan("a", b"import os # plutil \xff\n", TOOLS).unparsed != ()


def test_what_nests_too_deeply_is_not_proven() -> None:
    chain = b" && ".join([b"true"] * 5000) + b" && plutil x\n"
    assert shell.scan("a.sh", chain, TOOLS).unparsed == ((1, 2),)
    total = b"import os\nos.system(" + b" + ".join([b"a"] * 5000) + b" + 'plutil')\n"
    assert python.scan("a.py", total, TOOLS).unparsed == ((1, 3),)


def test_a_directive_that_meets_nothing_is_told() -> None:
    told = "# fleetmod-ignore host-tool: no longer\n"
    for language, code in (("shell", "ls plutil\n"), ("python", "import os\n")):
        (finding,) = SCANS[language]("a", (told + code).encode(), TOOLS).findings
        assert "suppresses nothing of host-tool" in finding.reason


MANIFEST = b"""{
  "name": "app",
  "scripts": {
    "show": "vitest run && cross-env A=1 open coverage/index.html",
    "show:any": "open x || xdg-open x",
    "build:mac": "xcodebuild -scheme \\"x\\"",
    "lint": "eslint open say"
  },
  "dependencies": { "open": "^10" }
}
"""


def test_the_scripts_of_a_manifest_are_commands() -> None:
    result = manifest.scan("packages/app/package.json", MANIFEST, TOOLS)
    told = [(f.line, f.symbol, f.action == EXEMPT) for f in result.findings]
    assert told == [(4, "scripts.show", False), (6, "scripts.build:mac", True)]
    first = result.findings[0]
    assert MANIFEST[first.start : first.end].startswith(b'"vitest run')
    assert manifest.scan("package.json", b"{", TOOLS).findings == ()


FILES: dict[str, str | bytes] = {
    "fleetmod.toml": 'version = 1\n[workspace]\ngate = ["packages"]\n',
    "packages/app/package.json": '{"name": "app"}\n',
    "packages/app/src/a.ts": "export const a = 1;\n",
    "scripts/copy.sh": "#!/bin/sh\necho x | pbcopy\n",
    "scripts/notify": "#!/usr/bin/env python3\nimport os\nos.system('osascript -e beep')\n",
    "docs/open.txt": "open pbcopy\n",
    "scripts/setup-mac.sh": "brew install jq\n",
}


def test_the_gate_asks_for_scripts_too_and_changes_none(tmp_path: Path) -> None:
    root = make(tmp_path / "r", FILES)
    gate = fleetmod(root, "gate", "--phase", "host")
    assert gate.code == 1 and "2 finding(s)" in gate.out
    assert "scripts/copy.sh:2: pbcopy exists on macOS only; ask first, with" in gate.out
    assert "scripts/notify:3: osascript" in gate.out
    assert "1 call(s) in 1 file(s) that are for one platform" in gate.out
    before = tree(root)
    assert fleetmod(root, "migrate", "--host-tools").code == 1
    assert tree(root) == before
    (root / "scripts/copy.sh").write_text("#!/bin/sh\n[ $(uname) = Darwin ] && pbcopy <x\n")
    (root / "scripts/notify").unlink()
    assert fleetmod(root, "gate", "--phase", "host").code == 0
