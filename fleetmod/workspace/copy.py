"""A repository's own files, copied to another folder."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.workspace.beneath import Folder, Linked
from fleetmod.workspace.git import list_as_owner

MODULES = "node_modules"


def own_files(root: Path, who: str) -> list[str]:
    """The paths that git tracks or would track, for the command `who`.

    Raises FleetmodError where git cannot list them.
    """
    listed = list_as_owner(root, ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    if listed is None:
        raise FleetmodError(
            f"{who} needs a git repository", where=str(root), todo="Run `git init` and commit"
        )
    return sorted(set(listed))


def copy_files(root: Path, paths: Sequence[str], target: Path) -> None:
    """Copy files and links as they are; one that is deleted and not yet committed is left out, and
    so is one that a link on its way leads to: git has it elsewhere.

    Raises FleetmodError for a file that cannot be copied.
    """
    with _opened(root) as top, _opened(target) as copy:
        for path in paths:
            try:
                with top.holder(path) as source, copy.holder(path, make=True) as place:
                    _copy(*source, *place)
            except (FileNotFoundError, NotADirectoryError, Linked):
                pass
            except OSError as error:
                raise FleetmodError(
                    f"cannot be copied: {error.strerror}",
                    where=str(root / path),
                    exit_code=UNPROVEN,
                ) from error


def _copy(source: Folder, name: str, place: Folder, as_name: str) -> None:
    found = source.stat(name)
    if found is None or stat.S_ISDIR(found.st_mode):  # a submodule is a folder
        return
    if stat.S_ISLNK(found.st_mode):
        os.symlink(os.readlink(name, dir_fd=source.handle), as_name, dir_fd=place.handle)
        return
    handle = source.open_file(name)
    try:
        with os.fdopen(place.create(as_name), "wb") as out, os.fdopen(os.dup(handle), "rb") as data:
            shutil.copyfileobj(data, out)
            out.flush()
            os.fchmod(out.fileno(), found.st_mode & 0o777)
            os.utime(out.fileno(), ns=(found.st_atime_ns, found.st_mtime_ns))
    finally:
        os.close(handle)


def _opened(folder: Path) -> Folder:
    try:
        return Folder.open(folder.resolve())
    except OSError as error:
        raise FleetmodError(f"cannot be opened: {error.strerror}", where=str(folder)) from error


def module_folders(root: Path, paths: Sequence[str]) -> list[str]:
    """The `node_modules` of `root` beside every package.json of `paths`, relative to it; without
    those of a folder that a link leads to."""
    beside = (path.removesuffix("package.json") for path in paths if _is_manifest(path))
    real = os.path.realpath(root)
    return [
        f"{folder}{MODULES}"
        for folder in beside
        if (root / folder / MODULES).is_dir()
        and os.path.realpath(root / folder) == os.path.normpath(f"{real}/{folder}")
    ]


def _is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] == "package.json"
