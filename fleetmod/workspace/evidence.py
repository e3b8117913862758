"""A value read from a repository, and how much a file has to say about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fleetmod.testfiles import is_test

_SOURCE = re.compile(r"\.[cm]?[jt]sx?$")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A value, and the remark that says where it was read; both "" when nothing was found."""

    value: str
    why: str


def weight(path: str) -> int:
    """How much a mention in the file counts: source 10, its tests 2, everything else 1."""
    if not _SOURCE.search(path):
        return 1
    return 2 if is_test(path) else 10
