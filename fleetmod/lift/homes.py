"""Expressions whose value is the user's home folder, and fallback chains that end in one."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.values import Values, unwrap

_LOOKUPS = lazy(
    r"(process|Bun)\.env(\.HOME|\.USERPROFILE|\[[\"'](HOME|USERPROFILE)[\"']\])"
    r"(!|(\?|!)?\.trim\(\))?"
    r"|(\w+\.)?homedir\(\)"
    r"|Deno\.env\.get\([\"'](HOME|USERPROFILE)[\"']\)"
    r"|\w*[iI]dentity\.homeDir"
)
_HOME_LITERAL = lazy(r"/(Users|home)/[^/\s]+/?")


def chain(node: Node) -> list[tuple[str, Node]]:
    """A fallback chain as (operator before it, element) pairs; one pair for a plain expression."""
    node = unwrap(node)
    if node.type == "binary_expression":
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator is not None and operator.type in ("||", "??") and left and right:
            first, *rest = chain(right)
            return [*chain(left), (operator.type, first[1]), *rest]
    return [("", node)]


class Homes:
    """Tells home folders apart from other expressions of one file."""

    def __init__(self, scopes: Scopes, values: Values) -> None:
        self.scopes, self.values = scopes, values

    def is_lookup(self, node: Node) -> bool:
        """Whether an expression asks the environment or the OS for the home folder."""
        text = re.sub(r"\s+", "", self.scopes.source.text(unwrap(node)))
        return bool(_LOOKUPS.fullmatch(text))

    def is_home(self, node: Node, depth: int = 4) -> bool:
        """Whether an expression is the home folder: a lookup, a chain of them, or a constant."""
        if self.is_lookup(node):
            return True
        elements = chain(node)
        if len(elements) > 1:
            return all(
                self.is_home(e, depth)
                or bool(_HOME_LITERAL.fullmatch(self.values.literal(e) or ""))
                for _, e in elements
            )
        value = self.values.constant(node)
        return value is not None and depth > 0 and self.is_home(value, depth - 1)
