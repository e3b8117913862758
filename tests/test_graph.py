"""The module graph: what a module's name means, in each way to write one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleetmod.workspace.graph import ModuleGraph, read_graph
from fleetmod.workspace.search import Search
from tests.repo import make

UI = {
    "name": "@acme/ui",
    "exports": {".": {"import": "./dist/index.js"}, "./parts/*": "./src/*.ts"},
}
FILES: dict[str, str | bytes] = {
    "package.json": '{"name": "acme", "workspaces": ["packages/*"]}',
    "packages/ui/package.json": json.dumps(UI),
    "packages/ui/src/index.ts": "export {};",
    "packages/ui/src/button.ts": "export {};",
    "packages/app/package.json": json.dumps({"name": "app", "imports": {"#own/*": "./src/own/*"}}),
    "packages/app/tsconfig.json": '{"compilerOptions": {"paths": {"@/*": ["./src/*"]}}} // own',
    "packages/app/src/own/a.ts": "export {};",
    "packages/app/src/lib/index.ts": "export {};",
    "packages/app/src/b.tsx": "export {};",
    "packages/app/src/c.mts": "export {};",
    "packages/app/src/pages/one.ts": "export {};",
    "packages/app/src/pages/two.ts": "export {};",
}
APP = "packages/app/src/"


def graph(root: Path, text: str) -> ModuleGraph:
    make(root, {**FILES, f"{APP}main.ts": text})
    return read_graph(root, Search(root).listed or ())


NAMES = {
    'import { a } from "./own/a";': "own/a.ts",
    'import { a } from "./own/a.js";': "own/a.ts",
    'import b from "./b";': "b.tsx",
    'import "./c.mjs";': "c.mts",
    'export * from "./lib";': "lib/index.ts",
    'import {\n  a,\n} from "./lib/index.ts";': "lib/index.ts",
    'const a = require("./own/a");': "own/a.ts",
    'const a = await import("./own/a");': "own/a.ts",
    'const { a } = await import(\n  "./own/a"\n);': "own/a.ts",
    'const { a } = await import(\n  "@/own/a",\n);': "own/a.ts",
    'const texts = [\n  "./own/a",\n  "./gone/b",\n];': "own/a.ts",
    'import { a } from "@/own/a";': "own/a.ts",
    'import { a } from "#own/a.ts";': "own/a.ts",
    'import a from "./own/a?raw";': "own/a.ts",
}


@pytest.mark.parametrize(("text", "target"), NAMES.items())
def test_a_name_of_the_own_package(tmp_path: Path, text: str, target: str) -> None:
    found = graph(tmp_path, text)
    assert found.imports(f"{APP}main.ts") == {APP + target}
    assert found.importers(APP + target) == {f"{APP}main.ts"}
    assert found.is_whole(f"{APP}main.ts")


@pytest.mark.parametrize(
    ("text", "target"),
    {
        'import { ui } from "@acme/ui";': "packages/ui/src/index.ts",
        'import { b } from "@acme/ui/parts/button";': "packages/ui/src/button.ts",
    }.items(),
)
def test_a_package_of_the_workspace(tmp_path: Path, text: str, target: str) -> None:
    assert graph(tmp_path, text).imports(f"{APP}main.ts") == {target}


@pytest.mark.parametrize(
    "text",
    [
        "const page = await import(`./pages/${name}.ts`);",
        'const pages = import.meta.glob("./pages/*.ts");',
        "const page = require(`./pages/${name}`);",
    ],
)
def test_a_folder_that_is_loaded_whole(tmp_path: Path, text: str) -> None:
    pages = {f"{APP}pages/one.ts", f"{APP}pages/two.ts"}
    assert graph(tmp_path, text).imports(f"{APP}main.ts") == pages


def test_what_is_only_a_type_is_loaded_by_nobody(tmp_path: Path) -> None:
    text = 'import type { A } from "./own/a";\nexport type { B } from "./b";\n'
    assert graph(tmp_path, text).imports(f"{APP}main.ts") == frozenset()


def test_packages_of_others_are_named_and_a_lost_module_is_told(tmp_path: Path) -> None:
    found = graph(tmp_path, 'import fs from "node:fs";\nimport { x } from "./gone";\n')
    assert found.externals(f"{APP}main.ts") == {"node:fs"}
    assert not found.is_whole(f"{APP}main.ts")


def test_what_is_reached_goes_through_files(tmp_path: Path) -> None:
    files = {**FILES, f"{APP}main.ts": 'import "./b";', f"{APP}b.tsx": 'import "./own/a";'}
    found = read_graph(make(tmp_path, files), Search(tmp_path).listed or ())
    reached = {f"{APP}main.ts", f"{APP}b.tsx", f"{APP}own/a.ts"}
    assert found.reached([f"{APP}main.ts"]) == reached
    assert list(found.reaching(f"{APP}own/a.ts")) == [f"{APP}b.tsx", f"{APP}main.ts"]


def test_two_that_import_each_other_come_to_an_end(tmp_path: Path) -> None:
    files = {**FILES, f"{APP}main.ts": 'import "./b";', f"{APP}b.tsx": 'import "./main";'}
    found = read_graph(make(tmp_path, files), Search(tmp_path).listed or ())
    assert found.reached([f"{APP}b.tsx"]) == {f"{APP}b.tsx", f"{APP}main.ts"}


def test_a_file_that_git_does_not_know_yet_counts(tmp_path: Path) -> None:
    make(tmp_path, FILES)
    (tmp_path / APP / "new.ts").write_text('import "./b";')
    found = read_graph(tmp_path, Search(tmp_path).listed or ())
    assert found.importers(f"{APP}b.tsx") == {f"{APP}new.ts"}
