"""Texts go with the calls that they speak of, in whatever file; what tests look for stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import commit, fleetmod, git, make

CONFIG = """version = 1
[workspace]
gate = ["packages"]
[home]
users = ["sam"]
root = "/Users/sam/acme"
[process]
label_prefix = "com.acme."
adapters = ["packages/core/src/mac.ts"]
[runtime]
dir = "packages"
scope = "@acme"
install = "always"
"""
BASE = {
    "fleetmod.toml": CONFIG,
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/core/package.json": '{"name": "@acme/core", "private": true}\n',
}
CORE = "packages/core/src/"
RUNS = 'import { execFileSync } from "node:child_process";\n'
MAC = RUNS + (
    "export class Mac {\n"
    '  list() { return execFileSync("launchctl", ["list"], { encoding: "utf8" }); }\n'
    "}\n"
)
# `kickstart` of a constant label moves, `kill` sends a signal and stays
MOVES = RUNS + (
    "export function restart() {\n"
    '  execFileSync("launchctl", ["kickstart", "-k", "gui/501/com.acme.api"]);\n'
    "}\n"
)
STAYS = RUNS + (
    "export function reload(plist: string) {\n"
    '  execFileSync("launchctl", ["kill", "HUP", plist]);\n}\n'
)


def migrated(root: Path, files: dict[str, str]) -> dict[str, str]:
    """The files of the core package, by their name there, after two runs that agree."""
    make(root, {**BASE, **{CORE + name: text for name, text in files.items()}})
    assert fleetmod(root, "migrate").code in (0, 1)
    if git(root, "status", "--porcelain"):
        commit(root)
    assert fleetmod(root, "migrate").out.startswith("rewrote 0 ")
    assert git(root, "status", "--porcelain") == ""
    return {name: (root / CORE / name).read_text() for name in files}


TITLE = (
    'import { expect, test } from "vitest";\n'
    "IMPORT\n"
    'test("names what launchctl list prints", () => {\n'
    '  expect(new Mac().list()).toContain("com.acme.api");\n'
    "});\n"
)


@pytest.mark.parametrize(
    ("line", "more"),
    [
        ('import { Mac } from "./mac";', {}),
        ('import { Mac } from "./index";', {"index.ts": 'export * from "./mac";\n'}),
        (
            'import { make as Mac } from "./factory";',
            {"factory.ts": 'import { Mac } from "./mac";\nexport const make = Mac;\n'},
        ),
        ('const { Mac } = await import("./mac");', {}),
    ],
)
def test_the_tests_of_an_adapter_keep_their_words(
    tmp_path: Path, line: str, more: dict[str, str]
) -> None:
    test = TITLE.replace("IMPORT", line)
    test += '// launchctl answers with a table\nexport const row = "launchctl list";\n'
    files = {"mac.ts": MAC, "mac.test.ts": test, **more}
    assert migrated(tmp_path, files) == files
    gate = fleetmod(tmp_path, "gate", "--phase", "1a")
    assert gate.code == 0
    assert "(speaks of packages/core/src/mac.ts:3" in gate.out and "mac.test.ts:3" in gate.out


def test_a_test_of_what_moves_changes_beside_one_of_an_adapter(tmp_path: Path) -> None:
    test = (
        'import { test } from "vitest";\n'
        'import { Mac } from "./mac";\n'
        'import { restart } from "./moves";\n'
        'test("lists by launchctl", () => void new Mac().list());\n'
        'test("restarts by launchctl", () => restart());\n'
    )
    after = migrated(tmp_path, {"mac.ts": MAC, "moves.ts": MOVES, "both.test.ts": test})
    assert '"lists by launchctl"' in after["both.test.ts"]
    assert '"restarts by the service manager"' in after["both.test.ts"]


@pytest.mark.parametrize(("text", "stays"), [(MOVES, False), (STAYS, True)])
def test_a_text_goes_with_the_calls_of_the_module_that_it_uses(
    tmp_path: Path, text: str, stays: bool
) -> None:
    name = "reload" if stays else "restart"
    uses = (
        f'import {{ {name} }} from "./calls";\n'
        "export function heal() {\n"
        "  // brought back by launchctl\n"
        f'  {name}("x");\n'
        '  console.log("launchctl was asked");\n'
        "}\n"
    )
    after = migrated(tmp_path, {"calls.ts": text, "heal.ts": uses})["heal.ts"]
    assert (after == uses) is stays
    assert ("launchctl" in after) is stays


@pytest.mark.parametrize(("text", "stays"), [(MOVES, False), (STAYS, True)])
def test_a_name_goes_with_the_calls_of_those_who_use_it(
    tmp_path: Path, text: str, stays: bool
) -> None:
    parser = (
        "const launchctlPid = /PID = (\\d+)/;\n"
        "export const pid = (text: string) => launchctlPid.exec(text)?.[1];\n"
    )
    user = f'import {{ pid }} from "./text";\n{text}export const of = pid;\n'
    after = migrated(tmp_path, {"text.ts": parser, "user.ts": user})["text.ts"]
    assert ("launchctlPid" in after) is stays


def test_a_name_of_what_a_call_that_stays_prints_stays_beside_one_that_moves(
    tmp_path: Path,
) -> None:
    text = (
        MOVES
        + "const launchctlRow = /com.acme/;\n"
        + "export function reload(plist: string) {\n"
        + '  return launchctlRow.test(execFileSync("launchctl", ["kill", "HUP", plist], '
        + '{ encoding: "utf8" }));\n'
        + "}\n"
    )
    after = migrated(tmp_path, {"both.ts": text})["both.ts"]
    assert "processManager" in after
    assert after.count("launchctlRow") == 2


def test_a_comment_on_a_service_goes_with_its_calls(tmp_path: Path) -> None:
    note = "// `launchctl print` of com.acme.api is polled elsewhere\nexport const every = 5;\n"
    other = note.replace("acme.api", "acme.api2")
    after = migrated(tmp_path, {"a.ts": MOVES, "note.ts": note, "other.ts": other})
    assert "the service manager's `inspect` of com.acme.api" in after["note.ts"].lower()
    assert after["other.ts"] == other  # of another service, that no call of the code names


HINT = (
    "export const next = (branch: string) =>\n"
    "  `${branch}: run launchctl kickstart -k gui/$UID/com.acme.serve`;\n"
)


@pytest.mark.parametrize(
    "asks",
    [
        "assert.match(next('x'), /kickstart -k/)",
        "assert.match(next('x'), /gui\\/\\$UID\\//)",
        "expect(next('x').toLowerCase()).toContain('kickstart')",
        "assert.ok(next('x').includes('launchctl'))",
        "assert.equal(next('x').slice(7), 'launchctl kickstart -k gui/$UID/com.acme.serve')",
    ],
)
def test_a_text_stays_whose_parts_a_test_looks_for(tmp_path: Path, asks: str) -> None:
    files = {"next.ts": HINT, "next.test.ts": f'import {{ next }} from "./next";\n{asks};\n'}
    assert migrated(tmp_path, files) == files
    said = fleetmod(tmp_path, "migrate").out
    assert "a test looks for `" in said and "next.test.ts:2), which this text gives" in said


@pytest.mark.parametrize(
    "asks",
    [
        "assert.match(next('x'), /^x: run /)",
        "expect(next('x')).toContain('com.acme.serve')",
        "expect(run).toHaveBeenCalledWith('launchctl', next('x'))",
    ],
)
def test_a_text_changes_where_tests_look_for_what_stays(tmp_path: Path, asks: str) -> None:
    test = f'import {{ next }} from "./next";\n{asks};\n'
    after = migrated(tmp_path, {"next.ts": HINT, "next.test.ts": test})
    assert "processManager.hint" in after["next.ts"]


# a command's test reaches the text through the command
FAR = {"next.ts": HINT, "cli.ts": 'import { next } from "./next";\nexport const run = next;\n'}


@pytest.mark.parametrize("asks", ["/\\blaunch\\b/", "/launch/", "'launch'", "/start/", "/^run/"])
@pytest.mark.parametrize("module", ["cli", "next"])
def test_a_test_that_looks_for_a_part_of_a_word_is_of_another_text(
    tmp_path: Path, asks: str, module: str
) -> None:
    name = "next" if module == "next" else "run"
    test = f'import {{ {name} }} from "./{module}";\nexpect({name}("x")).toMatch({asks});\n'
    test += "expect(list()).toEqual([]);\n"
    after = migrated(tmp_path, {**FAR, "far.test.ts": test})
    assert "processManager.hint" in after["next.ts"]


@pytest.mark.parametrize(
    ("asks", "module", "stays"),
    [
        ("/unload/", "cli", False),  # a plain word, in a test of what uses the text
        ("/unload/", "next", True),
        ("/unload/", "index", True),
        ("/launchctl/", "cli", True),
        ("'LaunchAgents/com.acme'", "cli", True),
    ],
)
def test_a_plain_word_counts_in_a_test_of_the_text_itself(
    tmp_path: Path, asks: str, module: str, stays: bool
) -> None:
    name = "run" if module == "cli" else "next"
    test = f'import {{ {name} }} from "./{module}";\nexpect({name}("x")).toMatch({asks});\n'
    plist = "~/Library/LaunchAgents/com.acme.serve.plist"
    text = HINT.replace("kickstart -k gui/$UID/com.acme.serve", f"unload {plist}")
    files = {**FAR, "next.ts": text, "index.ts": 'export * from "./next";\n', "a.test.ts": test}
    after = migrated(tmp_path, files)["next.ts"]
    assert (after == text) is stays


def test_one_file_is_judged_as_in_the_whole(tmp_path: Path) -> None:
    test = TITLE.replace("IMPORT", 'import { Mac } from "./mac";')
    make(tmp_path, {**BASE, CORE + "mac.ts": MAC, CORE + "mac.test.ts": test})
    assert fleetmod(tmp_path, "check", str(tmp_path / CORE / "mac.test.ts")).code == 0
    assert fleetmod(tmp_path, "check").code == 0


def test_what_is_kept_of_an_audit_follows_the_other_files(tmp_path: Path) -> None:
    test = TITLE.replace("IMPORT", 'import { Mac } from "./mac";')
    make(tmp_path / "r", {**BASE, CORE + "mac.ts": MAC, CORE + "mac.test.ts": test})
    env = {"FLEETMOD_CACHE_DIR": str(tmp_path / "cache")}
    root = tmp_path / "r"
    for _ in range(2):
        assert "mac.test.ts" not in fleetmod(root, "check", env=env).out
    (root / "fleetmod.toml").write_text(CONFIG.replace("mac.ts", "gone.ts"))
    assert "mac.test.ts:3" in fleetmod(root, "check", env=env).out


@pytest.mark.parametrize("both", [False, True])
def test_a_text_of_a_plan_for_some_files_speaks_of_calls_in_that_plan(
    tmp_path: Path, both: bool
) -> None:
    uses = (
        'import { restart } from "./calls";\n'
        "export function heal() {\n"
        "  // brought back by launchctl\n"
        "  restart();\n"
        '  console.log("launchctl was asked about com.acme.api");\n'
        "}\n"
    )
    files = {"calls.ts": MOVES, "heal.ts": uses}
    make(tmp_path, {**BASE, **{CORE + name: text for name, text in files.items()}})
    paths = [CORE + name for name in (files if both else ["heal.ts"])]
    ran = fleetmod(tmp_path, "migrate", *(each for path in paths for each in ("--path", path)))
    now = (tmp_path / CORE / "heal.ts").read_text()
    assert (now == uses) is not both, ran.out
    assert ("calls.ts:3, which stays" in ran.out) is not both, ran.out


@pytest.mark.parametrize("calls", [MOVES, MOVES + STAYS.removeprefix(RUNS)])
def test_a_test_of_calls_of_which_some_stay_keeps_its_words(tmp_path: Path, calls: str) -> None:
    test = (
        'import { expect, test } from "vitest";\n'
        'import { page } from "./page";\n'
        'test("escapes", () => {\n'
        "  // raw text would end launchctl load early\n"
        '  expect(page("<")).toBe("&lt;");\n'
        "});\n"
    )
    page = 'export { restart } from "./runs";\nexport const page = (text: string) => text;\n'
    files = {"runs.ts": calls, "page.ts": page, "page.test.ts": test}
    found = migrated(tmp_path / "r", files)
    assert (found["page.test.ts"] == test) is (calls != MOVES)
