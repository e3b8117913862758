"""Calls in every place that TypeScript has for one (differential/crossings.py): the migrated file
compiles, a second run changes nothing, and it does the same in the same order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleetmod.engine import scan
from tests.differential.compare import same
from tests.differential.crossings import CONTEXTS, crossings
from tests.differential.improvements import IMPROVEMENTS
from tests.differential.pairs import both
from tests.differential.rooms import HERE, Task, Worker, furnish
from tests.differential.served import Room, Served
from tests.differential.stage import Stage, migrate, moved
from tests.node import node, run
from tests.scan import PATH, RULES, SETTINGS, look, migrated

CASES = list(crossings())
STATES = ("kept", "absent")
FOLDER = "packages/shell/src"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return migrate(tmp_path_factory.mktemp("stage") / "repository")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, stage: Stage) -> Iterator[Worker]:
    served = Served()
    room = Room(tmp_path_factory.mktemp("bench") / "room")
    furnish(room, served)
    stage.furnish(room)
    worker = Worker(room, "node")
    yield worker
    worker.close()
    served.close()


@pytest.mark.parametrize("context", CONTEXTS)
def test_comes_to_rest(context: str) -> None:
    """`migrated` raises where the result does not parse."""
    for name, call, frame, text in CASES:
        if name == context:
            after = migrated(text).encode()
            assert not scan(PATH, after, SETTINGS, RULES).edits, (call, frame, after.decode())


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=st.sampled_from(CASES), state=st.sampled_from(STATES))
def test_does_the_same(bench: Worker, case: tuple[str, str, str, str], state: str) -> None:
    check(bench, case, state)


@pytest.mark.heavy
@pytest.mark.parametrize("context", CONTEXTS)
def test_every_one_does_the_same(bench: Worker, context: str) -> None:
    for case in CASES:
        for state in STATES if case[0] == context else ():
            check(bench, case, state)


@pytest.mark.heavy
def test_every_one_compiles(bench: Worker, tmp_path: Path) -> None:
    """Whatever tsc says of a migrated file, it said of the original."""
    modules = bench.room.folder / "migrated" / "node_modules"
    (tmp_path / "node_modules").symlink_to(modules)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    options = json.loads((bench.room.folder / "migrated" / "tsconfig.json").read_text())
    options["compilerOptions"] |= {"noUnusedLocals": False, "noUnusedParameters": False}
    options["compilerOptions"] |= {"allowUnreachableCode": True, "allowUnusedLabels": True}
    (tmp_path / "tsconfig.json").write_text(json.dumps({**options, "include": ["*"]}))
    for number, (*_, text) in enumerate(CASES):
        after = migrated(text).replace("@acme/", "@lantern/")
        (tmp_path / f"before-{number}.ts").write_text(text)
        (tmp_path / f"after-{number}.ts").write_text(after)
    done = run(node(), modules / "typescript" / "bin" / "tsc", "-p", ".", cwd=tmp_path)
    said: dict[str, set[tuple[str, str]]] = {"before": set(), "after": set()}
    for line in done.stdout.splitlines():
        place, _, message = line.partition(": ")
        if place.startswith(("before-", "after-")):
            version, _, rest = place.partition("-")
            said[version].add((rest.partition("(")[0], message))
    new = said["after"] - said["before"]
    assert said["before"] and not new, new  # a function without a return is told of in both


def check(bench: Worker, case: tuple[str, str, str, str], state: str) -> None:
    context, call, frame, text = case
    after = migrated(text).replace("@acme/", "@lantern/")
    if after == text:
        return
    name = f"crossing-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    tasks = []
    for version, code in (("original", text), ("migrated", after)):
        path = f"{version}/{FOLDER}/{name}.ts"
        (bench.room.folder / path).write_bytes(moved(path, code.encode(), bench.room))
        driver = f"{version}/{FOLDER}/{name}.drive.mjs"
        (bench.room.folder / driver).write_text(
            f'import {{ Effect }} from "effect";\n'
            f'import {{ drive }} from "{(HERE / "drive.mjs").as_uri()}";\n'
            f'export const t = drive(() => import("./{name}.ts"), Effect, "{bench.room.state}");\n'
        )
        tasks.append(Task(driver, "t", state))
    pair = both(bench.run, *tasks)
    where = f"{context}, {call}, {frame}, {state}: {after}"
    assert pair.before.outcome[0] == "resolved", where
    assert "not loaded" not in json.dumps(pair.before.outcome), pair.before.outcome
    assert not pair.differences, f"{where}{pair.differences}"
    notes = {note for finding in look(text).findings for note in finding.notes}
    before, now = pair.before.outcome[1], pair.after.outcome[1]
    for improvement in pair.improvements if not same(before, now, pair.before) else ():
        words = IMPROVEMENTS[improvement].announced
        assert not words or any(words in note for note in notes), (where, improvement)
