"""A repository's own files, copied to another folder."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.workspace.git import run_git

MODULES = "node_modules"


def own_files(root: Path, who: str) -> list[str]:
    """The paths that git tracks or would track, for the command `who`.

    Raises FleetmodError where git cannot list them.
    """
    listed = run_git(root, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    if listed is None:
        raise FleetmodError(
            f"{who} needs a git repository", where=str(root), todo="Run `git init` and commit"
        )
    return sorted(set(listed))


def copy_files(root: Path, paths: Sequence[str], target: Path) -> None:
    """Copy files and links as they are; one that is deleted and not yet committed is left out.

    Raises FleetmodError for a file that cannot be copied.
    """
    for path in paths:
        source, copy = root / path, target / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(source, copy, follow_symlinks=False)
        except (FileNotFoundError, IsADirectoryError):  # a submodule is a folder
            pass
        except OSError as error:
            raise FleetmodError(
                f"cannot be copied: {error.strerror}", where=str(source), exit_code=UNPROVEN
            ) from error


def module_folders(root: Path, paths: Sequence[str]) -> list[str]:
    """The `node_modules` of `root` beside every package.json of `paths`, relative to it."""
    beside = (path.removesuffix("package.json") for path in paths if _is_manifest(path))
    return [f"{folder}{MODULES}" for folder in beside if (root / folder / MODULES).is_dir()]


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] == "package.json"
