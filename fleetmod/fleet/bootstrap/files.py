"""Files of the node: whether they may be written, and writing them whole."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.model import Fact


def read(path: Path) -> bytes | None:
    """A file's bytes, None where there is none; raises FleetmodError where it cannot be told."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FleetmodError(f"cannot be read: {error.strerror}", where=str(path)) from error


def ours(path: Path, mark: str) -> Fact:
    """Whether a file is not there yet, or holds our mark, so that it may be replaced."""
    if path.is_symlink():
        return Fact(f"{path} is a link", False, "Take the link away, and run this again")
    try:
        found = read(path)
    except FleetmodError as error:
        return Fact(str(error), False, "Take it away, and run this again")
    if found is None or mark.encode() in found:
        return Fact(f"{path} is free", True)
    return Fact(f"{path} is somebody's own", False, "Move it elsewhere, and run this again")


def put(path: Path, data: bytes, mode: int) -> None:
    """Replace a file in one step, so that it is whole at any time; its folder must be there."""
    try:
        handle, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(fresh).chmod(mode)
            Path(fresh).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(fresh).unlink()
            raise
    except OSError as error:
        raise FleetmodError(f"cannot be written: {error.strerror}", where=str(path)) from error


def make_folder(path: Path, mode: int = 0o755) -> list[Path]:
    """Make a folder and those above it; gives those that were made, the topmost first."""
    missing = [each for each in (path, *path.parents) if not each.exists()][::-1]
    try:
        for each in missing:
            each.mkdir(mode=mode)
    except OSError as error:
        raise FleetmodError(f"cannot be made: {error.strerror}", where=str(path)) from error
    return missing
