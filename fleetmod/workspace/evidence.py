"""A value read from a repository, and the reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Evidence:
    """A value, and the remark that says where it was read; both "" when nothing was found."""

    value: str
    why: str
