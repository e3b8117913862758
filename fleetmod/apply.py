"""Writes a plan to the disk: every file, or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from fleetmod import journal
from fleetmod.edits import render
from fleetmod.errors import FleetmodError
from fleetmod.model import FileChange
from fleetmod.workspace.lock import locked, state_folder


def write(root: Path, changes: Sequence[FileChange]) -> None:
    """Makes all `changes` below `root`, or leaves every byte as it was and raises.

    A change that alters nothing is not written. Raises FleetmodError when another process writes,
    when a file is not what the plan was made from, is a link, or lies outside, and when the disk
    refuses; ValueError when edits overlap or a path comes twice. After any other exception, too,
    nothing is changed. A broken earlier write is rolled back first.
    """
    root = root.resolve()
    if len({change.path for change in changes}) < len(changes):
        raise ValueError("a path has two changes")
    for change in changes:
        _check_place(root, change.path)
    state = state_folder(root)
    with locked(state):
        _settle(root, state)
        staged = _stage(root, changes)
        if staged:
            _write_staged(root, state, staged)


def recover(root: Path) -> str | None:
    """Takes back a write that was killed in the middle, or cleans up behind a complete one.

    Gives a one-line message, or None when there is nothing to do. Safe to repeat. Raises
    FleetmodError while another process writes, and for files that were changed since.
    """
    root = root.resolve()
    state = state_folder(root)
    if not journal.folder_of(state).exists():
        return None
    with locked(state):
        return _settle(root, state)


def _settle(root: Path, state: Path) -> str | None:
    """Ends what a killed run left behind; what it did, in one line."""
    if not journal.exists(state):  # killed before it touched a file, or there was none
        journal.roll_back(root, state)
        return None
    if journal.is_complete(root, state):
        journal.end(state)
        return "An earlier run had written every file; cleaned up behind it."
    count = journal.roll_back(root, state)
    files = "1 file" if count == 1 else f"{count} files"
    return f"An earlier run was stopped in the middle; {files} rolled back."


def _write_staged(root: Path, state: Path, staged: Sequence[journal.Staged]) -> None:
    try:
        entries = journal.begin(root, state, staged)
        journal.place_all(root, state, entries)
        journal.end(state)
    except BaseException as error:
        try:
            journal.roll_back(root, state)
        except OSError as second:
            raise FleetmodError(
                f"cannot be rolled back yet: {second.strerror or second}",
                where=_place_of(root, second),
                todo="Mend the cause and run again: the old contents are kept.",
            ) from error
        if isinstance(error, OSError):
            raise FleetmodError(
                f"nothing was written: {error.strerror or error}",
                where=_place_of(root, error),
                todo="Free some space or make the folder writable, then run again.",
            ) from error
        raise


def _place_of(root: Path, error: OSError) -> str:
    path = Path(str(error.filename2 or error.filename or root))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _stage(root: Path, changes: Sequence[FileChange]) -> list[journal.Staged]:
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


def _content(root: Path, path: str) -> bytes | None:
    try:
        return (root / path).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FleetmodError(
            f"cannot be read, so nothing was written: {error.strerror}", where=path
        ) from error


def _check_place(root: Path, path: str) -> None:
    """Raises FleetmodError unless `path` is a file's place inside `root`, reached by no link."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or ".git" in parts:
        raise FleetmodError(
            "is no place for a file of this repository", where=path, todo="Make a new plan."
        )
    at = root
    for part in parts:
        at /= part
        if at.is_symlink():
            raise FleetmodError(
                f"{at.relative_to(root).as_posix()} is a symbolic link, which is never written",
                where=path,
                todo="Exclude it, or plan for the file it points to.",
            )
