"""One writer at a time, and where fleetmod keeps what git must not see.

What lies there may have come along with the repository, in an archive or an image, and be meant to
do harm. So nothing of it is reached through a link, it must belong to whoever runs fleetmod, and
what is read back must carry a seal: see `sealed`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.workspace.beneath import Folder, check_owner

_TRIES = 50
_LOCK = "lock"
OUTSIDE_GIT = ".fleetmod"  # the state folder where there is no git
_LOCK_SIZE = 32  # bytes; a process id, and never more
_POINTER_SIZE = 8192  # of a file `.git`; a path is shorter (PATH_MAX)


@dataclass(frozen=True)
class State:
    """The state folder, open and locked. `owners` are the users whose files in it are ours;
    `above` is the user and group that the folder above it belongs to."""

    folder: Folder
    owners: frozenset[int]
    above: tuple[int, int]


def state_folder(root: Path) -> Path:
    """The folder for the lock and the journal of the repository in `root`; it may not exist yet.

    It lies in git's own folder, also for a linked worktree and for a folder inside a repository,
    and is `.fleetmod` where there is no git. A file or link `.git` that leads to a folder which
    does not know of it gets a folder of its own there.
    """
    root = root.resolve()
    for folder in (root, *root.parents):
        if found := _git_folder(folder):
            git, is_known = found
            if folder == root and is_known:
                return git / "fleetmod"
            inside = str(root.relative_to(folder) if is_known else root)
            return git / f"fleetmod-{hashlib.sha256(os.fsencode(inside)).hexdigest()[:12]}"
    return root / OUTSIDE_GIT


@contextmanager
def locked(state: Path) -> Iterator[State]:
    """Holds the lock in the folder `state`, which is made for it and removed if nothing is left.

    The lock ends with its process, so one that a dead process left is simply taken over. Raises
    FleetmodError when another process holds it, when the folder cannot be written, and when the
    folder or the lock is not one that fleetmod makes.
    """
    with _opened(state.parent) as above:
        found, handle = _acquire(above, state.name)
        try:
            with found.folder:
                try:
                    yield found
                finally:
                    with suppress(OSError):
                        # before it is released, or a third process could lock a lost file
                        found.folder.remove(_LOCK)
        finally:
            os.close(handle)
            with suppress(OSError):
                os.rmdir(state.name, dir_fd=above.handle)


@contextmanager
def opened(state: Path) -> Iterator[Folder | None]:
    """The state folder, to be read; None where there is none. Raises FleetmodError as `locked`."""
    with _opened(state.parent) as above:
        try:
            folder = above.folder(state.name)
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise FleetmodError(f"cannot be opened: {error.strerror}", where=str(state)) from error
        with folder:
            check_owner(folder, owners(above))
            yield folder


def owners(above: Folder) -> frozenset[int]:
    """The users whose state is believed in a folder of git's: the caller, root, and its owner.

    For root that is a place to write to, and nothing that it acts on.
    """
    return frozenset({os.geteuid(), 0, os.fstat(above.handle).st_uid})


def seal(folder: Folder, name: str, owner: tuple[int, int] | None = None) -> str:
    """Make the file `name`, and give what it is known by: its number and when it was made.

    Nobody can choose either (`st_ctime` is set by the kernel alone), so what names them was
    written where it lies, after the file was made. A copy of it is no longer sealed.
    """
    folder.remove(name)
    handle = folder.create(name, 0o600)
    try:
        if owner is not None:
            os.fchown(handle, *owner)
        os.fsync(handle)
        return _known_by(os.fstat(handle))
    finally:
        os.close(handle)


def sealed(folder: Folder, name: str, known_by: object) -> bool:
    """Whether the file `name` is the one that `seal` made when it gave `known_by`."""
    found = folder.stat(name)
    return found is not None and stat.S_ISREG(found.st_mode) and _known_by(found) == known_by


def _known_by(found: os.stat_result) -> str:
    return f"{found.st_ino} {found.st_ctime_ns}"


def _opened(folder: Path) -> Folder:
    try:
        return Folder.open(folder)
    except OSError as error:
        raise FleetmodError(f"cannot be opened: {error.strerror}", where=str(folder)) from error


def _acquire(above: Folder, name: str) -> tuple[State, int]:
    for _ in range(_TRIES):
        try:
            with suppress(FileNotFoundError):  # another process removed the folder just now
                if taken := _take(above, name):
                    return taken
        except OSError as error:
            raise FleetmodError(
                f"cannot be created: {error.strerror}",
                where=str(error.filename or above.path / name),
                todo="Make the folder writable.",
            ) from error
    raise FleetmodError("cannot be locked", where=str(above.path / name / _LOCK), todo="Run again.")


def _take(above: Folder, name: str) -> tuple[State, int] | None:
    """The folder `name` and its lock; None where the lock is a file that its holder removed."""
    is_new = above.stat(name) is None
    folder = above.folder(name, 0o777)
    try:
        mine = {os.geteuid()}
        if is_new:  # some disks give every file to one user, whoever makes it
            mine.add(os.fstat(folder.handle).st_uid)
        check_owner(folder, owners(above) | mine)
        handle = _open_lock(folder)
        try:
            if _try_lock(handle, folder, frozenset(mine)):
                found = os.fstat(above.handle)
                return State(folder, frozenset(mine), (found.st_uid, found.st_gid)), handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
    except BaseException:
        folder.close()
        raise
    folder.close()
    return None


def _open_lock(folder: Folder) -> int:
    with suppress(FileExistsError):
        return folder.create(_LOCK, 0o644)
    return folder.open_file(_LOCK, os.O_RDWR)


def _try_lock(handle: int, folder: Folder, mine: frozenset[int]) -> bool:
    """False when `handle` is a file that its holder has removed meanwhile."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, _LOCK_SIZE, 0).strip()
        raise FleetmodError(
            f"another fleetmod is writing here (pid {_number(holder)})",
            where=str(folder.path / _LOCK),
            todo="Wait until it is done, then run again.",
        ) from None
    found, now = os.fstat(handle), folder.stat(_LOCK)
    if now is None or not os.path.samestat(found, now):
        return False
    if found.st_nlink != 1 or found.st_size > _LOCK_SIZE or found.st_uid not in mine:
        raise FleetmodError(
            "is no lock of yours, so it is left alone",
            where=str(folder.path / _LOCK),
            todo="Look at what it is, then take it away.",
        )
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return True


