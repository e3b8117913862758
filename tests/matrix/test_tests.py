"""Test runners: a test of code that imports the ports, with the null adapters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.matrix import ENV, MODULE, find_ports
from tests.node import node, npm, run

pytestmark = pytest.mark.heavy

TEST = """
import { said } from "./main";

test("the ports answer", async () => {
  expect(JSON.parse(await said())).toEqual(["anvil", "/srv/sam", %s, [], "function"]);
});
"""
JEST = ("jest", "ts-jest", "@swc/core", "@swc/jest", "@types/jest", "@types/node", "typescript")
TSCONFIG = {"strict": True, "target": "es2022", "esModuleInterop": True, "types": ["jest", "node"]}
SWC = {"jsc": {"parser": {"syntax": "typescript"}, "target": "es2022"}}
# the manifest's type, jest's own configuration, options of the compiler
RUNNERS = {
    "ts-jest": ("old", {"preset": "ts-jest"}, {"module": "commonjs"}),
    "ts-jest node16": ("old", {"preset": "ts-jest"}, {"module": "node16"}),
    "ts-jest of modules": (
        "app",
        {"preset": "ts-jest/presets/default-esm", "extensionsToTreatAsEsm": [".ts"]},
        {"module": "esnext", "moduleResolution": "bundler"},
    ),
    "@swc/jest": ("old", {"transform": {"^.+\\.ts$": ["@swc/jest", SWC]}}, {}),
    "@swc/jest of modules": (
        "app",
        {"transform": {"^.+\\.ts$": ["@swc/jest", SWC]}, "extensionsToTreatAsEsm": [".ts"]},
        {},
    ),
}


def with_test(root: Path, how: str, app: str, text: str = TEST) -> Path:
    """A package with a test, and the ports in its node_modules."""
    place = find_ports(root, how, app)
    (place / "src").mkdir(exist_ok=True)
    (place / "src/main.ts").write_text(MODULE)
    (place / "src/main.test.ts").write_text(text % json.dumps(str(root)))
    return place


def add(place: Path, modules: Path) -> None:
    """Have what npm has installed be found by a package as well."""
    for each in modules.iterdir():
        target = place / "node_modules" / each.name
        if not target.exists():
            target.symlink_to(each)


@pytest.mark.parametrize("how", ["linked", "copied"])
@pytest.mark.parametrize("runner", RUNNERS)
def test_jest(root: Path, runner: str, how: str) -> None:
    app, config, options = RUNNERS[runner]
    place = with_test(root, how, app)
    modules = npm(*JEST)
    add(place, modules)
    (place / "tsconfig.json").write_text(json.dumps({"compilerOptions": TSCONFIG | options}))
    (place / "jest.config.json").write_text(json.dumps({**config, "testEnvironment": "node"}))
    flags = ("--no-cache", "--ci", "--runInBand")
    script = modules / "jest/bin/jest.js"
    done = run(node(), "--experimental-vm-modules", script, *flags, cwd=place, env=ENV)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stderr


@pytest.mark.parametrize("how", ["linked", "copied"])
def test_vitest(root: Path, how: str) -> None:
    text = 'import { expect, test } from "vitest";\n' + TEST
    place = with_test(root, how, "app", text)
    modules = npm("vitest", "typescript")
    add(place, modules)
    done = run(node(), modules / "vitest/vitest.mjs", "run", cwd=place, env=ENV)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("how", ["linked", "copied"])
def test_nodes_own(root: Path, how: str) -> None:
    text = (
        'import { test } from "node:test";\nimport { deepEqual } from "node:assert/strict";\n'
        + TEST.replace('"./main"', '"./main.ts"')
        .replace("expect(JSON", "deepEqual(JSON")
        .replace(").toEqual(", ", ")
    )
    place = with_test(root, how, "app", text)
    done = run(node(), "--test", "src/main.test.ts", cwd=place, env=ENV)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass 1" in done.stdout
