"""Code with holes, as a person writes it: `exec($COMMAND, { cwd: $DIR })`.

A hole is a name in capitals behind `$` and stands for one node; behind `$$$` it stands for any
number of arguments, elements or statements. Everything else must be there as it is written, but for
white space, comments, quotes and separators. A name that comes twice must stand for the same code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from tree_sitter import Node

from fleetmod.syntax.source import Source, open_source, walk

_HOLE = re.compile(r"\$(?:\$\$)?(?P<name>[A-Z][A-Z0-9_]*)")
_SEPARATORS = frozenset([",", ";", '"', "'"])

Bound = Mapping[str, Sequence[Node]]


class Pattern:
    """One statement or expression; raises ValueError where the text is not that."""

    def __init__(self, text: str) -> None:
        self.source = open_source("pattern.ts", text.strip().encode())
        statements = self.source.root.named_children
        if self.source.errors() or len(statements) != 1:
            raise ValueError("is not one statement or expression")
        self.node = statements[0]
        if self.node.type == "expression_statement":
            self.node = self.node.named_children[0]

    @property
    def hole(self) -> str:
        """The name of the hole that is all of it; "" where there is more."""
        return _hole(self.node, self.source)

    @property
    def is_statement(self) -> bool:
        return self.node.type.endswith(("_statement", "_declaration"))

    @property
    def holes(self) -> frozenset[str]:
        """The names of the holes, without `$`."""
        return frozenset(name for _, name, _ in self.places())

    def places(self) -> Iterator[tuple[Node, str, bool]]:
        """Each hole with its name, and whether it stands for any number of nodes."""
        for node in walk(self.node):
            name = _hole(node, self.source)
            above = node.parent if node.id != self.node.id else None
            if name and not (above is not None and _hole(above, self.source)):
                yield node, name, _is_many(node, self.source)

    def literals(self) -> list[str]:
        """The words that whatever matches must hold, the longest first."""
        leaves = (node for node in walk(self.node) if not node.named_child_count)
        texts = {self.source.text(node) for node in leaves if not _hole(node, self.source)}
        return sorted((text for text in texts if len(text) > 2), key=lambda text: -len(text))

    def match(self, node: Node, source: Source) -> Bound | None:
        """What each hole stands for in `node`; None where that is not this pattern."""
        bound: dict[str, Sequence[Node]] = {}
        return bound if self._same(self.node, node, source, bound) else None

    def _same(
        self, own: Node, node: Node, source: Source, bound: dict[str, Sequence[Node]]
    ) -> bool:
        if name := _hole(own, self.source):
            return node.is_named and _bind(name, [node], source, bound)
        if own.type != node.type:
            return False
        mine, others = _parts(own), _parts(node)
        if not mine or not others:
            return not mine and not others and self.source.text(own) == source.text(node)
        many = [at for at, part in enumerate(mine) if _is_many(part, self.source)]
        if not many:
            pairs = zip(mine, others, strict=True) if len(mine) == len(others) else None
        else:
            (at, *more), spare = many, len(others) - len(mine) + 1
            rest = [n for n in others[at : at + spare] if n.is_named]
            if more or spare < 0 or len(rest) != spare:
                return False
            if not _bind(_hole(mine[at], self.source), rest, source, bound):
                return False
            kept = [*others[:at], *others[at + spare :]]
            pairs = zip([*mine[:at], *mine[at + 1 :]], kept, strict=True)
        return pairs is not None and all(self._same(a, b, source, bound) for a, b in pairs)


@lru_cache(maxsize=256)
def pattern(text: str) -> Pattern:
    """A pattern, read once; raises ValueError as `Pattern` does."""
    return Pattern(text)


def query_of(text: str) -> str:
    """The query that finds what a pattern matches; raises ValueError as `Pattern` does."""
    quoted = text.strip().replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'(({pattern(text.strip()).node.type}) @debt (#pattern? @debt "{quoted}"))'


def _parts(node: Node) -> list[Node]:
    return [n for n in node.children if n.type != "comment" and n.type not in _SEPARATORS]


def _hole(node: Node, source: Source) -> str:
    if node.child_count and node.type != "expression_statement":
        return ""
    found = _HOLE.fullmatch(source.text(node).rstrip(";"))
    return found["name"] if found else ""


def _is_many(node: Node, source: Source) -> bool:
    return bool(_hole(node, source)) and source.text(node).startswith("$$$")


def _bind(
    name: str, nodes: Sequence[Node], source: Source, bound: dict[str, Sequence[Node]]
) -> bool:
    known = bound.setdefault(name, nodes)
    return list(map(source.squeezed, known)) == list(map(source.squeezed, nodes))
