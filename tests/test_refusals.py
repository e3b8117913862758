"""What no example of a rule shows: a place that is refused, and the words that say why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleetmod.engine import scan
from fleetmod.host.scan import scan as scan_host
from fleetmod.host.tools import load_tools
from fleetmod.model import REFUSE
from tests import languages
from tests.scan import RULES, SETTINGS, look

SYNC = 'import { execSync } from "node:child_process";\n'
FILE = 'import { execFileSync } from "node:child_process";\n'
CALLBACK = 'import { exec } from "node:child_process";\n'
SPAWN = 'import { spawnSync } from "node:child_process";\n'
RESTART = 'execSync("launchctl kickstart -k gui/501/com.acme.a");\n'
START = "launchctl kickstart gui/501/com.acme.a"
COMMANDS = {
    "launchctl print-disabled gui/501": "print-disabled has no counterpart",
    "launchctl list | grep 0": "the grep pattern `0` matches more than labels",
    "launchctl list | grep acme | grep api": "two greps after `list`",
    "launchctl list | grep -v grep": "a pipeline without a pattern",
    "launchctl kickstart -k gui/501/com.acme.a | tee log": "a pipeline after the command",
    "launchctl bootout gui/501 /a/com.acme.a.plist /a/com.acme.b.plist": "bootout of several",
    "launchctl list | (": "the shell command does not parse",
    "# launchctl list": "the shell command is empty",
    "> /tmp/x; launchctl stop com.acme.a": "a redirection without a command",
    "launchctl stop com.acme.a < /tmp/in": "the redirection `< /tmp/in` has no counterpart",
    "launchctl stop com.acme.$((1+1))": "shell syntax (arithmetic expansion) inside a word",
    "launchctl stop ''": "the label is empty",
    "sh -c 'launchctl kickstart $0' com.acme.a": "a shell with arguments",
    "launchctl stop com.acme.a <<< x": "the redirection `<<< x` has no counterpart",
    'launchctl list; sh -c "launchctl load $HOME/a.plist"': "expansions of the outer shell",
    "colima start -p $HOME": "the profile is an expansion of the shell",
    "colima status | grep Running": "filters what Colima prints",
    "colima start one two": "`colima start` takes one profile, and gets 2",
    "colima start || colima status": "a fallback that does something else",
    "colima status; colima start": "a sequence of commands",
}
CALLS = {
    SYNC + f"export const x = (w: string) => void execSync(`${{w}} {START}`);\n": (
        "the program to run is only known at run time"
    ),
    FILE + "export function x(on: boolean) {\n"
    '  execFileSync("launchctl", [...(on ? ["bootout"] : ["list"]), "gui/501/com.acme.a"]);\n}\n': (
        "a condition chooses the arguments"
    ),
    FILE + "export function x(on: boolean) {\n"
    '  execFileSync("launchctl", [...(on ? ["kickstart", "a.b"] : ["kickstart", "a.c"])]);\n}\n': (
        "a condition chooses the arguments"
    ),
    FILE + 'execFileSync("launchctl", ["load", "/Library/LaunchAgents/.plist"]);\n': (
        "the plist's path has no file name"
    ),
    FILE + "export const x = (a: string) => "
    'void execFileSync("launchctl", ["stop", ` com.acme.${a}`]);\n': "begins with a space",
    FILE + "export const x = (a: string) => "
    'void execFileSync("launchctl", ["stop", `com.acme.${a} `]);\n': "begins or ends with a space",
    CALLBACK + f'exec("launchctl bootout gui/501/com.acme.b; {START}", (e) => log(e));\n': (
        "several commands before one callback"
    ),
    CALLBACK + f'const c = exec("{START}", (e) => log(e));\nc.on("exit", () => {{}});\n': (
        "the child process is used beside its callback"
    ),
    CALLBACK + f'exec("{START} 2>&1", (e, out, err) => log(err));\n': (
        "reads what the shell around the command redirects"
    ),
    CALLBACK + f'exec("{START} || true", (e) => log(e));\n': (
        "asks for an error that the shell around the command keeps from it"
    ),
    CALLBACK + f'exec("{START}", function (e) {{\n  log(this.pid);\n}});\n': (
        "the callback reads `this`"
    ),
    CALLBACK + "const run = (c: string) => wrap(exec(c));\n"
    f'export const x = () => run("{START}");\n': "promise resolves to is not known",
    'import { $ } from "bun";\n'
    f"export const x = () => $`launchctl bootout gui/501/com.acme.b; {START}`.then(() => 1);\n": (
        "several commands behind one promise"
    ),
    "export const x = () => "
    'Bun.spawn(["launchctl", "kickstart", "gui/501/com.acme.a"]).exited;\n': (
        "a child process's exit is passed on"
    ),
    "export async function x() {\n"
    '  const child = Bun.spawn(["launchctl", "kickstart", "gui/501/com.acme.a"]);\n'
    "  const code = await child.exited;\n  return code === 113;\n}\n": (
        "tells by a number how it went"
    ),
    SPAWN + 'const { stdout } = spawnSync("launchctl", ["list"]);\nkeep(stdout);\n': (
        "passes the bytes of `stdout` on"
    ),
    SPAWN + 'const done = spawnSync("launchctl", ["list"]);\nhash(done.stdout);\n': (
        "passes bytes to `hash`"
    ),
    "function run(c: string[]) {\n  const r = Bun.spawnSync(c);\n"
    "  return { ok: r.exitCode === 0, stdout: r.stdout.toString().trim() };\n}\n"
    "export function x() {\n"
    '  const { ok, stdout } = run(["launchctl", "list"]);\n  return ok && stdout;\n}\n': (
        "takes trimmed text from the result"
    ),
    SPAWN + "export function x(s: { label?: string }) { if (s.label) {"
    ' const r = spawnSync("launchctl", ["kickstart", s.label]); return r.status === 0; } }\n': (
        "a check tells the type of its label"
    ),
    'export const x = () => {\n  void fetch("http://192.168.64.2:8080/");\n};\n': (
        "the machine's address where the code cannot wait for it"
    ),
}
PRINT = 'execSync("launchctl print gui/501/com.acme.a", { encoding: "utf8" })'
PROMISE = """import { execFile } from "node:child_process";
import { promisify } from "node:util";
const run = promisify(execFile);
"""
CALLS |= {
    f"{SYNC}const seen = {PRINT};\nexport {{ seen }};\n": "is kept in `seen`",
    f"{SYNC}export let seen = {PRINT};\n": "is kept in `seen`",
    f"{SYNC}const held: {{ t?: string }} = {{}};\nheld.t = {PRINT};\n": "is kept in `held.t`",
    f"{SYNC}export const x = () => {{\n  for (const c of {PRINT}) show(c);\n}};\n": (
        "is handed on to `show`"
    ),
    f"{SYNC}export const x = (old: string) => {PRINT} < old;\n": "is compared",
    f"{SYNC}export function* x() {{\n  yield {PRINT};\n}}\n": "is taken apart",
    f"{SYNC}export const x = () => new Blob([{PRINT}]);\n": "given on as a field or an element",
    f"{SYNC}export const x = (old: string) => {{\n  const now = {PRINT};\n"
    "  return now === old;\n};\n": "reads `old` of what the tool prints",
    f"{SYNC}export function x() {{\n  const out = {PRINT};\n  return out;\n}}\n": "is returned",
    f"{SYNC}export const x = () => y({PRINT});\nfunction y(t: string) {{\n  return t;\n}}\n": (
        "is returned"
    ),
    PROMISE + 'export const x = () => [run("launchctl", ["kickstart", "system/com.acme.a"])];\n': (
        "the promise's result is passed on"
    ),
    PROMISE + 'export const x = () => run("launchctl", ["list"]).then((r) => r.stdout);\n': (
        "the promise of a query is passed on"
    ),
    'import { spawn } from "node:child_process";\nexport function x() {\n'
    '  const child = spawn("launchctl", ["list"]);\n  child.stdout.pipe(process.stdout);\n}\n': (
        "reads a child process's output"
    ),
    SYNC + "export const x = (encoding: BufferEncoding) =>"
    ' execSync("launchctl list", { encoding });\n': "encoding is only known at run time",
}
TEXTS = {
    'console.error("Run `colima delete --force` first");\n': "that the port cannot spell",
    'console.error("On macOS run `colima start` first");\n': "names macOS beside the command",
    'export enum Hint {\n  A = "Run colima start first",\n}\n': "must stay a literal here",
    SYNC + f"// launchctl load -w of the agent\nexport function x() {{\n  {RESTART}}}\n": (
        "shows launchctl's own arguments"
    ),
    SYNC + f"export function x(v: string) {{\n  {RESTART}"
    f"  console.error(`Run {START} ${{v}}`);\n}}\n": "that the port cannot spell",
    SYNC + f"export function x() {{\n  {RESTART}"
    '  console.error("Run: launchctl load /Users/x/com.acme.a.plist");\n}\n': (
        "shows a command with a file of its own"
    ),
    SYNC + f"export function x() {{\n  {RESTART}"
    f'  console.error("Run {START}, see launchctl.log");\n}}\n': "with the tool's name in it",
}
TEXTS |= {
    SYNC + text + f"export function x() {{\n  {RESTART}}}\n": "the text must stay a literal here"
    for text in (
        f'class A {{\n  static "Run {START}" = 1;\n}}\n',
        f'class A {{\n  "Run {START}"() {{}}\n}}\n',
        f'const {{ "Run {START}": b }} = hints;\n',
    )
}
HOMES = {
    'export const P = "/Users/alice/a:/Users/you/b";\n': "the home of `you`, who is not in",
    "export const P = (h: string) => `/Users/alice/a:${h}/Users/alice/b`;\n": (
        "stands behind a value that is only known at run time"
    ),
    'export enum P {\n  A = "/Users/alice/a",\n}\n': "an enum member must be constant",
    'const m = require("/Users/alice/Code/acme/x");\n': "a module loaded by an absolute path",
    'export { a } from "/Users/alice/Code/acme/x.ts";\n': "an import of an absolute path",
    'const x = sql`select "/Users/alice/a"`;\n': "the tag `sql` would get the path",
    'import { vi } from "vitest";\nvi.mock("./a", () => ({ home: "/Users/alice/a" }));\n': (
        "a mock's factory is hoisted"
    ),
    'export const R = new RegExp("/Users/alice/x");\n': "a pattern with one user's home",
    SYNC + 'execSync("ls $HOME/a || ls /Users/alice/a");\n': "tries this home and the caller's own",
    "// /Users/alice/data/x has 19 characters\nexport const a = 1;\n": "how long the path is",
    '// the data of /Users/alice/x\nconst p = "/Users//alice/x";\n': "the code beside the comment",
    "// /Users/alice/x, or %2FUsers%2Falice%2Fx\nconst p = 1;\n": "the comment also spells",
}
TESTS = {
    'import f from "/Users/alice/code/f";\nexpect(f("/Users/alice/b")).toBe(1);\n': (
        "import the module by its package name"
    ),
    'export { f } from "/Users/alice/code/f";\nexpect(f("/Users/alice/b")).toBe(1);\n': (
        "import the module by its package name"
    ),
    '// /Users/alice/b has 14 characters\nexpect(f("/Users/alice/b")).toBe("/Users/alice/b");\n': (
        "how long the path is"
    ),
    'vi.mock("/Users/alice/code/f");\nexpect(f("/Users/alice/b")).toBe(1);\n': (
        "load it by its package name"
    ),
}
TOOLS = {
    f'{SYNC}function x() {{\n  try {{ execSync("pbcopy"); }} catch {{}}\n}}\nconst a = = 1;\n': (
        "the file does not parse as a whole"
    ),
    f"{SYNC}function run(c: string) {{\n  log(c);\n  execSync(c);\n}}\n"
    'function x() {\n  try { run("pbcopy"); } catch {}\n}\n': "`run` does more than run",
}
PLIST = '<plist version="1.0"><dict><key>a</key>{}<string>/Users/alice/a</string>{}</dict></plist>'
OTHERS = [
    (
        "a.plist",
        PLIST.format("", "<key>b</key><string>__HOME__</string>"),
        "has placeholders beside",
    ),
    ("a.plist", PLIST.format("", "<key>b</key><string>/home/alice</string>"), "more than one home"),
    ("a.plist", "<plist><string>/Users/alice/a</string>", "is no property list"),
    ("a.plist", PLIST.format("<array>" * 1500, "</array>" * 1500), "nests too deeply"),
    ("a.py", "#!/Users/alice/bin/python3\nprint(1)\n", "a line that is read as it stands"),
    ("a.py", "x = f\"{f'/Users/alice/{1}'}\"\n", "an f-string inside of another"),
    (
        "a.py",
        'def f():\n    """\n    >>> f()\n    \'/Users/alice/a\'\n    """\n'
        '    return "/Users/alice/a"\n',
        "test data",
    ),
]


