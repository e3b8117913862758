"""What holds of every file: edits stay in their ranges, the result parses, two cycles are one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetmod.edits import render
from fleetmod.engine import scan
from fleetmod.migrate import settle
from fleetmod.model import REFUSE, REWRITE, Edit
from fleetmod.syntax.source import open_source
from tests.scan import RULES, SETTINGS, migrated

LABELS = ("com.acme.api", "system/com.acme.api", "gui/501/org.x-y_z.w1", "${LABEL}", "ünï.code")
VERBS = (
    "kickstart -k {t}", "kickstart {t}", "bootout {t}", "print {t}", "enable {t}", "disable {t}",
    "list", "list | grep acme", "bootstrap gui/$(id -u) ~/Library/LaunchAgents/com.acme.api.plist",
    "load -w /opt/a.b.plist", "unload ~/Library/LaunchAgents/a.b.c.plist", "stop {t}", "reboot",
    "setenv A b", "kill TERM {t}", "{t}",
)  # fmt: skip
TAILS = (
    "",
    " 2>/dev/null",
    " || true",
    " 2>&1",
    " && echo done",
    "; launchctl list",
    " > /tmp/log",
)
RUNS = (
    "execSync({c})", "execSync({c}, {{ encoding: 'utf8', timeout: 5 }}).trim()", "await sh({c})",
    "(await sh({c})).stdout", "Bun.spawnSync([{w}])", "spawnSync({p}, [{a}]).status",
    "spawn({p}, [{a}])", "spawn({p}, [{a}], {{ detached: true }}).unref()", "exec({c}, done)",
    "await $`{b}`", "await $`{b}`.quiet().nothrow()", "sh({c}).catch(() => undefined)",
    "run({c})", "await tool({p}, [{a}])", "execSync({c})?.toString()!",
    "(execSync({c}) satisfies Buffer).toString()",
)  # fmt: skip
USES = (
    "{e};", "const r{n} = {e};", "if ({e}) {{ go(); }}", "try {{ {e}; }} catch {{}}",
    "try {{ {e}; }} catch (error: any) {{ log(error.message); }}", "const {{ stdout }} = {e};",
    "return {e};", "void {e};", "x ??= {e};", "list.map(() => {e});", "go(`${{{e}}}`);",
    "const p{n} = {e}; if (p{n}.exitCode !== 0) {{ throw new Error(String(p{n}.stderr)); }}",
)  # fmt: skip
CONTEXTS = (
    "async function f{n}(LABEL: string) {{ {s} }}", "function f{n}(LABEL: string) {{ {s} }}",
    "class C{n} {{ @once() async m(LABEL: string): Promise<unknown> {{ {s} }} }}",
    "class D{n} {{ static {{ const LABEL = 'a.b.c'; {s} }} }}".replace("return ", ""),
    "export const g{n} = Effect.gen(function* () {{ const LABEL = 'a.b.c'; {s} }});",
    "export const t{n} = Effect.try({{ try: () => {{ const LABEL = 'a'; {s} }}, catch: String }});",
    "export const h{n} = (LABEL: string) => new Promise((resolve) => {{ {s} resolve(1); }});",
    "{{ using file = open(); const LABEL = 'a.b.c'; if (go) {{ (() => {{ {s} }})(); }} }}",
)  # fmt: skip
PATHS = (
    'process.env.HOME ?? "/Users/alice"', '"/Users/alice/Code/acme/x.ts"',
    "`/Users/alice/Vault/${a}`", "'/Users/alice'",
    '`${process.env.HOME || "/Users/alice"}/Vault/${`in ${"/Users/alice"}`}`',
    '"/Users/alice/Code/acme-wiki"', '"/Users/bob/x"',
    'join(process.env.HOME || "/Users/alice", "a")',
    '{ "/Users/alice": 1 }', '"\\u002fUsers/alice \\n /Users/alice"', '"https://x.y/Users/alice"',
    "String.raw`/Users/alice\\n`", '"Run launchctl list | grep acme, then go"',
    "/launchctl (\\w+)/g",
    '["/Users/alice/a", `${homedir()}/a`]', '"/Users/alice" as const', '<const>"/Users/alice/b"',
)  # fmt: skip
HEADS = (
    'import { exec, execSync, spawn, spawnSync } from "node:child_process";\n'
    'import { $ } from "bun";\nimport { promisify } from "node:util";\n',
    "#!/usr/bin/env bun\n'use strict'\n"
    "import { execSync, spawn, spawnSync, exec } from 'child_process'\n"
    "import $ from 'zx'\n",
    "/* launchctl, /Users/alice */\nimport type { A } from './a.js'\n"
    "const { execSync, spawnSync, spawn, exec } = require('child_process')\n",
)
HELPERS = (
    "const sh = promisify(exec);\n"
    'const run = (command: string) => execSync(command, { encoding: "utf8" }).trim();\n'
)


@st.composite
def statements(draw: st.DrawFn, number: int) -> str:
    """One debt in one use in one context."""
    if draw(st.booleans()):
        return f"export const v{number} = {draw(st.sampled_from(PATHS))};"
    target = draw(st.sampled_from(LABELS))
    command = "launchctl " + draw(st.sampled_from(VERBS)).format(t=target)
    words = [f"`{w}`" if "$" in w else f'"{w}"' for w in command.split()]
    expression = draw(st.sampled_from(RUNS)).format(
        c=f"`{command}{draw(st.sampled_from(TAILS))}`",
        b=command,
        w=", ".join(words),
        p=words[0],
        a=", ".join(words[1:]),
    )
    used = draw(st.sampled_from(USES)).format(e=expression, n=number)
    return draw(st.sampled_from(CONTEXTS)).format(s=used, n=number)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file of such statements, with the line ends, indents and comments that people have."""
    head = draw(st.sampled_from(HEADS))
    body = [draw(statements(number)) for number in range(draw(st.integers(1, 5)))]
    comments = ["// /Users/alice — ünïcödé 🍎", "/** launchctl */", "", "\t"]
    lines = [f"{draw(st.sampled_from(comments))}\n{each}\n" for each in body]
    text = head + HELPERS + "".join(lines)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return (b"\xef\xbb\xbf" if draw(st.booleans()) else b"") + text.encode()


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=files(), tsx=st.booleans())
def test_a_migration_keeps_its_promises(data: bytes, tsx: bool) -> None:
    path = "packages/app/src/example.tsx" if tsx else "packages/app/src/example.ts"
    parsed = not open_source(path, data).errors()
    result = scan(path, data, SETTINGS, RULES)
    if not parsed:
        assert not result.edits
        return
    # the edits do not overlap, and render is the splice of exactly these ranges
    ends = [(e.start, e.end) for e in result.edits]
    assert ends == sorted(ends)
    assert all(a[1] <= b[0] for a, b in pairwise(ends))
    once = render(data, result.edits)
    assert outside(data, ends) == outside(once, shifted(result.edits))
    # settle raises where the result does not parse or does not come to rest
    change = settle(result, data, SETTINGS, RULES).change
    done = render(data, change.edits)
    again = scan(path, done, SETTINGS, RULES)
    assert not again.edits
    assert not [f for f in again.findings if f.action == REWRITE]
    assert done.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")
    if b"\r\n" in data:
        assert done.count(b"\n") == done.count(b"\r\n")
    # what is refused is still there, so that it can still be refused
    refused = [f for f in result.findings if f.action == REFUSE]
    assert len([f for f in again.findings if f.action == REFUSE]) >= len(
        {(f.rule, f.start) for f in refused if f.cls == "call"}
    )


