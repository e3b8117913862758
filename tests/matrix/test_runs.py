"""Each Node from 18 on, and Bun, by import and by require, over links and in copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.matrix import COMMONJS, ESM, find_ports, says
from tests.node import node_of, npm

pytestmark = pytest.mark.heavy

NODES = ("18", "20", "22", "24")
SCRIPTS = {"run.mjs": ESM, "run.cjs": COMMONJS, "run.js": COMMONJS}


def runtime(name: str) -> Path:
    return npm("bun") / ".bin" / "bun" if name == "bun" else node_of(name)


@pytest.mark.parametrize("how", ["linked", "copied"])
@pytest.mark.parametrize("name", [*NODES, "bun"])
def test_javascript(root: Path, name: str, how: str) -> None:
    place = find_ports(root, how, "old")
    for script, text in SCRIPTS.items():
        (place / script).write_text(text)
        says(root, runtime(name), script, cwd=place)


@pytest.mark.parametrize("how", ["linked", "copied"])
@pytest.mark.parametrize("name", ["22", "24", "bun"])
def test_typescript_that_the_runtime_strips(root: Path, name: str, how: str) -> None:
    place = find_ports(root, how, "app")
    says(root, runtime(name), "src/main.ts", cwd=place)


@pytest.mark.parametrize("name", [*NODES, "bun"])
def test_an_image_with_neither_git_nor_workspace(root: Path, name: str, tmp_path: Path) -> None:
    """As a Dockerfile copies a package and its node_modules: the root has to be told."""
    place = find_ports(root, "copied", "old")
    image = place.rename(tmp_path / "image")
    (image / "run.cjs").write_text(COMMONJS)
    env = {"HOME": "/srv/sam", "NODE_ID": "anvil", "PROCESS_MANAGER": "null", "REPO_ROOT": "/app"}
    says("/app", runtime(name), "run.cjs", cwd=image, env=env)