def _number(text: bytes) -> str:
    return text.decode() if text.isdigit() else "unknown"


def _git_folder(folder: Path) -> tuple[Path, bool] | None:
    """Git's own folder for the work tree `folder`, and whether it knows of it; None for none."""
    git = folder / ".git"
    try:
        found = git.lstat()
        if stat.S_ISDIR(found.st_mode):
            return (git, True) if os.path.lexists(git / "HEAD") else None
        target = _target(git, found)
        if target is None or not _is_gits(target):
            return None
        # as git asks for: who owns the repository decides where its folder is, nobody else
        if found.st_uid not in (target.stat().st_uid, os.geteuid()):
            return None
        return target, _points_back(target, git)
    except (OSError, ValueError, FleetmodError):  # a NUL, or a link since it was looked at
        return None


def _target(git: Path, found: os.stat_result) -> Path | None:
    """Where a link or a file `.git` leads to (gitrepository-layout(5))."""
    if stat.S_ISLNK(found.st_mode):
        return Path(os.path.realpath(git))
    if not stat.S_ISREG(found.st_mode) or found.st_size > _POINTER_SIZE:
        return None
    text = _pointer(git)
    if not text.startswith("gitdir:"):
        return None
    return Path(os.path.realpath(git.parent / text.removeprefix("gitdir:").strip()))


def _is_gits(target: Path) -> bool:
    shared = (target / "objects").is_dir() and (target / "refs").is_dir()
    return os.path.lexists(target / "HEAD") and (shared or (target / "commondir").is_file())


def _points_back(target: Path, git: Path) -> bool:
    """Whether the folder of a linked worktree names this one (git-worktree(1))."""
    try:
        text = _pointer(target / "gitdir").strip()
    except (OSError, FleetmodError):
        return False
    return Path(os.path.realpath(target / text)) == git


def _pointer(file: Path) -> str:
    """What a small file says, which is read through no link."""
    with Folder.open(file.parent.resolve()) as folder:
        return os.fsdecode(folder.read(file.name, _POINTER_SIZE + 1))
