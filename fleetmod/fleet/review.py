"""The record of a review: who read a generated file, when, and which content."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from fleetmod.errors import FleetmodError
from fleetmod.fleet.blocks import is_generated

# where the evidence stands moves with every edit of the code; it is no part of what was decided
EVIDENCE = "fleetmod.dev/evidence"
_LINE = re.compile(
    r"^(?:#|<!--) reviewed by (?P<who>.+), (?P<day>\d{4}-\d\d-\d\d), sha256:(?P<sum>[0-9a-f]{64})"
    r"(?: -->)?\n",
    re.M,
)
_NAME = re.compile(r"[^\x00-\x1f\x7f<>]{1,80}")


@dataclass(frozen=True)
class Review:
    """`valid` tells that the content is still the one that was read."""

    who: str
    day: str
    valid: bool


def digest(text: str) -> str:
    """The SHA-256 of a file's content, without its reviews and its lines of evidence."""
    kept = [
        line
        for line in _LINE.sub("", text).splitlines()
        if not line.lstrip().startswith(f"{EVIDENCE}:")
    ]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def review_of(text: str) -> Review | None:
    """The review that stands in a file; None where there is none."""
    match = _LINE.search(text)
    if match is None:
        return None
    return Review(match["who"], match["day"], match["sum"] == digest(text))


def reviewed(path: str, text: str, who: str, day: str) -> str:
    """`text` with a review as its first line, in place of an earlier one.

    `day` is ISO 8601. Raises FleetmodError for a file that fleetmod did not generate, and for a
    name that does not fit a line.
    """
    if not is_generated(text):
        raise FleetmodError(
            "is no generated file", where=path, todo="Generate it with fleetmod specs or network"
        )
    who = who.strip()
    if not _NAME.fullmatch(who):
        raise FleetmodError("the reviewer's name must be one line", todo="Give it with --by NAME")
    line = f"reviewed by {who}, {day}, sha256:{digest(text)}"
    line = f"<!-- {line} -->" if path.endswith(".md") else f"# {line}"
    return f"{line}\n{_LINE.sub('', text)}"
