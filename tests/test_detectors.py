"""A regular expression that looks for the tool's name is the same one after its rewrite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleetmod.model import EXEMPT, REWRITE
from tests.node import check, node
from tests.repo import commit, fleetmod, make, tree
from tests.scan import look, migrated

LITERALS = [
    r"/launchctl/",
    r"/launchctl.*worker/i",
    r"/\blaunchctl\b(?=\s+(?:load|unload))/gimsuy",
    r"/^\/bin\/launchctl$|[/]launchctl/m",
    r"/`launchctl \${2}\w+`|\`[${]x}/",
    r"/[^launchctl]+/v",
    r"/(?<launchctl>x)\k<launchctl>\\launchctl/u",
    r"/launchctl\u{1F680}\x41\n\t\0[\b]|é🚀launchctl+?/u",
    r"/\launchctl/",
    r"/$launchctl\$/",
]


@pytest.mark.parametrize("literal", LITERALS)
def test_source_and_flags_stay(literal: str, tmp_path: Path) -> None:
    after = migrated(f"export const pattern = {literal};\n")
    first, _, made = after.partition("export const pattern = ")
    assert 'import { MACOS_SERVICE_TOOL } from "@acme/process-manager";' in first
    assert "launchctl" not in after and "launch[" not in after
    (tmp_path / "a.mjs").write_text(
        f"const MACOS_SERVICE_TOOL = 'launchctl'; const made = {made}"
        f"const was = {literal};"
        "console.log(JSON.stringify([[made.source, made.flags], [was.source, was.flags]]));"
    )
    is_now, was = json.loads(check(node(), "a.mjs", cwd=tmp_path))
    assert is_now == was


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("return/launchctl/.test(text)", "return new RegExp(`${MACOS_SERVICE_TOOL}`).test(text)"),
        (
            "return !/launchctl/.test(text)",
            "return !new RegExp(`${MACOS_SERVICE_TOOL}`).test(text)",
        ),
    ],
)
def test_it_stands_apart_from_the_word_before(before: str, after: str) -> None:
    text = migrated(f"export function old(text: string) {{ {before}; }}\n")
    assert after in text


def test_the_port_exports_the_name() -> None:
    port = Path(__file__).parent.parent / "fleetmod/runtime/process-manager/src"
    program = "import { MACOS_SERVICE_TOOL } from './index.ts'; console.log(MACOS_SERVICE_TOOL);"
    options = ("--input-type=module", "-e", program)
    assert check(node(), *options, cwd=port).split() == ["launchctl"]


WATCHED = {
    "in one pattern": r"export const is = (c: string) => /\b(launchctl|systemctl)\b/.test(c);",
    "beside other patterns": r"export const all = [/\brm\s+-rf/, /\blaunchctl\s+unload/];",
    "in pairs": r'export const all = [["disk", /\bdd\b/], ["service", /\blaunchctl\b/]];',
    "in a table": r"export const all = { disk: /^mkfs/, service: /^launchctl/ } as const;",
    "words of a set": (
        'const no = new Set(["rm", "kill", "launchctl"]);\n'
        "export const is = (c: string) => no.has(c);"
    ),
    "commands that a loop compares": (
        'const no = ["rm -rf", "sudo rm", "launchctl unload"];\nexport function is(c: string) {\n'
        "  for (const each of no) if (c.startsWith(each)) return true;\n  return false;\n}"
    ),
    "commands that a closure compares": (
        'const no = ["rm -rf", "shutdown", "launchctl unload"];\n'
        "export const is = (c: string) => no.some((each) => c.includes(each));"
    ),
}
NOT_WATCHED = {
    "a pattern for the tool alone": r"export const old = /launchctl\s+load/;",
    "beside what is no program": r"export const old = [/\bk3s\b/, /launchctl.*worker/];",
    "everyday words": r"export const old = [/the service is up/, /launchctl.*worker/];",
    "commands that a loop runs": (
        'import { execSync } from "node:child_process";\n'
        'const all = ["rm -rf x", "kill 1", "launchctl unload y"];\n'
        "for (const each of all) execSync(each);"
    ),
    "commands that a closure runs": (
        'import { execSync } from "node:child_process";\n'
        'const all = ["rm -rf x", "kill 1", "launchctl unload y"];\n'
        "all.filter((each) => execSync(each));"
    ),
    "commands that are looked through, and run": (
        'import { execSync } from "node:child_process";\n'
        'const all = ["rm -rf x", "kill 1", "launchctl unload y"];\n'
        "export const is = (c: string) => all.includes(c);\nexecSync(all[2]!);"
    ),
    "commands that others may run": (
        'export const all = ["rm -rf x", "kill 1", "launchctl unload y"];\n'
    ),
}


@pytest.mark.parametrize("shape", WATCHED)
def test_commands_of_others_that_a_list_looks_for(shape: str) -> None:
    code = WATCHED[shape] + "\n"
    (found,) = (f for f in look(code).findings if f.family == "process")
    assert (found.rule, found.action) == ("launchctl-watched", EXEMPT)
    assert migrated(code) == code


@pytest.mark.parametrize("shape", NOT_WATCHED)
def test_what_is_no_such_list(shape: str) -> None:
    found = [f for f in look(NOT_WATCHED[shape] + "\n").findings if f.family == "process"]
    assert found and all(f.rule != "launchctl-watched" and f.action != EXEMPT for f in found)


HINT = 'export const hint = "Restart it: launchctl kickstart -k gui/501/com.acme.api";\n'


def test_a_hint_beside_such_a_list_is_debt_all_the_same() -> None:
    code = WATCHED["beside other patterns"] + "\n" + HINT
    found = {f.rule: f.action for f in look(code).findings if f.family == "process"}
    assert found == {"launchctl-watched": EXEMPT, "launchctl-display": REWRITE}


def test_what_tests_say_of_such_a_list(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "app"}\n',
        "src/a.ts": WATCHED["in one pattern"] + "\n",
        "src/a.test.ts": 'import { is } from "./a.ts";\n'
        'it.each(["launchctl unload com.apple.service"])("%s", (c) => {\n'
        "  expect(is(c)).toBe(true);\n});\n",
    }
    root = make(tmp_path / "r", files)
    assert fleetmod(root, "init").code == 0
    commit(root)
    before = tree(root)
    ran = fleetmod(root, "migrate")
    assert ran.code == 0 and tree(root) == before
    ran = fleetmod(root, "gate", "--phase", "1a")
    assert ran.code == 0 and "no debt by launchctl-watched" in ran.out
    assert fleetmod(root, "gate", "--phase", "1a", "--strict").code == 1
