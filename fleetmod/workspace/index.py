"""What git's index holds: the files of the next commit, whatever the disk has in their place."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.gitnames import is_own_folder
from fleetmod.workspace.git import ask_index
from fleetmod.workspace.history import blobs

_REGULAR = ("100644", "100755")


@dataclass(frozen=True)
class Index:
    """`entries` are the blobs of the regular files below `root`, by path; no links, no submodules,
    nothing that a merge has left open."""

    root: Path
    entries: dict[str, str]

    def changed(self) -> list[str]:
        """The regular files that the next commit adds or changes."""
        asked = ["diff", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=ACMT"]
        listed = ask_index(self.root, [*asked, "--relative"])
        if listed is None:
            raise FleetmodError("git cannot compare its index", where=str(self.root))
        return [path for path in map(os.fsdecode, listed.split(b"\0")) if path in self.entries]

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Each file with its content, as it was added: no filter of git's runs."""
        with blobs(self.root) as reader:
            for path in paths:
                data = reader.read(self.entries[path])
                if data is None:
                    raise FleetmodError(
                        "git has no content of it", where=path, todo="Fetch what the clone lacks"
                    )
                yield path, data

    def knows(self, place: str) -> bool:
        """Whether git has another entry there, or the last commit has what this one deletes."""
        if ask_index(self.root, ["ls-files", "-z", "--", place]):
            return True
        asked = ["diff", "--cached", "--name-only", "-z", "--no-renames", "--relative"]
        return bool(ask_index(self.root, [*asked, "--diff-filter=D", "--", place]))

    def above(self, name: str) -> str:
        """The nearest folder above the root, from the top of the repository, whose entry `name` the
        index holds; "" where none does and for the top itself as `.`."""
        prefix = (ask_index(self.root, ["rev-parse", "--show-prefix"]) or b"").decode().strip("/\n")
        parts = prefix.split("/") if prefix else []
        for up in range(1, len(parts) + 1):
            if ask_index(self.root, ["ls-files", "-z", "--", "../" * up + name]):
                return "/".join(parts[:-up]) or "."
        return ""


def read_index(root: Path) -> Index | None:
    """The index of the repository in `root`; None where git cannot tell.

    In a hook it is that of the commit that is being made, which git names in the environment where
    it is not the usual one.
    """
    listed = ask_index(root, ["ls-files", "-sz"])
    if listed is None:
        return None
    entries = {}
    for entry in filter(None, listed.split(b"\0")):
        about, _, path = entry.partition(b"\t")
        mode, blob, stage = about.decode().split(" ")
        name = os.fsdecode(path)
        if mode in _REGULAR and stage == "0" and _is_inside(name):
            entries[name] = blob
    return Index(root, entries)


def _is_inside(path: str) -> bool:
    """Whether a path stays below its root: an index that git did not write may hold any."""
    parts = path.split("/")
    return not any(part in ("", ".", "..") or is_own_folder(part) for part in parts)
