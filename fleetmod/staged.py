"""The next commit as a repository of its own: what git's index holds, and nothing else."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleetmod.baseline import FILE as BASELINE
from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.project import Project, open_project
from fleetmod.sources import is_asked_for, looks_at
from fleetmod.workspace.config import FILE as CONFIG
from fleetmod.workspace.config import load_config
from fleetmod.workspace.disk import is_folder
from fleetmod.workspace.history import blobs
from fleetmod.workspace.index import Index, read_index
from fleetmod.workspace.tree_copy import tree_copy
from fleetmod.workspace.tree_state import inside

# what is read of the whole repository, beside its configuration and rules
_MANIFESTS = ("package.json", "pnpm-workspace.yaml")


@dataclass(frozen=True)
class Staged:
    """`contents` are the files to judge; `exists` tells whether the commit has a file."""

    project: Project
    contents: Mapping[str, bytes]
    exists: Callable[[str], bool]


@contextmanager
def staged(root: Path, places: Sequence[str] | None = None) -> Iterator[Staged]:
    """What the next commit changes or, of `places` (paths below the root), what it has there.

    The project stands in a folder that is gone with the block. It holds, with git's index for a
    disk, what `check` asks for. Raises FleetmodError without a git repository, for a place that
    the commit does not have, and as `open_project`.
    """
    root = root.resolve()
    if not is_folder(root):
        raise FleetmodError("is no folder", where=str(root), todo="Give the repository with -C")
    index = read_index(root)
    if index is None:
        raise FleetmodError("is no git repository", where=str(root), todo="Give FILES")
    paths = index.changed() if places is None else _below(index, places)
    contents = dict(index.contents(paths))
    entries, configured = index.entries, CONFIG in index.entries
    if not configured and (above := index.above(CONFIG)):
        raise FleetmodError(
            "is a folder of a repository that is configured above it",
            where=str(root),
            todo=f"Run this in {above} of the repository, or give it with -C",
        )

    # a configuration is proposed from every kind of file
    def reads(path: str) -> bool:
        return not configured or _is_first(path) or is_asked_for(path)

    with tree_copy(root.name, reads) as copy, blobs(root) as reader:
        first = {
            path: blob for path, blob in entries.items() if path in contents or _is_first(path)
        }
        copy.show(first if configured else entries, reader)
        if (config := load_config(copy.folder)) is not None:
            folders = [posixpath.normpath(folder) for folder in config.workspace.rules]
            rules = {path: blob for path, blob in entries.items() if inside(path, folders)}
            copy.show({**first, **rules}, reader)
        project = open_project(copy.folder, cached=True, origin=root)
        holds = looks_at(project)
        if any(is_code(path) and holds(data) for path, data in contents.items()):
            copy.show(entries, reader, lenient=True)  # what an audit asks of other files
        yield Staged(project, contents, lambda path: path in entries)


def _is_first(path: str) -> bool:
    """Whether a file is read, whatever the commit changes."""
    return path in (CONFIG, BASELINE) or path.rpartition("/")[2] in _MANIFESTS


def _below(index: Index, places: Sequence[str]) -> list[str]:
    """The files at some places and, where a place is a folder, below it."""
    found: dict[str, None] = {}
    for place in places:
        inside = [place] if place in index.entries else []
        if not inside:  # perhaps a folder
            inside = [p for p in index.entries if place == "." or p.startswith(f"{place}/")]
        if not inside and not index.knows(place):
            raise FleetmodError(
                "no such file in git's index", where=place, todo="Add it with `git add`"
            )
        found |= dict.fromkeys(inside)
    return list(found)
