"""The packages of a repository, as far as running their commands needs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from fleetmod.workspace.copy import MODULES
from fleetmod.workspace.disk import read_plain
from fleetmod.workspace.managers import folders_above


@dataclass(frozen=True)
class Package:
    """One package.json: its folder relative to the root ("" for the root's) and what it says."""

    folder: str
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.manifest.get("name") or "")

    @cached_property
    def scripts(self) -> dict[str, str]:
        """The scripts, without npm's placeholder that fails always."""
        found = self.manifest.get("scripts")
        texts = found.items() if isinstance(found, dict) else ()
        return {k: v for k, v in texts if isinstance(v, str) and "no test specified" not in v}

    @cached_property
    def dependencies(self) -> frozenset[str]:
        """What must be installed for its commands: dependencies and those for development."""
        fields = (self.manifest.get(each) for each in ("dependencies", "devDependencies"))
        return frozenset(name for each in fields if isinstance(each, dict) for name in each)


def read_packages(root: Path, folders: Iterable[str]) -> tuple[Package, ...]:
    """The root's package and those in `folders`; one that cannot be read says nothing."""
    return tuple(
        Package(folder, read_manifest(root / folder / "package.json"))
        for folder in sorted({"", *folders})
    )


def read_manifest(path: Path) -> dict[str, Any]:
    """A JSON object from the disk; an empty one where there is none."""
    try:
        found = json.loads(read_plain(path).removeprefix(b"\xef\xbb\xbf"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def package_of(packages: Sequence[Package], path: str) -> Package:
    """The innermost package that a file is in; the root's where it is in no other."""
    known = {package.folder: package for package in packages}
    return known[next(f for f in folders_above(path.rpartition("/")[0]) if f in known)]


def program(root: Path, folder: str, name: str) -> str | None:
    """An installed package's program as seen from `folder`, relative to the root; None for none."""
    for above in folders_above(folder):
        path = f"{above}/{MODULES}/.bin/{name}" if above else f"{MODULES}/.bin/{name}"
        if (root / path).exists():
            return path
    return None
