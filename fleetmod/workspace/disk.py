"""Questions to the disk that have an answer even where it does not let one look."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from fleetmod.bounds import SIZE, too_large
from fleetmod.errors import FleetmodError

_PIECE = 1 << 20
_OVERLAP = 4096  # no text that is looked for is longer than a path


def is_file(path: Path) -> bool:
    """Whether a file is there, for all that can be seen."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # no permission, a name that is too long, a NUL
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there, for all that can be seen."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def read_plain(path: Path, most: int = SIZE) -> bytes:
    """A file's bytes. Raises OSError where there is none, where it has more than `most`, and for a
    pipe, a device or the like, for whose end a reader may wait for ever."""
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        data = file.read(min(most, size) + 1)
        if len(data) > most:
            why = f"it {too_large(max(size, len(data)), most)}"
            raise OSError(errno.EFBIG, why, str(path))
        return data + file.read(most - len(data))  # what was added meanwhile


def _opened(path: Path) -> BinaryIO:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "it is no file, but a folder, a pipe or a device", str(path))
    return os.fdopen(handle, "rb")


def read_start(path: Path, size: int) -> bytes:
    """The first bytes of a file; raises OSError as `read_plain` does."""
    with _opened(path) as file:
        return file.read(size)


def of_another(folder: Path) -> os.stat_result | None:
    """What the disk says of a folder, where the caller is root and its owner is not; else None."""
    try:
        about = folder.stat() if os.geteuid() == 0 else None
    except OSError:
        return None  # who opens it tells of it
    return about if about is not None and about.st_uid != 0 else None


def refuse_of_another(folder: Path, why: str) -> None:
    """Raises FleetmodError where root is asked about another user's folder; `why` not."""
    about = of_another(folder)
    if about is not None:
        raise FleetmodError(
            f"belongs to user {about.st_uid}, and {why}",
            where=str(folder),
            todo="Run fleetmod as that user, or give the repository to root (chown -R)",
        )


def readable_name(path: str) -> str:
    """The path with a mark for each byte of it that is not UTF-8, so that it can be printed."""
    return os.fsencode(path).decode("utf-8", "replace")


def holds_any(file: BinaryIO, texts: Sequence[bytes]) -> bool:
    """Whether the rest of a file holds one of some texts; it is never held as a whole."""
    overlap, before = max(map(len, texts), default=1) - 1, b""
    while piece := file.read(_PIECE):
        data = before + piece
        if any(text in data for text in texts):
            return True
        before = data[-overlap:] if overlap else b""
    return False


def numbered_lines(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines of a file from 1 on, a long one in pieces that overlap a little."""
    number, kept = 1, b""
    while piece := file.readline(_PIECE):
        yield number, kept + piece
        kept = b"" if piece.endswith(b"\n") else piece[-_OVERLAP:]
        number += piece.endswith(b"\n")
