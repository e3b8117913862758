"""Homes that a test looks for and gives to nobody: `expect(page).not.toContain("/Users/sam")`.

What such a check looks at comes from elsewhere, from a file of the repository or from this host. A
check of a moved home would look for what nothing spells: one that must find nothing goes on
passing, and tests nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tree_sitter import Node

from fleetmod.flow.uses import receiver
from fleetmod.mentions import mentions
from fleetmod.places import Places
from fleetmod.regex import lazy
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, ancestors, contains

_CHECKS = lazy(r"(?:assert|expect)(?![a-z])|chai\b|should\b|t\b")
_TESTS = frozenset(("test", "it", "specify", "Deno"))
# what compares a text with another one
_COMPARES = frozenset(
    "startsWith endsWith includes indexOf lastIndexOf search match matchAll test exec has".split()
)
_THROUGH = frozenset(
    "parenthesized_expression as_expression satisfies_expression non_null_expression "
    "unary_expression template_string template_substitution array object pair spread_element "
    "arguments".split()
)
_OPERATORS = frozenset(("===", "!==", "==", "!=", "&&", "||", "??", "+"))
_DEPTH = 3  # constants of constants


def sought_in(scopes: Scopes, literals: Iterable[Node], places: Places) -> frozenset[str]:
    """The users whose home some test of a file looks for, and that neither this test nor code
    outside of the tests gives to anything. `literals` are those that may spell a home."""
    sought: dict[int, set[str]] = defaultdict(set)  # by the test around, 0 for none
    given: dict[int, set[str]] = defaultdict(set)
    for node in literals:
        users = {mention.user for mention in mentions(cook(node, scopes.source).text, places)}
        for test, only in _uses(node, scopes, _DEPTH) if users else ():
            (sought if only else given)[test] |= users
    return frozenset(user for at, users in sought.items() for user in users - given[at] - given[0])


def _uses(node: Node, scopes: Scopes, depth: int) -> Iterator[tuple[int, bool]]:
    """The test of each use of a value, and whether a check only compares it there."""
    source, below, compared = scopes.source, node, False
    for a in ancestors(node):
        if a.type == "variable_declarator":
            name = a.child_by_field_name("name")
            binding = scopes.resolve(name) if name is not None else None
            uses = scopes.references(binding) if binding is not None and depth else []
            for use in uses:
                yield from _uses(use, scopes, depth - 1)
            if uses:
                return
            break
        if a.type in FUNCTIONS:  # `paths.some((path) => path.startsWith(HOME))`
            block = a.child_by_field_name("body")
            if block is None or block.type == "statement_block" or not contains(block, node):
                break
        elif a.type == "call_expression":
            arguments, function = (a.child_by_field_name(f) for f in ("arguments", "function"))
            root = receiver(a) or function
            inside = arguments is not None and contains(arguments, below)
            method = function.child_by_field_name("property") if function is not None else None
            if root is not None and _CHECKS.match(source.text(root)) and inside:
                # `expect(x)` alone: what it has is looked at, and not looked for
                if compared or method is not None:
                    yield _test_of(a, scopes), True
                    return
                break
            compares = method is not None and source.text(method) in _COMPARES
            compared = compared or compares
            if inside and not compares and below.type not in FUNCTIONS:
                break
        elif a.type == "binary_expression":
            operator = a.child_by_field_name("operator")
            if operator is None or source.text(operator) not in _OPERATORS:
                break
            compared = compared or "=" in source.text(operator)
        elif a.type == "member_expression":
            if below.type != "regex":  # `/…/.test(x)`
                break
        elif a.type not in _THROUGH:
            break
        if a.type != "arguments":
            below = a
    yield _test_of(node, scopes), False


def _test_of(node: Node, scopes: Scopes) -> int:
    """The test (`it("…", () => …)`) that code stands in; 0 where it stands in none."""
    for a in ancestors(node):
        if a.type == "call_expression":
            root = receiver(a) or a.child_by_field_name("function")
            if root is not None and scopes.source.text(root) in _TESTS:
                return a.id
    return 0
