"""Each exported function of the fixture does the same before and after its migration.

The original runs against the stand-in for launchctl, the migrated function against the real
adapter and the same stand-in, from several initial states. What differs must be one of the
improvements that the port documents (differential/improvements.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import combinations
from queue import SimpleQueue

import pytest

from tests.differential.compare import differences
from tests.differential.improvements import IMPROVEMENTS
from tests.differential.received import asked, mismatches
from tests.differential.rooms import OWN, QUIET, STATES, Ended, Ran, Task, Worker, furnish
from tests.differential.served import Room, Served
from tests.differential.stage import FIXTURE, SOURCES, Shape, Stage, exports, migrate, understood

NODES = 2
SHAPES = [
    (path, name)
    for path in SOURCES
    for name in [
        *(name for name, _, _ in exports(path, (FIXTURE / path).read_bytes())),
        *([""] if "top-level" in path else []),
    ]
]
each_shape = pytest.mark.parametrize(
    ("path", "name"), SHAPES, ids=[f"{p.removeprefix('packages/')}:{n}" for p, n in SHAPES]
)


@dataclass(frozen=True)
class Pair:
    """A shape before and after its migration, from one initial state."""

    state: str
    before: Ran
    after: Ran
    differences: tuple[str, ...]  # that no improvement explains
    improvements: tuple[str, ...]  # that explain the others


class Runs:
    """Every shape's runs; each worker has a room of its own."""

    def __init__(self, stage: Stage, workers: dict[str, list[Worker]]) -> None:
        self.stage = stage
        self.free: dict[str, SimpleQueue[Worker]] = {}
        for engine, some in workers.items():
            self.free[engine] = SimpleQueue()
            for worker in some:
                self.free[engine].put(worker)
        self.count = 0
        shapes = [s for s in stage.shapes if "packages/homes/" not in s.path]
        self.failed: dict[tuple[str, str], str] = {}
        with ThreadPoolExecutor(sum(map(len, workers.values()))) as pool:
            self.pairs = dict(
                zip([(s.path, s.name) for s in shapes], pool.map(self._shape, shapes), strict=True)
            )

    def run(self, path: str, task: Task) -> Ran:
        engine = "bun" if "packages/bun/" in path or path.endswith(".tsx") else "node"
        worker = self.free[engine].get()
        try:
            self.count += 1
            return worker.run(task)
        finally:
            self.free[engine].put(worker)

    def _shape(self, shape: Shape) -> list[Pair]:
        try:
            if not self.stage.changed(shape.path):
                before = self.run(shape.path, _task("original", shape, QUIET))
                return [Pair(QUIET, before, before, (), ())]
            return [self._pair(shape, state) for state in STATES]
        except Ended as ended:
            self.failed[shape.path, shape.name] = str(ended)
            return []

    def _pair(self, shape: Shape, state: str) -> Pair:
        task = _task("original", shape, state)
        before = self.run(shape.path, task)
        after = self.run(shape.path, _task("migrated", shape, state))
        found = tuple(differences(before, after))
        if not found:
            return Pair(state, before, after, (), ())
        better = self.run(shape.path, replace(task, improved=tuple(IMPROVEMENTS)))
        used = [name for name in IMPROVEMENTS if name in better.used]
        if len(used) == 1 and not any(differences(better, after)):
            return Pair(state, before, after, (), tuple(used))
        for count in range(1, len(used) + 1):
            for names in combinations(used, count):
                ideal = self.run(shape.path, replace(task, improved=names))
                if not any(differences(ideal, after)):
                    return Pair(state, before, after, (), names)
        return Pair(state, before, after, found, ())


def _task(version: str, shape: Shape, state: str) -> Task:
    session = "system" if shape.path.endswith("/daemons.ts") else OWN
    return Task(f"{version}/{shape.path}", shape.name, state, session)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    server = Served()
    yield server
    server.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, served: Served) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("shapes")
    stage = migrate(folder / "repository")
    workers: dict[str, list[Worker]] = {"node": [], "bun": []}
    for number, engine in enumerate(["bun", *["node"] * NODES]):
        room = Room(folder / f"room-{number}")
        furnish(room, served)
        stage.furnish(room)
        workers[engine].append(Worker(room, engine))
    yield Runs(stage, workers)
    for some in workers.values():
        for worker in some:
            worker.close()


def _pairs(runs: Runs, path: str, name: str) -> list[Pair]:
    assert (path, name) not in runs.failed, runs.failed[path, name]
    return runs.pairs[path, name]


@each_shape
def test_the_same_effect_and_result(runs: Runs, path: str, name: str) -> None:
    if "packages/homes/" in path:
        return
    for pair in _pairs(runs, path, name):
        assert pair.before.outcome[0] != "no such function", pair.before.outcome
    found = {pair.state: pair.differences for pair in _pairs(runs, path, name) if pair.differences}
    assert not found, "\n".join(f"{state}: {'; '.join(what)}" for state, what in found.items())


@each_shape
def test_what_was_understood_is_what_was_asked(runs: Runs, path: str, name: str) -> None:
    shape = next(s for s in runs.stage.shapes if (s.path, s.name) == (path, name))
    if shape.refused or not understood(shape.findings):
        return
    session = "system" if path.endswith("/daemons.ts") else OWN
    seen = {
        op
        for pair in _pairs(runs, path, name)
        for argv in pair.before.calls
        for op in asked(argv, session)
    }
    found = mismatches(understood(shape.findings), understood(shape.others), seen)
    assert not found, "\n".join(found)
