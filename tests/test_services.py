"""A service's calls move together or not at all: in a function, and through those it runs."""

from __future__ import annotations

import pytest

from fleetmod.model import REFUSE, REWRITE
from tests.scan import look, migrated

HEAD = """import { execFileSync, execSync } from "node:child_process";
import { join } from "node:path";
"""
# a job's signal has no counterpart, so this one stays
STAYS = 'execFileSync("launchctl", ["kill", "SIGHUP", "system/com.acme.api"]);'
MOVES = 'execFileSync("launchctl", ["kickstart", "-k", "system/com.acme.api"]);'
ASKS = 'execFileSync("launchctl", ["print", "system/com.acme.api"], { stdio: "ignore" });'


def calls(text: str) -> list[str]:
    """What becomes of the calls, in source order."""
    return [f.action for f in look(HEAD + text).findings if f.rule == "launchctl-call"]


def moved(text: str, number: int = -1) -> bool:
    """Whether a call is rewritten, the last one if no other is meant, beside one that stays."""
    found = calls(text)
    assert REFUSE in found
    return found[number] == REWRITE


SPREAD = {
    "a helper, and the call beside it": "function load() { S }\nexport function go() { load(); M }",
    "two helpers": "function a() { S }\nfunction b() { M }\nexport function go() { a(); b(); }",
    "a helper's helper": """function a() { S }
function b() { a(); }
function c() { b(); }
export function go() { c(); M }""",
    "a constant": "const load = () => { S };\nexport function go() { load(); M }",
    "a method": "export class A {\n  private load() { S }\n  go() { this.load(); M }\n}",
    "a field": "export class A {\n  load = () => { S };\n  go() { this.load(); M }\n}",
    "an object": "const a = { load() { S } };\nexport function go() { a.load(); M }",
    "an instance": """class A { load() { S } }
const a = new A();
export function go() { a.load(); M }""",
    "a callback": """function load() { S }
export function go(all: string[]) { all.forEach(load); M }""",
    "a step of a callback": """export async function go(run: (f: () => void) => Promise<void>) {
  await run(() => { S });
  await run(() => { M });
}""",
    "one that stands in another": """export function all() {
  function load() { S }
  function go() { load(); M }
  return { load, go };
}""",
    "the module's own steps": "function load() { S }\nload();\nM",
}


@pytest.mark.parametrize("case", SPREAD)
def test_the_acts_of_a_service_move_together_through_the_functions_of_a_file(case: str) -> None:
    text = SPREAD[case]
    assert not moved(text.replace("S", STAYS).replace("M", MOVES))
    assert not moved(text.replace("S", MOVES).replace("M", STAYS), 0)
    assert moved(text.replace("S", STAYS).replace("M", MOVES.replace("api", "web")))


APART = {
    "nobody runs both": "export function a() { S }\nexport function b() { M }",
    "a caller of each": """function a() { S }
function b() { M }
export function first() { a(); }
export function second() { b(); }""",
    "handed on by the module": """function a() { S }
function b() { M }
on("a", a);
on("b", b);""",
    "another class's method": """class A { load() { S } }
export class B { load() {} go() { this.load(); M } }""",
    "a name that hides it": """function load() { S }
export function go(load: () => void) { load(); M }""",
}


@pytest.mark.parametrize("case", APART)
def test_what_no_function_runs_together_moves_by_itself(case: str) -> None:
    assert moved(APART[case].replace("S", STAYS).replace("M", MOVES))


def test_a_question_goes_with_its_own_function_alone() -> None:
    helper = f"function load() {{ {STAYS} }}\n"
    assert moved(f"{helper}export function go() {{ load(); {ASKS} }}")
    assert not moved(f"export function go() {{ {STAYS} {ASKS} }}")


# what it prints of a service has no counterpart, so this question stays
DUMPS = 'const text = execSync("launchctl print system/com.acme.api", { encoding: "utf8" });'


@pytest.mark.parametrize(
    ("code", "moves"),
    [
        ("function a() { D return text; }\nexport function b() { A return a(); }", False),
        ("function a() { A }\nexport function b() { a(); D return text; }", False),
        (
            "function a() { A }\nfunction c() { D return text; }\n"
            "export function b() { a(); return c(); }",
            False,
        ),
        ("function a() { A }\nexport function b() { D return text; }\na();", True),
    ],
)
def test_two_questions_about_a_service_that_one_function_asks_move_together(
    code: str, moves: bool
) -> None:
    found = calls(code.replace("A ", f"{ASKS} ").replace("D ", f"{DUMPS} "))
    assert sorted(found) == sorted([REFUSE, REWRITE if moves else REFUSE])


