"""The record of a write that is under way, from which a broken one is taken back.

The folder `<state>/journal` holds, for each file, the new content (`N.new`) and the old one
(`N.old`), and then `journal.json`. The order is the promise: no file of the repository is touched
before `journal.json` is on the disk, and once it is gone again the write is done. A folder without
it is waste.

A journal makes fleetmod write and delete files, and it may have come along with the repository. It
is believed only if it belongs to the caller, is sealed (see `workspace.lock`), names files that
git tracks or would track and no folder but theirs, and has the old contents that it names.
Otherwise nothing at all is touched.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.workspace.beneath import Folder, check_owner, is_inside
from fleetmod.workspace.lock import OUTSIDE_GIT, State, seal, sealed
from fleetmod.workspace.metadata import copy_metadata
from fleetmod.workspace.tracked import strangers

_FOLDER, _RECORD, _SEAL = "journal", "journal.json", "seal"
_OURS = re.compile(r"\d+\.(old|new|back)|journal\.(json|tmp)|seal")
_HASH = re.compile(r"[0-9a-f]{64}")
_MOST = 1 << 26  # bytes of a record; a few hundred for each file
_OTHER = "?"  # the hash of what is no file, or is reached through a link
_ABSENT = ""  # the hash of a file that does not exist


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path and its content's hash before and after (`old` is "" for a new file)."""

    path: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Staged:
    """One file to write: its path, its content before (None: there is none) and after."""

    path: str
    old: bytes | None
    new: bytes


def sha256(content: bytes) -> str:
    """The hash by which a content is told from another."""
    return hashlib.sha256(content).hexdigest()


def hash_of(root: Folder, path: str) -> str:
    """The hash of what a file holds, "" when there is no such file."""
    try:
        with root.holder(path) as (folder, name):
            return sha256(folder.read(name))
    except (FileNotFoundError, NotADirectoryError):
        return _ABSENT
    except FleetmodError:
        return _OTHER


def folder_of(state: Path) -> Path:
    """Where the journal of the repository with the state folder `state` is kept."""
    return state / _FOLDER


def begin(root: Folder, state: State, files: Sequence[Staged]) -> list[Entry]:
    """Puts the new and the old contents on the disk, then the journal; touches nothing else.

    Raises OSError when the disk cannot hold them.
    """
    clear(state)
    state.folder.folder(_FOLDER, 0o700).close()
    entries = []
    with _opened(state) as journal:
        known_by = seal(journal, _SEAL)
        for number, file in enumerate(files):
            if file.old is None:
                _create(journal, f"{number}.new", file.new)
            else:
                with root.holder(file.path) as (folder, name):
                    target = folder.open_file(name)
                try:
                    _create(journal, f"{number}.old", file.old, target, times=True)
                    _create(journal, f"{number}.new", file.new, target)
                finally:
                    os.close(target)
            old = _ABSENT if file.old is None else sha256(file.old)
            entries.append(Entry(file.path, old, sha256(file.new)))
        record = {
            "pid": os.getpid(),
            "seal": known_by,
            "files": [asdict(entry) for entry in entries],
            "folders": _missing_folders(root, entries),
        }
        _create(journal, "journal.tmp", json.dumps(record, indent=1).encode())
        journal.move("journal.tmp", journal, _RECORD)
        journal.sync()
    return entries


def place_all(root: Folder, state: State, entries: Sequence[Entry]) -> None:
    """Moves every new content to its place, checking once more that the old one is still there.

    Raises OSError, or FleetmodError for a file that was changed meanwhile.
    """
    with _opened(state) as journal:
        for number, entry in enumerate(entries):
            if hash_of(root, entry.path) != entry.old:
                raise FleetmodError(
                    "changed while fleetmod was writing", where=entry.path, todo="Make a new plan."
                )
            with root.holder(entry.path, make=True) as (folder, name):
                _move(journal, f"{number}.new", folder, name)
    for path in {entry.path.rpartition("/")[0]: entry.path for entry in entries}.values():
        with root.holder(path) as (folder, _):
            folder.sync()


