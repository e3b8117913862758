"""Arguments that a condition chooses: `...(again ? ["-k"] : [])`."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.syntax.source import ancestors, parts, same, unwrap, walk

# what asks and does nothing: names, fields, literals and the operators between them
_ASKS = frozenset(
    "identifier this member_expression property_identifier unary_expression binary_expression "
    "parenthesized_expression string string_fragment number true false null undefined".split()
)


def chosen(spread: Node, values: Values) -> tuple[Node, list[Node], list[Node]] | None:
    """The condition of a spread list, the elements where it holds and those where it does not.

    None where it is no such list, or where what the condition asks may change between the list's
    declaration and the spread.
    """
    node = unwrap(parts(spread)[0]) if parts(spread) else spread
    binding = values.scopes.resolve(node) if node.type == "identifier" else None
    if binding is not None:
        fixed = values.scopes.fixed(binding) and binding.value is not None
        if not fixed or binding.value is None or len(values.scopes.references(binding)) != 1:
            return None
        if not _right_behind(binding.declaration, spread):
            return None
        node = unwrap(binding.value)
    if node.type != "ternary_expression":
        return None
    condition, *branches = (
        node.child_by_field_name(field) for field in ("condition", "consequence", "alternative")
    )
    if condition is None or any(
        each.type not in _ASKS for each in walk(condition) if each.is_named
    ):
        return None
    lists = [values.elements(branch) for branch in branches if branch is not None]
    given = [each for each in lists if each is not None]
    if len(given) != 2 or any(values.literal(word) is None for each in given for word in each):
        return None
    return condition, given[0], given[1]


def _right_behind(declaration: Node, use: Node) -> bool:
    """Whether the statement of a use follows on that of a declaration."""
    statement = declaration.parent
    following = statement.next_named_sibling if statement is not None else None
    return following is not None and any(same(a, following) for a in ancestors(use))
