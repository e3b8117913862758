"""Which package's code runs in which workload."""

from __future__ import annotations

import json
from collections.abc import Sequence

from fleetmod.fleet.manifests.model import Workload
from fleetmod.workspace.manifest import PackageInfo


def owned_folders(
    workload: Workload, packages: Sequence[PackageInfo], dockerfiles: Sequence[str]
) -> tuple[str, ...]:
    """The folders whose code a workload's own image holds: its package and what that depends on.

    A package is a workload's when its folder or its name is called like the image or the workload;
    where none is, a folder with a Dockerfile whose name begins or ends theirs (`api` of `acme-api`,
    `bus` of `bus-worker`). () for an image that is built elsewhere.
    """
    named = {c.image_name for c in workload.containers} | {workload.name}
    built = {folder for path in dockerfiles if (folder := path.rpartition("/")[0])}
    called = {info.path: {_last(info.path), _last(info.name)} for info in packages if info.path}
    for folder in built:
        called.setdefault(folder, set()).add(_last(folder))
    folders = {folder for folder, names in called.items() if names & named}
    if not folders:
        folders = {
            folder
            for folder in built
            if any(
                n.startswith(f"{_last(folder)}-") or n.endswith(f"-{_last(folder)}") for n in named
            )
        }
    return tuple(sorted(folders | _needed(folders, packages)))


def _last(path: str) -> str:
    return path.rpartition("/")[2]


def _needed(folders: set[str], packages: Sequence[PackageInfo]) -> set[str]:
    """The folders of the workspace's packages that some depend on, at whatever depth."""
    by_name = {info.name: info for info in packages if info.name}
    waiting = [info for info in packages if info.path in folders]
    found: set[str] = set()
    while waiting:
        for name in _dependencies(waiting.pop()):
            info = by_name.get(name)
            if info is not None and info.path not in folders | found:
                found.add(info.path)
                waiting.append(info)
    return found


def _dependencies(info: PackageInfo) -> list[str]:
    data = json.loads(info.text or "{}")
    table = data.get("dependencies") if isinstance(data, dict) else None
    return list(table) if isinstance(table, dict) else []


def holds(folders: Sequence[str], path: str) -> bool:
    """Whether a file lies in one of some folders."""
    return any(path.startswith(f"{folder}/") for folder in folders)
