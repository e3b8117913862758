"""A refusal to mix fleetmod's changes with others that are not committed yet, or that git hides."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from fleetmod.errors import FleetmodError

if TYPE_CHECKING:
    from fleetmod.project import Project


def refuse_dirty(project: Project, changed: AbstractSet[str]) -> None:
    """Uncommitted changes would mix with fleetmod's, and could not be told apart after.

    Raises FleetmodError for them; where git cannot tell of any; and where a file that decides about
    the code, or one of those to be `changed`, is not on the disk as the commit has it.
    """
    from fleetmod.workspace.changes import changed_files
    from fleetmod.workspace.search import Search
    from fleetmod.workspace.tree_state import code_files, not_on_disk, unknown_changes

    root, search = project.root, Search(project.root)
    differ = changed_files(root)
    if differ:
        raise FleetmodError(
            f"{len(differ)} tracked file(s) have uncommitted changes, e.g. {differ[0]}",
            todo="Commit or stash them, or pass --allow-dirty",
        )
    decides, gate = code_files(project.config), project.config.workspace.gate
    hidden = not_on_disk(root, search, lambda path: decides(path) or path in changed, gate)
    if not hidden and (why := unknown_changes(root, search, None if differ is None else False)):
        hidden = ((".git", why),)
    if hidden:
        (path, why), *more = hidden
        raise FleetmodError(
            f"{why}{f' (and {len(more)} more)' if more else ''}",
            where=path,
            todo="Have the tree as the commit has it, or pass --allow-dirty",
        )
