"""What kind of home path a node holds, which decides what may be done about it."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod.lift.homes import Homes, chain
from fleetmod.places import PLACEHOLDERS, Places
from fleetmod.settings import Settings
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.values import Values, unwrap
from fleetmod.testfiles import is_test

FALLBACK, PATH, TEST, COMMENT = "fallback", "path", "test", "comment"
STRANGER, PLACEHOLDER = "stranger", "placeholder"
KINDS = frozenset({FALLBACK, PATH, TEST, COMMENT, STRANGER, PLACEHOLDER})


class HomeKinds:
    def __init__(self, scopes: Scopes, values: Values, homes: Homes, settings: Settings) -> None:
        self.source, self.values, self.homes = scopes.source, values, homes
        self.settings = settings
        self.test = is_test(scopes.source.path)

    def kind(self, node: Node) -> str:
        """The kind of a literal, JSX text or comment; empty where it holds no home path."""
        found = list(self.settings.places.find(self.source.own_text(node)))
        if not found:
            return ""
        if not any(path.base for path in found):
            everyone = all(path.user in PLACEHOLDERS for path in found)
            return PLACEHOLDER if everyone or self.test else STRANGER
        if node.type == "comment":
            return COMMENT
        if self.test and self.source.text(node)[1:-1] not in self.settings.production_literals:
            return TEST
        return FALLBACK if self._in_chain(node) else PATH

    def _in_chain(self, node: Node) -> bool:
        parent = node.parent
        while parent is not None and parent.type == "parenthesized_expression":
            parent = parent.parent
        if parent is None or parent.type not in ("binary_expression", "ternary_expression"):
            return False
        if parent.type == "ternary_expression":
            condition = parent.child_by_field_name("condition")
            return condition is not None and self.homes.is_lookup(condition)
        return any(self.homes.is_lookup(unwrap(e)) for _, e in chain(parent))


def production_literals(data: bytes, places: Places) -> set[str]:
    """The quoted texts of a file that hold a home path, as they are spelled."""
    import re

    out = set()
    for match in re.finditer(
        r"([\"'`])((?:(?!\1)[^\n\\]|\\.)*)\1", data.decode("utf-8", "replace")
    ):
        if next(places.find(match.group(2)), None) is not None:
            out.add(match.group(2))
    return out
