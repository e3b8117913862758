"""Where the installed packages would break a repository's build or run, the migration says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleetmod.runtime.fit import lowest
from tests.install import CALL, migrated, repo

PACKAGE = '{"name": "app"}'


def said(tmp_path: Path, package: str = PACKAGE, **files: str) -> str:
    named = {name.replace("_", "."): text for name, text in files.items()}
    return migrated(repo(tmp_path, {"package.json": package, "src/a.ts": CALL, **named})).out


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
