"""Writes what a rule's template makes of a match, with the code that its holes stand for."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lower.draft import Draft, Refused
from fleetmod.syntax.pattern import Bound, pattern
from fleetmod.syntax.source import Source, walk

# an expression that stays one wherever it is put
_ONE = frozenset(
    "identifier property_identifier this super member_expression subscript_expression "
    "call_expression string template_string number true false null undefined array object regex "
    "parenthesized_expression non_null_expression class".split()
)
# where any expression may stand as it is
_FREE = frozenset(
    "arguments array pair template_substitution parenthesized_expression variable_declarator "
    "assignment_expression return_statement expression_statement arrow_function "
    "statement_block program computed_property_name throw_statement public_field_definition".split()
)

Imports = Sequence[tuple[str, Sequence[str]]]  # modules, each with the names that it exports


def fill(
    template: str, imports: Imports, rule: str, node: Node, draft: Draft, bound: Bound
) -> None:
    """Replace a match of `rule` by its template, and import what that needs.

    Raises Refused where a comment would be lost, and where a hole stands for several nodes in a
    place for one.
    """
    source, made = draft.scopes.source, pattern(template)
    kept = [each for nodes in bound.values() for each in nodes]
    for comment in (n for n in walk(node) if n.type == "comment"):
        if not any(k.start_byte <= comment.start_byte < k.end_byte for k in kept):
            raise Refused(reasons.COMMENT_LOST)
    text, at = "", 0
    base = made.node.start_byte
    own = made.source.data
    for hole, name, _ in made.places():
        text += own[base + at : hole.start_byte].decode()
        text += _filled(hole, bound[name], source)
        at = hole.end_byte - base
    text += own[base + at : made.node.end_byte].decode()
    for module, names in imports:
        for name in names:
            if draft.import_of(module, name) != name:
                raise Refused(
                    reasons.OWN_NAME(f"`{name}` is another thing in this file; rewrite it by hand")
                )
    kinds = {each.type for each in bound[made.hole]} if made.hole else {made.node.type}
    if not kinds <= _ONE and _binds_tighter(node):
        text = f"({text})"
    draft.replace(node, text, rule)


def _filled(hole: Node, nodes: Sequence[Node], source: Source) -> str:
    if not nodes:
        return ""
    text = source.slice(nodes[0].start_byte, nodes[-1].end_byte)
    alone = len(nodes) == 1 and nodes[0].type not in _ONE
    return f"({text})" if alone and _binds_tighter(hole) else text


def _binds_tighter(node: Node) -> bool:
    """Whether what stands around a node may take a part of an expression that is put there."""
    above = node.parent
    return above is not None and above.type not in _FREE
