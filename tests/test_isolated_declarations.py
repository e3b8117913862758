"""Under isolatedDeclarations an exported value that is no plain literal any more gets its type: tsc
is content before and after a migration."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.install import TOML, migrated
from tests.node import node, npm, run
from tests.repo import fleetmod, make

OPTIONS = {
    "target": "ES2022",
    "module": "nodenext",
    "strict": True,
    "noEmit": True,
    "declaration": True,
    "skipLibCheck": True,
    "allowImportingTsExtensions": True,
    "isolatedDeclarations": True,
    "types": ["node"],
}
MANIFEST = '{"name": "@acme/app", "private": true, "type": "module"}\n'
SHAPES = {
    "a constant": 'export const DATA = "/Users/alice/data";',
    "a template": "export const DATA = `/Users/alice/data`;",
    "one that is listed": 'const DATA = "/Users/alice/data";\nexport { DATA };',
    "an object": 'export const P = { data: "/Users/alice/data", n: 1, s: { b: "/Users/alice" } };',
    "with a type": 'export const DATA: string = "/Users/alice/data";',
    "an object with a type": 'export const A: Record<string, string> = { a: "/Users/alice/a" };',
    "in parentheses": 'export const DATA = ("/Users/alice/data");',
    "a default": 'export function at(folder = "/Users/alice/data"): string {\n  return folder;\n}',
    "of an arrow": 'export const at = (folder = "/Users/alice/data"): string => folder;',
    "a field": 'export class A {\n  at = "/Users/alice/a";\n  private own = "/Users/alice/b";\n'
    '  static top = "/Users/alice";\n  all(): string {\n    return this.at + this.own;\n  }\n}',
    "a method": 'export class A {\n  go(at = "/Users/alice/a"): string {\n    return at;\n  }\n}',
    "of nobody else": 'const DATA = "/Users/alice/data";\nexport const n: number = DATA.length;',
    "inside": 'export function at(): string {\n  const here = "/Users/alice/a";\n  return here;\n}',
}
STAYS = {
    "the default export": 'export default "/Users/alice/data";',
    "as const": 'export const A = { at: "/Users/alice/a" } as const;',
}


def repository(folder: Path, text: str, **options: object) -> Path:
    base = json.dumps({"compilerOptions": {**OPTIONS, **options}})
    return make(
        folder,
        {
            "fleetmod.toml": TOML,
            "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
            "tsconfig.base.json": base,
            "packages/app/package.json": MANIFEST,
            "packages/app/tsconfig.json": '{"extends": "../../tsconfig.base.json", '
            '"include": ["src"]}\n',
            "packages/app/src/paths.ts": f"{text}\n",
        },
    )


def compiled(root: Path) -> str:
    modules = npm("typescript", "@types/node")
    scope = root / "node_modules/@acme"
    if not scope.exists() and (root / "packages/node-identity").exists():
        scope.mkdir(parents=True)
        (scope / "node-identity").symlink_to(root / "packages/node-identity")
    tsc = modules / "typescript" / "bin" / "tsc"
    done: subprocess.CompletedProcess[str] = run(
        node(), tsc, "-p", "packages/app", "--typeRoots", modules / "@types", cwd=root
    )
    return done.stdout


@pytest.mark.parametrize("text", SHAPES.values(), ids=SHAPES)
def test_each_shape_compiles(tmp_path: Path, text: str) -> None:
    root = repository(tmp_path / "r", text)
    assert compiled(root) == ""
    migrated(root)
    now = (root / "packages/app/src/paths.ts").read_text()
    assert "/Users/" not in now and compiled(root) == "", now


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_what_has_no_place_for_a_type_stays(tmp_path: Path, text: str) -> None:
    root = repository(tmp_path / "r", text)
    assert compiled(root) == ""
    assert "isolatedDeclarations" in fleetmod(root, "migrate").out
    assert "/Users/alice" in (root / "packages/app/src/paths.ts").read_text()


def test_no_type_that_nobody_asks_for(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", SHAPES["a constant"], isolatedDeclarations=False)
    migrated(root)
    assert "string" not in (root / "packages/app/src/paths.ts").read_text()
