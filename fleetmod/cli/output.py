"""Files that a command writes because it was asked to."""

from __future__ import annotations

from pathlib import Path

from fleetmod.errors import FleetmodError


def save(path: Path, text: str) -> None:
    """Write a report or a plan; raises FleetmodError where the disk refuses."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FleetmodError(
            f"cannot be written: {error.strerror}", where=str(path), todo="Choose another file"
        ) from error


def save_own(root: Path, name: str, text: str) -> None:
    """Write a file that stands at the top of a repository; raises FleetmodError for a link there,
    which may lead anywhere, and where the disk refuses."""
    from fleetmod.workspace.beneath import Folder, linked

    try:
        if (root / name).is_symlink():
            raise linked(root / name)
        with Folder.open(root.resolve()) as folder:
            folder.put(name, text.encode())
    except OSError as error:
        raise FleetmodError(
            f"cannot be written: {error.strerror}",
            where=str(root / name),
            todo="Make the folder writable",
        ) from error
