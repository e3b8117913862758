"""Each exported function of the fixture's container package does the same before and after.

The original runs against the stand-in for Colima, the migrated function against the real adapter
and the same stand-in, from several initial states.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.differential.stage import NAMES, SOURCES, Stage, exports, link_modules, migrate
from tests.node import check, node, npm

PATHS = [path for path in SOURCES if "packages/container/" in path]
FAKE = Path(__file__).parent / "fakes" / "colima"
DRIVER = Path(__file__).parent / "differential" / "containers.mjs"
RUNNING = {"running": True, "address": "192.168.64.2"}
STATES: dict[str, dict[str, Any]] = {
    "absent": {"profiles": {}},
    "stopped": {"profiles": {"default": {"running": False}, "work": {"running": False}}},
    "running": {"profiles": {"default": RUNNING, "work": {"running": True}}},
    "unreachable": {"profiles": {"default": {"running": True}}},
    "old": {"profiles": {"default": RUNNING}, "old": True},
    "unlisted": {"profiles": {"default": RUNNING}, "faults": [{"verb": "list", "code": 1}]},
    "broken": {"faults": [{"verb": "start", "code": 1, "stderr": "no disk"}]},
}
# texts that name the command that is typed on each platform, and the network of this host
_HINTS = {"hints", "health"}


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The fixture before and after its migration, each ready to run."""
    folder = tmp_path_factory.mktemp("containers")
    stage: Stage = migrate(folder / "repository")
    modules = npm(*NAMES)
    for version, files in (("original", stage.before), ("migrated", stage.after)):
        for path, data in files.items():
            target = folder / version / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        link_modules(folder / version, modules)
    (folder / "node_modules").symlink_to(modules)
    (folder / "driver.mjs").write_bytes(DRIVER.read_bytes())
    return {version: folder / version for version in ("original", "migrated")}


def _run(room: Path, state: str, folder: Path) -> dict[str, Any]:
    """What each function gave, and what Colima holds afterwards."""
    folder.mkdir()
    tool = folder / "colima"
    tool.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-S", "-E", str(FAKE)])} "$@"\n')
    tool.chmod(0o755)
    initial = folder / "initial.json"
    initial.write_text(json.dumps(STATES[state]))
    tasks = [
        (str(room / path), name)
        for path in PATHS
        for name, _, _ in exports(path, (room / path).read_bytes())
        if name not in _HINTS
    ]
    unset = dict.fromkeys(("DOCKER_HOST", "COLIMA_PROFILE", "NODE_OPTIONS"), "")
    env = {
        **unset,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "CONTAINER_RUNTIME": "colima",
        "NODE_NO_WARNINGS": "1",
        "FAKE_COLIMA_STATE": str(folder / "state.json"),
        "FAKE_COLIMA_LOG": str(folder / "log.jsonl"),
    }
    command = (node(), room.parent / "driver.mjs", json.dumps([str(initial), tasks]))
    lines = check(*command, cwd=room, env=env).splitlines()
    assert len(lines) == len(tasks)
    return {name: (outcome, after) for name, outcome, after in map(json.loads, lines)}


@pytest.mark.parametrize("state", STATES)
def test_the_same_effect_and_result(state: str, rooms: dict[str, Path], tmp_path: Path) -> None:
    before = _run(rooms["original"], state, tmp_path / "before")
    after = _run(rooms["migrated"], state, tmp_path / "after")
    assert after == before
    assert {kind for (kind, _), _ in before.values()} == {"gave", "failed"} - (
        {"failed"} if state == "running" else set()
    )
