"""The figures of the charts, as plain numbers: shares of a bar, and lines over time in percent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fleetmod import families
from fleetmod.model import Finding
from fleetmod.trend import Point

_TICKS = 4
_NOW_AT = 95  # where the last commit stands if today's count follows it, in percent
_APART = 22  # percent of the width between two days below the axis


@dataclass(frozen=True)
class Segment:
    """A part of a bar: `left` and `width` in percent of the longest bar."""

    family: str
    count: int
    left: float
    width: float


@dataclass(frozen=True)
class Bar:
    name: str
    total: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Line:
    """One phase over time: its points as `x,y` in percent, y from the top, with the count and what
    is told of the point."""

    phase: str
    family: str
    name: str
    points: tuple[tuple[float, float, int, str], ...]

    @property
    def path(self) -> str:
        return " ".join(f"{x},{y}" for x, y, *_ in self.points)


@dataclass(frozen=True)
class BurnDown:
    """`ticks` are pairs of a count and its distance from the top in percent, `dates` of a day and
    its distance from the left."""

    lines: tuple[Line, ...]
    ticks: tuple[tuple[int, float], ...]
    dates: tuple[tuple[str, float], ...]


def by_package(findings: Sequence[tuple[str, Finding]]) -> tuple[Bar, ...]:
    """A bar a package, the longest first; `findings` come with their package."""
    counts: dict[str, Counter[str]] = {}
    for package, finding in findings:
        counts.setdefault(package, Counter())[finding.family] += 1
    longest = max((c.total() for c in counts.values()), default=0)
    bars = []
    for package, counted in counts.items():
        left = 0.0
        segments = []
        for family in families.every():
            if number := counted[family.id]:
                width = round(100 * number / longest, 2)
                segments.append(Segment(family.id, number, round(left, 2), width))
                left += width
        bars.append(Bar(package, counted.total(), tuple(segments)))
    return tuple(sorted(bars, key=lambda bar: (-bar.total, bar.name)))


def burn_down(points: Sequence[Point]) -> BurnDown | None:
    """The debt of each phase over time; None where there is nothing to compare."""
    if len(points) < 2:
        return None
    most = max((count for point in points for count in point.debt.values()), default=0)
    step = _step(most)
    top = max(step * -(-most // step), step)
    lines, across = [], _times(points)
    for family in families.every():
        if any(family.id in point.debt for point in points):
            placed = tuple(
                (
                    x,
                    _percent(top - (count := point.debt.get(family.id, 0)), top),
                    count,
                    _day(point),
                )
                for x, point in zip(across, points, strict=True)
            )
            lines.append(Line(family.phase, family.id, family.title, placed))
    ticks = tuple((count, _percent(top - count, top)) for count in range(0, top + 1, step))
    return BurnDown(tuple(lines), ticks, _dates(points, across))


def _times(points: Sequence[Point]) -> list[float]:
    """How far from the left each point stands, by its time; one without a time is at the end."""
    known = [datetime.fromisoformat(p.date).timestamp() if p.date else None for p in points]
    times = [time for time in known if time is not None]
    if len(times) < 2 or max(times) == min(times):
        return [_percent(n, len(points) - 1) for n in range(len(points))]
    end = _NOW_AT if None in known else 100
    low, high = min(times), max(times)
    return [
        100.0 if time is None else round(end * (time - low) / (high - low), 2) for time in known
    ]


def _dates(points: Sequence[Point], across: Sequence[float]) -> tuple[tuple[str, float], ...]:
    """The days below the axis: the first, the last, and those between that are far enough apart."""
    out = [(_day(points[0]), across[0])]
    for point, x in zip(points[1:-1], across[1:-1], strict=True):
        if x - out[-1][1] >= _APART and across[-1] - x >= _APART:
            out.append((_day(point), x))
    return (*out, (_day(points[-1]), across[-1]))


def _day(point: Point) -> str:
    return point.date[:10] or "now"


def _step(most: int) -> int:
    """A round distance of the axis' ticks: 1, 2 or 5 times a power of ten."""
    size = 1
    while True:
        for factor in (1, 2, 5):
            if size * factor * _TICKS >= most:
                return size * factor
        size *= 10


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2)
