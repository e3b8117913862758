"""What the events of a fleet say, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SILENT, FAILING, PASSING = "silent", "failing", "passing"


@dataclass(frozen=True)
class Limits:
    """`now` is None for the time of the newest event; `min_rate` is a share from 0 to 1."""

    silent_after: timedelta
    min_rate: float
    now: datetime | None = None


@dataclass(frozen=True)
class Group:
    """The probes that share one value of a dimension, e.g. all of the platform `linux`."""

    name: str
    probes: int
    failed: int

    @property
    def rate(self) -> float:
        """The share of probes that passed, from 0 to 1."""
        return 1 - self.failed / self.probes


@dataclass(frozen=True)
class Node(Group):
    """`last` is the time of its newest event; `down` are targets whose newest probe failed."""

    state: str
    last: datetime
    down: tuple[str, ...]


@dataclass(frozen=True)
class Status:
    """The nodes and the other dimensions, worst first, and what the files held besides.

    `clock` is the node whose event is the newest, "" where `now` was given. `broken` lines hold no
    whole event, `foreign` ones an event of another name.
    """

    now: datetime
    clock: str
    nodes: tuple[Node, ...]
    by: dict[str, tuple[Group, ...]]
    broken: int
    foreign: int
