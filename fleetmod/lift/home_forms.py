"""Homes that no single literal spells as they are: put together, in another form, of a user who is
only known at run time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.flow.branches import guards_of
from fleetmod.flow.made import Made, MadeTexts
from fleetmod.flow.path_use import FILES, ROUTE, PathUse
from fleetmod.flow.platforms import EVERY, platform_of
from fleetmod.flow.texts import Values
from fleetmod.lift.home_flow import USERS
from fleetmod.lift.homes import Homes
from fleetmod.places import (
    ENCODED,
    PLAIN,
    RESPELLED,
    WINDOWS,
    Places,
    Spelled,
    names_nobody,
)
from fleetmod.regex import lazy
from fleetmod.syntax.cooked import HOLE, cook
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import ancestors, parts, unwrap

SPLIT, OWN, ANYONE, STRANGER = "split", "own", "anyone", "stranger"
# how the name of a folder of homes may end in a literal
_ENDS = lazy(r"(?:[sS]|home)(?:[/\\%\0-]|\$\{|$)")
_SMALL = ("users", "USERS")  # the folder of homes as routes and tables are spelled, too
# what macOS and programs put into a home, as no route is spelled
_IN_HOMES = lazy(r"/(?:(?:Library|Desktop|Documents|Downloads|Applications)(?:/|$)|\.[a-z])")
_READS = 20  # of a constant: that many are looked at


@dataclass(frozen=True)
class _NoProgram:
    """What guards are asked for: homes have no program of their own."""

    name: str = "\0"
    platform: str = "darwin"


@dataclass(frozen=True)
class HomeForm:
    """A home that a literal spells a part of: its kind, the text that it stands in, the pieces of
    that and where it lies in them; `value` is its user where that is an expression."""

    kind: str
    top: Node
    pieces: tuple[Made, ...]
    found: Spelled
    value: Node | None = None


class HomeForms:
    """Finds them in one file."""

    def __init__(self, scopes: Scopes, values: Values, homes: Homes, places: Places) -> None:
        self.source, self.values, self.homes, self.places = scopes.source, values, homes, places
        self.made = MadeTexts(scopes, values)
        self.used = PathUse(scopes, self.made)
        self._guards = guards_of(values, _NoProgram())
        self._known: dict[int, tuple[Made, ...]] = {}

    def of(self, node: Node) -> HomeForm | None:
        """The home of which a literal spells the folder's name, or the end of that."""
        spelled = self.source.text(node)[1:-1]  # as it is, for a template whose backslashes are raw
        if not (_ENDS.search(spelled) or _ENDS.search(cook(node, self.source).text)):
            return None
        for use in (node, *self.homes.uses(node)[:_READS]):
            if (form := self._in(self.made.top(use), node)) is not None:
                return form
        return self._listed(node)

    def _listed(self, node: Node) -> HomeForm | None:
        """A folder of homes with a configured name behind it, in a list that something joins."""
        folder, name = self.values.literal(node), node.next_named_sibling
        while name is not None and name.type == "comment":
            name = name.next_named_sibling
        if folder is None or folder.rstrip("/") not in ("/Users", "/home") or name is None:
            return None
        user = (self.values.literal(name) or "").lstrip("/").split("/")[0]
        if user not in self.places.users:
            return None
        found = Spelled(0, len(folder), len(folder.rstrip("/")), user, PLAIN)
        return HomeForm(SPLIT, node, (Made(folder, node),), found)

    def _pieces(self, top: Node) -> tuple[Made, ...]:
        if top.id not in self._known:
            self._known[top.id] = tuple(self.made.pieces(top))
        return self._known[top.id]

    def _in(self, top: Node, node: Node) -> HomeForm | None:
        pieces = self._pieces(top)
        text = "".join(piece.text for piece in pieces)
        named = "ers" in text.lower() or "home" in text
        for found in self.places.forms(text) if named else ():
            over = list(_between(pieces, found.start, found.end))
            speller = next(_between(pieces, found.word - 1, found.word), None)
            if speller is None or speller.node is None or speller.node.id != node.id:
                continue
            value = over[-1].node if found.user == HOLE else None
            use = FILES if text.endswith("file:", 0, found.start) else self.used.of(top)
            apart = len({piece.node.id for piece in over if piece.node is not None}) > 1
            folder = text[: found.word].replace("\\", "/").rpartition("/")[2]
            if value is not None:
                kind = self._of_value(top, found, value, folder, use)
            elif found.user in self.places.users:
                kind = self._of_configured(found, folder, apart, use)
            else:
                kind = self._of_stranger(found, text, folder, apart, use)
            if kind:
                return HomeForm(kind, top, pieces, found, value)
        return None

    def _of_configured(self, found: Spelled, folder: str, apart: bool, use: str) -> str:
        if found.form in (WINDOWS, ENCODED):
            return found.form
        if folder not in ("Users", "home") and use == ROUTE:
            return ""
        if apart:
            return SPLIT
        return RESPELLED if found.form == RESPELLED else ""

    def _of_value(self, top: Node, found: Spelled, value: Node, folder: str, use: str) -> str:
        """The kind of a home whose user is an expression; a home on Windows is made so for every
        user there, and binds to no host."""
        if found.form not in (PLAIN, RESPELLED):
            return ""
        own = self.homes.is_user(value)
        if use == ROUTE or own:
            return OWN if use != ROUTE else ""
        if found.start or folder == "home" or self._by_platform(top):
            return ""
        if self._beside_linux(top, value):
            return ""
        looked_at, named = use == FILES, self._names_user(value)
        # in small letters it is a route, unless files of a user are looked for there
        told = looked_at and named if folder in _SMALL else looked_at or named
        return ANYONE if told else ""

    def _names_user(self, value: Node) -> bool:
        """Whether a name, or the field that is read, is called as the name of a user."""
        node = unwrap(value)
        named = node.child_by_field_name("property") or node
        if named.type not in ("identifier", "property_identifier"):
            return False
        return self.source.text(named).replace("_", "").lower().endswith(USERS)

    def _of_stranger(self, found: Spelled, text: str, folder: str, apart: bool, use: str) -> str:
        if names_nobody(found.user, found.form) or (found.form == PLAIN and not apart):
            return ""
        if folder == "home":
            return ""
        if folder not in _SMALL or found.form in (WINDOWS, ENCODED):
            return STRANGER if use != ROUTE else ""
        # in small letters it is a route, unless files are looked for there or a home holds such
        told = use == FILES or (not use and _IN_HOMES.match(text, found.end) is not None)
        begins = found.start == (len("file:") if text.startswith("file:") else 0)
        return STRANGER if told and begins else ""

    def _beside_linux(self, top: Node, value: Node) -> bool:
        """Whether the same user's home below /home stands beside, in one list: what is tried on a
        host of either platform."""
        listed = top.parent
        if listed is None or listed.type not in ("array", "arguments"):
            return False
        user = self.source.squeezed(unwrap(value))
        for other in parts(listed):
            pieces = self._pieces(other)
            named = pieces[1].node if len(pieces) > 1 and pieces[0].text == "/home/" else None
            if named is not None and self.source.squeezed(unwrap(named)) == user:
                return True
        return False

    def _by_platform(self, node: Node) -> bool:
        """Whether a text is one of several that the platform chooses between."""
        if self._guards.platforms_at(node) != EVERY:
            return True
        keys = (a.child_by_field_name("key") for a in ancestors(node) if a.type == "pair")
        return any(key is not None and platform_of(self.source.text(key)) for key in keys)


def _between(pieces: tuple[Made, ...], start: int, end: int) -> Iterator[Made]:
    """The pieces that some characters of a text lie in."""
    at = 0
    for piece in pieces:
        if at < end and at + len(piece.text) > start:
            yield piece
        at += len(piece.text)
