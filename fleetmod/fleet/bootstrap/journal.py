"""What a bootstrap has done to a node, so that it can be taken back.

A folder for the user alone: `journal.json`, and the bytes that files had, each in a file. An entry
is written before its act, so that a run that is killed leaves nothing that is not known.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.files import make_folder, put, read
from fleetmod.workspace.lock import locked

_PRIVATE = 0o600


@dataclass(frozen=True)
class Entry:
    """One act: a file or folder at `path`, or the command `argv` with what takes it back, `undo`.

    `backup` is the file with the former bytes ("" = there were none), `mode` the former mode,
    `written` the hashes of all that was put there, `made` the folders made for it. `settle` is
    run when the step is undone; `done` tells whether the act came to its end.
    """

    step: str
    path: str = ""
    backup: str = ""
    mode: int = 0
    written: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    argv: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    settle: tuple[str, ...] = ()
    done: bool = False


class Journal:
    """The entries, oldest first; each change is on disk when the call returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: list[Entry] = []
        found = _own(folder / "journal.json")
        if found is not None:
            try:
                self.entries = [_entry(each) for each in json.loads(found)]
            except (ValueError, TypeError) as error:
                raise FleetmodError(
                    "is no journal of a bootstrap",
                    where=str(folder / "journal.json"),
                    todo="Move it away; what it knew must then be undone by hand",
                ) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """One bootstrap of a node at a time; the folder goes again where nothing is left in it."""
        make_folder(self.folder, 0o700)
        try:
            # links above it are the user's own, as a ~/.local/state on another disk
            with locked(self.folder.parent.resolve() / self.folder.name):
                yield
        finally:
            with suppress(OSError):  # not empty
                self.folder.parent.rmdir()

    def has_run(self, argv: tuple[str, ...]) -> bool:
        """Whether a command has come to its end in an earlier run."""
        return any(each.done and each.argv == argv for each in self.entries)

    def begin(self, entry: Entry, former: bytes | None = None) -> None:
        """Note an act before it happens; one that an earlier run began keeps its first note."""
        for at, each in enumerate(self.entries):
            if self._same(each, entry):
                written = tuple(dict.fromkeys((*each.written, *entry.written)))
                made = tuple(dict.fromkeys((*each.made, *entry.made)))
                self.entries[at] = replace(each, written=written, made=made)
                return self._save()
        if former is not None:
            name = f"{len(self.entries):04}"
            while (self.folder / name).exists():
                name += "x"
            put(self.folder / name, former, _PRIVATE)
            entry = replace(entry, backup=name)
        self.entries.append(entry)
        self._save()

    def end(self, entry: Entry) -> None:
        """Note that an act came to its end."""
        self.entries = [
            replace(each, done=True) if self._same(each, entry) else each for each in self.entries
        ]
        self._save()

    def drop(self, entry: Entry) -> None:
        """Forget an act that is undone, and the bytes kept for it."""
        self.entries.remove(entry)
        self._save()
        if entry.backup:
            (self.folder / entry.backup).unlink(missing_ok=True)

    def former(self, entry: Entry) -> bytes | None:
        """The bytes that an entry's file had; None where there was none."""
        if not entry.backup:
            return None
        found = read(self.folder / entry.backup)
        if found is None:
            raise FleetmodError("the kept bytes are gone", where=entry.path)
        return found

    @staticmethod
    def _same(one: Entry, other: Entry) -> bool:
        return (one.path, one.argv) == (other.path, other.argv)

    def _save(self) -> None:
        file = self.folder / "journal.json"
        if self.entries:
            text = json.dumps([asdict(each) for each in self.entries], indent=1)
            put(file, text.encode(), _PRIVATE)
        else:
            file.unlink(missing_ok=True)


def _own(file: Path) -> bytes | None:
    """What a journal holds, None where there is none. Undoing runs the commands that it names, so
    FleetmodError for one that others own or may write to, or that is a link."""
    try:
        found = file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise FleetmodError(f"cannot be read: {error.strerror}", where=str(file)) from error
    shared = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or shared:
        raise FleetmodError(
            "is no journal of yours alone, so it is not believed",
            where=str(file),
            todo="Run it as the user who bootstrapped the node, or move the file away",
        )
    return read(file)


def _entry(found: dict[str, object]) -> Entry:
    lists = {key: tuple(value) for key, value in found.items() if isinstance(value, list)}
    return Entry(**{**found, **lists})  # type: ignore[arg-type]
