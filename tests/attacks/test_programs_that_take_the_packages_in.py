"""`tsc` says the same before and after a migration, whatever the program takes in and asks for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fleetmod.workspace.jsonc import plain
from tests.install import CALL, migrated, repo
from tests.node import node, npm, run

pytestmark = pytest.mark.heavy

HOME = 'export const home: string = process.env.HOME ?? "/Users/alice";\n'
ROOT = 'export const log: string = "/Users/alice/log";\n'
NEXT = {
    "compilerOptions": {
        **{"target": "ES2017", "lib": ["dom", "dom.iterable", "esnext"], "allowJs": True},
        **{"skipLibCheck": True, "strict": True, "noEmit": True, "esModuleInterop": True},
        **{"module": "esnext", "moduleResolution": "bundler", "resolveJsonModule": True},
        **{"isolatedModules": True, "jsx": "preserve", "incremental": True},
    },
    "include": ["next-env.d.ts", "**/*.ts", "**/*.tsx", ".next/types/**/*.ts"],
    "exclude": ["node_modules"],
}
BUNDLER = {"module": "esnext", "moduleResolution": "bundler", "noEmit": True, "strict": True}
NODE = {"module": "nodenext", "noEmit": True, "strict": True}
STRICT: dict[str, Any] = {
    "bundler": BUNDLER,
    "rootDir": {**NODE, "rootDir": "src"},
    "no types": {**BUNDLER, "types": []},
    "unchecked index": {**NODE, "noUncheckedIndexedAccess": True},
    "exact optional": {**NODE, "exactOptionalPropertyTypes": True},
    "verbatim": {**NODE, "verbatimModuleSyntax": True},
    "erasable": {**NODE, "erasableSyntaxOnly": True, "noImplicitReturns": True},
    "isolated declarations": {**NODE, "isolatedDeclarations": True, "declaration": True},
}


def tsc(root: Path, *flags: str) -> str:
    """What the compiler says, with the types of Node and the workspace linked."""
    linked(root)
    script = npm("typescript", "@types/node") / "typescript" / "bin" / "tsc"
    out = run(node(), script, *(flags or ("--noEmit", "-p", ".")), cwd=root).stdout
    shutil.rmtree(root / "node_modules")
    return out


def linked(root: Path) -> None:
    """A node_modules folder with the workspace and the types of Node."""
    modules = root / "node_modules"
    shutil.rmtree(modules, ignore_errors=True)
    (modules / "@acme").mkdir(parents=True)
    (modules / "@types").symlink_to(npm("typescript", "@types/node") / "@types")
    for folder in (root / "packages").glob("*") if (root / "packages").is_dir() else ():
        (modules / "@acme" / folder.name).symlink_to(folder)


def project(tmp_path: Path, files: dict[str, str]) -> Path:
    package = '{"name": "app", "private": true, "type": "module", "engines": {"node": ">=24"}}'
    return repo(tmp_path, {"package.json": package, ".gitignore": "node_modules\n", **files})


@pytest.mark.parametrize("options", STRICT.values(), ids=STRICT)
def test_a_root_program(tmp_path: Path, options: dict[str, Any]) -> None:
    call = CALL.replace("go()", "go(): Promise<void>")
    code = {"src/a.ts": call, "src/b.ts": HOME}
    if options.get("types") == []:  # no code that speaks of Node
        code = {"src/b.ts": ROOT}
    root = project(tmp_path, {**code, "tsconfig.json": json.dumps({"compilerOptions": options})})
    assert tsc(root) == ""
    migrated(root)
    assert tsc(root) == ""


def test_a_next_app(tmp_path: Path) -> None:
    text = json.dumps(NEXT, indent=2).replace('"strict"', '// ours\n    "strict"')
    root = project(tmp_path, {"app/a.ts": CALL, "app/b.ts": HOME, "tsconfig.json": text})
    assert tsc(root) == ""
    migrated(root)
    assert tsc(root) == ""
    after = (root / "tsconfig.json").read_text()
    assert "// ours" in after
    names = ["packages/node-identity", "packages/process-manager"]
    assert json.loads(plain(after))["exclude"] == ["node_modules", *names]


@pytest.mark.parametrize("module", ["commonjs", "node16", "nodenext"])
def test_a_commonjs_package(tmp_path: Path, module: str) -> None:
    """It compiles as before, and what tsc makes of it finds the port by `require`."""
    options = {"module": module, "strict": True, "rootDir": "src", "outDir": "dist"}
    config = {"compilerOptions": options, "include": ["src"]}
    files = {"src/a.ts": CALL, "src/b.cts": HOME, "tsconfig.json": json.dumps(config)}
    root = project(tmp_path, {**files, "package.json": '{"name": "app", "private": true}'})
    assert tsc(root) == ""
    migrated(root)
    assert tsc(root) == tsc(root, "-p", ".") == ""
    assert "require(" in (root / "dist/a.js").read_text()
    linked(root)
    env = {"HOME": "/srv/sam"}
    assert run(node(), "-p", "require('./dist/b.cjs').home", cwd=root, env=env).stdout == (
        "/srv/sam\n"
    )
    assert run(node(), "-p", "typeof require('./dist/a.js').go", cwd=root).stdout == "function\n"


def test_project_references(tmp_path: Path) -> None:
    """Each project with an `outDir` of its own keeps what is built out of it."""
    built = {"composite": True, "outDir": "dist", "declaration": True}
    files = {
        "tsconfig.json": json.dumps(
            {"compilerOptions": NODE | {"noEmit": False}, "references": [{"path": "libs/a"}]}
        ),
        "libs/a/tsconfig.json": json.dumps(
            {"extends": "../../tsconfig.json", "compilerOptions": built}
        ),
        "libs/a/a.ts": CALL,
        "scripts/b.ts": HOME,
    }
    root = project(tmp_path, files)
    assert tsc(root, "-b", "libs/a") == tsc(root, "-b", "libs/a", "--force") == ""
    migrated(root)
    assert tsc(root, "-b", "libs/a", "--force") == tsc(root, "-b", "libs/a", "--force") == ""
    assert tsc(root) == ""
    inherited = json.loads((root / "libs/a/tsconfig.json").read_text())["exclude"]
    assert inherited == ["node_modules", "dist"]


def test_the_exclude_of_a_base_is_copied(tmp_path: Path) -> None:
    files = {
        "config/base.json": '{"compilerOptions": {"module": "nodenext"}, "exclude": ["../old"]}',
        "tsconfig.json": '{\n  "extends": "./config/base", // shared\n  "include": ["**/*"],\n}\n',
        "old/broken.ts": "export const a: string = 1;\n",
        "src/a.ts": CALL,
    }
    root = project(tmp_path, files)
    assert tsc(root) == ""
    migrated(root)
    assert tsc(root) == ""
    assert (root / "config/base.json").read_text() == files["config/base.json"]
    assert (root / "tsconfig.json").read_text() == (
        '{\n  "extends": "./config/base", // shared\n  "include": ["**/*"],\n'
        '  "exclude": ["old", "packages/process-manager"],\n}\n'
    )


@pytest.mark.parametrize(
    "config",
    [
        '{"include": ["src"]}',
        '{"files": ["src/a.ts"]}',
        '{"files": [], "references": [{"path": "./app"}]}',
        '{"exclude": ["packages"], /* ours, */ "compilerOptions": {}, }',
        '{"extends": "./base.json"}',
        "{",
    ],
)
def test_a_program_that_does_not_take_them_in_stays(tmp_path: Path, config: str) -> None:
    base = '{"include": ["src"]} // only ours'
    root = project(tmp_path, {"src/a.ts": CALL, "tsconfig.json": config, "base.json": base})
    migrated(root)
    assert (root / "tsconfig.json").read_text() == config
    assert (root / "base.json").read_text() == base


@pytest.mark.parametrize("target", ["packages/*/src", "packages/*/src/index.ts"])
def test_paths_that_lead_to_the_sources(tmp_path: Path, target: str) -> None:
    aliases = {"@acme/*": [f"./{target}"]}
    config = {"compilerOptions": {**BUNDLER, "paths": aliases}, "include": ["packages/app/src"]}
    files = {
        "package.json": '{"private": true, "workspaces": ["packages/*"], "type": "module"}',
        "packages/app/package.json": '{"name": "@acme/app", "private": true, "type": "module"}',
        "packages/app/src/a.ts": CALL,
        "packages/app/src/b.ts": HOME,
        "tsconfig.json": json.dumps(config),
    }
    root = repo(tmp_path, files)
    assert tsc(root) == ""
    assert "`paths` of tsconfig.json lead to the sources of packages/node-id" in migrated(root).out
    assert tsc(root) == ""
