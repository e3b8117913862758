"""The record of a write that is under way, from which a broken one is taken back.

The folder `<state>/journal` holds, for each file, the new content (`N.new`) and the old one
(`N.old`), and then `journal.json`. The order is the promise: no file of the repository is touched
before `journal.json` is on the disk, and once it is gone again the write is done. A folder without
it is waste.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError

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


def hash_of(file: Path) -> str:
    """The hash of what `file` holds, "" when there is no such file."""
    try:
        return sha256(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return _ABSENT


def folder_of(state: Path) -> Path:
    """Where the journal of the repository with the state folder `state` is kept."""
    return state / "journal"


def begin(root: Path, state: Path, files: Sequence[Staged]) -> list[Entry]:
    """Puts the new and the old contents on the disk, then the journal; touches nothing else.

    Raises OSError when the disk cannot hold them.
    """
    journal = folder_of(state)
    shutil.rmtree(journal, ignore_errors=True)
    journal.mkdir(parents=True)
    entries = []
    for number, file in enumerate(files):
        target = root / file.path
        if file.old is not None:
            old = journal / f"{number}.old"
            _create(old, file.old)
            shutil.copystat(target, old)
        _create(journal / f"{number}.new", file.new)
        if file.old is not None:
            _keep_owner_and_mode(target, journal / f"{number}.new")
        entries.append(
            Entry(file.path, _ABSENT if file.old is None else sha256(file.old), sha256(file.new))
        )
    record = {
        "pid": os.getpid(),
        "files": [asdict(entry) for entry in entries],
        "folders": _missing_folders(root, entries),
    }
    _create(journal / "journal.tmp", json.dumps(record, indent=1).encode())
    (journal / "journal.tmp").replace(journal / "journal.json")
    _sync_folder(journal)
    return entries


def place_all(root: Path, state: Path, entries: Sequence[Entry]) -> None:
    """Moves every new content to its place, checking once more that the old one is still there.

    Raises OSError, or FleetmodError for a file that was changed meanwhile.
    """
    for number, entry in enumerate(entries):
        target = root / entry.path
        if hash_of(target) != entry.old:
            raise FleetmodError(
                "changed while fleetmod was writing", where=entry.path, todo="Make a new plan."
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(folder_of(state) / f"{number}.new", target)
    for folder in {(root / entry.path).parent for entry in entries}:
        _sync_folder(folder)


def end(state: Path) -> None:
    """Declares the write done. What is left of the journal's folder then no longer matters."""
    journal = folder_of(state)
    (journal / "journal.json").unlink()
    shutil.rmtree(journal, ignore_errors=True)


def exists(state: Path) -> bool:
    """Whether a write is under way or was broken off."""
    return (folder_of(state) / "journal.json").exists()


def is_complete(root: Path, state: Path) -> bool:
    """Whether every file of the journal has its new content: only the cleaning was missing."""
    entries, _ = _load(state)
    return all(hash_of(root / entry.path) == entry.new for entry in entries)


def roll_back(root: Path, state: Path) -> int:
    """Gives every file its old content back, removes new files and folders, drops the journal.

    Gives the number of files that were put back. Files that someone else changed since are left
    alone: then the journal stays, and a FleetmodError names them.
    """
    journal = folder_of(state)
    if not exists(state):
        shutil.rmtree(journal, ignore_errors=True)
        return 0
    entries, folders = _load(state)
    foreign, count = [], 0
    for number, entry in enumerate(entries):
        target = root / entry.path
        _beside(target).unlink(missing_ok=True)
        now = hash_of(target)
        if now == entry.old:
            continue
        if now != entry.new:
            if not (journal / f"{number}.new").exists():  # else it was never written
                foreign.append(entry.path)
            continue
        if entry.old == _ABSENT:
            target.unlink()
        else:
            _restore(journal / f"{number}.old", target)
        count += 1
    for folder in reversed(folders):
        with suppress(OSError):  # someone else may have put a file there
            (root / folder).rmdir()
    if foreign:
        raise FleetmodError(
            "changed after a write was stopped in the middle, so it was not rolled back",
            where=", ".join(foreign),
            todo=f"Compare with the old contents in {journal}, then delete that folder.",
        )
    end(state)
    return count


def _load(state: Path) -> tuple[list[Entry], list[str]]:
    file = folder_of(state) / "journal.json"
    try:
        record = json.loads(file.read_bytes())
        return [Entry(**entry) for entry in record["files"]], list(record["folders"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FleetmodError(
            "the journal of a broken write cannot be read",
            where=str(file),
            todo="Check the files with git diff, then delete the folder.",
        ) from error


def _missing_folders(root: Path, entries: Sequence[Entry]) -> list[str]:
    """The folders that the write creates, the outer before the inner."""
    missing = {
        folder.relative_to(root).as_posix()
        for entry in entries
        for folder in (root / entry.path).parents
        if folder.is_relative_to(root) and not folder.exists()
    }
    return sorted(missing)


def _create(file: Path, content: bytes) -> None:
    with file.open("xb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _keep_owner_and_mode(source: Path, file: Path) -> None:
    found, made = source.stat(), file.stat()
    if (found.st_uid, found.st_gid) != (made.st_uid, made.st_gid):
        with suppress(OSError):  # only root may give a file away
            os.chown(file, found.st_uid, found.st_gid)
    file.chmod(found.st_mode & 0o7777)


def _restore(old: Path, target: Path) -> None:
    # a copy: the backup stays until the whole roll-back is done, so that it can be repeated
    copy = old.with_suffix(".back")
    copy.unlink(missing_ok=True)
    try:
        os.link(old, copy)
    except OSError:
        shutil.copy2(old, copy)
    _keep_owner_and_mode(old, copy)
    _move(copy, target)


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = _beside(target)  # the journal is on another disk, as with some git worktrees
        try:
            shutil.copy2(source, near)
            with near.open("rb") as stream:
                os.fsync(stream.fileno())
            _keep_owner_and_mode(source, near)
            near.replace(target)
        except BaseException:
            near.unlink(missing_ok=True)
            raise
        source.unlink()


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.fleetmod-new")


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system can
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
