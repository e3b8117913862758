"""Lists of places to look at, in which one user's spelling repeats a portable one."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.flow.texts import Hole, Values
from fleetmod.lift.homes import Homes
from fleetmod.places import Places
from fleetmod.regex import lazy
from fleetmod.syntax.source import Source, parts

_LOOKS = lazy(r"filter|find|findLast|some|map|flatMap|forEach|every")


class Repeats:
    """The candidate lists of one file."""

    def __init__(self, places: Places, homes: Homes, values: Values) -> None:
        self.places, self.homes, self.values = places, homes, values
        self._known: dict[int, dict[str, set[int]]] = {}

    def holds(self, node: Node) -> bool:
        """Whether a literal is an element of a candidate list that has its path already.

        Only a list that is given a name, returned or searched is one: the elements of a tuple, of
        arguments or of another array have their places.
        """
        array = node.parent
        if array is None or array.type != "array" or not _is_candidates(array, self.values.source):
            return False
        mine = _portable(node, self.places, self.homes, self.values)
        return mine is not None and bool(self._asked(array).get(mine, set()) - {node.id})

    def _asked(self, array: Node) -> dict[str, set[int]]:
        """The elements of a list that look the home folder up, by the path that they make."""
        if array.id not in self._known:
            found: dict[str, set[int]] = {}
            for element in parts(array):
                if _asks(element, self.homes, self.values):
                    path = _portable(element, self.places, self.homes, self.values)
                    if path is not None:
                        found.setdefault(path, set()).add(element.id)
            self._known[array.id] = found
        return self._known[array.id]


def removal(node: Node, source: Source) -> tuple[int, int]:
    """The bytes of an element with its comma, and with its line where it stands alone."""
    start, end = node.start_byte, node.end_byte
    data = source.data
    match = re.compile(rb"[ \t]*,[ \t]*").match(data, end)
    before = node.prev_named_sibling
    while before is not None and before.type == "comment":
        before = before.prev_named_sibling
    if match:
        end = match.end()
    elif before is not None:
        start = before.end_byte
    line_start = data.rfind(b"\n", 0, start) + 1
    line_end = data.find(b"\n", end)
    if line_end >= 0 and not data[line_start:start].strip() and not data[end:line_end].strip():
        start, end = line_start, line_end + 1
    return start, end


def _is_candidates(array: Node, source: Source) -> bool:
    parent = array.parent
    if parent is None:
        return False
    if parent.type == "member_expression":
        method = parent.child_by_field_name("property")
        return method is not None and bool(_LOOKS.fullmatch(source.text(method)))
    if parent.type == "variable_declarator":
        name, kind = parent.child_by_field_name("name"), parent.child_by_field_name("type")
        tuple_type = kind is not None and "tuple" in str(kind)
        return name is not None and name.type == "identifier" and not tuple_type
    return parent.type in ("return_statement", "arrow_function")


def _asks(node: Node, homes: Homes, values: Values) -> bool:
    """Whether an element looks the home folder up."""
    return any(isinstance(p, Hole) and homes.is_home(p.node) for p in values.pieces(node))


def _portable(node: Node, places: Places, homes: Homes, values: Values) -> str | None:
    """A path as text with the home folder as `~`; None when something else is unknown."""
    out = ""
    for piece in values.pieces(node):
        if isinstance(piece, Hole) and homes.is_home(piece.node):
            out += "~"
        elif isinstance(piece, Hole):
            known = values.literal(piece.node)
            if known is None:
                return None
            out += known
        else:
            out += piece
    found = next(places.find(out), None)
    if found is not None and found.base and found.start == 0:
        out = "~" + out[out.index(found.user) + len(found.user) :]
    return out if out == "~" or out.startswith("~/") else None
