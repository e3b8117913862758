"""The repository as root looks at it: a copy of its files, which nobody else can change meanwhile.

A rehearsal runs as root, in a repository of somebody else, who may put a link in the place of any
file at any moment. So its files are copied once, through no link, and all that is read of them, and
all that the nodes get, is read of the copy. What is a link there leads to another file of the copy.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.rehearse.stage import make_repository
from fleetmod.project import Project, check_top, open_project
from fleetmod.workspace.beneath import Folder, Linked, check_way
from fleetmod.workspace.copy import MODULES, copy_files, own_files
from fleetmod.workspace.schema import FILE

Modules = tuple[Path, str, str]  # a folder of this machine, its place, and its number


@dataclass(frozen=True)
class Snapshot:
    """`project` is the copy, without the links that lead out of it; `paths` are the files of the
    repository at `root`, and `links` all the links among them, with what each says."""

    root: Path
    project: Project
    paths: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


@contextmanager
def snapshot(root: Path) -> Iterator[Snapshot]:
    """A copy of the files that git tracks or would track, until the end of the block.

    Raises FleetmodError outside of git, for a file that cannot be copied, and for a wrong
    configuration.
    """
    root = root.resolve()
    paths = tuple(own_files(root, "rehearse"))
    if FILE not in paths:
        check_top(root)
    with temporary("fleetmod-repository-") as parent:
        copy = parent / (root.name or "root")
        copy.mkdir()
        copy_files(root, paths, copy)
        links = tuple(_links(copy, paths))
        for path, _ in links:
            if not Path(os.path.realpath(copy / path)).is_relative_to(copy):
                (copy / path).unlink()
        make_repository(copy)
        yield Snapshot(root, open_project(copy, origin=root), paths, links)


@contextmanager
def temporary(prefix: str) -> Iterator[Path]:
    """A new folder of root's alone, until the end of the block; raises FleetmodError where the
    place for such folders ($TMPDIR) is somebody else's."""
    check_way(Path(tempfile.gettempdir()).resolve())
    with tempfile.TemporaryDirectory(prefix=prefix, ignore_cleanup_errors=True) as parent:
        yield Path(parent).resolve()


def _links(copy: Path, paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    with Folder.open(copy) as top:
        for path in paths:
            try:
                with top.holder(path) as (folder, name):
                    found = folder.stat(name)
                    if found is not None and stat.S_ISLNK(found.st_mode):
                        yield path, os.readlink(name, dir_fd=folder.handle)
            except (FileNotFoundError, NotADirectoryError, Linked):
                pass


def module_folders(source: Path, paths: Sequence[str]) -> Iterator[Modules]:
    """The `node_modules` of the checkout `source` beside every package.json of `paths`.

    Each is known by its number from here on: by the time it is mounted, a link may be in its place.
    Raises FleetmodError for one that is a link by now.
    """
    source = source.resolve()
    with Folder.open(source) as top:
        for path in paths:
            if path.rpartition("/")[2] != "package.json":
                continue
            place = path.removesuffix("package.json") + MODULES
            try:
                with top.holder(place) as (folder, name):
                    found = folder.stat(name)
            except (FileNotFoundError, NotADirectoryError, Linked):
                continue
            if found is not None and stat.S_ISLNK(found.st_mode):
                raise FleetmodError(
                    "is a symbolic link, which root does not follow",
                    where=str(source / place),
                    todo="Name the checkout that it leads to with --node-modules",
                )
            if found is not None and stat.S_ISDIR(found.st_mode):
                yield source / place, place, f"{found.st_dev}:{found.st_ino}"
