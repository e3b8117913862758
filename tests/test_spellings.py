"""What one code means does not hang on how it is spelled: same rewrite, or same refusal."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from fleetmod.model import REFUSE, Finding
from tests.scan import look, migrated

HEAD = 'import { execSync, execFileSync, spawnSync } from "node:child_process";\n'


def refusals(text: str) -> list[Finding]:
    assert migrated(text) == text
    return [finding for finding in look(text).findings if finding.action == REFUSE]


def assert_refused(spellings: Iterable[str], reason: str, head: str = HEAD) -> None:
    for spelling in spellings:
        reasons = [finding.reason for finding in refusals(head + spelling)]
        assert any(reason in r for r in reasons), (spelling, reasons)


def body(text: str) -> str:
    """The migrated code, without its imports and on one line."""
    lines = [line for line in migrated(text).splitlines() if not line.startswith("import ")]
    return " ".join(" ".join(lines).split())


@pytest.mark.parametrize(
    "options",
    [
        '{ stdio: "inherit" }',
        "{ stdio: `inherit` }",
        '{ stdio: ("inherit") }',
        '{ stdio: ["ignore", "inherit", "inherit"] }',
        "{ stdio: MODE }",
        "{ stdio }",
        "{ stdio: given }",
        "SHOWN",
        "{ ...SHOWN }",
    ],
)
def test_an_output_that_people_see(options: str) -> None:
    text = (
        'const MODE = "inherit";\nconst SHOWN = { stdio: MODE } as const;\n'
        "export function show(given: any, stdio: any): void {\n"
        f'  spawnSync("launchctl", ["list"], {options});\n}}\n'
    )
    assert_refused([text], "shows people what the tool prints")


@pytest.mark.parametrize("stdio", ['"pipe"', '["ignore", "pipe", "inherit"]', "undefined", "QUIET"])
def test_an_output_that_nobody_sees(stdio: str) -> None:
    text = (
        f'{HEAD}const QUIET = "ignore";\nspawnSync("launchctl", ["list"], {{ stdio: {stdio} }});\n'
    )
    assert not [f for f in look(text).findings if f.action == REFUSE]


@pytest.mark.parametrize(
    ("encoding", "reason"),
    [
        ('encoding: "base64"', "as base64"),
        ("encoding: `base64`", "as base64"),
        ("encoding: BYTES", "as buffer"),
        ("encoding: given", "only known at run time"),
        ("encoding", "only known at run time"),
    ],
)
def test_an_output_in_another_encoding(encoding: str, reason: str) -> None:
    text = (
        'const BYTES = "buffer";\n'
        "export const read = (given: BufferEncoding, encoding: BufferEncoding) =>\n"
        f'  execSync("launchctl list", {{ {encoding} }});\n'
    )
    assert_refused([text], reason)


@pytest.mark.parametrize(
    "flag",
    [
        '${force ? "-k " : ""}',
        "${force ? `-k ` : ``}",
        '${force ? KILL : ""}',
        "${chosen}",
        "${flag}",
    ],
)
def test_a_flag_that_is_chosen(flag: str) -> None:
    text = (
        'const KILL = "-k ";\n'
        "export function go(force: boolean, flag: string): void {\n"
        '  const chosen = force ? "-k " : "";\n'
        f"  execSync(`launchctl kickstart {flag}gui/501/com.acme.api`);\n}}\n"
    )
    reason = "which may be a flag" if flag == "${flag}" else "only known at run time"
    assert_refused([text], reason)


@pytest.mark.parametrize(
    "path",
    [
        "`${base}/Users/alice/x`",
        'base + "/Users/alice/x"',
        "base + `/Users/alice/x`",
        '"to " + base + ("/Users/alice/x")',
    ],
)
def test_a_path_behind_a_value(path: str) -> None:
    code = f"export const at = (base: string) => {path};\n"
    constant = 'const OWN = "/Users/alice/x";\n' + code.replace('"/Users/alice/x"', "OWN")
    spellings = [code, constant] if "OWN;" in constant else [code]
    assert_refused(spellings, "only known at run time", "")


@pytest.mark.parametrize("before", ["https://x.example.com", "scp nas:", "C:"])
def test_a_path_appended_to_what_makes_it_another(before: str) -> None:
    whole = f'export const at = "{before}/Users/alice/x";\n'
    assert migrated(whole) == whole
    apart = f'export const at = "{before}" + "/Users/alice/x";\n'
    assert migrated(apart) == apart


def test_a_constant_is_what_becomes_of_it() -> None:
    remote = 'import { sshExec } from "./ssh";\n'
    assert_refused(
        [
            'export const x = sshExec("mini", "cat /Users/alice/x");\n',
            'export const x = sshExec("mini", `cat /Users/alice/x`);\n',
            'const CMD = "cat /Users/alice/x";\nexport const x = sshExec("mini", CMD);\n',
            'const CMD = "cat " + "/Users/alice/x";\nexport const x = sshExec("mini", CMD);\n',
        ],
        "goes to another host",
        remote,
    )
    asks = 'export const who = (f: string) => f.startsWith({}) || f.startsWith("/Users/");\n'
    assert_refused(
        [
            asks.format('"/Users/alice/"'),
            asks.format("`/Users/alice/`"),
            asks.format('("/Users/alice/")'),
            'const OWN = "/Users/alice/";\n' + asks.format("OWN"),
        ],
        "tells this home from",
        "",
    )


HEADS = (
    'import { execFile } from "node:child_process";\nimport { promisify } from "node:util";\n',
    'import { execFile as file } from "child_process";\nimport { promisify as p } from "util";\n',
    'const { execFile } = require("child_process");\nconst { promisify } = require("util");\n',
)
MADE = ("const run = promisify(execFile);", "let run = promisify(/* no shell */ execFile);")
CALLS = (
    'run("launchctl", ["kickstart", "-k", `gui/${process.getuid()}/${LABEL}`])',
    "run(`launchctl`, [`kickstart`, `-k`, 'gui/' + process.getuid() + '/' + LABEL,],)",
    'run(/* it */ "launchctl", ["kickstart", /* kill */ "-k", `gui/${process.getuid()}/${LABEL}`])',
)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("call", CALLS)
def test_one_call(head: str, made: str, call: str) -> None:
    if " as p" in head:
        made = made.replace("promisify", "p").replace("execFile", "file")
    code = f"{made}\nexport async function go() {{\n  await {call};\n}}\n"
    text = f'{head}export const LABEL = "com.acme.api";\n{code}'
    assert body(text).removeprefix("const { processManager } = require(...); ") == (
        'export const LABEL = "com.acme.api"; '
        "export async function go() { await processManager.restart(LABEL); }"
    )


@pytest.mark.parametrize(
    "call", ["$().decode(done.stdout)", "$()\n    .decode(\n      done.stdout,\n    )"]
)
def test_a_long_line_that_is_broken(call: str) -> None:
    text = (
        HEAD + "export function all(): string {\n"
        '  const done = spawnSync("launchctl", ["list"]);\n'
        f"  return {call.replace('$', 'new TextDecoder')};\n}}\n"
    )
    assert body(text).endswith("return done.stdout; }")


@pytest.mark.parametrize(
    "body_", ["() => {}", "() => {{ return {}; }}", "function () {{ return {}; }}"]
)
def test_a_callback_of_an_effect(body_: str) -> None:
    call = 'execSync("launchctl kickstart -k system/com.acme.api")'
    head = f'import {{ Effect }} from "effect";\n{HEAD}'
    text = f"{head}export const go = Effect.try({body_.format(call)});\n"
    assert "processManagerSync.restart(" in body(text)
    read = text.replace(");\n", ").pipe(Effect.map(/* it */ (out) => out.length));\n")
    assert_refused([read], "reads what `restart` prints", "")


SHOWN = "export const hint = (label: string) => {};\n"


def test_a_command_that_is_put_together() -> None:
    expected = SHOWN.replace("{}", '`Run: ${processManager.hint("inspect", label)} now`').strip()
    for text in (
        "`Run: launchctl print gui/$(id -u)/${label} now`",
        '"Run: launchctl print gui/$(id -u)/" + label + " now"',
        '"Run: " + "launchctl print " + "gui/$(id -u)/" + (label) + " now"',
    ):
        assert body(SHOWN.replace("{}", text)) == expected
    assert_refused(
        [
            SHOWN.replace("{}", "`Stop it: launchctl stop ${label}`"),
            SHOWN.replace("{}", '"Stop it: launchctl stop " + label'),
        ],
        "keeps the service loaded",
        "",
    )
    assert_refused(
        [
            SHOWN.replace("{}", '"Run: launchctl print system/" + /* its name */ label'),
            SHOWN.replace("{}", 'label + 1 + ": launchctl print system/" + label'),
        ],
        "cannot spell",
        "",
    )


def test_a_text_for_a_shell_s_input_is_a_command() -> None:
    for call in ("child.stdin.write", "shell.write"):
        text = f'export const go = (child: any, shell: any) => {call}("launchctl list\\n");\n'
        assert_refused([text], "runs it", "")


@pytest.mark.parametrize("end", [";", ""])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_comments_and_the_first_line_stay(end: str, mark: str) -> None:
    text = (
        f'{mark}import {{ execSync }} from "node:child_process"{end}\n\n'
        f'export function go(): void {{\n  execSync("launchctl stop a.b.c"){end} // at once\n}}\n'
    )
    assert migrated(text) == (
        f'{mark}import {{ processManagerSync }} from "@acme/process-manager"{end}\n\n'
        f'export function go(): void {{\n  processManagerSync.stop("a.b.c"){end} // at once\n}}\n'
    )


def test_a_module_on_one_line_loads_the_port_before_it_is_used() -> None:
    text = (
        '"use strict";const { execSync } = require("child_process");'
        'exports.go = () => { execSync("launchctl stop a.b.c"); };exports.go();\n'
    )
    after = migrated(text, "packages/app/src/example.cts")
    assert after.index("require(") < after.index("exports.go")
