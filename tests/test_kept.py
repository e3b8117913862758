"""What a rewrite must not touch, or must tell: each test is of one check that keeps code right."""

from __future__ import annotations

import pytest

from fleetmod.model import REFUSE, REWRITE
from tests.scan import look, migrated

EXEC = 'import { execSync } from "node:child_process";\n'
HOME = 'export const notes = "/Users/alice/notes";\n'


@pytest.mark.parametrize("declared", ["let", "var"])
def test_a_name_that_gets_another_value_is_not_its_first_one(declared: str) -> None:
    code = f'{EXEC}{declared} command = "launchctl stop com.acme.a";\n'
    code += 'if (process.argv[2]) command = "launchctl start com.acme.b";\nexecSync(command);\n'
    assert "processManagerSync" not in migrated(code)
    assert any(f.action == REFUSE for f in look(code).findings)


@pytest.mark.parametrize("declared", ["let", "var", "const"])
def test_a_name_that_keeps_its_value_is_it(declared: str) -> None:
    code = f'{EXEC}{declared} command = "launchctl stop com.acme.a";\nexecSync(command);\n'
    assert 'processManagerSync.stop("com.acme.a");' in migrated(code)


@pytest.mark.parametrize("name", ["document", "window", "localStorage", "navigator"])
def test_code_that_asks_a_browsers_global_gets_no_import(name: str) -> None:
    code = f"{HOME}export const seen = () => {name}.title;\n"
    [found] = look(code).findings
    assert found.action == REFUSE and "browser" in found.reason
    assert migrated(code) == code


@pytest.mark.parametrize("name", ["document", "window", "localStorage", "navigator"])
def test_a_name_of_its_own_is_no_browsers_global(name: str) -> None:
    code = f"{HOME}export const seen = ({name}: {{ title: string }}) => {name}.title;\n"
    [found] = look(code).findings
    assert found.action == REWRITE


PRAGMAS = (
    "// eslint-disable-next-line import/order",
    "// @ts-expect-error no types",
    "// @ts-ignore",
    "// biome-ignore lint: old",
    "// prettier-ignore",
)


@pytest.mark.parametrize("pragma", PRAGMAS)
def test_a_comment_that_speaks_to_a_tool_stays_with_its_import(pragma: str) -> None:
    code = f'{pragma}\nimport old from "zz-old";\n\n{HOME}export const it = old;\n'
    text = migrated(code)
    assert f'{pragma}\nimport old from "zz-old";\n' in text
    assert text.index("@acme/node-identity") < text.index(pragma)


def test_what_nobody_waits_for_is_told() -> None:
    code = 'import { spawn } from "node:child_process";\n'
    code += 'export const again = () => { spawn("launchctl", ["stop", "com.acme.a"]); };\n'
    [call] = [f for f in look(code).findings if f.cls == "call"]
    assert any(note.startswith("nobody waits for it") for note in call.notes)
    awaited = (
        f'{EXEC}export async function again() {{\n  execSync("launchctl stop com.acme.a");\n}}\n'
    )
    [call] = [f for f in look(awaited).findings if f.cls == "call"]
    assert not any("nobody waits" in note for note in call.notes)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_whose_first_lines_go_begins_with_code(line_end: str) -> None:
    ported = 'import { processManagerSync } from "@acme/process-manager";\n\n'
    code = f'{EXEC}\n{ported}processManagerSync.stop("com.acme.b");\n'
    code += 'execSync("launchctl stop com.acme.a");\n'
    assert migrated(code.replace("\n", line_end)).startswith(ported.split("\n")[0])


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_helper_at_the_head_leaves_no_blank_line_there(line_end: str) -> None:
    code = 'const { execSync } = require("child_process");\n\n'
    code += 'function stop() {\n  execSync("launchctl stop com.acme.a");\n}\nstop();\n'
    text = migrated(code.replace("\n", line_end))
    assert text and not text.startswith(("\n", "\r"))


def test_what_goes_leaves_no_two_blank_lines() -> None:
    code = (
        'import { execFile } from "node:child_process";\nimport { promisify } from "node:util";\n\n'
        "const plain = promisify(execFile);\n"
        'const run = (a: string[]) => plain("launchctl", a);\n\n'
        'export async function stop() {\n  await run(["stop", "com.acme.a"]);\n}\n'
    )
    assert "\n\n\n" not in migrated(code)


@pytest.mark.parametrize(
    ("head", "below"),
    [
        # behind the requires, however many headings follow
        ("const fs = require('fs');\n", "\n// --- Services ---\n\n"),
        ("/** About it. */\n\nconst fs = require('fs');\n", "\n// Services\n\n"),
        # behind what the file is about
        ("/**\n * About it.\n */\n\n", "// \u2500\u2500\u2500 Services \u2500\u2500\u2500\n\n"),
    ],
)
def test_an_import_stands_above_the_heading_of_a_section(head: str, below: str) -> None:
    code = f"{head}{below}module.exports.at = '/Users/alice/notes';\n"
    text = migrated(code)
    assert text.index("@acme/node-identity") < text.index("Services"), text
    assert text.index("@acme/node-identity") > text.index(head.rstrip()), text
