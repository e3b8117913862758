"""Where the installed packages would break a repository's build or run, the migration says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleetmod.runtime.fit import lowest
from tests.install import CALL, migrated, repo
from tests.node import node, npm, run

OUT = "tsconfig.json would compile packages/process-manager, too, which has a tsconfig.json of"
PACKAGE = '{"name": "app"}'


def said(tmp_path: Path, package: str = PACKAGE, **files: str) -> str:
    named = {name.replace("_", "."): text for name, text in files.items()}
    return migrated(repo(tmp_path, {"package.json": package, "src/a.ts": CALL, **named})).out


@pytest.mark.parametrize(
    ("config", "warned"),
    [
        ('{"compilerOptions": {"rootDir": "src"}}', True),
        ('{"compilerOptions": {"outDir": "dist"}, "exclude": ["test"]}', True),
        ('{"include": ["**/*.ts"]}', True),
        ('{"include": ["src", "packages/*/src/**/*"]}', True),
        ('{"include": ["src"]}', False),
        ('{"files": ["src/a.ts"]}', False),
        ('{"files": [], "references": [{"path": "./app"}]}', False),
        ('{"exclude": ["packages"], /* ours, */ "compilerOptions": {}, }', False),
        ('{"compilerOptions": {"noEmit": true, "allowImportingTsExtensions": true}}', False),
        ('{"extends": "./base.json"}', False),
        ("{", False),
    ],
)
def test_a_configuration_that_would_compile_them(tmp_path: Path, config: str, warned: bool) -> None:
    base = '{"include": ["src"]} // only ours'
    assert (OUT in said(tmp_path, tsconfig_json=config, base_json=base)) is warned


def test_a_build_passes_once_the_note_is_heeded(tmp_path: Path) -> None:
    options: dict[str, Any] = {"rootDir": "src", "noEmit": True, "types": [], "skipLibCheck": True}
    config = {"compilerOptions": options | {"module": "nodenext"}, "exclude": ["fleetmod.toml"]}
    files = {"package.json": PACKAGE, "src/a.ts": "export const a = 1;\n", "src/b.ts": CALL}
    root = repo(tmp_path, {**files, "tsconfig.json": json.dumps(config)})
    assert OUT in migrated(root).out
    tsc = npm("typescript") / "typescript" / "bin" / "tsc"
    (root / "src/b.ts").unlink()  # what it imports is not installed here
    assert "TS6059" in node_says(root, tsc)
    config["exclude"] = ["packages/process-manager"]
    (root / "tsconfig.json").write_text(json.dumps(config))
    assert node_says(root, tsc) == ""


def node_says(root: Path, tsc: Path) -> str:
    return run(node(), tsc, "-p", ".", cwd=root).stdout


@pytest.mark.parametrize(
    ("range_", "version"),
    [
        (">=20", (20, 0)),
        ("^22.18.0", (22, 18)),
        (">= 24", (24, 0)),
        ("^18 || ^20 || ^22", (18, 0)),
        ("20.x", (20, 0)),
        (">=26.5.1 <27", (26, 5)),
        ("<23 >=22.19", (22, 19)),
        ("*", (0, 0)),
    ],
)
def test_the_oldest_node_that_a_range_admits(range_: str, version: tuple[int, int]) -> None:
    assert lowest(range_) == version


@pytest.mark.parametrize(
    ("package", "note"),
    [
        ('{"name": "app", "engines": {"node": ">=20"}}', 'package.json admits Node ">=20", and'),
        ('{"name": "app", "engines": {"node": ">=22.18"}}', ""),
        ('{"name": "app"}', "package.json builds CommonJS, and the installed packages are ES mod"),
        ('{"name": "app", "type": "module"}', ""),
        ('{"name": "app", "devDependencies": {"esbuild": "1"}}', ""),
    ],
)
def test_a_node_that_runs_no_typescript(tmp_path: Path, package: str, note: str) -> None:
    config = '{"compilerOptions": {"module": "CommonJS"}, "include": ["src"]}'
    out = said(tmp_path, package, tsconfig_json=config)
    assert (note in out) if note else ("22.18" not in out)


@pytest.mark.parametrize(
    ("version", "warned"),
    [("^4.9.5", True), ("~2.6.1", True), ("^5.0.0", False), ("catalog:", False), ("latest", False)],
)
def test_a_compiler_that_cannot_read_the_declarations(
    tmp_path: Path, version: str, warned: bool
) -> None:
    package = json.dumps({"name": "app", "devDependencies": {"typescript": version}})
    note = f'package.json names TypeScript "{version}", which does not read the declarations'
    assert (note in said(tmp_path, package)) is warned
