"""A literal's text as the program sees it, with the bytes that each character is written by."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.syntax.source import Source

HOLE = "\0"  # stands for a `${…}`, whose value is not known here
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}


@dataclass(frozen=True)
class Cooked:
    """`spans[i]` are the first and the end byte by which `text[i]` is written in the file."""

    text: str
    spans: tuple[tuple[int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The bytes of `text[start:end]`, which must not be empty."""
        return self.spans[start][0], self.spans[end - 1][1]


def cook(node: Node, source: Source) -> Cooked:
    """The text of a string, a template, a comment, a regular expression or a JSX text.

    Escape sequences of strings and templates are taken for what they mean (ECMA-262, 12.9.4).
    """
    text: list[str] = []
    spans: list[tuple[int, int]] = []

    def add(part: Node) -> None:
        at = part.start_byte
        # in a regular expression `\\/` is a slash
        for char in re.findall(r"\\/|." if node.type == "regex" else ".", source.text(part), re.S):
            size = len(char.encode())
            text.append(char[-1])
            spans.append((at, at + size))
            at += size

    if node.type not in ("string", "template_string"):
        add(node)
    for child in node.named_children if not text else ():
        if child.type == "string_fragment":
            add(child)
        elif child.type == "escape_sequence":
            for char in unescape(source.text(child)):
                text.append(char)
                spans.append((child.start_byte, child.end_byte))
        else:
            text.append(HOLE)
            spans.append((child.start_byte, child.end_byte))
    return Cooked("".join(text), tuple(spans))


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
