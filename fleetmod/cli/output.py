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
