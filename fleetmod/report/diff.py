"""A plan's changes as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from fleetmod.edits import render
from fleetmod.model import Plan


def unified(plan: Plan, contents: dict[str, bytes], context: int = 3) -> Iterator[str]:
    """The lines of the diff, without line ends, file by file; new files are only named."""
    for change in plan.changes:
        if not change.sha256:
            continue
        before = contents.get(change.path, b"")
        after = render(before, change.edits)
        old, new = _lines(before), _lines(after)
        names = (f"a/{change.path}", f"b/{change.path}")
        yield from (line.rstrip("\n") for line in difflib.unified_diff(old, new, *names, n=context))
    for folder, count in sorted(_created(plan).items()):
        yield f"+++ {folder}/ ({count} new files)" if count else f"+++ {folder} (new)"


def _created(plan: Plan) -> dict[str, int]:
    """How many files a plan creates, by package folder; 0 for a file of the root itself."""
    folders: dict[str, int] = {}
    for change in plan.changes:
        if not change.sha256:
            folder = "/".join(change.path.split("/")[:2])
            folders[folder] = folders.get(folder, 0) + ("/" in change.path)
    return folders


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines(keepends=True)
