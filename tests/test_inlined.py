"""A published package gets its ports as one file of its own, for no registry has their packages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from fleetmod.workspace.inlined import placed, shipped_too
from fleetmod.workspace.manifest import PackageInfo, package_at
from tests.install import CALL, HOME, migrated, repo
from tests.node import check, node, npm, npm_cli, run
from tests.repo import commit, fleetmod, make, tree

PACKAGE = {"name": "tool", "version": "1.0.0", "bin": "dist/main.js", "files": ["dist"]}
MAIN = """#!/usr/bin/env node
import { execSync } from "node:child_process";
%s
console.log(home);
try {
  execSync("launchctl kickstart system/com.acme.api");
} catch (error) {
  console.log(String(error).includes("null") ? "null" : "failed");
}
"""
KINDS = {  # the manifest's type, compiler options, the ending of relative imports
    "nodenext": ("module", {"module": "nodenext"}, ".js"),
    "node16 commonjs": ("commonjs", {"module": "node16"}, ".js"),
    "commonjs": ("commonjs", {"module": "commonjs", "moduleResolution": "node10"}, ""),
    "bundler": ("module", {"module": "esnext", "moduleResolution": "bundler"}, ""),
}


def package(tmp_path: Path, kind: str) -> Path:
    type_, options, ending = KINDS[kind]
    config = {
        "compilerOptions": {
            **options,
            "strict": True,
            "target": "es2022",
            "outDir": "dist",
            "rootDir": "src",
            "types": ["node"],
            "noUnusedLocals": True,
            "noUnusedParameters": True,
        },
        "include": ["src"],
    }
    main = MAIN % f'import {{ home }} from "./home{ending}";'
    return repo(
        tmp_path,
        {
            "package.json": json.dumps({**PACKAGE, "type": type_}),
            "tsconfig.json": json.dumps(config),
            "src/home.ts": HOME,
            "src/main.ts": main,
        },
    )


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_packed_runs_elsewhere(kind: str, tmp_path: Path) -> None:
    root = package(tmp_path, kind)
    out = migrated(root).out
    assert "package.json is published, and no registry has the ports" in out
    assert "dependencies" not in json.loads((root / "package.json").read_text())
    ending = KINDS[kind][2]
    assert f'from "./fleetmod/process-manager{ending}"' in (root / "src/main.ts").read_text()
    assert f'from "./fleetmod/node-identity{ending}"' in (root / "src/home.ts").read_text()

    modules = npm("typescript", "@types/node")
    tsc = modules / "typescript" / "bin" / "tsc"
    check(node(), tsc, "-p", ".", "--typeRoots", modules / "@types", cwd=root)
    if kind == "bundler":
        return  # what tsc writes then is for a bundler to read
    check(node(), npm_cli(), "pack", "--silent", "--pack-destination", tmp_path, cwd=root)
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "package.json").write_text("{}")
    flags = ("install", "--silent", "--offline", "--no-audit", tmp_path / "tool-1.0.0.tgz")
    check(node(), npm_cli(), *flags, cwd=place)
    old = "--no-experimental-strip-types"
    main = place / "node_modules/tool/dist/main.js"
    env = {"HOME": str(tmp_path), "PROCESS_MANAGER": "null"}
    assert check(node(), old, main, cwd=place, env=env).splitlines()[0] == str(tmp_path)


@pytest.mark.parametrize("kind", ["nodenext", "commonjs"])
def test_its_checkout_is_the_package_that_runs(kind: str, tmp_path: Path) -> None:
    """Not the place where its author had it, without a workspace and from any folder."""
    root = package(tmp_path, kind)
    old = "/Users/alice/work/tool"
    toml = (root / "fleetmod.toml").read_text().replace("[home]\n", f'[home]\nroot = "{old}"\n')
    (root / "fleetmod.toml").write_text(toml)
    (root / "src/place.ts").write_text(f'console.log("{old}/data");\n')
    commit(root)
    migrated(root)
    modules = npm("typescript", "@types/node")
    tsc = modules / "typescript" / "bin" / "tsc"
    check(node(), tsc, "-p", ".", "--typeRoots", modules / "@types", cwd=root)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(root, elsewhere, ignore=shutil.ignore_patterns(".git"))
    for place in (root, elsewhere):
        said = check(node(), place / "dist/place.js", cwd=tmp_path, env={"HOME": "/srv/sam"})
        assert said == f"{place}/data\n"
    stray = tmp_path / "stray"
    shutil.copytree(root / "dist", stray)
    (stray / "package.json").write_text(json.dumps({"type": KINDS[kind][0]}))
    done = run(node(), stray / "place.js", cwd=tmp_path, env={"HOME": "/srv/sam"})
    assert "the default /srv/sam/work/tool is not there; set REPO_ROOT" in done.stderr


REQUIRING = """import cp = require("node:child_process");
function go() {
  cp.execSync("launchctl kickstart -k system/com.acme.api");
}
export = { go };
"""


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("verbatim", [False, True])
@pytest.mark.parametrize("text", [REQUIRING, REQUIRING.replace("export = { go }", "go()")])
def test_commonjs_that_may_hold_no_import(
    text: str, verbatim: bool, private: bool, tmp_path: Path
) -> None:
    """Under verbatimModuleSyntax; elsewhere TypeScript takes both spellings in one file."""
    options = {"module": "node16", "verbatimModuleSyntax": verbatim, "strict": True}
    paths = {"rootDir": "src", "outDir": "dist", "types": ["node"], "target": "es2022"}
    files = {
        "package.json": json.dumps({**PACKAGE, "private": private}),
        "tsconfig.json": json.dumps({"compilerOptions": options | paths, "include": ["src"]}),
        "src/main.ts": text,
    }
    root = repo(tmp_path, files)
    ran = migrated(root, code=1 if verbatim else 0)
    assert ("CommonJS under `verbatimModuleSyntax`" in ran.out) is verbatim
    assert ((root / "src/main.ts").read_text() == text) is verbatim
    modules = npm("typescript", "@types/node")
    tsc = modules / "typescript" / "bin" / "tsc"
    if verbatim or not private:  # else its package manager has to run first
        check(node(), tsc, "-p", ".", "--typeRoots", modules / "@types", cwd=root)
    if verbatim and not private:
        ran = fleetmod(root, "install", "process-manager")
        assert ran.code == 2 and "would be CommonJS under verbatimModuleSyntax" in ran.err


def test_the_gates_know_it_for_the_port(tmp_path: Path) -> None:
    root = package(tmp_path, "nodenext")
    migrated(root)
    for strict in ((), ("--strict",)):
        ran = fleetmod(root, "gate", "--phase", "1a,1b", *strict)
        assert ran.code == 0, ran.out + ran.err
    copy = root / "src/elsewhere.ts"  # of another name it is debt as any other file
    copy.write_text((root / "src/fleetmod/process-manager.ts").read_text())
    assert fleetmod(root, "gate", "--phase", "1a").code == 1


def test_another_file_of_its_name_is_not_touched(tmp_path: Path) -> None:
    root = package(tmp_path, "nodenext")
    own = root / "src/fleetmod/process-manager.ts"
    own.parent.mkdir()
    own.write_text("export {};\n")
    before = tree(root)
    ran = fleetmod(root, "migrate", "--allow-dirty")
    assert ran.code == 2
    assert "src/fleetmod/process-manager.ts: is there already" in ran.err
    assert tree(root) == before


def test_a_package_of_a_workspace_that_is_not_published_shares_one(tmp_path: Path) -> None:
    files = {
        "package.json": json.dumps({"name": "acme", "private": True, "workspaces": ["packages/*"]}),
        "packages/tool/package.json": json.dumps(PACKAGE),
        "packages/tool/src/a.ts": CALL,
        "packages/own/package.json": json.dumps({"name": "own", "version": "1.0.0"}),
        "packages/own/src/a.ts": CALL,
    }
    root = repo(tmp_path, files)
    migrated(root)
    assert "./fleetmod/process-manager" in (root / "packages/tool/src/a.ts").read_text()
    assert (root / "packages/tool/src/fleetmod/process-manager.ts").is_file()
    assert "@acme/process-manager" in (root / "packages/own/src/a.ts").read_text()
    assert (root / "packages/process-manager/package.json").is_file()


@pytest.mark.parametrize(
    ("files", "folder"),
    [
        ({"src/a.ts": "", "lib/a.ts": ""}, "src"),
        ({"app/a.ts": "", "tsconfig.json": '{"compilerOptions": {"rootDir": "app"}}'}, "app"),
        ({"lib/a.ts": "", "cli.ts": ""}, "lib"),
        ({"lib/a.js": "", "lib/a.d.ts": "", "cli.ts": ""}, ""),
    ],
)
def test_a_port_stands_among_the_sources(
    files: dict[str, str], folder: str, tmp_path: Path
) -> None:
    root = make(tmp_path, {"package.json": json.dumps(PACKAGE), **files})
    info = package_at(root, "")
    assert info is not None
    assert placed(root, info).folder == f"{folder}/fleetmod".removeprefix("/")


@pytest.mark.parametrize(
    ("options", "ending"),
    [
        ({"moduleResolution": "bundler", "allowImportingTsExtensions": True}, ".ts"),
        ({"module": "nodenext", "rewriteRelativeImportExtensions": True}, ".ts"),
        ({"moduleResolution": "bundler"}, ""),
    ],
)
def test_the_ending_where_a_file_tells_none(
    options: dict[str, object], ending: str, tmp_path: Path
) -> None:
    files = {"package.json": "{}", "tsconfig.json": json.dumps({"compilerOptions": options})}
    info = package_at(make(tmp_path, files), "")
    assert info is not None and placed(tmp_path, info).ending == ending


@pytest.mark.parametrize(
    ("files", "after"),
    [
        (["bin/", "cli.ts", "lib/"], ["bin/", "cli.ts", "lib/", "fleetmod/"]),
        (["cli.ts"], ["cli.ts", "fleetmod"]),
        (["*.ts", "!a.ts"], ["*.ts", "!a.ts", "fleetmod"]),
        (["dist"], ["dist"]),  # what is built holds the port
        (["./fleetmod", "cli.ts"], ["./fleetmod", "cli.ts"]),
        (["**/*.ts"], ["**/*.ts"]),
    ],
)
def test_what_is_shipped_finds_its_port(files: list[str], after: list[str]) -> None:
    text = json.dumps({"name": "tool", "files": files})
    info = PackageInfo(path="", name="tool", text=text)
    got = shipped_too(text, info, {"cli.ts"}, ["fleetmod"])
    assert json.loads(got)["files"] == after


def test_a_package_that_ships_its_sources_ships_the_port(tmp_path: Path) -> None:
    manifest = {**PACKAGE, "bin": "cli.ts", "files": ["cli.ts"]}
    root = repo(tmp_path, {"package.json": json.dumps(manifest), "cli.ts": CALL})
    migrated(root)
    assert json.loads((root / "package.json").read_text())["files"] == ["cli.ts", "fleetmod"]