def end(state: State) -> None:
    """Declares the write done. What is left of the journal's folder then no longer matters."""
    with _opened(state) as journal:
        journal.remove(_RECORD)
    with suppress(OSError, FleetmodError):
        clear(state)


def clear(state: State) -> None:
    """Take away the waste of a journal; raises FleetmodError where anything else lies there."""
    try:
        with _opened(state) as journal:
            foreign = [name for name in journal.names() if not _OURS.fullmatch(name)]
            if foreign:
                raise _refused(journal, f"holds {foreign[0]!r}, which fleetmod did not put there")
            for name in journal.names():
                journal.remove(name)
        os.rmdir(_FOLDER, dir_fd=state.folder.handle)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise FleetmodError(
            f"cannot be taken away: {error.strerror}", where=str(folder_of(state.folder.path))
        ) from error


def exists(state: State) -> bool:
    """Whether a write is under way or was broken off."""
    try:
        with _opened(state) as journal:
            return journal.stat(_RECORD) is not None
    except FileNotFoundError:
        return False


def is_complete(root: Folder, state: State) -> bool:
    """Whether every file of the journal has its new content: only the cleaning was missing."""
    entries, _ = _load(state)
    return all(hash_of(root, entry.path) == entry.new for entry in entries)


def roll_back(root: Folder, state: State, just_written: bool = False) -> int:
    """Gives every file its old content back, removes new files and folders, drops the journal.

    Gives the number of files that were put back. Files that someone else changed since are left
    alone: then the journal stays, and a FleetmodError names them. Nothing is touched where the
    journal is not to be believed; a FleetmodError tells why. One that this process has
    `just_written` needs no answer of git's.
    """
    if not exists(state):
        clear(state)
        return 0
    entries, folders = _load(state)
    foreign, count = [], 0
    with _opened(state) as journal:
        if not just_written:
            _check_tracked(root, state, journal, entries)
        for number, entry in enumerate(entries):
            now = hash_of(root, entry.path)
            if now == _OTHER:
                foreign.append(entry.path)
                continue
            with suppress(FileNotFoundError), root.holder(entry.path) as (folder, name):
                folder.remove(_beside(name))
            if now == entry.old:
                continue
            if now != entry.new:
                if journal.stat(f"{number}.new") is None:  # else it was never written
                    foreign.append(entry.path)
                continue
            with root.holder(entry.path) as (folder, name):
                if entry.old == _ABSENT:
                    folder.remove(name)
                else:
                    _restore(journal, number, folder, name)
            count += 1
        for path in reversed(folders):
            # someone else may have put a file there
            with suppress(OSError, FleetmodError), root.holder(path) as (folder, name):
                os.rmdir(name, dir_fd=folder.handle)
        if foreign:
            raise FleetmodError(
                "changed after a write was stopped in the middle, so it was not rolled back",
                where=", ".join(foreign),
                todo=f"Compare with the old contents in {journal.path}, then delete that folder.",
            )
    end(state)
    return count


def _load(state: State) -> tuple[list[Entry], list[str]]:
    """The files and the made folders of a journal; raises FleetmodError for one not believed."""
    with _opened(state) as journal:
        try:
            record = json.loads(journal.read(_RECORD, _MOST))
            entries = [Entry(**entry) for entry in record["files"]]
            folders, known_by = list(record["folders"]), record.get("seal")
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise _refused(journal, "holds a journal that cannot be read") from error
        if not sealed(journal, _SEAL, known_by):
            raise _refused(journal, "holds a journal that was not written here")
        for path in (*folders, *(entry.path for entry in entries)):
            if not isinstance(path, str) or not is_inside(path):
                raise _refused(journal, f"names {path!r}, which is no file of this repository")
        made = {
            "/".join(parts[:count])
            for parts in (each.path.split("/") for each in entries if each.old == _ABSENT)
            for count in range(1, len(parts))
        }
        for folder in folders:
            if folder not in made:
                raise _refused(journal, f"names the folder {folder!r}, which is of no new file")
        for entry in entries:
            if not (_is_hash(entry.new) and (entry.old == _ABSENT or _is_hash(entry.old))):
                raise _refused(journal, f"does not tell the contents of {entry.path!r}")
        for number, entry in enumerate(entries):
            if entry.old != _ABSENT and hash_of(journal, f"{number}.old") != entry.old:
                raise _refused(journal, f"has lost the old content of {entry.path}")
        return entries, folders


