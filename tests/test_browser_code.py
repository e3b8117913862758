"""Modules that a browser bundle takes in get no import of a port; esbuild is the judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.node import npm, run
from tests.repo import fleetmod, make

SAMPLE = 'export const RECENT = ["/Users/sam/code/alpha"];\n'
CONFIG = 'version = 1\n[workspace]\npackages = ["packages/*"]\ngate = ["packages"]\n'
CONFIG += '[home]\nusers = ["sam"]\n[runtime]\ndir = "packages"\nscope = "@acme"\n'
WEB = "packages/web/src/"
SHOW = "document.body.textContent = RECENT.join();\n"


def repo(root: Path, files: dict[str, str | bytes], manifest: dict[str, object]) -> Path:
    given: dict[str, str | bytes] = {
        "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}',
        "fleetmod.toml": CONFIG,
        "packages/web/package.json": json.dumps({"name": "@acme/web", "private": True, **manifest}),
        f"{WEB}sample.ts": SAMPLE,
    }
    return make(root, {**given, **files})


def bundles(root: Path, entry: str) -> str:
    """What esbuild says of a bundle for browsers."""
    esbuild = npm("esbuild") / "esbuild" / "bin" / "esbuild"
    out = root.parent / "bundle.js"
    done = run(esbuild, "--bundle", "--platform=browser", f"--outfile={out}", entry, cwd=root)
    return done.stderr if done.returncode else ""


LOADERS: dict[str, dict[str, str | bytes]] = {
    "an import": {"main.ts": f'import {{ RECENT }} from "./sample";\n{SHOW}'},
    "use client": {
        "main.tsx": '"use client";\nimport { RECENT } from "./sample";\nRECENT.pop();\n'
    },
    "a module between": {
        "main.ts": f'import {{ RECENT }} from "./data/index";\n{SHOW}',
        "data/index.ts": 'export * from "../sample";\n',
    },
    "a dynamic import": {"main.ts": 'document.title = (await import("./sample")).RECENT[0];\n'},
    "a folder": {"main.ts": "document.title = (await import(`./${location.hash}.ts`)).x;\n"},
}


@pytest.mark.parametrize("files", LOADERS.values(), ids=LOADERS)
def test_what_a_browser_loads_is_refused_and_still_bundles(
    tmp_path: Path, files: dict[str, str | bytes]
) -> None:
    root = repo(tmp_path / "r", {WEB + path: text for path, text in files.items()}, {})
    ran = fleetmod(root, "migrate")
    assert ran.code == 1 and "loads it in a browser" in ran.out
    assert (root / WEB / "sample.ts").read_text() == SAMPLE
    entry = next(path for path in files if path.startswith("main"))
    if "await" not in str(files[entry]):
        assert bundles(root, WEB + entry) == ""


def test_what_the_browser_field_names_is_refused(tmp_path: Path) -> None:
    root = repo(tmp_path / "r", {}, {"browser": "./src/sample.ts"})
    assert "loads it in a browser" in fleetmod(root, "migrate").out


SERVERS: dict[str, dict[str, str | bytes]] = {
    "a script that drives a browser": {
        "main.ts": (
            'import { writeFileSync } from "node:fs";\nimport { RECENT } from "./sample";\n'
            "export const see = (page) => page.evaluate(() => document.title);\n"
            "writeFileSync('x', RECENT[0]);\n"
        )
    },
    "a test with a document": {"main.test.ts": f'import {{ RECENT }} from "./sample";\n{SHOW}'},
    "a type alone": {"main.ts": 'import type { R } from "./sample";\ndocument.title = "x" as R;\n'},
}


@pytest.mark.parametrize("files", SERVERS.values(), ids=SERVERS)
def test_what_no_browser_loads_is_rewritten(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    root = repo(tmp_path / "r", {WEB + path: text for path, text in files.items()}, {})
    assert fleetmod(root, "migrate").code == 0
    assert "nodeIdentity.homeDir" in (root / WEB / "sample.ts").read_text()


def test_what_loads_modules_of_node_further_down_drives_a_browser(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        f"{WEB}main.ts": 'import { RECENT } from "./sample";\nimport { go } from "./launch";\n'
        f"go(() => {{ {SHOW.strip()} }});\n",
        f"{WEB}launch.ts": 'import { spawn } from "node:child_process";\n'
        'export const go = (_: () => void) => spawn("chromium");\n',
    }
    root = repo(tmp_path / "r", files, {})
    assert "rewrote 1 finding(s)" in fleetmod(root, "migrate").out
