"""The repository as it was at commits of its past, judged by today's configuration and rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fleetmod.project import Project
from fleetmod.sources import is_asked_for
from fleetmod.workspace.history import blobs, files
from fleetmod.workspace.tree_copy import tree_copy


@contextmanager
def past(project: Project) -> Iterator[Callable[[str], Project]]:
    """Gives the project at a commit, until the next one is asked for or the block ends.

    Its files stand in a folder of their own. What was found of a file counts for every commit that
    holds it. Raises FleetmodError where git lacks a content.
    """
    root = project.root
    with tree_copy(root.name, is_asked_for) as copy, blobs(root) as reader:

        def at(commit: str) -> Project:
            copy.show(files(root, commit), reader)
            return project.at(copy.folder)

        yield at
