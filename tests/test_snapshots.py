"""Expectations that a migration leaves behind, as `migrate` tells them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import commit, fleetmod, make

APP = "packages/app"
FILES: dict[str, str | bytes] = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    f"{APP}/package.json": '{"name": "@acme/app", "devDependencies": {"vitest": "*"}}\n',
    f"{APP}/src/paths.ts": 'export const log = "/Users/alice/data/log";\n',
    f"{APP}/src/index.ts": 'export * from "./paths.ts";\n',
    "packages/other/package.json": '{"name": "@acme/other"}\n',
}
TEST = """import { expect, it } from "vitest";
import { log } from "%s";
it("log", () => { expect(log).toMatchSnapshot(); });
"""
SNAP = 'exports[`log 1`] = `"/Users/alice/data/log"`;\n'


def notes(tmp_path: Path, files: dict[str, str | bytes]) -> list[str]:
    root = make(tmp_path / "repo", {**FILES, **files})
    fleetmod(root, "init")
    commit(root)
    ran = fleetmod(root, "migrate", "--dry-run")
    return [line.strip() for line in ran.out.splitlines() if "still spells" in line]


@pytest.mark.parametrize(
    ("folder", "module"),
    [
        (f"{APP}/src", "./paths.ts"),
        (f"{APP}/src", "./paths.js"),  # as TypeScript spells what will be JavaScript
        (f"{APP}/src", "./index"),  # through a re-export
        ("packages/other/test", "@acme/app"),  # through the package
    ],
)
def test_a_snapshot_of_code_that_is_rewritten(tmp_path: Path, folder: str, module: str) -> None:
    told = notes(
        tmp_path,
        {
            f"{folder}/a.test.ts": TEST % module,
            f"{folder}/__snapshots__/a.test.ts.snap": "// v1\n\n" + SNAP,
        },
    )
    assert told == [
        f"{folder}/__snapshots__/a.test.ts.snap:3 still spells /Users/alice/data/log, and "
        f"{APP}/src/paths.ts looks it up now: set HOME to /Users/fixture in the test and move the "
        "snapshot along, or give the test a serializer that writes the home as a placeholder"
    ]


def test_a_snapshot_of_other_code_is_not_told(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"{APP}/src/plain.ts": "export const log = 1;\n",
        f"{APP}/src/a.test.ts": TEST % "./plain.ts",
        f"{APP}/src/__snapshots__/a.test.ts.snap": SNAP,
        # reached, and another path
        f"{APP}/src/b.test.ts": TEST % "./paths.ts",
        f"{APP}/src/__snapshots__/b.test.ts.snap": SNAP.replace("data/log", "elsewhere"),
    }
    assert notes(tmp_path, files) == []


def test_a_snapshot_whose_imports_are_not_known_is_told_by_package(tmp_path: Path) -> None:
    snap = f"{APP}/src/__snapshots__/a.test.ts.snap"
    (told,) = notes(tmp_path, {f"{APP}/src/a.test.ts": TEST % "@/paths", snap: SNAP})
    assert told.startswith(
        f"{snap}:1 still spells /Users/alice/data/log, and code of {APP} looks it up now, perhaps"
    )


def test_data_and_texts_that_a_test_expects(tmp_path: Path) -> None:
    test = """import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { log } from "./paths.ts";
it("log", () => {
  expect(log).toMatchInlineSnapshot(`"/Users/alice/data/log"`);
  expect({ log }).toEqual(JSON.parse(readFileSync(`${import.meta.dirname}/x`, "utf8")));
  expect({ log }).toEqual(load("data/expected.json"));
});
"""
    told = notes(
        tmp_path,
        {
            f"{APP}/src/a.test.ts": test,
            f"{APP}/src/data/expected.json": '{"log": "/Users/alice/data/log"}\n',
            f"{APP}/src/data/input.json": '{"log": "/Users/alice/data/log"}\n',
        },
    )
    todo = "set HOME to /Users/fixture in the test and expect that, or expect what the code reads"
    assert told == [
        f"{path} still spells /Users/alice/data/log, and {APP}/src/paths.ts looks it up now: {todo}"
        for path in (f"{APP}/src/data/expected.json:1", f"{APP}/src/a.test.ts:5")
    ]


def test_words_that_the_port_gives_now(tmp_path: Path) -> None:
    code = """import { execSync } from "node:child_process";
export async function go() {
  execSync("launchctl kickstart -k gui/501/com.acme.api");
  console.log("run launchctl kickstart -k gui/501/com.acme.api");
}
"""
    snap = f"{APP}/src/__snapshots__/a.test.ts.snap"
    (told,) = notes(
        tmp_path,
        {
            f"{APP}/src/go.ts": code,
            f"{APP}/src/a.test.ts": TEST % "./go.ts",
            snap: "exports[`go 1`] = `run launchctl kickstart -k gui/501/com.acme.api`;\n",
        },
    )
    assert told.startswith(f"{snap}:1 still spells launchctl, and {APP}/src/go.ts asks the port")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ('return "ask launchctl list";', "launchctl failed"),  # another text
        ("", "launchctl failed"),  # the code shows no word of it
        ("", "launchctl kickstart -k gui/501/com.acme.api"),  # a call has no words
    ],
)
def test_words_are_told_only_of_code_that_showed_them(
    tmp_path: Path, shown: str, expected: str
) -> None:
    code = f"""import {{ execSync }} from "node:child_process";
export function go() {{
  execSync("launchctl kickstart -k gui/501/com.acme.api");
  {shown}
}}
"""
    test = f"""import {{ expect, it }} from "vitest";
import {{ go }} from "./go.ts";
it("goes", () => {{ expect(go).toThrow("{expected}"); }});
"""
    files: dict[str, str | bytes] = {f"{APP}/src/go.ts": code, f"{APP}/src/a.test.ts": test}
    assert notes(tmp_path, files) == []
