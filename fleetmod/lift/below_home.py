"""The checkout and the vault, where code looks for them below the home folder."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.flow.made import Made, MadeTexts
from fleetmod.lift.homes import Homes, chain
from fleetmod.places import ROOT, VAULT, Places
from fleetmod.syntax.cooked import HOLE

JOINED = "joined"


@dataclass(frozen=True)
class BelowHome:
    """A text that begins with the home folder and goes on to a place.

    `top` is the whole text, `home` the expression that is the home, `end` the literal in which the
    path of the place ends.
    """

    base: str
    path: str  # below the home, without a slash before or behind it
    top: Node
    home: Node
    end: Node


class PlacesBelowHome:
    """Finds them in one file."""

    def __init__(self, made: MadeTexts, homes: Homes, places: Places) -> None:
        self.made, self.homes, self._places = made, homes, places
        known = ((base, places.below_home(base)) for base in (ROOT, VAULT))
        self._known = sorted(((p, base) for base, p in known if p), key=lambda k: -len(k[0]))

    def of(self, node: Node) -> BelowHome | None:
        """What a literal begins, as the part of a text behind the home; None for nothing, and where
        that home is spelled out in front of it, which is looked up with all that follows it."""
        top = self.made.top(node)
        pieces = self.made.pieces(top)
        home = pieces[0].node if pieces and pieces[0].text == HOLE else None
        if home is None or not self._is_home(home) or self._is_spelled(home):
            return None
        below = "".join(piece.text for piece in pieces[1:])
        for path, base in self._known:
            if not below.startswith(f"/{path}") or below[len(path) + 1 :][:1] not in ("", "/"):
                continue
            first, last = _at(pieces[1:], 1), _at(pieces[1:], len(path))
            if first is not None and last is not None and first.id == node.id:
                return BelowHome(base, path, top, home, last)
        return None

    def _is_spelled(self, node: Node) -> bool:
        texts = (self.made.values.literal(element) or "" for _, element in chain(node))
        return any(map(self._places.home_of, texts))

    def _is_home(self, node: Node, depth: int = 3) -> bool:
        """Whether an expression is the home folder, or what stands for it where none is told."""
        first, *others = (element for _, element in chain(node))
        if others:
            told = all(self.homes.is_home(e) or e.type == "string" for e in others)
            return told and self.homes.is_home(first)
        if self.homes.is_home(first):
            return True
        value = self.made.values.constant(first)
        return value is not None and depth > 0 and self._is_home(value, depth - 1)


def _at(pieces: list[Made], index: int) -> Node | None:
    """The literal of the piece that a character of a text stands in."""
    for piece in pieces:
        if index < len(piece.text):
            return piece.node
        index -= len(piece.text)
    return None
