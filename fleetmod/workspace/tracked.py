"""Which files are a repository's own: those that git tracks or would track."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from fleetmod.workspace.git import ignored, run_git

_WORDS = 60_000  # bytes of paths in one command; every system takes more


def strangers(root: Path, there: Sequence[str], new: Sequence[str] = ()) -> list[str] | None:
    """Those of some paths that git neither tracks nor would track; None where git cannot tell.

    `there` are files on the disk, `new` ones are not made yet. A root that a repository further up
    ignores is none of git's: there, no file is a stranger.
    """
    options = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"]
    if not (root / ".git").exists():
        above = ignored(root, ["."])
        if above is None:
            return None
        if above:
            return []
    found: list[str] = []
    for some in _chunks(there):
        listed = run_git(root, [*options, *some])
        if listed is None:
            return None
        known = frozenset(listed)
        found += [path for path in some if path not in known]
    if new:
        named = ignored(root, new)
        if named is None:  # there is one in a submodule
            named = [path for path in new if ignored(root, [path]) != []]
        found += named
    return found


def _chunks(paths: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for path in paths:
        size += len(os.fsencode(path)) + 1
        if chunk and size > _WORDS:
            yield chunk
            chunk, size = [], len(os.fsencode(path)) + 1
        chunk.append(path)
    if chunk:
        yield chunk
