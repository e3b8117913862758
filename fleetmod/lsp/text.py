"""Positions of the Language Server Protocol in a text, whose columns are UTF-16 units by default.

A line ends at LF, CR LF or CR, and nowhere else
(https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#textDocuments).
"""

from __future__ import annotations

import re
from bisect import bisect_right

from lsprotocol.types import Position, PositionEncodingKind, Range

_LINE_END = re.compile(rb"\r\n|\n|\r")


class Text:
    """A document: its UTF-8 bytes, and where they stand in the client's units."""

    def __init__(self, text: str, encoding: PositionEncodingKind | str) -> None:
        # a lone surrogate, which no UTF-8 can hold, counts as one unit like its replacement
        self.data = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace").encode()
        self._encoding = encoding
        self._last = (-1, 0)  # the last place asked for, and its column
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(self.data))]

    def position(self, offset: int) -> Position:
        """The position of a byte offset."""
        line = bisect_right(self._starts, offset) - 1
        start, units = self._starts[line], 0
        if start <= self._last[0] <= offset:  # a long line is not counted anew for each place
            start, units = self._last
        before = self.data[start:offset].decode("utf-8", "replace")
        self._last = (offset, units + _units(before, self._encoding))
        return Position(line, self._last[1])

    def range(self, start: int, end: int) -> Range:
        return Range(self.position(start), self.position(end))


def _units(text: str, encoding: PositionEncodingKind | str) -> int:
    if encoding == PositionEncodingKind.Utf8:
        return len(text.encode())
    if encoding == PositionEncodingKind.Utf32:
        return len(text)
    return len(text.encode("utf-16-le")) // 2
