"""Makes edits in a text; pure."""

from __future__ import annotations

from collections.abc import Sequence

from fleetmod.model import Edit


def render(content: bytes, edits: Sequence[Edit]) -> bytes:
    """`content` with all `edits` made, whose offsets count the bytes of `content`.

    Insertions at one place keep their order and come before a replacement that starts there.
    Raises ValueError for edits that overlap or lie outside.
    """
    parts: list[bytes] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if not 0 <= edit.start <= edit.end <= len(content):
            raise ValueError(f"{edit} lies outside of the {len(content)} bytes")
        if edit.start < at:
            raise ValueError(f"{edit} overlaps the edit before it")
        parts += [content[at : edit.start], edit.text.encode()]
        at = edit.end
    return b"".join([*parts, content[at:]])


def moved(at: int, edits: Sequence[Edit]) -> int:
    """Where an offset of a text is once `edits` are made, of which none may hold it."""
    return at + sum(len(e.text.encode()) - (e.end - e.start) for e in edits if e.end <= at)
