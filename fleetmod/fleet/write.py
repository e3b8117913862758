"""The changes that generated files need, and their writing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fleetmod.apply import recover, write
from fleetmod.fleet.blocks import Generated, change
from fleetmod.model import FileChange, Plan


def changes(root: Path, files: Sequence[Generated]) -> list[FileChange]:
    """What must be written so that each file holds its block; nothing where it does.

    Raises FleetmodError where a file of that name is somebody's own.
    """
    found = (change(root, file) for file in files)
    return [each for each in found if each is not None]


def as_plan(root: Path, planned: Sequence[FileChange]) -> tuple[Plan, dict[str, bytes]]:
    """The changes as a plan, and the old contents, for a diff."""
    contents = {c.path: (root / c.path).read_bytes() for c in planned if c.sha256}
    return Plan(tuple(planned), ()), contents


def write_all(root: Path, planned: Sequence[FileChange]) -> str | None:
    """Writes all or nothing; gives the message of an earlier run's recovery, if there was one."""
    message = recover(root)
    if planned:
        write(root, planned)
    return message
