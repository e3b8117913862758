"""A literal's text as the program sees it, with the bytes that each character is written by."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from fleetmod.syntax.source import Source

_PIECE = 500  # characters
HOLE = "\0"  # stands for a `${…}`, whose value is not known here
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


class Cooked:
    """A text, and the bytes by which each part of it is written in the file."""

    def __init__(self, parts: Iterable[tuple[str, int, int, bool]]) -> None:
        """Each part is its text, its first and its end byte, and whether it is written as it is."""
        texts: list[str] = []
        self._starts: list[int] = []  # of each part, in the text
        self._parts: list[tuple[str, int, int, bool]] = []
        at = 0
        for part in parts:
            if part[0]:
                texts.append(part[0])
                self._starts.append(at)
                self._parts.append(part)
                at += len(part[0])
        self.text = "".join(texts)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The bytes of `text[start:end]`, which must not be empty."""
        return self._bytes(start)[0], self._bytes(end - 1)[1]

    def index(self, first: int) -> int:
        """Where in the text the part stands that begins with the byte `first`."""
        return self._starts[bisect_right(self._parts, first, key=lambda part: part[1]) - 1]

    def _bytes(self, index: int) -> tuple[int, int]:
        number = bisect_right(self._starts, index) - 1
        text, first, end, plain = self._parts[number]
        if not plain:
            return first, end
        inside = index - self._starts[number]
        if len(text) == end - first:  # ASCII
            return first + inside, first + inside + 1
        before = first + len(text[:inside].encode())
        return before, before + len(text[inside].encode())


def cook(node: Node, source: Source) -> Cooked:
    """The text of a string, a template, a comment, a regular expression or a JSX text.

    Escape sequences of strings and templates are taken for what they mean (ECMA-262, 12.9.4).
    """
    if node.type == "regex":
        return Cooked(_of_regex(node, source))
    if node.type not in ("string", "template_string"):
        return Cooked(_lines(source.text(node), node.start_byte))
    parts: list[tuple[str, int, int, bool]] = []
    for child in node.named_children:
        first, end = child.start_byte, child.end_byte
        if child.type == "string_fragment":
            parts += _lines(source.text(child), first)
        elif child.type == "escape_sequence":
            parts.append((unescape(source.text(child)), first, end, False))
        else:
            parts.append((HOLE, first, end, False))
    return Cooked(parts)


def _of_regex(node: Node, source: Source) -> Iterator[tuple[str, int, int, bool]]:
    """In a regular expression `\\/` is a slash."""
    at = node.start_byte
    for piece in re.split(r"(\\/)", source.text(node)):
        size = len(piece.encode())
        yield piece[-1:] if piece == "\\/" else piece, at, at + size, piece != "\\/"
        at += size


def _lines(text: str, at: int) -> Iterator[tuple[str, int, int, bool]]:
    """A text by pieces, short enough to look for a character in one that is not ASCII alone."""
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE]
        size = len(piece.encode())
        yield piece, at, at + size, True
        at += size


def unescape(text: str) -> str:
    """The value of one JavaScript escape sequence, e.g. `\\n` (ECMA-262, 12.9.4)."""
    body = text[1:]
    if body in _ESCAPES:
        return _ESCAPES[body]
    if body[:1] in "xu" and len(body) > 1:
        digits = body[1:].strip("{}")
        try:
            return chr(int(digits, 16))
        except (ValueError, OverflowError):
            return body
    if body.startswith(("\n", "\r", "\u2028", "\u2029")):
        return ""
    return body
