"""Lines and columns of byte offsets, without a syntax tree."""

from __future__ import annotations

from bisect import bisect_right

_BOM = b"\xef\xbb\xbf"


class Lines:
    """The lines of a UTF-8 file, which end at a line feed."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._starts = [len(_BOM) if data.startswith(_BOM) else 0]
        at = data.find(b"\n")
        while at >= 0:
            self._starts.append(at + 1)
            at = data.find(b"\n", at + 1)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column (in code points, a byte order mark is none) of an offset, from 1."""
        line = max(bisect_right(self._starts, offset), 1)
        start = self._starts[line - 1]
        return line, len(self._data[start:offset].decode("utf-8", "replace")) + 1