def said(path: str, text: str) -> list[str]:
    return [f.reason for f in look(text, path).findings if f.action == REFUSE]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command(command: str) -> None:
    found = said("a.ts", f"{SYNC}export const x = () => {{\n  execSync(`{command}`);\n}};\n")
    assert any(COMMANDS[command] in reason for reason in found), found


@pytest.mark.parametrize("text", CALLS | TEXTS | HOMES)
def test_code(text: str) -> None:
    found = said("packages/app/src/example.ts", text)
    assert any((CALLS | TEXTS | HOMES)[text] in reason for reason in found), found


@pytest.mark.parametrize("text", TESTS)
def test_code_of_a_test(text: str) -> None:
    found = said("packages/app/src/example.test.ts", text)
    assert any(TESTS[text] in reason for reason in found), found


@pytest.mark.parametrize("text", TOOLS)
def test_a_call_of_another_tool(text: str) -> None:
    (finding,) = scan_host("a.ts", text.encode(), load_tools()).findings
    assert TOOLS[text] in finding.reason


def test_words_of_jsx() -> None:
    text = "export const A = () => <p>Run colima start first</p>;\n"
    assert "that the port cannot spell" in said("packages/app/src/example.tsx", text)[0]


def test_an_attribute_of_jsx() -> None:
    text = 'export const A = () => <a href="/Users/alice/a&amp;b">x</a>;\n'
    assert "a JSX attribute" in said("packages/app/src/example.tsx", text)[0]


