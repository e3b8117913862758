"""What is a guard, and what only looks like one: a guard that is wrongly believed hides debt."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.host import python, shell
from tests.attacks import CONTROL, cases
from tests.repo import commit, fleetmod, make
from tests.test_host import TOOLS, found

CALL = 'execSync("pbcopy");'
MAC = 'process.platform === "darwin"'

GUARDS = {
    "a default of a parameter": (
        "function f(platform = process.platform) { if (platform === 'darwin') { CALL } } f();"
    ),
    "a field of process": 'const { platform } = process;\nif (platform === "darwin") { CALL }',
    "a field under another name": (
        'const { platform: on } = process;\nif (on === "darwin") { CALL }'
    ),
    "os.platform": 'import os from "node:os";\nif (os.platform() === "darwin") { CALL }',
    "platform of node:os": (
        'import { platform as which } from "node:os";\nif (which() !== "darwin") throw 1;\nCALL'
    ),
    "in small letters": 'if (os.type().toLowerCase() === "darwin") { CALL }',
    "a set of platforms": (
        'const ours = new Set(["darwin"]);\nif (!ours.has(process.platform)) throw 1;\nCALL'
    ),
    "a let that only asks": (
        "let p: string;\nif (arg) p = os.platform(); else p = process.platform;\n"
        'if (p === "darwin") { CALL }'
    ),
    "a flag that is set on the platform": (
        f"let isMac = false;\nif ({MAC}) isMac = true;\nif (isMac) {{ CALL }}"
    ),
    "cases that fall through within a platform": (
        'switch (process.platform) { case "darwin": case "macos": CALL break; default: other(); }'
    ),
    "the default beside all the others": (
        'switch (process.platform) { case "linux": a(); break; case "win32": b(); break;'
        " default: CALL }"
    ),
    "behind a switch that returns": (
        "function f() { switch (process.platform) { case 'linux': return a(); case 'win32':"
        " return b(); } CALL } f();"
    ),
    "behind a switch whose default throws": (
        "function f() { switch (process.platform) { case 'darwin': break; default: throw 1; }"
        " CALL } f();"
    ),
    "a switch over conditions": f"switch (true) {{ case {MAC}: CALL break; default: other(); }}",
    "an exit by a logical operator": f"{MAC} || process.exit(1);\nCALL",
    "a function that never returns": (
        f"function fail(): never {{ throw new Error('x'); }}\nif (!({MAC})) fail();\nCALL"
    ),
    "a function that throws elsewhere": (
        f"function needsMac() {{ if (!({MAC})) throw new Error('x'); }}\nneedsMac();\nCALL"
    ),
    "one that is awaited": (
        f"async function needsMac() {{ if (!({MAC})) throw new Error('x'); }}\n"
        "await needsMac();\nCALL"
    ),
    "both branches return": (
        "function f() { if (process.platform !== 'darwin') { if (x) return 1; else return 2; }"
        " CALL } f();"
    ),
    "a table by platform": (
        "const copy = { darwin: () => { CALL }, linux: () => other() };\ncopy[process.platform]();"
    ),
    "a table of functions": (
        "function mac() { CALL }\nconst copy = { darwin: mac, linux: other };\n"
        "copy[process.platform]();"
    ),
    "a class that is made on the platform": (
        f"class Mac {{ copy() {{ CALL }} }}\nconst c = {MAC} ? new Mac() : new Other();"
    ),
    "a class that a factory picks": (
        "class Mac { copy() { CALL } }\nexport function pick() { switch (process.platform) {"
        ' case "darwin": return new Mac(); case "linux": return new Other(); } }'
    ),
    "an object that is used on the platform": (
        f"const mac = {{ copy: () => {{ CALL }} }};\nexport const it = {MAC} ? mac : other;"
    ),
    "an async closure": f"if ({MAC}) {{ setTimeout(async () => {{ CALL }}, 9); }}",
    "a closure behind an early return": (
        f"export async function f() {{ if (!({MAC})) return;\n"
        "await all(xs.map(() => { CALL })); }"
    ),
    "a function below that only the rest calls": (
        f"export function f() {{ if (!({MAC})) return; go(); function go() {{ CALL }} }}"
    ),
}
LOOKS_LIKE = {
    "a name for something else": (
        'const isMac = process.argv.includes("--mac");\nif (isMac) { CALL }'
    ),
    "a name that is written to": f"let isMac = {MAC};\nisMac = opts.force;\nif (isMac) {{ CALL }}",
    "a flag that is set anywhere": "let isMac = false;\nisMac = true;\nif (isMac) { CALL }",
    "a predicate of something else": (
        'const isMac = () => vendor === "apple";\nif (isMac()) { CALL }'
    ),
    "a platform that is written to": (
        "let platform = process.platform;\nplatform = opts.x;\nif (platform === 'darwin') { CALL }"
    ),
    "a literal platform": 'const platform: string = "darwin";\nif (platform === "darwin") { CALL }',
    "another process": (
        'const process = { platform: "darwin" };\nif (process.platform === "darwin") { CALL }'
    ),
    "each platform in turn": (
        'for (const platform of ["darwin", "linux"]) if (platform === "darwin") { CALL }'
    ),
    "each target in turn": (
        'for (const t of targets) { if (t.platform !== "darwin") continue; CALL }'
    ),
    "each target by a closure": (
        'targets.forEach((t) => { if (t.platform === "darwin") { CALL } });'
    ),
    "each one's field": 'targets.map(({ platform }) => { if (platform === "darwin") { CALL } });',
    "a shadowed name": (
        f"const isMac = {MAC};\nfunction f(xs) {{ for (const isMac of xs) if (isMac) {{ CALL }} }}"
        " f([1]);"
    ),
    "an alternative": f"if ({MAC} || opts.force) {{ CALL }}",
    "an alternative in a return": f"function f() {{ if (!({MAC}) && !x) return; CALL }} f();",
    "negation": f"if (!({MAC})) {{ CALL }}",
    "twice negated halves": f"if (!({MAC} && x)) {{ CALL }}",
    "not equal to another": 'if (process.platform !== "win32") { CALL }',
    "an early return of a closure": (
        f"function f() {{ const g = () => {{ if (!({MAC})) return; }}; g(); CALL }} f();"
    ),
    "an early return in a block of its own": (
        f"function f() {{ try {{ if (!({MAC})) throw 1; }} catch {{ log(); }} CALL }} f();"
    ),
    "an early return behind it": f"function f() {{ CALL if (!({MAC})) return; }} f();",
    "a function below that the return calls": (
        f"export function f() {{ if (!({MAC})) return go(); function go() {{ CALL }} }}"
    ),
    "a function that may return first": (
        f"function needsMac() {{ if (x) return; if (!({MAC})) throw 1; }}\nneedsMac();\nCALL"
    ),
    "a function that only returns": (
        f"function needsMac() {{ if (!({MAC})) return; }}\nneedsMac();\nCALL"
    ),
    "an async function that nobody awaits": (
        f"async function needsMac() {{ if (!({MAC})) throw 1; }}\nneedsMac();\nCALL"
    ),
    "a function that checks what it is given": (
        "function need(platform: string) { if (platform !== 'darwin') throw 1; }\n"
        "need('darwin');\nCALL"
    ),
    "a break in a switch": (
        "function f() { switch (process.platform) { case 'linux': break; } CALL } f();"
    ),
    "a case that falls through": (
        'switch (process.platform) { case "linux": log(); case "darwin": CALL }'
    ),
    "a default beside one": 'switch (process.platform) { case "win32": a(); break; default: CALL }',
    "a table that is made at once": "const t = { darwin: execSync('pbcopy'), linux: other() };",
    "a table that is read as a whole": (
        "const copy = { darwin: () => { CALL }, linux: () => other() };\n"
        "for (const one of Object.values(copy)) one();"
    ),
    "a table of something else": "const copy = { darwin: () => { CALL }, wide: () => other() };",
    "a class that is made elsewhere, too": (
        f"class Mac {{ copy() {{ CALL }} }}\nconst c = {MAC} ? new Mac() : 0;\nnew Mac().copy();"
    ),
    "a field that a class makes at once": (
        f"class Mac {{ static x = execSync('pbcopy'); }}\nif ({MAC}) new Mac();"
    ),
    "an exported class": (
        f"export class Mac {{ copy() {{ CALL }} }}\nif ({MAC}) new Mac().copy();"
    ),
    "a set of tools": 'const ours = new Set(["pbcopy"]);\nif (ours.has("pbcopy")) { CALL }',
    "a test of another tool": 'if (existsSync("/usr/bin/xclip")) { CALL }',
}


GUARDS_BEFORE = {
    "a closure behind an early return",
    "a default of a parameter",
    "a field of process",
    "a flag that is set on the platform",
    "a function below that only the rest calls",
    "an async closure",
    "os.platform",
}
LOOKED_LIKE_BEFORE = {
    "a break in a switch",
    "a case that falls through",
    "a class that is made elsewhere, too",
    "a default beside one",
    "a field that a class makes at once",
    "a function that checks what it is given",
    "a function that may return first",
    "a function that only returns",
    "a table of something else",
    "a table that is made at once",
    "a table that is read as a whole",
    "a test of another tool",
    "an alternative",
    "an alternative in a return",
    "an async function that nobody awaits",
    "an early return behind it",
    "an early return in a block of its own",
    "an early return of a closure",
    "an exported class",
    "negation",
    "not equal to another",
    "twice negated halves",
}


@pytest.mark.parametrize("shape", cases(GUARDS, GUARDS_BEFORE))
def test_a_guard(shape: str) -> None:
    assert found(GUARDS[shape].replace("CALL", CALL)) == []


@pytest.mark.parametrize("shape", cases(LOOKS_LIKE, LOOKED_LIKE_BEFORE))
def test_what_only_looks_like_one(shape: str) -> None:
    assert found(LOOKS_LIKE[shape].replace("CALL", CALL)) == ["pbcopy"]


ROOT = '{"name": "acme", "private": true, "type": "module"}\n'
LAZY = f'export const run = async () => {MAC} ? (await import("./apple.ts")).copy() : 0;\n'
STATIC = f'import {{ copy }} from "./apple.ts";\nexport const run = () => {MAC} && copy();\n'
APPLE = (
    'import { execSync } from "node:child_process";\n'
    'export const copy = () => execSync("pbcopy");\n'
)
AT_ONCE = (
    'import { execSync } from "node:child_process";\nexport const copy = execSync("pbcopy");\n'
)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"apple": APPLE, "run": LAZY}, 0),
        ({"apple": APPLE, "run": STATIC}, 0),
        ({"apple": AT_ONCE, "run": LAZY.replace(".copy()", "")}, 0),
        ({"apple": APPLE, "run": STATIC, "types": 'import type { copy } from "./apple.ts";\n'}, 0),
        *(
            pytest.param(files, 1, marks=CONTROL)
            for files in (
                {"apple": AT_ONCE, "run": STATIC.replace("copy()", "copy")},
                {
                    "apple": APPLE,
                    "run": STATIC,
                    "also": 'import { copy } from "./apple.ts";\ncopy();\n',
                },
                {"apple": APPLE, "run": STATIC, "all": 'export * from "./apple.ts";\n'},
                {"apple": APPLE, "run": LAZY.replace("===", "!==")},
                {"apple": APPLE},
                {"apple": APPLE, "a.test": LAZY},
            )
        ),
    ],
)
def test_a_module_that_is_loaded_on_one_platform(
    files: dict[str, str], code: int, tmp_path: Path
) -> None:
    sources = {f"src/{name}.ts": text for name, text in files.items()}
    root = make(tmp_path / "r", {"package.json": ROOT, **sources})
    assert fleetmod(root, "init").code == 0
    commit(root)
    assert fleetmod(root, "gate", "--phase", "host").code == code
    entry = ROOT.replace("}", ', "scripts": {"copy": "node src/apple.ts"}}')
    (root / "package.json").write_text(entry)
    commit(root)
    assert fleetmod(root, "gate", "--phase", "host").code == 1


@pytest.mark.parametrize(
    "script",
    [
        'for os in darwin linux; do\n  if [ "$os" = darwin ]; then pbcopy; fi\ndone\n',
        'is_mac() { [ -n "$FORCE" ]; }\nif is_mac; then pbcopy; fi\n',
    ],
)
def test_what_only_looks_like_one_in_a_script(script: str) -> None:
    assert shell.scan("a.sh", f"#!/bin/sh\n{script}".encode(), TOOLS).findings
    asks = script.replace("for os in darwin linux", 'os="$(uname)"; while true')
    asks = asks.replace('[ -n "$FORCE" ]', '[ "$(uname)" = Darwin ]')
    assert not shell.scan("a.sh", f"#!/bin/sh\n{asks}".encode(), TOOLS).findings


@pytest.mark.parametrize(
    ("code", "guarded"),
    [
        ('for platform in NAMES:\n    if platform == "darwin":\n        run(["pbcopy"])\n', False),
        pytest.param(
            'platform = sys.platform\nif platform == "darwin":\n    run(["pbcopy"])\n', True,
            marks=CONTROL),
        ("is_mac = bool(ARGS)\nif is_mac:\n    run(['pbcopy'])\n", False),
        pytest.param(
            "is_mac = 'arm' in os.uname().sysname or sys.platform\nif is_mac:\n"
            "    run(['pbcopy'])\n", True, marks=CONTROL),
        ('def is_mac():\n    return bool(ARGS)\nif is_mac():\n    run(["pbcopy"])\n', False),
        ('if sys.platform != "darwin":\n    parser.on_exit()\nrun(["pbcopy"])\n', False),
        ('def _copy(n):\n    run(["pbcopy"])\n    _copy(n - 1)\nif sys.platform == "darwin":\n'
         "    _copy(3)\n", True),
    ],
)  # fmt: skip
def test_python(code: str, guarded: bool) -> None:
    head = "import os, sys\nfrom subprocess import run\n"
    assert bool(python.scan("a.py", (head + code).encode(), TOOLS).findings) is not guarded
