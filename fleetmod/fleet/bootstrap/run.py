"""Steps looked at, done and taken back; each tells what it does as it goes."""

from __future__ import annotations

import shlex
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.files import make_folder, put, read
from fleetmod.fleet.bootstrap.journal import Entry, Journal
from fleetmod.fleet.bootstrap.model import Act, Fact, Folder, Run, Step, Write
from fleetmod.fleet.bootstrap.probe import Answer, Host
from fleetmod.fleet.bootstrap.undo import digest

PASS, FAIL, UNKNOWN, DID, WOULD = "ok", "failed", "unknown", "did", "would"
NOTE = "note"


@dataclass(frozen=True)
class Line:
    """One thing that a step tells: `mark` is one of the constants above."""

    step: str
    mark: str
    text: str
    todo: str = ""


def look(host: Host, steps: Sequence[Step], journal: Journal) -> Iterator[Line]:
    """What each step would do, and which of its needs fail; nothing is changed."""
    for step in steps:
        yield from (Line(step.id, NOTE, note) for note in step.notes)
        yield from _failing(step, [host.answer(need) for need in step.needs])
        for act in step.acts:
            mark = PASS if _is_done(host, act, journal) else WOULD
            yield Line(step.id, mark, describe(act, host.node.root))
        if step.settle and not all(_is_done(host, act, journal) for act in step.acts):
            yield Line(step.id, WOULD, f"run {shlex.join(step.settle)}")
        for check in step.checks:
            if isinstance(check, Fact):
                yield from _failing(step, [host.answer(check)])
            else:
                yield Line(step.id, WOULD, f"check: {check.what}")


def examine(host: Host, step: Step, journal: Journal) -> Iterator[Line]:
    """Every check of a step, passed or not; nothing is changed."""
    yield from (_line(step, host.answer(need)) for need in step.needs)
    for act in step.acts:
        if isinstance(act, Run) and act.done is not None:
            yield _line(step, host.answer(act.done))
        elif _is_done(host, act, journal):
            yield Line(step.id, PASS, _noun(act))
        else:
            yield Line(step.id, FAIL, _noun(act), "Run: fleetmod bootstrap apply")
    if step.settled is not None:
        yield _line(step, host.answer(step.settled))
    yield from (_line(step, host.answer(check)) for check in step.checks)


def apply(host: Host, steps: Sequence[Step], journal: Journal) -> Iterator[Line]:
    """Do what is left of each step; ends after one that could not be done and others build on."""
    for step in steps:
        done = yield from _apply(host, step, journal)
        if not done and step.acts and not step.independent:
            return


def _apply(host: Host, step: Step, journal: Journal) -> Generator[Line, None, bool]:
    """Gives whether all of the step's acts are done; what its checks find is told."""
    needs = [host.answer(need) for need in step.needs]
    yield from _failing(step, needs)
    if any(need.ok is False for need in needs):
        return False
    acted, problems = False, 0
    for act in step.acts:
        if _is_done(host, act, journal):
            continue
        problem = _do(host, step, act, journal)
        acted = True
        if problem:
            problems += 1
            todo = act.done.todo if isinstance(act, Run) and act.done else ""
            yield Line(step.id, FAIL, f"{describe(act, host.node.root)}: {problem}", todo)
            if not step.independent:
                return False
        else:
            yield Line(step.id, DID, describe(act, host.node.root))
    unsettled = step.settled is not None and host.answer(step.settled).ok is not True
    if step.settle and (acted or unsettled):
        problem = host.run(step.settle)
        problems += bool(problem)
        text = f"run {shlex.join(step.settle)}"
        yield Line(step.id, FAIL if problem else DID, f"{text}: {problem}" if problem else text)
    after = [step.settled] if step.settled else []
    answers = [host.answer(check) for check in (*after, *step.checks)]
    yield from (_line(step, each) for each in answers)
    if not answers and not acted:
        yield Line(step.id, PASS, "nothing is left to do")
    return not problems


def _do(host: Host, step: Step, act: Act, journal: Journal) -> str:
    """Do one act, noted before and after; gives what went wrong."""
    if isinstance(act, Run):
        entry = Entry(step.id, argv=act.argv, undo=act.undo, settle=step.settle)
        journal.begin(entry)
        problem = host.run(act.argv)
        if not problem and act.done is not None and host.answer(act.done).ok is not True:
            problem = f"it ended with 0, and yet this is not so: {act.done.what}"
        if not problem:
            journal.end(entry)
        return problem
    try:
        _place(step, act, journal)
    except FleetmodError as error:
        return str(error)
    return ""


def _place(step: Step, act: Write | Folder, journal: Journal) -> None:
    folder = act.path if isinstance(act, Folder) else act.path.parent
    made = tuple(str(each) for each in (folder, *folder.parents) if not each.exists())[::-1]
    data = act.text.encode() if isinstance(act, Write) else b""
    former = read(act.path) if isinstance(act, Write) else None
    entry = Entry(
        step.id,
        path=str(act.path),
        mode=act.path.stat().st_mode & 0o7777 if former is not None else 0,
        written=(digest(data),) if isinstance(act, Write) else (),
        made=made,
        settle=step.settle,
    )
    journal.begin(entry, former)
    make_folder(folder)
    if isinstance(act, Write):
        put(act.path, data, act.mode)
    journal.end(entry)


def describe(act: Act, root: Path) -> str:
    """What an act does, in words; never the text of a file, which may hold secrets."""
    if isinstance(act, Run):
        return f"run {shlex.join(act.argv)}"
    outside = "" if act.path.is_relative_to(root) else " (outside of the repository)"
    verb = "make the folder" if isinstance(act, Folder) else "write"
    return f"{verb} {act.path}{outside}"


def _noun(act: Act) -> str:
    if isinstance(act, Run):
        return f"{act.argv[0]} has run"
    return f"{act.path} is there" if isinstance(act, Folder) else f"{act.path} is up to date"


def _is_done(host: Host, act: Act, journal: Journal) -> bool:
    if isinstance(act, Run) and act.done is None:
        return journal.has_run(act.argv)
    return host.is_done(act)


def _failing(step: Step, answers: Sequence[Answer]) -> Iterator[Line]:
    yield from (_line(step, each) for each in answers if each.ok is not True)


def _line(step: Step, answer: Answer) -> Line:
    mark = {True: PASS, False: FAIL, None: UNKNOWN}[answer.ok]
    return Line(step.id, mark, answer.what, "" if answer.ok else answer.todo)
