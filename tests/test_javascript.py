"""JavaScript is read and rewritten as TypeScript is, in the module system that Node loads it by."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleetmod.syntax.built import is_built
from tests.node import node, run
from tests.repo import commit, fleetmod, make

CONFIG = """version = 1
[workspace]
gate = ["src"]
[home]
users = ["sam"]
[runtime]
scope = "@acme"
"""
REQUIRED = """const { execSync } = require("node:child_process");
const path = require("node:path");

function restart() {
  execSync("launchctl kickstart -k gui/501/com.acme.api");
}
module.exports = { restart, logs: path.join("/Users/sam", "logs") };
"""
IMPORTED = """import { execFileSync } from "node:child_process";

export function restart() {
  execFileSync("launchctl", ["kickstart", "-k", "gui/501/com.acme.api"]);
}
export const logs = "/Users/sam/logs";
"""
MODULE = '{"name": "acme", "private": true, "type": "module"}'
PLAIN = '{"name": "acme", "private": true}'


def migrated(root: Path, path: str, code: str, package: str = PLAIN) -> str:
    make(root, {"package.json": package, "fleetmod.toml": CONFIG, path: code})
    assert fleetmod(root, "migrate").code in (0, 1)
    return (root / path).read_text()


def linked(root: Path) -> None:
    folder = root / "node_modules/@acme"
    folder.mkdir(parents=True)
    for port in (root / "packages").iterdir():
        (folder / port.name).symlink_to(port)


def test_a_file_that_requires(tmp_path: Path) -> None:
    root = tmp_path / "r"
    code = migrated(root, "src/a.js", REQUIRED)
    assert 'const { nodeIdentity } = require("@acme/node-identity");' in code
    assert 'processManagerSync.restart("gui/501/com.acme.api")' in code
    assert "child_process" not in code
    linked(root)
    done = run(node(), "-p", "require('./src/a.js').logs", cwd=root, env={"HOME": "/srv/kim"})
    assert done.stdout == "/srv/kim/logs\n"


@pytest.mark.parametrize(("path", "package"), [("src/a.js", MODULE), ("src/a.mjs", PLAIN)])
def test_a_file_that_imports(tmp_path: Path, path: str, package: str) -> None:
    root = tmp_path / "r"
    code = migrated(root, path, IMPORTED, package)
    assert 'import { nodeIdentity } from "@acme/node-identity";' in code
    linked(root)
    script = f"import('./{path}').then((m) => console.log(m.logs))"
    done = run(node(), "-e", script, cwd=root, env={"HOME": "/srv/kim"})
    assert done.stdout == "/srv/kim/logs\n"


@pytest.mark.parametrize(
    ("path", "package", "line"),
    [
        ("src/pm2.config.js", PLAIN, 'const { nodeIdentity } = require("@acme/node-identity");'),
        ("src/pm2.config.cjs", MODULE, 'const { nodeIdentity } = require("@acme/node-identity");'),
        ("src/tool.js", MODULE, 'import { nodeIdentity } from "@acme/node-identity";'),
        ("src/tool.js", PLAIN, 'const { nodeIdentity } = require("@acme/node-identity");'),
        ("src/tool.mjs", PLAIN, 'import { nodeIdentity } from "@acme/node-identity";'),
    ],
)
def test_where_the_file_loads_nothing(tmp_path: Path, path: str, package: str, line: str) -> None:
    """Then its name, or the package, says by which system Node loads it."""
    code = '#!/usr/bin/env node\nconsole.log("/Users/sam/a");\n'
    if "config" in path:
        code = 'module.exports = { apps: [{ cwd: "/Users/sam/a" }] };\n'
    root = tmp_path / "r"
    assert line in migrated(root, path, code, package)
    linked(root)
    assert run(node(), path, cwd=root).returncode == 0


def test_a_port_that_is_required_already(tmp_path: Path) -> None:
    code = (
        'const { nodeIdentity: who, createNodeIdentity } = require("@acme/node-identity");\n'
        'const { settle } = require("@acme/process-manager");\n'
        'const { execSync } = require("node:child_process");\n'
        "exports.a = [who, createNodeIdentity, settle];\n"
        'exports.b = "/Users/sam/b";\n'
        'exports.c = () => {\n  execSync("launchctl kickstart system/com.acme.api");\n};\n'
    )
    after = migrated(tmp_path / "r", "src/a.cjs", code)
    assert "exports.b = `${who.homeDir}/b`;" in after
    assert 'const { settle, processManagerSync } = require("@acme/process-manager");' in after
    assert after.count("require(") == 2


@pytest.mark.parametrize(
    "code",
    [
        'fetch("/Users/sam/a");\n',
        '#!/usr/bin/osascript -l JavaScript\nconst a = "/Users/sam/a";\n',
    ],
    ids=["script of a page", "script of macOS"],
)
def test_a_script_of_another_host(tmp_path: Path, code: str) -> None:
    root = tmp_path / "r"
    assert migrated(root, "src/a.js", code) == code
    assert "what runs this file may know no modules" in fleetmod(root, "audit").out


def test_a_script_of_a_published_package(tmp_path: Path) -> None:
    """Its ports are TypeScript among its sources, which no script of Node can load."""
    root = tmp_path / "r"
    package = '{"name": "acme", "version": "1.0.0", "type": "module", "files": ["dist"]}'
    code = '#!/usr/bin/env node\nconsole.log("/Users/sam/a");\n'
    assert migrated(root, "src/tool.mjs", code, package) == code
    assert "its ports stand in its sources as TypeScript" in fleetmod(root, "audit").out


@pytest.mark.parametrize(
    "mark",
    [
        '"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\n',
        "var __defProp = Object.defineProperty;\n",
        "// @bun\n",
        f"var a = [{'0,' * 3000}];\n",
    ],
    ids=["tsc", "esbuild", "bun", "one long line"],
)
def test_what_a_tool_made_is_left(tmp_path: Path, mark: str) -> None:
    root = tmp_path / "r"
    code = f'{mark}exports.a = "/Users/sam/a";\n'
    assert migrated(root, "src/a.js", code) == code
    gate = json.loads(fleetmod(root, "gate", "--phase", "1b", "--format", "json").out)
    assert gate["not_looked_at"] == [
        {
            "kind": "built",
            "why": "JavaScript that a compiler or a bundler made",
            "files": 1,
            "named": ["src/a.js"],
        }
    ]


@pytest.mark.parametrize(
    ("code", "built"),
    [
        ("const tail = `\n//# sourceMappingURL=${name}.map\n`;\n", False),
        ("export const head = `\nvar __defProp = Object.defineProperty;\n`;\n", False),
        ("const marks = ['@generated', /@generated/];\n", False),
        (f"export const icon = 'data:image/png;base64,{'iVBORw' * 2000}';\n", False),
        (f"""export const map = '{'{"a":1},' * 2000}';\n""", False),
        ("/* @generated by a tool */\nexport const a = 1;\n", True),
        ("export const a = 1;\n//# sourceMappingURL=a.js.map\n", True),
        (f"export const a = [{'1,' * 3000}];\n", True),
        ("export const a = [" + "'xyz', " * 1500 + "];\n", True),
        (f"// {'x' * 6000}\n", True),
    ],
)
def test_a_mark_in_a_text_and_a_long_text_are_a_persons(code: str, built: bool) -> None:
    assert is_built("src/a.mjs", code.encode()) is built
    assert not is_built("src/a.ts", code.encode())


def hooked(root: Path) -> int:
    """The exit code of `check` as a hook starts it."""
    program = "from fleetmod.quick import main; main()"
    command = [sys.executable, "-c", program, "check", "src/a.mjs"]
    return subprocess.run(command, cwd=root, env=dict(os.environ), capture_output=True).returncode


def test_the_hook_looks(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"package.json": PLAIN, "fleetmod.toml": CONFIG})
    (root / "src").mkdir()
    (root / "src/a.mjs").write_text(IMPORTED)
    assert hooked(root) == 1
    commit(root)
    assert fleetmod(root, "gate", "--phase", "1a,1b").code == 1
    assert fleetmod(root, "migrate").code == 0
    assert hooked(root) == 0
    commit(root)
    assert fleetmod(root, "gate", "--phase", "1a,1b").code == 0


@pytest.mark.parametrize(
    ("path", "moves"),
    [
        ("src/main/assets/server.js", False),
        ("src/gui/public/worker.mjs", False),
        ("src/Resources/bridge.js", False),
        ("src/assets.js", True),
        ("src/assets/server.ts", True),  # what compiles it finds the package
    ],
)
def test_a_file_that_is_shipped_as_it_is_gains_no_package(
    tmp_path: Path, path: str, moves: bool
) -> None:
    code = 'export const home = process.env.HOME || "/Users/sam";\n'
    found = migrated(tmp_path / "r", path, code, MODULE)
    assert (found != code) is moves
