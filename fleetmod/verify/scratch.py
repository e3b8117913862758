"""A scratch copy of a repository in which its own commands can run, dependencies linked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.workspace.git import run_git

_MODULES = "node_modules"


@contextmanager
def scratch_copy(root: Path, parent: Path) -> Iterator[Path]:
    """The repository's own files (what git tracks or would track) in a folder of their own.

    Nothing that runs there can change the repository: dependencies are links, and the workspace's
    packages among them are the copy's. Raises FleetmodError where git cannot list the files.
    """
    listed = run_git(root, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    if listed is None:
        raise FleetmodError(
            "verify needs a git repository", where=str(root), todo="Run `git init` and commit"
        )
    copy = parent / root.name
    copy.mkdir(parents=True)
    try:
        for path in listed:
            _copy_file(root / path, copy / path)
        for modules in _module_folders(root, listed):
            _link_modules(root, copy, modules)
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def link_packages(copy: Path, names: dict[str, str]) -> None:
    """Make packages of the copy (name to folder) resolvable from all of it."""
    for name, folder in names.items():
        link = copy / _MODULES / name
        if (copy / folder).is_dir() and not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(copy / folder, target_is_directory=True)


def has_dependencies(root: Path) -> bool:
    """Whether the dependencies seem installed, or there are none to install."""
    manifest = root / "package.json"
    if not manifest.exists() or (root / _MODULES).is_dir():
        return True
    return "ependencies" not in manifest.read_text(encoding="utf-8", errors="replace")


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target, follow_symlinks=False)
    except FileNotFoundError:
        pass  # deleted, and not yet committed
    except OSError as error:
        raise FleetmodError(
            f"cannot be copied: {error.strerror}", where=str(source), exit_code=UNPROVEN
        ) from error


def _module_folders(root: Path, listed: Sequence[str]) -> Iterator[Path]:
    """The `node_modules` beside every package.json, relative to the root."""
    for path in listed:
        folder = Path(path).parent / _MODULES
        if path.rpartition("/")[2] == "package.json" and (root / folder).is_dir():
            yield folder


def _link_modules(root: Path, copy: Path, modules: Path) -> None:
    for entry in os.scandir(root / modules):
        if entry.name.startswith("@") and not entry.is_symlink():
            for scoped in os.scandir(entry.path):
                _link(root, copy, modules / entry.name / scoped.name)
        else:
            _link(root, copy, modules / entry.name)


def _link(root: Path, copy: Path, place: Path) -> None:
    target = (root / place).resolve()
    own = target.is_relative_to(root) and _MODULES not in target.relative_to(root).parts
    link = copy / place
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.exists():
        link.symlink_to(copy / target.relative_to(root) if own else target)
