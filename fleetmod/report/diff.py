"""A plan's changes as a unified diff."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from fleetmod.apply import render
from fleetmod.model import Plan


def unified(plan: Plan, contents: dict[str, bytes], context: int = 3) -> Iterator[str]:
    """The lines of the diff, without line ends, file by file."""
    for change in plan.changes:
        before = contents.get(change.path, b"")
        after = render(before, change.edits)
        old, new = _lines(before), _lines(after)
        source = f"a/{change.path}" if change.sha256 else "/dev/null"
        yield from (
            line.rstrip("\n")
            for line in difflib.unified_diff(old, new, source, f"b/{change.path}", n=context)
        )


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "replace").splitlines(keepends=True)
