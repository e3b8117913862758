"""Ranges that lie apart or in each other, asked for the one around another range."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Spans(Generic[T]):
    """Values by range (start, end, value); of ranges in each other the outermost counts.

    Empty ranges hold nothing. It takes the time to sort, and each question that of a search.
    """

    def __init__(self, ranges: Iterable[tuple[int, int, T]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._values: list[T] = []
        for start, end, value in sorted(ranges, key=lambda each: (each[0], -each[1])):
            if end > start and (not self._ends or end > self._ends[-1]):
                self._starts.append(start)
                self._ends.append(end)
                self._values.append(value)

    def around(self, start: int, end: int) -> T | None:
        """The value of a range that holds start..end."""
        index = bisect_right(self._starts, start) - 1
        return self._values[index] if index >= 0 and end <= self._ends[index] else None

    def __bool__(self) -> bool:
        return bool(self._starts)


class LineRanges:
    """Lines of files, (path, line), which are told by ranges and not held one by one."""

    def __init__(self, ranges: Iterable[tuple[str, tuple[int, int]]]) -> None:
        found: dict[str, list[tuple[int, int, bool]]] = defaultdict(list)
        for path, (first, last) in ranges:
            found[path].append((first, last + 1, True))
        self._by_path = {path: Spans(lines) for path, lines in found.items()}

    def __contains__(self, line: tuple[str, int]) -> bool:
        spans = self._by_path.get(line[0])
        return spans is not None and bool(spans.around(line[1], line[1] + 1))
