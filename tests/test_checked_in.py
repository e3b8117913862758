"""What a check compares with a file that is checked in stays while that file spells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import fleetmod
from tests.test_homes_together import HEAD, Files, moved, repository

SCRIPT = "/Users/sam/code/acme/jobs/rotate.ts"
PLIST = f"<plist><string>{SCRIPT}</string></plist>\n"
READS = """import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
const text = (name: string) => readFileSync(new URL(`../launchd/${name}`, import.meta.url), "utf8");
"""
DIRECT = READS + f'assert(text("com.acme.rotate.plist").includes("{SCRIPT}"), "spells it");\n'
HELPER = (
    READS
    + "function assertRuns(name: string, script: string) {\n"
    + "  assert.ok(text(name).includes(`<string>${script}</string>`));\n}\n"
    + f'assertRuns("com.acme.rotate.plist", "{SCRIPT}");\n'
)
PREFIX = READS + (
    'for (const name of ["com.acme.rotate.plist"]) '
    'assert.ok(text(name).includes("/Users/sam/code/acme/jobs/rot"));\n'
)
# deeper than what is looked at
DEEP = f"export const logs = {'(' * 450}'/Users/sam/.acme/logs/a.log'{')' * 450};\n"
LOGS = (
    'import assert from "node:assert";\nimport { logs } from "./deep";\n'
    'assert.equal(logs, "/Users/sam/.acme/logs/a.log");\n'
)


def outcome(root: Path) -> str:
    return fleetmod(root, "migrate", "--dry-run").out


@pytest.mark.parametrize("text", [DIRECT, HELPER, PREFIX])
@pytest.mark.parametrize("name", ["src/plists-smoke.ts", "src/plists.test.ts"])
def test_an_expectation_stays_with_the_plist_that_it_is_of(
    tmp_path: Path, text: str, name: str
) -> None:
    text = text if "test" not in name else f'{HEAD}{text}test("a", () => expect(1).toBe(1));\n'
    files: Files = {name: text, "launchd/com.acme.rotate.plist": PLIST}
    root = repository(tmp_path / "r", files)
    assert "com.acme.rotate.plist spells it as well" in outcome(root)
    assert moved(root) == ""


def test_a_plist_of_another_path_keeps_nothing(tmp_path: Path) -> None:
    plist = PLIST.replace("rotate.ts", "other.ts")
    files: Files = {"src/plists-smoke.ts": DIRECT, "launchd/com.acme.rotate.plist": plist}
    assert "nodeIdentity.repoRoot" in moved(repository(tmp_path / "r", files))


def test_a_plist_that_no_check_names_keeps_nothing(tmp_path: Path) -> None:
    text = DIRECT.replace("com.acme.rotate", "com.acme.other").replace("launchd/", "agents/")
    files: Files = {"src/plists-smoke.ts": text, "launchd/com.acme.rotate.plist": PLIST}
    assert "nodeIdentity.repoRoot" in moved(repository(tmp_path / "r", files))


@pytest.mark.parametrize("name", ["src/plists-smoke.ts", "src/plists.test.ts"])
def test_a_folder_that_a_check_names_is_read(tmp_path: Path, name: str) -> None:
    text = READS.replace("launchd/${name}", "agents/${name}.plist") + (
        f'for (const name of ["rotate", "api"]) assert(text(name).includes("{SCRIPT}"));\n'
    )
    text = text if "test" not in name else f'{HEAD}{text}test("a", () => expect(1).toBe(1));\n'
    files: Files = {name: text, "agents/rotate.plist": PLIST, "agents/more/api.plist": PLIST}
    assert moved(repository(tmp_path / "r", files)) == ""
    apart: Files = {name: text, "agents/more/api.plist": PLIST, "more/agents/design.md": SCRIPT}
    if "test" not in name:  # what a test only looks for stays anyhow
        assert moved(repository(tmp_path / "apart", apart)) != ""


def test_what_a_check_opens_is_compared_with_nothing(tmp_path: Path) -> None:
    text = DIRECT + f'assert.match(readFileSync("{SCRIPT}", "utf8"), /rotate/);\n'
    files: Files = {"src/plists-smoke.ts": text, "launchd/com.acme.rotate.plist": PLIST}
    changed = moved(repository(tmp_path / "r", files))
    assert "readFileSync(`${nodeIdentity.repoRoot}/jobs/rotate.ts`" in changed
    assert changed.count("\n+assert") == 1


NAMED = READS + (
    f'const EXPECTED = "{SCRIPT}";\nassert(text("com.acme.rotate.plist").includes(EXPECTED));\n'
)
EACH = READS + (
    f'for (const at of ["{SCRIPT}"]) assert(text("com.acme.rotate.plist").includes(at));\n'
)


@pytest.mark.parametrize("text", [NAMED, EACH])
def test_an_expectation_may_have_a_name(tmp_path: Path, text: str) -> None:
    files: Files = {"src/plists-smoke.ts": text, "launchd/com.acme.rotate.plist": PLIST}
    assert moved(repository(tmp_path / "r", files)) == ""


def test_what_a_program_says_moves_beside_what_it_checks(tmp_path: Path) -> None:
    text = f'{DIRECT}console.log("npm --prefix {SCRIPT} run");\n'
    files: Files = {"src/plists-smoke.ts": text, "launchd/com.acme.rotate.plist": PLIST}
    changed = moved(repository(tmp_path / "r", files))
    assert "npm --prefix ${nodeIdentity.repoRoot}" in changed and "-assert" not in changed


def test_a_program_that_checks_nothing_moves(tmp_path: Path) -> None:
    text = f'{READS}export const program = "{SCRIPT}", own = text("com.acme.rotate.plist");\n'
    text = text.replace('import assert from "node:assert/strict";\n', "")
    files: Files = {"src/install.ts": text, "launchd/com.acme.rotate.plist": PLIST}
    assert "nodeIdentity.repoRoot" in moved(repository(tmp_path / "r", files))


@pytest.mark.parametrize("name", ["src/logs-smoke.ts", "src/logs.test.ts"])
def test_an_expectation_stays_with_code_that_is_not_looked_at(tmp_path: Path, name: str) -> None:
    text = LOGS
    if name.endswith(".test.ts"):
        text = HEAD + LOGS.replace('import assert from "node:assert";\n', "").replace(
            "assert.equal(logs, ", 'test("logs", () => expect(logs).toBe('
        ).replace(");\n", "));\n")
        text = text.replace('"./deep"))', '"./deep")')
    root = repository(tmp_path / "r", {"src/deep.ts": DEEP, name: text})
    assert "deep.ts spells it as well" in outcome(root)
    assert moved(root) == ""
