"""What migrated code does on a host that has no service manager ends as the original's does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.differential.rooms import QUIET, Task, Worker, furnish
from tests.differential.served import Room, Served
from tests.differential.stage import Shape, Stage, migrate

FILES = ("wrappers", "given-callbacks", "packages/bun/")  # where a function may swallow a failure
TOLD = "a host without the tool"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return migrate(tmp_path_factory.mktemp("stage") / "repository")


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Iterator[dict[str, Worker]]:
    server = Served()
    made = {}
    for engine in ("node", "bun"):
        room = Room(tmp_path_factory.mktemp(engine) / "room")
        furnish(room, server)
        stage.furnish(room)
        (room.bin / "launchctl").unlink()
        made[engine] = Worker(room, engine)
    yield made
    for worker in made.values():
        worker.close()
    server.close()


def _ends(workers: dict[str, Worker], shape: Shape) -> tuple[str, str]:
    """How the original and the migrated function end: returned, threw, resolved, rejected."""
    worker = workers["bun" if "packages/bun/" in shape.path else "node"]
    tasks = (Task(f"{v}/{shape.path}", shape.name, QUIET) for v in ("original", "migrated"))
    before, after = (worker.run(task).outcome[0] for task in tasks)
    return before, after


def test_a_host_without_the_tool(workers: dict[str, Worker], stage: Stage) -> None:
    """It ends alike, or the maintainer is told."""
    shapes = [s for s in stage.shapes if any(part in s.path for part in FILES)]
    rewritten = [s for s in shapes if stage.changed(s.path)]
    differ, untold = [], []
    for shape in rewritten:
        before, after = _ends(workers, shape)
        if before != after:
            differ.append(shape.name)
            if not any(TOLD in note for note in shape.notes):
                untold.append(f"{shape.path} {shape.name}: {before}, and then {after}")
    assert not untold, "\n".join(untold)
    assert differ  # Bun's own, which throw
