"""Files and folders reached from a folder that is held open, through no link.

A path that was looked at may lead elsewhere a moment later: whoever may write to a folder on its
way can put a link there. So each folder on the way is opened from the one above it (`openat(2)`
with O_NOFOLLOW), and every act names a file within an open folder.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Self

from fleetmod.errors import FleetmodError
from fleetmod.gitnames import is_own_folder
from fleetmod.workspace.metadata import copy_metadata

# O_PATH asks for no permission to list the folder, but not every system has it
_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
# a FIFO must not keep us waiting
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_IS_LINK = (errno.ELOOP, errno.EMLINK, errno.ENOTDIR)


class Linked(FleetmodError):
    """What was asked for is a link, or is reached through one."""


def is_inside(path: str) -> bool:
    """Whether `path` names a file below a work tree, and none of git's or of fleetmod's own.

    Only plain names, apart by "/".
    """
    parts = path.split("/")
    return "\0" not in path and all(
        part not in ("", ".", "..") and not is_own_folder(part) for part in parts
    )


class Folder:
    """An open folder. `path` is for messages only; a name is one part of a path."""

    def __init__(self, handle: int, path: Path) -> None:
        self.handle, self.path = handle, path

    @classmethod
    def open(cls, path: Path) -> Self:
        """The folder at `path`, which is absolute and resolved.

        Raises FleetmodError where a part of it is a link by now, and OSError.
        """
        found = cls(os.open("/", _FOLDER), Path("/"))
        for part in path.parts[1:]:
            with found as above:
                found = above.folder(part)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of it; doing so twice is no error."""
        handle, self.handle = self.handle, -1
        if handle >= 0:
            os.close(handle)

    def folder(self, name: str, make: int | None = None) -> Self:
        """A folder in this one; it is made with the mode `make`, if one is given and it is missing.

        Raises FleetmodError for a link, and OSError.
        """
        with self._told(name):
            if make is not None:
                with suppress(FileExistsError):
                    os.mkdir(name, make, dir_fd=self.handle)
            return type(self)(os.open(name, _FOLDER, dir_fd=self.handle), self.path / name)

    @contextmanager
    def holder(self, path: str, make: bool = False) -> Iterator[tuple[Self, str]]:
        """The folder that holds the file `path` below this one, and the file's name in it."""
        *folders, name = PurePosixPath(path).parts or ("..",)
        if path.startswith("/") or ".." in (*folders, name):
            raise FleetmodError("is no place inside", where=str(self.path / path))
        found = type(self)(os.dup(self.handle), self.path)
        try:
            for part in folders:
                with found as above:
                    found = above.folder(part, 0o777 if make else None)
            yield found, name
        finally:
            found.close()

    def stat(self, name: str = ".") -> os.stat_result | None:
        """What is there under this name, a link as a link; None for nothing."""
        try:
            with self._told(name):
                return os.stat(name, dir_fd=self.handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open_file(self, name: str, flags: int = os.O_RDONLY) -> int:
        """A regular file that is there; raises FleetmodError for anything else, and OSError."""
        with self._told(name):
            # looked at before it is opened, too: opening a device is an act of its own
            self._regular(name, os.stat(name, dir_fd=self.handle, follow_symlinks=False))
            handle = os.open(name, flags | _FILE, dir_fd=self.handle)
        try:
            self._regular(name, os.fstat(handle))
        except BaseException:
            os.close(handle)
            raise
        return handle

    def _regular(self, name: str, found: os.stat_result) -> None:
        if stat.S_ISLNK(found.st_mode):
            raise linked(self.path / name)
        if not stat.S_ISREG(found.st_mode):
            raise FleetmodError(
                "is no regular file", where=str(self.path / name), todo="Take it away."
            )

    def read(self, name: str, most: int | None = None) -> bytes:
        """What a regular file holds; raises as `open_file` does, and OSError for `most` bytes."""
        with os.fdopen(self.open_file(name), "rb") as file:
            found = file.read(-1 if most is None else most)
        if len(found) == most:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG), str(self.path / name))
        return found

    def create(self, name: str, mode: int = 0o666) -> int:
        """A new file, to be written; raises OSError where anything has this name."""
        with self._told(name):
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
            return os.open(name, flags | _FILE, mode, dir_fd=self.handle)

    def remove(self, name: str) -> None:
        """Take away a file or a link, if there is one."""
        with self._told(name), suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self.handle)

    def move(self, name: str, to: Folder, as_name: str) -> None:
        """Give a file another place, in the stead of a file or link that is there."""
        with self._told(name, to.path / as_name):
            os.replace(name, as_name, src_dir_fd=self.handle, dst_dir_fd=to.handle)

    def put(self, name: str, content: bytes, owner: tuple[int, int] | None = None) -> None:
        """Write a file whole, in the stead of a file or link that is there; `owner` gets it.

        A file that is there keeps its owner, mode, access list and extended attributes.
        """
        fresh = f".{name}.{os.urandom(8).hex()}"
        handle = self.create(fresh)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                if owner is not None:
                    os.fchown(handle, *owner)
                elif (found := self.stat(name)) and stat.S_ISREG(found.st_mode):
                    before = self.open_file(name)
                    try:
                        copy_metadata(before, handle)
                    finally:
                        os.close(before)
                os.fsync(handle)
            self.move(fresh, self, name)
        except BaseException:
            with suppress(OSError):
                self.remove(fresh)
            raise

    def names(self) -> list[str]:
        """What is in the folder."""
        handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.handle)
        try:
            return sorted(os.listdir(handle))  # noqa: PTH208 (by handle)
        finally:
            os.close(handle)

    def sync(self) -> None:
        """Have the disk keep which files are in the folder."""
        with suppress(OSError):  # not every file system can
            handle = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.handle)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    @contextmanager
    def _told(self, name: str, to: Path | None = None) -> Iterator[None]:
        """Errors name the whole path, and links are told as such."""
        try:
            yield
        except OSError as error:
            if error.errno in _IS_LINK and self._is_link(name):
                raise linked(self.path / name) from error
            places = (str(self.path / name), None, str(to)) if to else (str(self.path / name),)
            raise OSError(error.errno, error.strerror, *places) from error

    def _is_link(self, name: str) -> bool:
        with suppress(OSError):
            found = os.stat(name, dir_fd=self.handle, follow_symlinks=False)
            return stat.S_ISLNK(found.st_mode)
        return False