def test_a_const_under_isolated_declarations() -> None:
    settings = replace(SETTINGS, isolated=frozenset(("a.ts",)))
    text = b'export const A = { at: "/Users/alice/a" } as const;\n'
    (finding,) = scan("a.ts", text, settings, RULES).findings
    assert finding.reason.startswith("stands under `as const`")


@pytest.mark.parametrize(("path", "text", "reason"), OTHERS)
def test_other_languages(path: str, text: str, reason: str) -> None:
    found = languages.reasons(path, text)
    assert any(reason in each for each in found), found


@pytest.mark.parametrize(
    ("rewrite", "text", "reason"),
    [
        ("home-key", 'f("x");\n', "is no key of a home"),
        ("home-joined", 'f("x");\n', "is no place below the home"),
        ("rename", "f(launchctlPath);\n", "a name that is declared elsewhere"),
    ],
)
def test_a_rewrite_that_a_rule_of_one_s_own_names(rewrite: str, text: str, reason: str) -> None:
    (rule,) = (rule for rule in RULES if rule.id == "home-regex")
    query = "(arguments [(string) (identifier)] @debt)"
    own = replace(rule, id="own", query=query, refusal="", rewrite=rewrite, triggers=("f(",))
    assert [reason in f.reason for f in look(text, rules=(own,)).findings] == [True]
