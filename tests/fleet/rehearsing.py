"""Rehearsals in tests: real namespaces, a real user manager and strace."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fleetmod.fleet.rehearse.means import missing
from tests.node import bin_folder
from tests.repo import Ran, fleetmod


def require() -> None:
    """Skips the test where this machine cannot rehearse, except in CI."""
    if lacks := missing():
        if os.environ.get("CI") == "true":
            pytest.fail("; ".join(lacks))
        pytest.skip("; ".join(lacks))


def rehearse(root: Path, *args: str, path: str = "") -> Ran:
    """`fleetmod rehearse ARGS` in a repository; `path` goes before everything else on PATH."""
    folders = [path, str(bin_folder()), os.environ["PATH"]]
    env = {"PATH": os.pathsep.join(filter(None, folders))}
    return fleetmod(root, "rehearse", "--format", "json", *args, env=env)


def nodes(done: Ran) -> list[dict[str, Any]]:
    """The nodes of a rehearsal, as its JSON tells of them."""
    found: list[dict[str, Any]] = json.loads(done.out)["nodes"]
    return found


def touched(node: dict[str, Any]) -> dict[str, set[tuple[str, str]]]:
    """For each run of a node, what it reached for: its kind, and which."""
    return {
        run["what"]: {(touch["kind"], touch["what"]) for touch in run["touches"]}
        for run in node["runs"]
        if run["touches"]
    }
