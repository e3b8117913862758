"""What the gates of generated files ask: there, as the manifests say, valid, and reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.blocks import Generated, block_of, wrapped
from fleetmod.fleet.manifests.read import Document, documents
from fleetmod.fleet.review import EVIDENCE, review_of

Problem = tuple[str, int, str]  # path, line (0 for the whole file), what is wrong


def read_text(root: Path, path: str) -> str | None:
    """The text of a file; None where there is none. Raises FleetmodError for what is no text."""
    try:
        return (root / path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FleetmodError(f"cannot be read: {error}", where=path) from error


def file_problems(root: Path, expected: Generated, command: str) -> Iterator[Problem]:
    """What keeps a generated file from being trusted, its schema aside.

    The block must be what `command` would write now, so a port that changes in the manifests is
    noticed; only the lines of evidence may differ, which move with every edit of the code.
    """
    path = expected.path
    text = read_text(root, path)
    if text is None:
        yield path, 0, f"is missing; run {command}"
        return
    try:
        found = block_of(path, text)
    except FleetmodError as error:
        yield path, 0, error.what
        return
    if found is None:
        yield path, 0, f"holds no generated block; move it away and run {command}"
        return
    if line := _first_difference(text[found[0] : found[1]], wrapped(expected)):
        at = text.count("\n", 0, found[0]) + line
        yield path, at, f"is not what the manifests and the code say now; run {command}"
    review = review_of(text)
    if review is None:
        yield path, 0, f"is not reviewed; read it, then run fleetmod review {path} --by NAME"
    elif not review.valid:
        yield path, 1, f"was changed after {review.who} reviewed it on {review.day}"


def yaml_of(root: Path, path: str) -> tuple[list[Document], list[Problem]]:
    """The documents of a file, what people added included; or why it cannot be read."""
    text = read_text(root, path)
    if text is None:
        return [], []
    try:
        return documents(path, text), []
    except FleetmodError as error:
        line = error.where.rpartition(":")[2]
        return [], [(path, int(line) if line.isdigit() else 0, error.what)]


def _first_difference(old: str, new: str) -> int:
    """The first line (from 1) on which two blocks differ, evidence aside; 0 where none does."""
    before, after = _without_evidence(old), _without_evidence(new)
    for number, (one, other) in enumerate(zip(before, after, strict=False), 1):
        if one != other:
            return number
    return 0 if len(before) == len(after) else min(len(before), len(after)) + 1


def _without_evidence(text: str) -> list[str]:
    return ["" if line.lstrip().startswith(f"{EVIDENCE}:") else line for line in text.splitlines()]