def outside(data: bytes, ranges: list[tuple[int, int]]) -> list[bytes]:
    """The bytes between the ranges."""
    out, at = [], 0
    for start, end in ranges:
        out.append(data[at:start])
        at = end
    return [*out, data[at:]]


def shifted(edits: Sequence[Edit]) -> list[tuple[int, int]]:
    """Where the texts of the edits stand in the result."""
    out, moved = [], 0
    for edit in edits:
        size = len(edit.text.encode())
        out.append((edit.start + moved, edit.start + moved + size))
        moved += size - (edit.end - edit.start)
    return out


def test_the_only_import_of_a_file_with_carriage_returns_is_replaced() -> None:
    text = (
        'import { execSync } from "node:child_process";\r\n\r\n'
        'export async function go() {\r\n  execSync("launchctl bootout system/a.b");\r\n}\r\n'
    )
    assert migrated(text) == (
        'import { processManager } from "@acme/process-manager";\r\n\r\n'
        'export async function go() {\r\n  await processManager.stop("system/a.b");\r\n}\r\n'
    )


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["launchctl", "/Users/alice", ""]))
def test_any_bytes_are_survived(data: bytes, word: str) -> None:
    """Whatever a file holds, it is looked at without an exception."""
    mixed = data[:200] + word.encode() + data[200:]
    result = scan("packages/app/src/example.ts", mixed, replace(SETTINGS), RULES)
    assert all(0 <= f.start <= f.end <= len(mixed) for f in result.findings)
