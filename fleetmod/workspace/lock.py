"""One writer at a time, and where fleetmod keeps what git must not see."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fleetmod.errors import FleetmodError

_TRIES = 50


def state_folder(root: Path) -> Path:
    """The folder for the lock and the journal of the repository in `root`; it may not exist yet.

    It lies in git's own folder, also for a linked worktree and for a folder inside a repository,
    and is `.fleetmod` where there is no git.
    """
    root = root.resolve()
    for folder in (root, *root.parents):
        if git := _git_folder(folder):
            if folder == root:
                return git / "fleetmod"
            inside = hashlib.sha256(str(root.relative_to(folder)).encode()).hexdigest()[:12]
            return git / f"fleetmod-{inside}"
    return root / ".fleetmod"


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Holds the lock in the folder `state`, which is made for it and removed if nothing is left.

    The lock ends with its process, so one that a dead process left is simply taken over. Raises
    FleetmodError when another process holds it, or when the folder cannot be written.
    """
    file = state / "lock"
    handle = _acquire(file)
    try:
        yield
    finally:
        with suppress(OSError):
            file.unlink()  # before it is released, or a third process could lock a lost file
        os.close(handle)
        with suppress(OSError):
            state.rmdir()


def _acquire(file: Path) -> int:
    for _ in range(_TRIES):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except FileNotFoundError:
            continue  # another process removed the folder just now
        except OSError as error:
            raise FleetmodError(
                f"cannot be created: {error.strerror}",
                where=str(file),
                todo="Make the folder writable.",
            ) from error
        if _try_lock(handle, file):
            return handle
        os.close(handle)
    raise FleetmodError("cannot be locked", where=str(file), todo="Run again.")


def _try_lock(handle: int, file: Path) -> bool:
    """False when `handle` is a file that its holder has removed meanwhile."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
        os.close(handle)
        raise FleetmodError(
            f"another fleetmod is writing here (pid {holder or 'unknown'})",
            where=str(file),
            todo="Wait until it is done, then run again.",
        ) from None
    try:
        if not os.path.samestat(os.fstat(handle), os.stat(file)):  # noqa: PTH116
            return False
    except FileNotFoundError:
        return False
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return True


def _git_folder(folder: Path) -> Path | None:
    """Git's own folder for the work tree `folder`, or None when it is none."""
    git = folder / ".git"
    if (git / "HEAD").is_file():
        return git
    try:
        text = git.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if not text.startswith("gitdir:"):
        return None
    linked = folder / text.removeprefix("gitdir:").strip()
    return linked if linked.is_dir() else None
