"""The figures of the charts, as plain numbers: shares of a bar, and lines over time in percent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from fleetmod import families
from fleetmod.model import Finding
from fleetmod.trend import Point

_TICKS = 4


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
    """One phase over time: its points as `x,y` in percent, y from the top."""

    phase: str
    family: str
    name: str
    points: tuple[tuple[float, float, int], ...]

    @property
    def path(self) -> str:
        return " ".join(f"{x},{y}" for x, y, _ in self.points)


@dataclass(frozen=True)
class BurnDown:
    """`ticks` are pairs of a count and its distance from the top in percent."""

    lines: tuple[Line, ...]
    ticks: tuple[tuple[int, float], ...]
    first: str
    last: str


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
    lines = []
    for family in families.every():
        if any(family.id in point.debt for point in points):
            placed = tuple(
                (_percent(n, len(points) - 1), _percent(top - c, top), c)
                for n, c in enumerate(point.debt.get(family.id, 0) for point in points)
            )
            lines.append(Line(family.phase, family.id, family.title, placed))
    ticks = tuple((count, _percent(top - count, top)) for count in range(0, top + 1, step))
    return BurnDown(tuple(lines), ticks, points[0].date[:10], points[-1].date[:10] or "now")


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
