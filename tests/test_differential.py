"""Each exported function of the fixture does the same before and after its migration.

The original runs against the stand-in for launchctl, the migrated function against the real
adapter and the same stand-in, from several initial states. What differs must be one of the
improvements that the port documents (differential/improvements.py).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from queue import SimpleQueue

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetmod.model import REFUSE
from tests.differential.compare import same
from tests.differential.improvements import IMPROVEMENTS, RUNTIME
from tests.differential.pairs import Pair, both
from tests.differential.received import asked, mismatches
from tests.differential.rooms import OWN, QUIET, STATES, Ended, Ran, Task, Worker, arrange, furnish
from tests.differential.served import Room, Served
from tests.differential.stage import (
    FIXTURE,
    SOURCES,
    Shape,
    Stage,
    exports,
    migrate,
    moved,
    understood,
)
from tests.differential.templates import STRANGE, Sample, samples
from tests.scan import look, migrated

NODES = 2
HOMES, CONTAINER = "packages/homes/", "packages/container/"
EVERY = [
    (path, name)
    for path in SOURCES
    if CONTAINER not in path  # test_container_differential.py
    for name in [
        *(name for name, _, _ in exports(path, (FIXTURE / path).read_bytes())),
        *([""] if "top-level" in path else []),
    ]
]
SHAPES = [(path, name) for path, name in EVERY if HOMES not in path]
each_shape = pytest.mark.parametrize(
    ("path", "name"), SHAPES, ids=[f"{p.removeprefix('packages/')}:{n}" for p, n in SHAPES]
)


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
        shapes = [s for s in stage.shapes if HOMES not in s.path and CONTAINER not in s.path]
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
        before, after = (_task(version, shape, state) for version in ("original", "migrated"))
        return both(lambda task: self.run(shape.path, task), before, after)


def _task(version: str, shape: Shape, state: str) -> Task:
    session = "system" if shape.path.endswith("/daemons.ts") else OWN
    return Task(f"{version}/{shape.path}", shape.name, state, session)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    server = Served()
    yield server
    server.close()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return migrate(tmp_path_factory.mktemp("stage") / "repository")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, served: Served, stage: Stage) -> Iterator[Runs]:
    folder = tmp_path_factory.mktemp("rooms")
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


def _shape(runs: Runs, path: str, name: str) -> Shape:
    return next(s for s in runs.stage.shapes if (s.path, s.name) == (path, name))


@each_shape
def test_the_same_effect_and_result(runs: Runs, path: str, name: str) -> None:
    for pair in _pairs(runs, path, name):
        assert pair.before.outcome[0] != "no such function", pair.before.outcome
    found = {pair.state: pair.differences for pair in _pairs(runs, path, name) if pair.differences}
    assert not found, "\n".join(f"{state}: {'; '.join(what)}" for state, what in found.items())


@each_shape
def test_what_was_understood_is_what_was_asked(runs: Runs, path: str, name: str) -> None:
    shape = _shape(runs, path, name)
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


def test_improvements_are_documented_and_used(runs: Runs) -> None:
    """An improvement that the port does not promise, or that no shape shows, is none."""
    for improvement in IMPROVEMENTS.values():
        text = (RUNTIME / improvement.document).read_text()
        assert improvement.promise in text, improvement
    used = {name for pairs in runs.pairs.values() for pair in pairs for name in pair.improvements}
    assert used == set(IMPROVEMENTS)


@each_shape
def test_what_is_told_differently_is_announced(runs: Runs, path: str, name: str) -> None:
    """Where an improvement changes what the code answers, and not only what it does."""
    shape = _shape(runs, path, name)
    for pair in _pairs(runs, path, name):
        if pair.before.outcome[0] != pair.after.outcome[0]:
            continue
        if same(pair.before.outcome[1], pair.after.outcome[1], pair.before):
            continue
        for improvement in pair.improvements:
            words = IMPROVEMENTS[improvement].announced
            told = not words or any(words in note for note in shape.notes)
            assert told, (pair.state, improvement)


@pytest.mark.parametrize(("path", "name"), [each for each in EVERY if HOMES in each[0]])
def test_homes(runs: Runs, path: str, name: str) -> None:
    """The old user's paths on the old user's machine, and the new one's on another.

    The root is the checkout that the code runs from: on the old machine that is where it was.
    """
    assert runs.stage.changed(path)
    answers = {
        (version, user): runs.run(path, Task(f"{version}/{path}", name, QUIET, user=user))
        for version, user in [("original", "robin"), ("migrated", "robin"), ("migrated", "kim")]
    }
    before = answers["original", "robin"].outcome
    assert before[0] == "returned"
    checkout = re.sub(r"/Users/robin/Code/lantern(?![\w-])", "/migrated", json.dumps(before))
    for user in ("robin", "kim"):
        moved = json.loads(checkout.replace("/Users/robin", f"/Users/{user}"))
        assert answers["migrated", user].outcome == tuple(moved)


@pytest.fixture(scope="module")
def bench(
    tmp_path_factory: pytest.TempPathFactory, served: Served, stage: Stage
) -> Iterator[Worker]:
    """A worker for code that is written on the spot, with the packages of the migrated fixture."""
    room = Room(tmp_path_factory.mktemp("bench") / "room")
    furnish(room, served)
    stage.furnish(room)
    worker = Worker(room, "node")
    yield worker
    worker.close()


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(sample=samples(), state=st.sampled_from(sorted(STATES)))
def test_any_label_in_any_domain(bench: Worker, sample: Sample, state: str) -> None:
    before = sample.text.encode()
    findings = look(before).findings
    if any(f.action == REFUSE for f in findings):
        assert sample.may_be_refused, findings
        return
    text = migrated(before).replace("@acme/", "@lantern/")
    assert "launchctl" not in text, text
    arrange(bench.room, [sample.label])
    name = f"packages/shell/src/sample-{hashlib.sha256(before).hexdigest()[:12]}.ts"
    tasks = []
    for version, data in (("original", before), ("migrated", text.encode())):
        path = f"{version}/{name}"
        (bench.room.folder / path).write_bytes(moved(path, data, bench.room))
        tasks.append(Task(path, "shape", state))
    done = both(bench.run, *tasks)
    assert not done.differences, f"{text}\n{state}: {done.differences}"
    operations = {op for argv in done.before.calls for op in asked(argv, OWN)}
    if sample.more is None:
        assert not mismatches(understood(findings), [], operations)


@settings(max_examples=20, deadline=None)
@given(sample=samples(STRANGE))
def test_a_label_that_is_none_is_refused(sample: Sample) -> None:
    """Where the code spells it; a constant's value is looked at when the port is called."""
    spelled = replace(sample, literal=True).text
    assert migrated(spelled) == spelled
    assert [f.action for f in look(spelled).findings] == [REFUSE]
