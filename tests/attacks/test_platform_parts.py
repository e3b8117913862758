"""What is one platform's part beside another's is left, and what only looks like it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.model import EXEMPT
from tests.repo import commit, fleetmod, make, tree
from tests.scan import look

CALL = 'execFileSync("launchctl", ["kickstart", "-k", "system/com.acme.api"])'
OTHER = 'execFileSync("systemctl", ["restart", "acme-api"])'
HEAD = 'import { execFileSync } from "node:child_process";\n'

BESIDE = {
    "if and else": f'if (process.platform === "darwin") {{ {CALL}; }} else {{ {OTHER}; }}',
    "a ternary": f'process.platform === "darwin" ? {CALL} : {OTHER};',
    "the other one first": f'if (process.platform === "linux") {OTHER}; else {CALL};',
    "another one's early return": (
        f'function f() {{ if (process.platform === "linux") {{ {OTHER}; return; }} {CALL}; }} f();'
    ),
    "behind the branch that returns": (
        f'function f() {{ if (process.platform === "darwin") {{ {CALL}; return; }} {OTHER}; }} f();'
    ),
    "a branch whose every case returns": (
        'function f(w: string) { if (process.platform === "darwin") { switch (w) {'
        f' case "a": return {CALL}; }} }} {OTHER}; }} f("a");'
    ),
    "an if of its own": (
        f'const os = process.platform; if (os === "darwin") {{ {CALL}; }}\n'
        f'if (os === "linux") {{ {OTHER}; }}'
    ),
    "an if of its own, before": (
        f'if (process.platform !== "darwin") {{ {OTHER}; }}\n'
        f'if (process.platform === "darwin" && process.env.HOME) {CALL};'
    ),
    "a case": (
        f'switch (process.platform) {{ case "linux": {OTHER}; break; case "darwin": {CALL}; }}'
    ),
    "functions that a branch calls": (
        f"function a() {{ {CALL}; }} function b() {{ {OTHER}; }}\n"
        'process.platform === "darwin" ? a() : b();'
    ),
    "a sibling that calls a function": (
        f"const onLinux = () => {OTHER};\n"
        f'if (process.platform === "darwin") {CALL}; else onLinux();'
    ),
    "a helper that tells": (
        f"import {{ isMacOS }} from './os';\nif (isMacOS()) {CALL}; else {OTHER};"
    ),
    "exported functions named for their platforms": (
        f"export function restartLaunchd() {{ {CALL}; }}\n"
        f"export function restartSystemd() {{ {OTHER}; }}"
    ),
    "classes named for their platforms": (
        "interface Service { restart(): void }\n"
        f"export class MacService implements Service {{ restart() {{ {CALL}; }} }}\n"
        f"export class LinuxService implements Service {{ restart() {{ {OTHER}; }} }}"
    ),
    "members named for their platforms": (
        f"export const run = {{ darwin: () => {CALL}, linux: () => {OTHER} }};"
    ),
    "commands named for their platforms": (
        'import { program } from "commander";\n'
        f'program.command("launchd:restart").action(() => {{ {CALL}; }});\n'
        f'program.command("systemd:restart").action(() => {{ {OTHER}; }});'
    ),
    "values that say their platform": (
        "interface Runs { kind: string; run(): void }\n"
        f'export const one: Runs = {{ kind: "launchd", run: () => {{ {CALL}; }} }};\n'
        f'export const two: Runs = {{ kind: "systemd", run: () => {{ {OTHER}; }} }};'
    ),
}
ALONE = {
    "no sibling": f'if (process.platform === "darwin") {CALL};',
    "an early return of the others": (
        f'function f() {{ if (process.platform !== "darwin") return; {CALL}; }} f();'
    ),
    "an if of its own for the same platform": (
        f'if (process.platform === "darwin") {CALL}; if (process.platform === "darwin") {OTHER};'
    ),
    "an if of its own that asks something else": (
        f'if (process.platform === "darwin") {CALL}; if (process.env.LINUX) {OTHER};'
    ),
    "a sibling that does nothing": f'if (process.platform === "darwin") {CALL}; else {{}}',
    "a sibling that throws": (
        f'if (process.platform === "darwin") {CALL};\n'
        'else throw new Error("systemctl restart is not there yet");'
    ),
    "a sibling that only logs": (
        f'if (process.platform === "darwin") {CALL}; else console.log("systemctl restart acme");'
    ),
    "a sibling that does something else": (
        f'if (process.platform === "darwin") {CALL}; else execFileSync("touch", ["/tmp/x"]);'
    ),
    "a guard for another platform": f'if (process.platform !== "darwin") {CALL}; else {OTHER};',
    "a name for something else": (
        f'const isMac = process.argv.includes("--mac");\nif (isMac) {CALL}; else {OTHER};'
    ),
    "each platform in turn": (
        'for (const platform of ["darwin", "linux"])\n'
        f'  if (platform === "darwin") {CALL}; else {OTHER};'
    ),
    "a guard for no platform": f"if (process.argv.length > 2) {CALL}; else {OTHER};",
    "a guard that does not stand before it": (
        f'if (process.platform === "darwin") {{}} else {{ {OTHER}; }}\n{CALL};'
    ),
    "one of two callers is behind it": (
        f"function a() {{ {CALL}; }} function b() {{ {OTHER}; }}\n"
        'if (process.platform === "darwin") a(); else b();\na();'
    ),
    "both on every platform": f"{CALL};\n{OTHER};",
    "names that differ in more than the platform": (
        f"export function restartLaunchd() {{ {CALL}; }}\n"
        f"export function removeSystemd() {{ {OTHER}; }}"
    ),
    "a namesake that does not do it": (
        f"export function restartLaunchd() {{ {CALL}; }}\n"
        f'export function restartSystemd() {{ throw new Error("systemctl"); }}'
    ),
    "values of one type that say nothing": (
        "interface Runs { kind: string; run(): void }\n"
        f'export const one: Runs = {{ kind: "api", run: () => {{ {CALL}; }} }};\n'
        f'export const two: Runs = {{ kind: "web", run: () => {{ {OTHER}; }} }};'
    ),
    "a case that is fallen into": (
        f'switch (process.platform) {{ case "linux": case "darwin": {CALL}; break;'
        f" default: {OTHER}; }}"
    ),
}


@pytest.mark.parametrize("shape", BESIDE)
def test_a_part_beside_another(shape: str) -> None:
    (found,) = (f for f in look(HEAD + BESIDE[shape]).findings if f.rule == "launchctl-call")
    line = 1 + (HEAD + BESIDE[shape]).split("systemctl")[0].count("\n")
    assert (found.action, found.reason) == (
        EXEMPT,
        f"the call of the macOS branch; line {line} has Linux's",
    )


@pytest.mark.parametrize("shape", ALONE)
def test_control_what_only_looks_like_one(shape: str) -> None:
    (found,) = (f for f in look(HEAD + ALONE[shape]).findings if f.rule == "launchctl-call")
    assert found.action != EXEMPT


def test_windows_is_another_platform() -> None:
    code = f'if (process.platform === "win32") execFileSync("schtasks", ["/run"]); else {CALL};'
    (found,) = (f for f in look(HEAD + code).findings if f.rule == "launchctl-call")
    assert found.action != EXEMPT  # Linux gets the call, too
    code = f'if (process.platform === "darwin") {CALL}; else execFileSync("schtasks", ["/run"]);'
    (found,) = (f for f in look(HEAD + code).findings if f.rule == "launchctl-call")
    assert found.reason == "the call of the macOS branch; line 2 has Windows's"


ROOT = '{"name": "acme", "private": true, "type": "module", "workspaces": ["packages/*"]}\n'
APP = '{"name": "@acme/app", "private": true, "type": "module"}\n'
SRC = "packages/app/src"


def started(tmp_path: Path, files: dict[str, str | bytes]) -> Path:
    root = make(tmp_path / "r", {"package.json": ROOT, "packages/app/package.json": APP, **files})
    assert fleetmod(root, "init").code == 0
    commit(root)
    return root


def config_of(root: Path) -> str:
    return (root / "fleetmod.toml").read_text()


def test_a_gate_says_what_it_passes_over(tmp_path: Path) -> None:
    code = HEAD + f'export const f = () => (process.platform === "darwin" ? {CALL} : {OTHER});\n'
    root = started(tmp_path, {f"{SRC}/a.ts": code})
    assert "adapters = []" in config_of(root)  # a branch of a function is judged by itself
    before = tree(root)
    ran = fleetmod(root, "migrate")
    assert ran.code == 0 and tree(root) == before
    ran = fleetmod(root, "gate", "--phase", "1a")
    assert ran.code == 0
    assert f"(the call of the macOS branch; line 2 has Linux's): {SRC}/a.ts:2" in ran.out


def test_backends_side_by_side_are_proposed(tmp_path: Path) -> None:
    code = (
        f"{HEAD}const one = () => ({{ run: () => {CALL} }});\n"
        f"const two = () => ({{ run: () => {OTHER} }});\n"
        'export const backend = () => (process.platform === "darwin" ? one() : two());\n'
    )
    root = started(tmp_path, {f"{SRC}/backend.ts": code})
    assert f'adapters = ["{SRC}/backend.ts"]' in config_of(root)
    assert "side by side" in config_of(root)
    assert fleetmod(root, "gate", "--phase", "1a").code == 0


MAC = f'{HEAD}export const run = () => {{ {CALL}; execFileSync("colima", ["stop"]); }};\n'


@pytest.mark.parametrize(
    "chooses",
    [
        'import * as a from "./apple.ts";\nimport * as b from "./tux.ts";\n'
        'export const run = () => (process.platform === "darwin" ? a : b).run();\n',
        "export async function run() {\n"
        '  if (process.platform === "darwin") return (await import("./apple.ts")).run();\n'
        '  return (await import("./tux.ts")).run();\n}\n',
        'import * as a from "./apple.ts";\nimport * as b from "./tux.ts";\n'
        "const table = { darwin: a, linux: b };\n"
        "export const run = () => table[process.platform as keyof typeof table].run();\n",
        'import * as a from "./apple.ts";\nimport * as b from "./tux.ts";\n'
        'export function pick() {\n  switch (process.platform) {\n    case "darwin": return a;\n'
        '    case "linux": return b;\n    default: throw new Error("none");\n  }\n}\n',
    ],
)
def test_a_module_that_is_loaded_for_one_platform(tmp_path: Path, chooses: str) -> None:
    other = f"{HEAD}export const run = () => {{ {OTHER}; }};\n"
    files = {f"{SRC}/apple.ts": MAC, f"{SRC}/tux.ts": other, f"{SRC}/run.ts": chooses}
    text = config_of(started(tmp_path, {**files}))
    assert text.count(f'adapters = ["{SRC}/apple.ts"]') == 2  # of launchctl, and of Colima
    assert "loaded for one platform" in text


def test_control_a_table_that_is_read_as_a_whole(tmp_path: Path) -> None:
    chooses = (
        'import * as a from "./apple.ts";\nimport * as b from "./tux.ts";\n'
        "const table = { darwin: a, linux: b };\n"
        "export const run = () => Object.values(table).map((each) => each.run());\n"
    )
    other = f"{HEAD}export const run = () => {{ {OTHER}; }};\n"
    files = {f"{SRC}/apple.ts": MAC, f"{SRC}/tux.ts": other, f"{SRC}/run.ts": chooses}
    assert f"{SRC}/apple.ts" not in config_of(started(tmp_path, {**files}))


def test_control_a_module_that_others_load_as_well(tmp_path: Path) -> None:
    files = {
        f"{SRC}/apple.ts": MAC,
        f"{SRC}/tux.ts": f"{HEAD}export const run = () => {{ {OTHER}; }};\n",
        f"{SRC}/run.ts": 'import * as a from "./apple.ts";\nimport * as b from "./tux.ts";\n'
        'export const run = () => (process.platform === "darwin" ? a : b).run();\n',
        f"{SRC}/again.ts": 'import { run } from "./apple.ts";\nrun();\n',
    }
    assert f"{SRC}/apple.ts" not in config_of(started(tmp_path, {**files}))


PORT = {
    f"{SRC}/tools.ts": 'import { runIt } from "./it.ts";\n'
    "export interface Tools { readonly launchctl: (args: readonly string[]) => number | null }\n"
    "export const tools = (): Tools => ({ launchctl: (args) => runIt(args) });\n",
    f"{SRC}/it.ts": 'import { spawnSync } from "node:child_process";\n'
    'export const runIt = (args: readonly string[]) => spawnSync("launchctl", [...args]).status;\n',
    f"{SRC}/use.ts": 'import type { Tools } from "./tools.ts";\n'
    "export const there = (tools: Tools, label: string): boolean =>\n"
    '  tools.launchctl(["print", `gui/501/${label}`]) === 0;\n',
}


def test_the_repositorys_own_port(tmp_path: Path) -> None:
    root = started(tmp_path, {**PORT})
    assert f'adapters = ["{SRC}/it.ts", "{SRC}/tools.ts"]' in config_of(root)
    assert "own port" in config_of(root)
    ran = fleetmod(root, "audit")
    assert ran.code == 0
    assert f"no debt: goes through the repository's own port ({SRC}/tools.ts)" in ran.out
    assert fleetmod(root, "gate", "--phase", "1a").code == 0


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (f"{SRC}/second.ts", "export const other = { launchctl: () => 0 };\n"),
        (f"{SRC}/tools.ts", PORT[f"{SRC}/tools.ts"].replace("launchctl: (", "run: (")),
    ],
)
def test_control_no_port_of_its_own(tmp_path: Path, path: str, more: str) -> None:
    assert "adapters = []" in config_of(started(tmp_path, {**PORT, path: more}))


def test_control_an_error_is_no_call() -> None:
    code = (
        "export const failed = (what: string, argv: readonly string[]): Error =>\n"
        "  new Error(`${what}: ${argv.join(' ')}`);\n"
        'export function f(args: string[]): void { throw failed("f", ["launchctl", ...args]); }\n'
    )
    assert not [f for f in look(code).findings if f.rule == "launchctl-call"]


def test_a_script_named_for_a_platform_has_one_answer(tmp_path: Path) -> None:
    script = "#!/bin/sh\nlaunchctl bootout gui/501/com.acme.api\nplutil -lint x.plist\n"
    root = started(tmp_path, {"scripts/restart-mac.sh": script, f"{SRC}/a.ts": "export {};\n"})
    ran = fleetmod(root, "gate", "--phase", "host,portable")
    assert ran.code == 0
    assert "portable 1 file(s) are for one platform, by their name" in ran.out
    (root / "scripts/restart-mac.sh").rename(root / "scripts/restart.sh")
    commit(root)
    assert fleetmod(root, "gate", "--phase", "portable").code == 1


def test_a_package_that_installs_on_one_platform(tmp_path: Path) -> None:
    code = f'{HEAD}export const f = () => execFileSync("plutil", ["-lint", "x"]);\n'
    mac = APP.replace('"private"', '"os": ["darwin"], "private"')
    root = started(tmp_path, {"packages/app/package.json": mac, f"{SRC}/a.ts": code})
    assert fleetmod(root, "gate", "--phase", "host").code == 0
    both = APP.replace('"private"', '"os": ["darwin", "linux"], "private"')
    (root / "packages/app/package.json").write_text(both)
    commit(root)
    assert fleetmod(root, "gate", "--phase", "host").code == 1


OWN_MANAGER = {
    f"{SRC}/launchd-manager.ts": HEAD
    + 'export const PREFIX = "com.acme.";\n'
    + "export class Manager {\n"
    + '  stop(l: string) { execFileSync("launchctl", ["bootout", `system/${l}`]); }\n'
    + '  start(l: string) { execFileSync("launchctl", ["kickstart", `system/${l}`]); }\n}\n',
}
RAW = 'execFileSync("launchctl", ["kickstart", "-k", "system/com.acme.api"])'
USES = {
    "an object": ("Manager", f"const m = new Manager();\nm.stop('x');\n{RAW};\n", True),
    "a type": ("type Manager", f"export const f = (m: Manager) => {{ {RAW}; }};\n", True),
    "a constant": ("PREFIX", f"export const f = () => {{ {RAW}; return PREFIX; }};\n", False),
    "nothing": ("Manager", f"export const f = () => {{ {RAW}; }};\n", False),
}  # fmt: skip


@pytest.mark.parametrize("case", USES)
def test_a_call_beside_the_repositorys_own_adapter(tmp_path: Path, case: str) -> None:
    """Two ways to one service in a file are one too many, and the adapter is the repository's."""
    name, code, uses = USES[case]
    imported = f'{HEAD}import {{ {name} }} from "./launchd-manager.js";\n'
    root = started(tmp_path, {**OWN_MANAGER, f"{SRC}/use.ts": imported + code})
    config = root / "fleetmod.toml"
    adapter = f'adapters = ["{SRC}/launchd-manager.ts"]'
    config.write_text(config_of(root).replace("adapters = []", adapter, 1))
    commit(root)
    fleetmod(root, "migrate")
    assert (RAW in (root / SRC / "use.ts").read_text()) is uses
    told = f"this repository has its own adapter, {SRC}/launchd-manager.ts, which this file uses"
    assert (told in " ".join(fleetmod(root, "audit").out.split())) is uses
