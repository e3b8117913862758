"""The configured repository that a folder belongs to, before anything of it is read."""

from __future__ import annotations

from pathlib import Path

FILE = "fleetmod.toml"


def configured_above(root: Path) -> Path | None:
    """The folder above `root`, in the same git repository, that has the nearest fleetmod.toml."""
    found = None
    for folder in (root, *root.parents):
        if found is None and folder != root and (folder / FILE).is_file():
            found = folder
        if (folder / ".git").exists():
            return found
    return None


def configured_at(folder: Path) -> Path:
    """Where a command works that is started in `folder`: there where it is configured, else in the
    nearest configured folder above, else there."""
    if (folder / FILE).is_file():
        return folder
    return configured_above(folder.resolve()) or folder
