"""Functions of other modules that run a command: their calls are understood as local ones are."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.edits import render
from fleetmod.migrate import plan
from fleetmod.model import REFUSE, Finding
from fleetmod.project import open_project
from tests.repo import make

SRC = "packages/core/src/"
BASE = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/core/package.json": '{"name": "@acme/core", "private": true, "type": "module"}\n',
    "fleetmod.toml": 'version = 1\n[runtime]\nscope = "@acme"\n',
}
RUN = (
    'import { execFileSync } from "node:child_process";\n'
    "export function run(program: string, args: string[]): string {\n"
    '  return execFileSync(program, args, { encoding: "utf8" });\n}\n'
)
LINE = 'import { run } from "./run.ts";\n'
USE = (
    'export function up(): void {\n  run("launchctl", ["kickstart", "gui/501/com.acme.api"]);\n}\n'
)
MOVED = 'processManagerSync.start("gui/501/com.acme.api");'


def planned(root: Path, files: dict[str, str]) -> tuple[dict[str, str], tuple[Finding, ...]]:
    """The files of a package once migrated, by their name there, and what is found."""
    make(root, {**BASE, **{SRC + name: text for name, text in files.items()}})
    made = plan(open_project(root))
    edits = {change.path: change.edits for change in made.changes}
    out = {
        name: render(text.encode(), edits.get(SRC + name, ())).decode()
        for name, text in files.items()
    }
    return out, made.findings


@pytest.mark.parametrize(
    ("line", "call", "more"),
    [
        (LINE, "run", {}),
        ('import { run as start } from "./run.js";\n', "start", {}),
        ('import * as all from "./run";\n', "all.run", {}),
        ('const { run } = await import("./run.ts");\n', "run", {}),
        ('import { run } from "./all.ts";\n', "run", {"all.ts": 'export * from "./run.ts";\n'}),
        (
            'import { go } from "./all.ts";\n',
            "go",
            {"all.ts": 'export { run as go } from "./run.ts";\n'},
        ),
        (
            'import go from "./all.ts";\n',
            "go",
            {"all.ts": 'import { run } from "./run.ts";\nexport default run;\n'},
        ),
        (
            'import { go } from "./all.ts";\n',
            "go",
            {
                "all.ts": 'import { run } from "./run.ts";\n'
                "export const go = (p: string, a: string[]) => run(p, a);\n"
            },
        ),
        # its name says that it is for people, and decides nothing
        (
            'import { output } from "./all.ts";\n',
            "output",
            {"all.ts": LINE + "export { run as output };\n"},
        ),
    ],
)
def test_a_function_is_what_its_module_makes_it(
    tmp_path: Path, line: str, call: str, more: dict[str, str]
) -> None:
    files = {"a.ts": line + USE.replace("run(", f"{call}("), "run.ts": RUN, **more}
    found, _ = planned(tmp_path / "r", files)
    assert MOVED in found["a.ts"] and "launchctl" not in found["a.ts"]
    assert "import { go }" not in found["a.ts"] and "./run" not in found["a.ts"]
    assert {name: found[name] for name in ("run.ts", *more)} == {"run.ts": RUN, **more}


@pytest.mark.parametrize(
    ("helper", "why"),
    [
        # written to
        (RUN + "export let other = run;\nother = (p) => p;\n", "other"),
        (RUN.replace("  return", "  console.log(args);\n  return"), "calls `console.log`"),
        # nothing tells what it does
        ("export declare function run(p: string, a: string[]): string;\n", "does not tell"),
        ("export const run = (globalThis as any).run;\n", "does not tell"),
        ('export { run } from "elsewhere";\n', "does not tell"),
        # modules in a circle
        ('export { run } from "./a.ts";\n', "does not tell"),
        (RUN.replace("execFileSync(program", 'execFileSync("ssh"'), ""),
    ],
)
def test_what_is_not_known_of_it_keeps_the_call(tmp_path: Path, helper: str, why: str) -> None:
    name = "other" if why == "other" else "run"
    use = (LINE + USE).replace("run }", f"{name} }}").replace("  run(", f"  {name}(")
    found, findings = planned(tmp_path / "r", {"a.ts": use, "run.ts": helper})
    assert found["a.ts"] == use
    told = [f.reason for f in findings if f.path == SRC + "a.ts" and f.action == REFUSE]
    assert all(why in reason or why == "other" for reason in told)


def test_a_wrapper_of_the_tool_that_has_another_name(tmp_path: Path) -> None:
    """What it runs is told by its body; its own call is no other act on the service."""
    mac = (
        'import { spawnSync } from "node:child_process";\n'
        "export const ctl = (args: string[]) => {\n"
        '  const done = spawnSync("launchctl", args, { encoding: "utf8" });\n'
        '  return { code: done.status ?? 1, err: done.stderr ?? "" };\n};\n'
    )
    use = (
        'import { execFileSync } from "node:child_process";\nimport { ctl } from "./mac.ts";\n'
        "export function again(): string {\n"
        '  execFileSync("launchctl", ["bootout", "gui/501/com.acme.api"]);\n'
        '  const done = ctl(["kickstart", "gui/501/com.acme.api"]);\n'
        '  return done.code === 0 ? "" : done.err;\n}\n'
    )
    found, _ = planned(tmp_path / "r", {"a.ts": use, "mac.ts": mac})
    assert "launchctl" not in found["a.ts"] and "ctl" not in found["a.ts"]
    assert "done.exitCode === 0" in found["a.ts"] and "done.stderr" in found["a.ts"]
    assert found["mac.ts"] == mac


def test_what_of_it_is_not_understood_keeps_the_others(tmp_path: Path) -> None:
    use = LINE + USE.replace("}\n", '  run("launchctl", [...process.argv]);\n}\n')
    found, _ = planned(tmp_path / "r", {"a.ts": use, "run.ts": RUN})
    assert found["a.ts"] == use


def test_names_of_members_keep_no_import(tmp_path: Path) -> None:
    """`start` is imported, and the port's method has that name, too."""
    line = 'import { other, run as start } from "./run.ts";\n'
    use = f"{line}{USE.replace('run(', 'start(')}export const kept = other;\n"
    found, _ = planned(tmp_path / "r", {"a.ts": use, "run.ts": RUN + "export const other = 1;\n"})
    assert 'import { other } from "./run.ts";' in found["a.ts"]


@pytest.mark.parametrize("told", [True, False])
def test_a_test_that_fakes_the_module_is_told(tmp_path: Path, told: bool) -> None:
    test = f'import {{ up }} from "./a.ts";\nvi.mock("./{"run" if told else "other"}.ts");\n'
    files = {"a.ts": LINE + USE, "run.ts": RUN, "a.test.ts": test}
    make(tmp_path / "r", {**BASE, **{SRC + name: text for name, text in files.items()}})
    notes = plan(open_project(tmp_path / "r")).notes
    fakes = [note for note in notes if "a.test.ts:2 fakes packages/core/src/run.ts" in note]
    assert bool(fakes) is told
    assert all("packages/core/src/a.ts leaves its commands to @acme" in note for note in fakes)
