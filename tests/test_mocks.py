"""Tests whose fakes a rewritten module no longer meets are told, and no others."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.mocks import stale_mocks
from tests.repo import fleetmod, make

CALL = '  execFileSync("launchctl", ["stop", "x.y"]);\n'
IMPORT = 'import { stop } from "../src/service.js";\n'


def notes(text: str, path: str = "packages/a/test/service.test.ts") -> list[str]:
    return list(stale_mocks({path: text}, {"packages/a/src/service.ts"}, "@acme/process-manager"))


@pytest.mark.parametrize(
    "fake",
    [
        'vi.mock("node:child_process", () => ({ execFileSync }));',
        "jest.mock('child_process');",
        'mock.module("child_process", () => ({ spawnSync }));',
        'vi.spyOn(childProcess, "execFileSync");',
        'spyOn(Bun, "spawnSync").mockImplementation(run);',
        "Bun.spawnSync = run;",
        'writeFake("launchctl", "#!/bin/sh\\nexit 0\\n");',
        'writeFileSync(join(bin, "launchctl"), `#!/bin/sh\\nexit 0`, { mode: 0o755 });',
    ],
)
def test_a_fake_of_process_calls(fake: str) -> None:
    (note,) = notes(f"{IMPORT}\n{fake}\n")
    assert note.startswith("packages/a/test/service.test.ts:3 fakes process calls, and packages/a/")


@pytest.mark.parametrize(
    "text",
    [
        f'{IMPORT}vi.mock("../src/other.js");\n',
        'import { stop } from "../src/other.js";\nvi.mock("child_process");\n',
        f'{IMPORT}import {{ spawn }} from "node:child_process";\nspawn("x");\n',
    ],
)
def test_what_is_no_stale_fake(text: str) -> None:
    assert notes(text) == []


def test_a_folder_imported_by_its_index() -> None:
    found = stale_mocks(
        {"a/x.test.ts": 'import { x } from "./lib";\nvi.mock("child_process");\n'},
        {"a/lib/index.ts"},
        "@acme/process-manager",
    )
    assert len(list(found)) == 1


def test_migrate_tells(tmp_path: Path) -> None:
    call = 'import { execFileSync } from "node:child_process";\nexport const stop = () => {\n'
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r", "workspaces": ["packages/*"]}',
            "packages/a/package.json": '{"name": "a", "type": "module"}',
            "packages/a/src/service.ts": f"{call}{CALL}}};\n",
            "packages/a/test/service.test.ts": f'{IMPORT}vi.mock("node:child_process");\n',
        },
    )
    fleetmod(root, "init")
    ran = fleetmod(root, "migrate", "--dry-run")
    assert "packages/a/test/service.test.ts:2 fakes process calls" in ran.out