def _check_tracked(root: Folder, state: State, journal: Folder, entries: Sequence[Entry]) -> None:
    """Raises FleetmodError where one of the files that would be put back or deleted is none that
    git tracks or would track, and where git, which has the state folder, cannot tell."""
    acted = [entry.path for entry in entries if hash_of(root, entry.path) == entry.new]
    foreign = strangers(root.path, acted)
    if foreign:
        raise _refused(journal, f"names {foreign[0]!r}, which git neither tracks nor would track")
    if foreign is None and state.folder.path != root.path / OUTSIDE_GIT:
        raise _refused(journal, "names files of which git cannot tell whether it tracks them")


def _is_hash(text: object) -> bool:
    return isinstance(text, str) and _HASH.fullmatch(text) is not None


def _refused(journal: Folder, why: str) -> FleetmodError:
    return FleetmodError(
        f"{why}, so nothing was touched",
        where=str(journal.path),
        todo="Compare what it holds with your files, then take that folder away.",
    )


@contextmanager
def _opened(state: State) -> Iterator[Folder]:
    """The journal's folder; raises FleetmodError where it is not the caller's, and OSError."""
    with state.folder.folder(_FOLDER) as journal:
        check_owner(journal, state.owners)
        yield journal


def _missing_folders(root: Folder, entries: Sequence[Entry]) -> list[str]:
    """The folders that the write creates, the outer before the inner."""
    above = {
        "/".join(parts[:count])
        for parts in (entry.path.split("/")[:-1] for entry in entries)
        for count in range(1, len(parts) + 1)
    }
    return sorted(folder for folder in above if not os.path.lexists(root.path / folder))


def _create(
    folder: Folder, name: str, content: bytes, like: int | None = None, times: bool = False
) -> None:
    """Write a new file that has what the open file `like` has beside its content."""
    with os.fdopen(folder.create(name), "wb") as stream:
        stream.write(content)
        stream.flush()
        if like is not None:
            copy_metadata(like, stream.fileno(), times)
        os.fsync(stream.fileno())


def _restore(journal: Folder, number: int, folder: Folder, name: str) -> None:
    # a copy: the backup stays until the whole roll-back is done, so that it can be repeated
    old, copy = f"{number}.old", f"{number}.back"
    journal.remove(copy)
    try:
        os.link(
            old,
            copy,
            src_dir_fd=journal.handle,
            dst_dir_fd=journal.handle,
            follow_symlinks=False,
        )
    except OSError:
        _copy(journal, old, journal, copy, like=(journal, old))
    _move(journal, copy, folder, name)


def _move(source: Folder, name: str, folder: Folder, target: str) -> None:
    try:
        source.move(name, folder, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = _beside(target)  # the journal is on another disk, as with some git worktrees
        folder.remove(near)
        there = folder.stat(target)
        # this disk may keep what the journal's cannot
        is_file = there is not None and stat.S_ISREG(there.st_mode)
        like = (folder, target) if is_file else (source, name)
        try:
            _copy(source, name, folder, near, like)
            folder.move(near, folder, target)
        except BaseException:
            folder.remove(near)
            raise
        source.remove(name)


def _copy(source: Folder, name: str, to: Folder, target: str, like: tuple[Folder, str]) -> None:
    model = like[0].open_file(like[1])
    try:
        _create(to, target, source.read(name), model, times=like == (source, name))
    finally:
        os.close(model)


def _beside(name: str) -> str:
    return f".{name}.fleetmod-new"
