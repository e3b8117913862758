"""What acts on one service moves together, also where a helper of another file does its half."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import fleetmod
from tests.test_texts_elsewhere import MOVES as RESTARTS
from tests.test_texts_elsewhere import RUNS, migrated

# no port sends a signal: the call stays
STAYS = RUNS + (
    "export function load(plist: string) {\n"
    '  execFileSync("launchctl", ["kill", "HUP", plist]);\n}\n'
)
MOVES = STAYS.replace('["kill", "HUP", plist]', '["kickstart", "-k", "gui/501/com.acme.api"]')
STOP = 'execFileSync("launchctl", ["bootout", "gui/501/com.acme.api"]);'
BODY = f"export function again(plist: string) {{\n  {STOP}\n  CALL\n}}\n"


def both(root: Path, own: str, helper: str, **more: str) -> tuple[bool, bool]:
    """Whether the calls of `cli.ts`, and those of `units.ts`, move."""
    files = {
        "cli.ts": own,
        "units.ts": helper,
        **{f"{name}.ts": text for name, text in more.items()},
    }
    found = migrated(root, files)
    return "launchctl" not in found["cli.ts"], "launchctl" not in found["units.ts"]


@pytest.mark.parametrize(
    ("line", "call", "more"),
    [
        ('import { load } from "./units";', "load(plist);", {}),
        ('import { load as start } from "./units.js";', "start(plist);", {}),
        ('import * as mac from "./units";', "mac.load(plist);", {}),
        (
            'import { load } from "./index";',
            "load(plist);",
            {"index": 'export * from "./units";\n'},
        ),
        ('import { load } from "./units";', "[1].forEach(() => load(plist));", {}),
        ('import { load } from "./units";\nconst up = (p: string) => load(p);', "up(plist);", {}),
    ],
)
def test_what_a_helper_keeps_holds_the_other_half(
    tmp_path: Path, line: str, call: str, more: dict[str, str]
) -> None:
    own = f"{RUNS}{line}\n{BODY.replace('CALL', call)}"
    assert both(tmp_path / "a", own, STAYS, **more) == (False, False)
    assert both(tmp_path / "b", own, MOVES, **more) == (True, True)


def test_what_stays_holds_the_half_of_a_helper(tmp_path: Path) -> None:
    line = 'import { load } from "./units";\n'
    stop = 'execFileSync("launchctl", ["kill", "HUP", plist]);'
    own = f"{RUNS}{line}{BODY.replace(STOP, stop).replace('CALL', 'load(plist);')}"
    assert both(tmp_path / "a", own, MOVES) == (False, False)


def test_what_one_helper_keeps_holds_another_helper(tmp_path: Path) -> None:
    """Step by step: `far.ts` holds `units.ts`, which holds `cli.ts`."""
    far = STAYS.replace("load(", "far(")
    mac = MOVES.replace("import", 'import { far } from "./far";\nimport', 1).replace(
        "]);\n", "]);\n  far(plist);\n"
    )
    own = f'{RUNS}import {{ load }} from "./units";\n{BODY.replace("CALL", "load(plist);")}'
    assert both(tmp_path / "a", own, mac, far=far) == (False, False)


@pytest.mark.parametrize(
    ("helper", "body"),
    [
        # another service
        (MOVES.replace("501/com.acme.api", "501/com.acme.web"), BODY),
        # in another function, which nothing joins with this one
        (STAYS, BODY.replace("  CALL\n", "") + "export const up = (plist: string) => { CALL };\n"),
        # it only asks
        (STAYS.replace('"kill", "HUP"', '"print"'), BODY),
    ],
)
def test_what_is_of_no_concern_holds_nothing(tmp_path: Path, helper: str, body: str) -> None:
    own = f'{RUNS}import {{ load }} from "./units";\n{body.replace("CALL", "load(plist);")}'
    assert both(tmp_path / "a", own, helper)[0]


def test_a_plan_for_one_file_holds_what_the_others_keep(tmp_path: Path) -> None:
    own = f'{RUNS}import {{ load }} from "./units";\n{BODY.replace("CALL", "load(plist);")}'
    both(tmp_path / "a", own.replace("load(plist);", ""), MOVES.replace("execFileSync(", "void ("))
    root = tmp_path / "a"
    (root / "packages/core/src/cli.ts").write_text(own)
    (root / "packages/core/src/units.ts").write_text(MOVES)
    ran = fleetmod(root, "migrate", "--allow-dirty", "--path", "packages/core/src/cli.ts")
    assert "units.ts:3 stays, and may be about the same service" in ran.out
    assert (root / "packages/core/src/cli.ts").read_text() == own


@pytest.mark.parametrize("command", [("migrate", "--allow-dirty", "--path"), ("check",)])
def test_a_plan_for_one_file_sees_what_runs_it_beside_what_stays(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """`cli.ts` runs the helpers of two files, and neither of these knows the other one."""
    stop = f"{RUNS}export function stop() {{\n  {STOP}\n}}\n"
    line = 'import { load } from "./units";\nimport { stop } from "./stop";\n'
    cli = f"{line}export const again = (plist: string) => {{\n  stop();\n  load(plist);\n}};\n"
    found = migrated(tmp_path, {"cli.ts": cli, "units.ts": STAYS, "stop.ts": stop})
    assert found["stop.ts"] == stop
    path = "packages/core/src/stop.ts"
    ran = fleetmod(tmp_path, *command, str(tmp_path / path) if command == ("check",) else path)
    assert "units.ts:3 stays, and may be about the same service" in ran.out
    assert (tmp_path / path).read_text() == stop


def test_what_stays_does_so_where_a_line_above_it_changes(tmp_path: Path) -> None:
    home = 'export const notes = "/Users/sam/notes/today.md";\n'
    body = BODY.replace("CALL", "load(plist);")
    own = f'{RUNS}import {{ load }} from "./units";\n{home}{body}'
    found = migrated(tmp_path, {"cli.ts": own, "units.ts": STAYS})
    assert "/Users/sam" not in found["cli.ts"] and STOP in found["cli.ts"]


def test_a_home_that_stays_does_so_where_a_call_beside_it_moves(tmp_path: Path) -> None:
    test = (
        'import { expect, test } from "vitest";\nimport { AT } from "./testing/fix";\n'
        "// fleetmod-ignore home-test-data: asked for by this name\n"
        'test("at", () => expect(AT).toBe("/Users/sam/x"));\n'
    )
    helper = RESTARTS + 'export const AT = "/Users/sam/x";\n'
    found = migrated(tmp_path, {"a.test.ts": test, "testing/fix.ts": helper})
    assert "/Users/sam/x" in found["testing/fix.ts"]
    assert "launchctl" not in found["testing/fix.ts"]


# how a helper of `unitsN.ts` is named there, what joins the two, what imports it and calls it
SHAPES = {
    "list with another name": ("load", {}, 'import { up } from "UNITS";', "up(plist);"),
    "default": ("load", {}, 'import any from "UNITS";', "any(plist);"),
    "default by name": ("load", {}, 'import { default as any } from "UNITS";', "any(plist);"),
    "renamed on the way": (
        "load",
        {"JOIN": 'export { load as begin } from "UNITS";\n'},
        'import { begin } from "JOIN";',
        "begin(plist);",
    ),
    "imported and handed on": (
        "load",
        {"JOIN": 'import { load } from "UNITS";\nexport { load as begin };\n'},
        'import { begin } from "JOIN";',
        "begin(plist);",
    ),
    "namespace on the way": (
        "load",
        {"JOIN": 'export * as mac from "UNITS";\n'},
        'import { mac } from "JOIN";',
        "mac.load(plist);",
    ),
    "constant": ("load", {}, 'import { load } from "UNITS";\nconst up = load;', "up(plist);"),
    "member of a namespace": (
        "load",
        {},
        'import * as mac from "UNITS";\nconst { load } = mac;',
        "load(plist);",
    ),
    "object": ("object", {}, 'import { mac } from "UNITS";', "mac.load(plist);"),
    "class": ("class", {}, 'import { Mac } from "UNITS";', "new Mac().load(plist);"),
    "instance": (
        "class",
        {},
        'import { Mac } from "UNITS";\nconst mac = new Mac();',
        "mac.load(plist);",
    ),
    "typed": (
        "class",
        {},
        'import type { Mac } from "UNITS";',
        "((mac: Mac) => mac.load(plist))(given);\n",
    ),
    "static": ("static", {}, 'import { Mac } from "UNITS";', "Mac.load(plist);"),
    "behind a function without the tool": (
        "load",
        {
            "JOIN": 'import { load } from "UNITS";\n'
            "export const again = (plist: string) => load(plist);\n"
        },
        'import { again as up } from "JOIN";',
        "up(plist);",
    ),
    "behind its own function": ("behind", {}, 'import { up } from "UNITS";', "up(plist);"),
    "given to a call": ("load", {}, 'import { load } from "UNITS";', "[plist].forEach(load);"),
    "loaded when it runs": (
        "load",
        {},
        "",
        'const { load } = await import("UNITS");\n  load(plist);',
    ),
}
HELPERS = {
    "load": "function load(plist: string) {\n  TOOL\n}\nexport { load, load as up };\n"
    "export default load;\n",
    "object": "export const mac = {\n  load(plist: string) {\n    TOOL\n  },\n};\n",
    "class": "export class Mac {\n  load(plist: string) {\n    TOOL\n  }\n}\n",
    "static": "export class Mac {\n  static load(plist: string) {\n    TOOL\n  }\n}\n",
    "behind": "function load(plist: string) {\n  TOOL\n}\n"
    "export function up(plist: string) {\n  load(plist);\n}\n",
}
UNKNOWN = 'execFileSync("launchctl", ["kill", "HUP", plist]);'
KNOWN = 'execFileSync("launchctl", ["kickstart", "-k", "gui/501/com.acme.api"]);'


def shaped(tool: str) -> dict[str, str]:
    """The files of every shape, in which a helper runs `tool`."""
    files = {}
    for number, (kind, more, line, call) in enumerate(SHAPES.values()):
        body = "export async function again(plist: string, given: any) {\n"
        own = f"{RUNS}{line}\n{body}  {STOP}\n  {call}\n}}\n"
        every = {"cli": own, "units": RUNS + HELPERS[kind].replace("TOOL", tool)}
        for name, text in (every | {key.lower(): each for key, each in more.items()}).items():
            text = text.replace("UNITS", f"./units{number}").replace("JOIN", f"./join{number}")
            files[f"{name}{number}.ts"] = text
    return files


def test_a_helper_is_found_by_whatever_name_it_is_called(tmp_path: Path) -> None:
    found = migrated(tmp_path / "a", shaped(UNKNOWN))
    moved = [s for i, s in enumerate(SHAPES) if "launchctl" not in found[f"cli{i}.ts"]]
    assert moved == []
    found = migrated(tmp_path / "b", shaped(KNOWN))
    stayed = [s for i, s in enumerate(SHAPES) if "launchctl" in found[f"cli{i}.ts"]]
    assert stayed == []


def test_a_file_without_the_tool_joins_two_helpers(tmp_path: Path) -> None:
    stop = f"{RUNS}export function stop() {{\n  {STOP}\n}}\n"
    joins = 'import { stop } from "./cli";\nimport { load } from "./units";\n'
    both_of = joins + "export function again(plist: string) {\n  stop();\n  load(plist);\n}\n"
    apart = joins + "export const a = () => stop();\nexport const b = (p: string) => load(p);\n"
    assert both(tmp_path / "a", stop, STAYS, again=both_of) == (False, False)
    assert both(tmp_path / "b", stop, MOVES, again=both_of) == (True, True)
    assert both(tmp_path / "c", stop, STAYS, again=apart) == (True, False)
