"""Writes a plan to the disk: every file, or none."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fleetmod import journal
from fleetmod.edits import render
from fleetmod.errors import FleetmodError
from fleetmod.model import FileChange
from fleetmod.workspace.beneath import Folder, is_inside
from fleetmod.workspace.lock import State, locked, state_folder
from fleetmod.workspace.tracked import strangers


def write(root: Path, changes: Sequence[FileChange]) -> None:
    """Makes all `changes` below `root`, or leaves every byte as it was and raises.

    A change that alters nothing is not written. Raises FleetmodError when another process writes,
    when a file is not what the plan was made from, is a link, lies outside or is ignored by git,
    and when the disk refuses; ValueError when edits overlap or a path comes twice. After any other
    exception, too, nothing is changed. A broken earlier write is rolled back first.
    """
    root = root.resolve()
    if len({change.path for change in changes}) < len(changes):
        raise ValueError("a path has two changes")
    for change in changes:
        _check_place(root, change.path)
    with locked(state_folder(root)) as state, _opened(root) as top:
        _settle(top, state)
        staged = _stage(top, changes)
        _check_tracked(root, staged)
        if staged:
            _write_staged(top, state, staged)


def recover(root: Path) -> str | None:
    """Takes back a write that was killed in the middle, or cleans up behind a complete one.

    Gives a one-line message, or None when there is nothing to do. Safe to repeat. Raises
    FleetmodError while another process writes, and for files that were changed since.
    """
    root = root.resolve()
    state = state_folder(root)
    if not os.path.lexists(journal.folder_of(state)):
        return None
    with locked(state) as held, _opened(root) as top:
        return _settle(top, held)


def _opened(root: Path) -> Folder:
    try:
        return Folder.open(root)
    except OSError as error:
        raise FleetmodError(f"cannot be opened: {error.strerror}", where=str(root)) from error


def _settle(root: Folder, state: State) -> str | None:
    """Ends what a killed run left behind; what it did, in one line."""
    try:
        if not journal.exists(state):  # killed before it touched a file, or there was none
            journal.clear(state)
            return None
        if journal.is_complete(root, state):
            journal.end(state)
            return "An earlier run had written every file; cleaned up behind it."
        count = journal.roll_back(root, state)
    except OSError as error:
        raise _not_yet(root, error) from error
    files = "1 file" if count == 1 else f"{count} files"
    return f"An earlier run was stopped in the middle; {files} rolled back."


def _write_staged(root: Folder, state: State, staged: Sequence[journal.Staged]) -> None:
    try:
        entries = journal.begin(root, state, staged)
        journal.place_all(root, state, entries)
        journal.end(state)
    except BaseException as error:
        try:
            journal.roll_back(root, state, just_written=True)
        except OSError as second:
            raise _not_yet(root, second) from error
        if isinstance(error, OSError):
            raise FleetmodError(
                f"nothing was written: {error.strerror or error}",
                where=_place_of(root.path, error),
                todo="Free some space or make the folder writable, then run again.",
            ) from error
        raise


def _not_yet(root: Folder, error: OSError) -> FleetmodError:
    return FleetmodError(
        f"cannot be rolled back yet: {error.strerror or error}",
        where=_place_of(root.path, error),
        todo="Mend the cause and run again: the old contents are kept.",
    )


def _place_of(root: Path, error: OSError) -> str:
    path = Path(str(error.filename2 or error.filename or root))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _stage(root: Folder, changes: Sequence[FileChange]) -> list[journal.Staged]:
    """Old and new content of each file that changes. Raises when any is not as planned."""
    staged, stale = [], []
    for change in changes:
        old = _content(root, change.path)
        if change.sha256 != ("" if old is None else journal.sha256(old)):
            stale.append(change.path)
            continue
        new = render(old or b"", change.edits)
        if new != old:
            staged.append(journal.Staged(change.path, old, new))
    if stale:
        raise FleetmodError(
            "changed since the plan was made, so nothing was written",
            where=", ".join(stale),
            todo="Make a new plan.",
        )
    return staged


def _check_tracked(root: Path, staged: Sequence[journal.Staged]) -> None:
    """Raises FleetmodError for a file that no commit would hold, and that no recovery would touch:
    see `journal`. Where git cannot tell, every file is the repository's."""
    there = [file.path for file in staged if file.old is not None]
    new = [file.path for file in staged if file.old is None]
    if foreign := strangers(root, there, new):
        raise FleetmodError(
            "is a file that git neither tracks nor would track, so nothing was written",
            where=", ".join(foreign),
            todo="Take it out of .gitignore, or leave it out of the plan.",
        )


def _content(root: Folder, path: str) -> bytes | None:
    try:
        with root.holder(path) as (folder, name):
            return folder.read(name)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FleetmodError(
            f"cannot be read, so nothing was written: {error.strerror}", where=path
        ) from error


def _check_place(root: Path, path: str) -> None:
    """Raises FleetmodError unless `path` is a file's place inside `root`, reached by no link."""
    if not is_inside(path):
        raise FleetmodError(
            "is no place for a file of this repository", where=path, todo="Make a new plan."
        )
    at = root
    for part in path.split("/"):
        at /= part
        if at.is_symlink():
            raise FleetmodError(
                f"{at.relative_to(root).as_posix()} is a symbolic link, which is never written",
                where=path,
                todo="Exclude it, or plan for the file it points to.",
            )
