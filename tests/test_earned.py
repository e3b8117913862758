"""A port is installed where code that runs calls it; texts and dead files install none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.install import CALL, HOME, ID, PM, TOML, dependencies, migrated, repo
from tests.repo import fleetmod, make

HINT = """export function hint() {
  return "Start it again: launchctl kickstart -k gui/501/com.acme.api";
}
"""
PACKAGE = '{"name": "acme", "version": "1.0.0", "private": true}'
PUBLISHED = {"name": "acme", "version": "1.0.0", "main": "dist/main.js"}
ALWAYS = TOML + 'install = "always"\n'
TEXTS = f"{PM} is not installed for texts alone"
IDLE = "nothing loads or runs this file"
NARROW = {"tsconfig.json": '{"include": ["src"]}'}


def created(root: Path) -> set[str]:
    return {path.name for path in (root / "packages").glob("*")}


def test_a_hint_alone_installs_no_port(tmp_path: Path) -> None:
    root = repo(tmp_path, {"package.json": PACKAGE, "src/a.ts": HINT, "src/b.ts": HINT})
    ran = migrated(root, code=1)
    assert TEXTS in ran.out
    assert (root / "src/a.ts").read_text() == HINT
    assert created(root) == set()
    assert dependencies(root) is None


@pytest.mark.parametrize(
    "files",
    [
        {"src/b.ts": CALL},  # in another file
        {"fleetmod.toml": ALWAYS},
        {"packages/process-manager/package.json": json.dumps({"name": PM, "main": "index.ts"})}
        | {"packages/process-manager/index.ts": "export const processManager: any = {};\n"},
    ],
)
def test_a_hint_uses_the_port_that_is_there(tmp_path: Path, files: dict[str, str]) -> None:
    root = repo(tmp_path, {"package.json": PACKAGE, "src/a.ts": HINT, **files})
    migrated(root)
    assert "processManager.hint(" in (root / "src/a.ts").read_text()
    assert dependencies(root) == {PM: "file:packages/process-manager"}


def test_one_file_gets_the_verdict_of_all(tmp_path: Path) -> None:
    root = repo(tmp_path / "x", {"package.json": PACKAGE, "src/a.ts": HINT})
    assert TEXTS in fleetmod(root, "audit").out
    ran = fleetmod(root, "migrate", "--path", "src/a.ts")
    assert ran.code == 1 and TEXTS in ran.out

    root = repo(tmp_path / "y", {"package.json": PACKAGE, "src/a.ts": HINT, "src/b.ts": CALL})
    assert TEXTS not in fleetmod(root, "audit").out
    ran = fleetmod(root, "migrate", "--path", "src/a.ts")  # its call is in no plan
    assert ran.code == 1 and "speaks of src/b.ts:3" in ran.out and TEXTS not in ran.out
    assert fleetmod(root, "migrate", "--path", "src/a.ts", "--path", "src/b.ts").code == 0


@pytest.mark.parametrize(
    ("place", "more", "idle"),
    [
        ("archive/2024/bench.ts", {}, True),
        ("src/spikes/bench.ts", {}, True),
        # a document runs nothing
        ("archive/bench.ts", {"archive/README.md": "Run `bun archive/bench.ts`.\n"}, True),
        ("archive/bench.ts", {"archive/next.ts": "// faster than bench.ts\n"}, True),
        ("docs/reviews/frame.ts", {}, True),
        ("docs/frame.ts", {"docs/package.json": '{"name": "site"}'}, False),
        ("docs/.site/config.ts", {}, False),
        ("tools/bench.ts", {}, False),
        ("archive/bench.ts", {"src/main.ts": 'import "../archive/bench";\n'}, False),
        ("archive/bench.ts", {"run.sh": "bun archive/bench.ts\n"}, False),
        ("archive/bench.ts", {"Makefile": "bench:\n\tbun archive/bench.ts\n"}, False),
        ("archive/bench.test.ts", {}, False),
    ],
)
def test_a_dead_file_installs_no_port(
    tmp_path: Path, place: str, more: dict[str, str], idle: bool
) -> None:
    root = repo(tmp_path, {"package.json": PACKAGE, place: CALL, **more})
    ran = migrated(root, code=1 if idle else 0)
    assert (IDLE in ran.out) is idle
    assert created(root) == (set() if idle else {"process-manager"})


def test_a_script_of_the_manifest_runs_a_file(tmp_path: Path) -> None:
    top = json.dumps({"name": "acme", "scripts": {"bench": "bun archive/bench.ts"}})
    root = repo(tmp_path, {"package.json": top, "archive/bench.ts": CALL})
    migrated(root)
    assert created(root) == {"process-manager"}


@pytest.mark.parametrize(
    ("place", "files", "field"),
    [
        ("archive/bench.ts", {}, "devDependencies"),
        ("tools/bench.ts", NARROW, "devDependencies"),
        ("tools/bench.ts", {}, "dependencies"),  # nothing says what is compiled
        ("src/bench.ts", NARROW, "dependencies"),
        (
            "tools/bench.ts",
            NARROW | {"tsconfig.build.json": '{"include": ["tools"]}'},
            "dependencies",
        ),
        ("tools/bench.ts", NARROW | {"src/use.ts": 'import "../tools/bench";\n'}, "dependencies"),
        (
            "tools/bench.ts",
            NARROW | {"Dockerfile": "CMD bun tools/bench.ts\n"},
            "dependencies",
        ),
    ],
)
def test_what_is_published_depends_on_its_own_files(
    tmp_path: Path, place: str, files: dict[str, str], field: str
) -> None:
    code = {place: HOME, "app/package.json": '{"name": "app"}', "app/main.ts": HOME}
    root = repo(tmp_path, {"package.json": json.dumps(PUBLISHED), **code, **files})
    ran = migrated(root)
    top = json.loads((root / "package.json").read_text())
    assert [each for each in ("dependencies", "devDependencies") if ID in top.get(each, {})] == [
        field
    ]
    assert (f"loads {place}: {ID} stands in devDependencies" in ran.out) is (
        field == "devDependencies"
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"bin": {"acme": "src/cli.ts"}}, "dependencies"),
        ({"bin": {"acme": "dist/cli.js"}}, "dependencies"),
        ({"scripts": {"go": "bun src/cli.ts"}}, "dependencies"),
        ({"exports": {"./*": "./src/*.ts"}}, "dependencies"),
        ({}, "devDependencies"),  # nothing but the test loads it
    ],
)
def test_a_program_that_a_test_loads_runs_all_the_same(
    tmp_path: Path, fields: dict[str, object], field: str
) -> None:
    files = {
        "package.json": json.dumps({"name": "acme", "private": True, **fields}),
        "src/api.ts": CALL,
        "src/cli.ts": 'export * from "./api.ts";\n',
        "test/cli.test.ts": 'import "../src/cli.ts";\n',
    }
    root = repo(tmp_path, files)
    migrated(root)
    top = json.loads((root / "package.json").read_text())
    assert [each for each in ("dependencies", "devDependencies") if each in top] == [field]


def test_the_setting_is_one_of_two(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"fleetmod.toml": TOML + 'install = "never"\n'})
    ran = fleetmod(root, "audit")
    assert ran.code == 2
    assert "'calls' or 'always'" in ran.out + ran.err
