"""What a bootstrap did, taken back from its journal alone, the last act first."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.files import put, read
from fleetmod.fleet.bootstrap.journal import Entry, Journal
from fleetmod.fleet.bootstrap.probe import Host


@dataclass(frozen=True)
class Undone:
    """An act that was taken back, or, with `problem`, one that is left and stays in the journal."""

    step: str
    text: str
    problem: str = ""


def digest(data: bytes) -> str:
    """The hash by which a file that we wrote is known again."""
    return hashlib.sha256(data).hexdigest()


def undo(host: Host, journal: Journal) -> Iterator[Undone]:
    """Take everything back; what cannot be is told, and the rest goes on."""
    todo = journal.entries[::-1]
    for at, entry in enumerate(todo):
        undone = _undo(host, journal, entry)
        if not undone.problem:
            journal.drop(entry)
        yield undone
        last = at + 1 == len(todo) or todo[at + 1].step != entry.step
        if last and entry.settle:
            problem = host.run(entry.settle)
            yield Undone(entry.step, f"run {shlex.join(entry.settle)}", problem)


def _undo(host: Host, journal: Journal, entry: Entry) -> Undone:
    if entry.argv:
        if not entry.undo:
            return Undone(entry.step, f"{shlex.join(entry.argv)} needs nothing")
        problem = host.run(entry.undo)
        # what was only begun may have nothing to take back
        return Undone(entry.step, f"run {shlex.join(entry.undo)}", problem if entry.done else "")
    try:
        return Undone(entry.step, _restore(journal, entry))
    except FleetmodError as error:
        return Undone(entry.step, f"restore {entry.path}", str(error))


def _restore(journal: Journal, entry: Entry) -> str:
    path = Path(entry.path)
    told = f"remove the folder {path}, if it is empty"
    if entry.written:
        told = f"restore {path}" if entry.backup else f"remove {path}"
        former, now = journal.former(entry), read(path)
        if now is not None and now != former and digest(now) not in entry.written:
            raise FleetmodError(
                "was changed since", todo="Restore it by hand, or move it away and undo again"
            )
        if former is not None and now != former:
            put(path, former, entry.mode)
        elif former is None and now is not None:
            path.unlink()
    for folder in reversed(entry.made):
        with suppress(OSError):  # not empty
            Path(folder).rmdir()
    return told
