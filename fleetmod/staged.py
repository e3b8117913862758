"""The next commit as a repository of its own: what git's index holds, and nothing else."""

from __future__ import annotations

import posixpath
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleetmod.baseline import FILE as BASELINE
from fleetmod.errors import FleetmodError
from fleetmod.literals import holds_home
from fleetmod.project import Project, open_project
from fleetmod.testfiles import is_test
from fleetmod.workspace.config import FILE as CONFIG
from fleetmod.workspace.config import load_config
from fleetmod.workspace.disk import is_folder
from fleetmod.workspace.index import Index, read_index

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
    with tempfile.TemporaryDirectory(prefix="fleetmod-staged-") as folder:
        copy = Path(folder) / (root.name or "root")
        copy.mkdir()
        _export(index, copy, contents)
        project = open_project(copy, cached=True, origin=root)
        yield Staged(project, contents, lambda path: path in index.entries)


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


def _export(index: Index, copy: Path, contents: Mapping[str, bytes]) -> None:
    """Write what `check` reads: little, but all of it where a proposal or a test needs all."""
    entries = index.entries
    if CONFIG in entries:
        _write(index, copy, [CONFIG])
        config = load_config(copy)
        assert config is not None
        folders = {posixpath.normpath(folder) for folder in config.workspace.rules}
        rules = tuple(f"{folder}/" for folder in folders)
        whole = "." in folders
        whole |= any(is_test(path) and holds_home(data) for path, data in contents.items())
    else:
        if above := index.above(CONFIG):
            raise FleetmodError(
                "is a folder of a repository that is configured above it",
                where=str(index.root),
                todo=f"Run this in {above} of the repository, or give it with -C",
            )
        whole, rules = True, ()
    wanted = [
        path
        for path in entries
        if path != CONFIG
        and (
            whole
            or path in contents
            or path == BASELINE
            or path.rpartition("/")[2] in _MANIFESTS
            or path.startswith(rules)
        )
    ]
    _write(index, copy, wanted)


def _write(index: Index, copy: Path, paths: Collection[str]) -> None:
    for path, data in index.contents(paths):
        try:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            (copy / path).write_bytes(data)
        except OSError as error:
            raise FleetmodError(
                f"cannot be copied to {copy}: {error.strerror}", where=path, exit_code=3
            ) from error
