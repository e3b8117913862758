"""A refusal to mix fleetmod's changes with others that are not committed yet."""

from __future__ import annotations

from pathlib import Path

from fleetmod.errors import FleetmodError


def refuse_dirty(root: Path) -> None:
    """Uncommitted changes would mix with fleetmod's, and could not be told apart after."""
    from fleetmod.workspace.tree_state import changed_files

    changed = changed_files(root)
    if changed:
        raise FleetmodError(
            f"{len(changed)} tracked file(s) have uncommitted changes, e.g. {changed[0]}",
            todo="Commit or stash them, or pass --allow-dirty",
        )
