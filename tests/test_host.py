"""Tools of one platform: which calls run them, and where a platform check can be put."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from fleetmod.edits import render
from fleetmod.errors import FleetmodError
from fleetmod.host.scan import scan
from fleetmod.host.tools import load_tools
from fleetmod.model import REFUSE, REWRITE, FileResult
from tests.node import node
from tests.repo import fleetmod, make, tree

TOOLS = load_tools()
CP = 'import { execSync, execFileSync, spawn, spawnSync } from "node:child_process";\n'


def look(code: str) -> FileResult:
    return scan("packages/app/src/a.ts", (CP + code).encode(), TOOLS)


def found(code: str) -> list[str]:
    return [f.understood.split()[1].rstrip(",") for f in look(code).findings]


@pytest.mark.parametrize(
    ("code", "tools"),
    [
        ('execSync("plutil -convert json x");', ["plutil"]),
        ('execFileSync("/usr/bin/osascript", ["-e", s]);', ["osascript"]),
        ('Bun.spawnSync(["open", url]);', ["open"]),
        ('Bun.spawn({ cmd: ["say", text] });', ["say"]),
        ('const BIN = "security"; spawnSync(BIN, ["find-generic-password"]);', ["security"]),
        ("execSync(`cd ${dir} && sudo -u root defaults read x`);", ["defaults"]),
        ('execSync("cat x | pbcopy");', ["pbcopy"]),
        ('spawn("sh", ["-c", "brew install x && caffeinate -d"]);', ["brew", "caffeinate"]),
        ('spawn("sudo", ["-n", "systemctl", "restart", "x"]);', ["systemctl"]),
        ('const run = (c: string) => execSync(c); run("apt-get update");', ["apt-get"]),
        ('import { run } from "./run"; await run("pbcopy", [text]);', ["pbcopy"]),
        ('import { Command } from "@effect/platform"; Command.make("say", "x");', ["say"]),
        ('import { $ } from "bun"; await $`sw_vers -productVersion`;', ["sw_vers"]),
    ],
)
def test_the_command_of_a_child_process_is_found(code: str, tools: list[str]) -> None:
    assert found(code) == tools


@pytest.mark.parametrize(
    "code",
    [
        'const state = "open"; open("x"); store.open(id); say("hello");',
        'import { run } from "./run"; run("open"); runQuery("security");',
        'import { Command } from "@effect/cli"; Command.make("open", {});',
        'execSync("ssh host systemctl restart x"); spawn("docker", ["exec", "c", "apt-get"]);',
        'execSync("git commit -m open"); execSync("echo plutil");',
        'spawn("./bin/open", []);',
        "spawn(tool, args);",
        'spawn(process.platform === "darwin" ? "open" : "xdg-open", [url]);',
        'execSync("pbcopy < x || xclip < x"); execSync("osascript -e x || true");',
        'execSync("command -v pbcopy && pbcopy < x"); execSync("which pbpaste");',
        'execSync("[ $(uname) = Darwin ] && defaults read x");',
    ],
)
def test_what_only_looks_like_it_is_not(code: str) -> None:
    assert found(code) == []


RETURNED = """export function read(path: string): string | null {
  const proc = Bun.spawnSync(["plutil", "-p", path]);
  if (proc.exitCode !== 0) return null;
  return String(proc.stdout);
}
"""
CAUGHT = """export function copy(text: string): boolean {
  try {
    execSync("pbcopy", { input: text });
    return true;
  } catch {
    return false;
  }
}
"""


@pytest.mark.parametrize(
    ("code", "check"),
    [
        (RETURNED, '  if (process.platform !== "darwin") return null;\n  const proc'),
        (RETURNED.replace("return null;", "{ return null; }"), "return null;\n  const proc"),
        (CAUGHT, '    if (process.platform !== "darwin") return false;\n    execSync'),
        (
            CAUGHT.replace("return false;", 'console.warn("no clipboard"); return false;'),
            'throw new Error("pbcopy exists on macOS only");\n    execSync',
        ),
        (CAUGHT.replace("return true;", "").replace("return false;", ""), '") return;\n'),
        (
            RETURNED.replace("const proc = Bun.", "try { const proc = ")
            .replace('["plutil", "-p", path]', '"plutil", ["-p", path]')
            .replace("exitCode", "status")
            .replace("stdout);", "stdout); } finally { log(); }"),
            'platform !== "darwin") return null;',
        ),
        (CAUGHT.replace("pbcopy", "systemctl stop x"), 'platform !== "linux") return false;'),
    ],
)
def test_a_check_takes_the_way_that_a_failure_takes(code: str, check: str) -> None:
    result = look(code)
    assert [f.action for f in result.findings] == [REWRITE]
    after = render((CP + code).encode(), result.edits).decode()
    assert check in after
    assert scan("packages/app/src/a.ts", after.encode(), TOOLS).findings == ()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ('execSync("brew update");', "runs when the module is loaded"),
        ('export function f() { execSync("brew update"); }', "no way on"),
        (RETURNED.replace("return null", "return String(proc.stderr)"), "made from what went"),
        (RETURNED.replace("path]", "next()]"), "does more than make a text"),
        (RETURNED.replace("read(", "read(process: string, "), "another `process`"),
        (RETURNED.replace("const proc", "log(process.platform); const proc"), "asks for the"),
        (CAUGHT.replace("catch {", "catch (e) { if (e.status === 1) log();"), "looks into"),
        (CAUGHT.replace("catch {", "catch (e) { report(e); throw e.stderr;"), "looks into"),
        (CAUGHT.replace("execSync(", "log(next(), execSync(").replace("t });", "t }));"), "larger"),
        (CAUGHT.replace("execSync", "spawn"), "does not fail into it"),
        ('import { run } from "./x"; run("pbcopy", [t]);', "defined elsewhere"),
    ],
)
def test_without_a_plain_way_on_it_is_refused(code: str, reason: str) -> None:
    (finding,) = look(code).findings
    assert finding.action == REFUSE and reason in finding.reason
    assert look(code).edits == ()


def test_what_runs_at_import_is_told() -> None:
    code = RETURNED + 'const make = () => read("x");\nconst value = make();\n'
    assert look(code).findings[0].understood.endswith("when the module is imported")
    assert look(RETURNED).findings[0].understood.endswith("of macOS only")


def test_a_directive_accepts_it() -> None:
    code = '// fleetmod-ignore host-tool: a script for the Mac\nexecSync("brew update");\n'
    assert look(code).findings[0].suppressed == "a script for the Mac"


def test_a_table_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host/mine.toml").write_text('platform = "darwin"\n[tools]\nx = { insted = "y" }\n')
    with pytest.raises(FleetmodError, match="`x` is no table of `instead`"):
        load_tools((tmp_path,))


def test_javascript_is_looked_at_where_it_runs_programs(tmp_path: Path) -> None:
    code = 'const { execSync } = require("child_process");\nconst a = <b/>;\nexecSync("pbcopy");\n'
    files: dict[str, str | bytes] = {
        "fleetmod.toml": 'version = 1\n[workspace]\ngate = ["packages"]\n',
        "packages/app/package.json": '{"name": "app"}\n',
        "packages/app/a.ts": "export const a = 1;\n",
        "scripts/copy.js": code,
        "scripts/other.mjs": 'import { run } from "./run.mjs";\nrun("pbcopy");\n',
        "dist/bundle.cjs": code + f"// {'x' * 5000}\n",
    }
    gate = fleetmod(make(tmp_path / "r", files), "gate", "--phase", "host")
    assert gate.code == 1 and "scripts/copy.js:3: pbcopy exists on macOS only" in gate.out
    assert "1 finding(s)" in gate.out and "bundle" not in gate.out


PACKAGE = '{"name": "app", "type": "module"}\n'
# Node runs TypeScript by type stripping; `spawnSync` of Bun is stood in for by one that throws
MODULE = """import { execFileSync } from "node:child_process";
function read(path: string): string | null {
  try {
    return execFileSync("plutil", ["-p", path], { encoding: "utf8" });
  } catch (error) {
    throw new Error(`no plist: ${error.message}`);
  }
}
function copy(text: string): boolean {
  try {
    execFileSync("pbcopy", { input: text });
    return true;
  } catch {
    return false;
  }
}
console.log(copy("x"));
console.log(execFileSync("echo", ["here"], { encoding: "utf8" }).trim());
try { read("x"); } catch (error) { console.log(error.message); }
"""


@pytest.mark.skipif(shutil.which("plutil") is not None, reason="a Mac has the tools")
def test_the_whole_way_on_a_repository(tmp_path: Path) -> None:
    root = make(
        tmp_path / "r",
        {
            "fleetmod.toml": 'version = 1\n[workspace]\ngate = ["packages"]\n',
            "packages/app/package.json": PACKAGE,
            "packages/app/src/a.ts": MODULE,
        },
    )
    file = root / "packages/app/src/a.ts"

    def run() -> list[str]:
        done = subprocess.run([str(node()), str(file)], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    before = run()
    assert before == ["false", "here", "no plist: spawnSync plutil ENOENT"]
    assert fleetmod(root, "gate", "--phase", "1a,1b").code == 0
    gate = fleetmod(root, "gate", "--phase", "host")
    assert gate.code == 1 and "2 finding(s)" in gate.out
    ran = fleetmod(root, "migrate", "--host-tools")
    assert ran.code == 0 and "rewrote 2 finding(s) in 1 file(s)" in ran.out
    assert run() == ["false", "here", "no plist: plutil exists on macOS only"]
    assert fleetmod(root, "gate", "--phase", "host").code == 0
    after = tree(root)
    assert fleetmod(root, "migrate", "--host-tools", "--allow-dirty").code == 0
    assert tree(root) == after