def test_a_call_that_stays_holds_those_back_that_hold_others_back() -> None:
    any_service = 'execFileSync("launchctl", ["kickstart", "-k", `system/${name}`]);'
    text = f"""function a() {{ {STAYS} }}
export function b(name: string) {{ a(); {any_service} }}
export function c() {{ b("x"); {MOVES.replace("api", "web")} }}"""
    assert calls(text) == [REFUSE] * 3


GIVEN = "function signal(label: string) { execSync(`launchctl kill SIGHUP system/${label}`); }\n"


@pytest.mark.parametrize(
    ("given", "moves"), [('"com.acme.api"', False), ('"com.acme.web"', True), ("of()", False)]
)
def test_a_helper_is_about_the_services_that_it_gets(given: str, moves: bool) -> None:
    """A label that nobody knows may be the same one."""
    go = f"export function go() {{ signal({given}); {MOVES} }}"
    assert moved(GIVEN + go) == moves
    assert not moved(f"export {GIVEN}{go}")  # by others with any label
    assert not moved(GIVEN + go + "\nfunction other() { signal(of()); }")


LABELS = {
    "a plist of its name": ("/Library/LaunchDaemons/com.acme.api.plist", "", False),
    "a plist of another name": ("/Library/LaunchDaemons/acme.plist", "", False),
    "a plist whose name looks like a label": ("/Library/LaunchDaemons/com.acme.plist", "", False),
    "a plist that has a label": (
        "/Library/LaunchDaemons/com.acme.web.plist",
        'export const WEB = "com.acme.web";',
        True,
    ),
    "a service that has a plist": (
        "/Library/LaunchDaemons/web.plist",
        'export const API = join("/Library/LaunchDaemons", "com.acme.api.plist");',
        True,
    ),
}


@pytest.mark.parametrize("case", LABELS)
def test_a_plist_is_of_any_service_unless_the_code_shows_whose(case: str) -> None:
    path, beside, moves = LABELS[case]
    stays = f'execFileSync("launchctl", ["load", "-S", "Aqua", "{path}"]);'
    assert moved(f"{beside}\nexport function go() {{ {stays} {MOVES} }}") == moves


def test_two_plists_are_two_services() -> None:
    stays = 'execFileSync("launchctl", ["load", "-S", "Aqua", "/Library/LaunchDaemons/a.plist"]);'
    load = 'execFileSync("launchctl", ["load", "/Library/LaunchDaemons/com.acme.api.plist"]);'
    assert moved(f"export function go() {{ {stays} {load} }}")
    same = stays.replace("a.plist", "com.acme.api.plist")
    assert not moved(f"export function go() {{ {same} {load} }}")


NAMED = [
    "execSync(`sudo launchctl kickstart system/${L}`);",
    "execSync('sudo bash -c \"launchctl stop com.acme.web\"');",
    'execFileSync("sudo", ["launchctl", "bootout", `system/${L}`]);',
    "execSync(`launchctl kill 9 gui/501/${L}`);",
    "execSync(`launchctl bootout gui/501 ~/Library/LaunchAgents/${L}.plist || echo no`);",
    "run(`launchctl stop ${L}`);",
    'run("launchctl", ["kickstart", `system/${L}`]);',
]


@pytest.mark.parametrize("stays", NAMED)
def test_a_call_that_no_port_can_do_is_about_the_services_that_it_names(stays: str) -> None:
    run = 'import { run } from "./run.js";\n'
    go = f'const L = "com.acme.web";\nexport function go() {{ {stays} {MOVES} }}'
    assert moved(f'{run}export const P = "/Library/LaunchDaemons/com.acme.api.plist";\n{go}')
    assert not moved(run + go.replace("web", "api"))


@pytest.mark.parametrize("other", ["setenv ACME 1", "limit maxfiles 1 2"])
def test_what_changes_the_host_is_about_no_service(other: str) -> None:
    assert moved(f'export function go() {{ execSync("launchctl {other}"); {MOVES} }}')


@pytest.mark.parametrize("other", ["list", "bootout gui/501", "$MORE", "stop ${of()}"])
def test_what_names_no_service_may_be_about_any(other: str) -> None:
    stays = f"execSync(`launchctl {other} | wc -l`);"
    assert moved(f"export function go() {{ {stays} {MOVES} }}") == (other == "list")
    assert not moved(f"export function go() {{ {stays} {ASKS} }}")


def test_what_a_wrapper_hands_on_is_told_by_its_calls() -> None:
    wrapper = """function launchctl(...args: string[]) {
  return execFileSync("launchctl", args, { encoding: "utf8" });
}
"""
    text = f"""{wrapper}export function a() {{ launchctl("kill", "HUP", "system/com.acme.web"); }}
export function b() {{ launchctl("disable", "system/com.acme.api"); }}"""
    assert moved(text)
    assert migrated(HEAD + text).count("processManagerSync.disable") == 1
