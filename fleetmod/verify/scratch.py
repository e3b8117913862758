"""A scratch copy of a repository in which its own commands can run, dependencies linked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fleetmod.workspace.copy import MODULES, copy_files, module_folders, own_files


@contextmanager
def scratch_copy(root: Path, parent: Path) -> Iterator[Path]:
    """The repository's own files (what git tracks or would track) in a folder of their own.

    Nothing that runs there can change the repository: dependencies are links, and the workspace's
    packages among them are the copy's. Raises FleetmodError where git cannot list the files.
    """
    listed = own_files(root, "verify")
    copy = parent / root.name
    copy.mkdir(parents=True)
    try:
        copy_files(root, listed, copy)
        for modules in module_folders(root, listed):
            _link_modules(root, copy, Path(modules))
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def link_packages(copy: Path, names: dict[str, str]) -> None:
    """Make packages of the copy (name to folder) resolvable from all of it."""
    for name, folder in names.items():
        link = copy / MODULES / name
        if (copy / folder).is_dir() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(copy / folder, target_is_directory=True)


def has_dependencies(root: Path) -> bool:
    """Whether the dependencies seem installed, or there are none to install."""
    manifest = root / "package.json"
    if not manifest.exists() or (root / MODULES).is_dir():
        return True
    return "ependencies" not in manifest.read_text(encoding="utf-8", errors="replace")


def _link_modules(root: Path, copy: Path, modules: Path) -> None:
    for entry in os.scandir(root / modules):
        if entry.name.startswith("@") and not entry.is_symlink():
            for scoped in os.scandir(entry.path):
                _link(root, copy, modules / entry.name / scoped.name)
        else:
            _link(root, copy, modules / entry.name)


def _link(root: Path, copy: Path, place: Path) -> None:
    target = (root / place).resolve()
    own = target.is_relative_to(root) and MODULES not in target.relative_to(root).parts
    link = copy / place
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(copy / target.relative_to(root) if own else target)
