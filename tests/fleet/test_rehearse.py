"""The bundled monorepo on two nodes: as it is it fails, and migrated it runs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fleetmod.fleet.rehearse.model import Node, Outcome, Rehearsal
from fleetmod.fleet.rehearse.run import _uncovered
from tests.fleet.rehearsing import nodes, rehearse, require, touched
from tests.repo import copy, fleetmod, tree

COLLECT = """node -e 'import("./packages/worker/src/probe.ts").then((m) => m.collect())'"""
JOURNAL = """node -e '
import("./packages/worker/src/config.ts").then((m) => fs.existsSync(m.JOURNAL))'""".replace(
    "\n", ""
)
INSTALL = """mkdir -p node_modules/@orchard && cd node_modules/@orchard &&
ln -s ../../packages/process-manager ../../packages/node-identity .""".replace("\n", " ")


def monorepo(root: Path) -> Path:
    """The bundled monorepo, and what its nodes start; it has no program of its own."""
    copy("demo", root)
    assert fleetmod(root, "init", "--full").code == 0
    file = root / "fleetmod.toml"
    text = file.read_text()
    for key, empty, value in (("install", '""', INSTALL), ("commands", "[]", [COLLECT, JOURNAL])):
        assert f"\n{key} = {empty}" in text
        text = text.replace(f"\n{key} = {empty}", f"\n{key} = {json.dumps(value)}")
    file.write_text(text)
    return root


@pytest.fixture(autouse=True)
def _means() -> None:
    require()


def test_a_migrated_monorepo_runs_on_two_nodes_that_see_each_other(tmp_path: Path) -> None:
    root = monorepo(tmp_path / "orchard")
    assert fleetmod(root, "migrate", "--allow-dirty").code == 0
    before = tree(root)
    kept = tmp_path / "kept"
    done = rehearse(root, "--keep", str(kept))
    assert done.code == 0, done.out
    assert tree(root) == before

    names = [node["node"] for node in nodes(done)]
    for node in nodes(done):
        assert node["seen"] == sorted(names) and not node["problems"]
        assert node["workload"] == ["start", "restart", "probe", "events", "stop"]
        assert not touched(node) and {run["code"] for run in node["runs"]} == {None, 0}
    status = fleetmod(root, "fleet", "status", "--format", "json", str(kept / "events/*.jsonl"))
    assert status.code == 0 and {each["name"] for each in json.loads(status.out)["nodes"]} == set(
        names
    )

    found = json.loads(done.out)
    assert set(found["ran"]) == {"packages/worker/src/config.ts", "packages/worker/src/probe.ts"}
    gate = fleetmod(root, "gate", "--phase", "5")
    assert gate.code == 0 and "no cluster asked" in gate.out
    assert "│ 5 " in fleetmod(root, "gate", "--phase", "all").out
    (root / "README.md").write_text("Another one.\n")
    changed = fleetmod(root, "gate", "--phase", "5")
    assert changed.code == 3 and "files changed since the rehearsal" in changed.out


def test_commands_that_run_nothing_that_was_migrated_prove_nothing() -> None:
    found = Rehearsal((), (), ("packages/worker/src/probe.ts",))
    (told,) = _uncovered(found)
    assert "ran none of the 1 files that use the ports, as packages/worker/src/probe.ts" in told
    node = Node("k", "k", 1, Path("/h"), Path("/h/s"), Path("/t"))
    ran = Outcome(node, (), (), (), ran=("packages/worker/src/probe.ts",))
    assert not list(_uncovered(replace(found, outcomes=(ran,))))
    assert not list(_uncovered(replace(found, migrated=())))


def test_the_same_monorepo_as_it_is_fails(tmp_path: Path) -> None:
    root = monorepo(tmp_path / "orchard")
    done = rehearse(root)
    assert done.code == 1
    for node in nodes(done):
        assert touched(node) == {
            COLLECT: {("a tool of macOS", "launchctl")},
            JOURNAL: {("the old vault", "/Users/sam/Notes/journal.jsonl")},
        }
        assert "no @orchard/process-manager that speaks to systemd" in node["problems"][0]
    gate = fleetmod(root, "gate", "--phase", "5")
    assert gate.code == 1
    assert f"`{COLLECT}` reached for a tool of macOS: launchctl (called: not found)" in gate.out


def test_without_a_rehearsal_the_gate_is_unproven(tmp_path: Path) -> None:
    gate = fleetmod(copy("demo", tmp_path / "orchard"), "gate", "--phase", "5")
    assert gate.code == 3 and "nothing was rehearsed here. Run: fleetmod rehearse" in gate.out
