"""A literal's text as the program sees it, with the bytes that each character is written by."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.syntax.source import Source
from fleetmod.syntax.values import unescape

HOLE = "\0"  # stands for a `${…}`, whose value is not known here


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