def check_owner(folder: Folder, owners: Collection[int]) -> None:
    """Raises FleetmodError for a folder that others own, or may write to."""
    found = os.fstat(folder.handle)
    if found.st_uid not in owners:
        raise FleetmodError(
            f"belongs to another user (id {found.st_uid}), so it is not used",
            where=str(folder.path),
            todo="Run fleetmod as that user, or take the folder away.",
        )
    if found.st_mode & stat.S_IWOTH:
        raise FleetmodError(
            "may be written by everybody, so it is not used",
            where=str(folder.path),
            todo="Look at what it holds, then take it away.",
        )


def check_way(path: Path, make: bool = False) -> None:
    """Raises FleetmodError unless nobody but root and the caller can put something in the place of
    the folder `path`, which is absolute and resolved, and OSError; with `make`, it is made.

    Of a folder that others may write to, only what is the caller's stays: where it is sticky.
    """
    found = Folder(os.open("/", _FOLDER), Path("/"))
    try:
        for part in ("", *path.parts[1:]):
            if part:
                with found as above:
                    found = above.folder(part, 0o755 if make else None)
            about = os.fstat(found.handle)
            group = stat.S_IWGRP if about.st_gid else 0
            shared = about.st_mode & (stat.S_IWOTH | group) and not about.st_mode & stat.S_ISVTX
            if about.st_uid not in (0, os.geteuid()) or shared:
                raise FleetmodError(
                    f"{found.path} can be changed by others, so no folder in it is safe from them",
                    where=str(path),
                    todo="Name one in a folder of your own, or in /var/tmp.",
                )
    finally:
        found.close()


def linked(path: Path) -> Linked:
    """What is told of a link where fleetmod follows none."""
    return Linked(
        "is a symbolic link, which is never followed here", where=str(path), todo="Take it away."
    )
