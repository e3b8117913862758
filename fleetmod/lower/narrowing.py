"""Values whose type a check narrows: a closure does not see that, so they are bound before it.

`if (unit.label) settle(() => port.stop(unit.label))` does not compile: inside of a function
expression TypeScript forgets what a condition told of a property, or of a variable that is assigned
(TypeScript Handbook, Narrowing; release notes of 2.0 and 5.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Hole, Pieces
from fleetmod.lift.operation import Operation
from fleetmod.lower.draft import Draft, Refused
from fleetmod.lower.style import line_indent
from fleetmod.syntax.source import (
    BLOCKS,
    FUNCTIONS,
    ancestors,
    contains,
    enclosing_function,
    same,
    walk,
)

_CHOICES = ("||", "&&", "??")
_LOOPS = ("while_statement", "do_statement", "for_statement", "for_in_statement")


class Narrowing:
    """Binds the values of one file's calls outside of the closures that are written for them."""

    def __init__(self, draft: Draft) -> None:
        self.draft, self.scopes, self.source = draft, draft.scopes, draft.scopes.source

    def outside(self, op: Operation, call: Node, rule: str) -> Operation:
        """The operation as it can stand in a closure written for `call`: what a check narrows is
        bound by a statement before. Raises Refused where no statement can stand there."""
        label = self._pieces(op.label, call, rule, "plist" if op.in_plist else "label")
        source = self._pieces(op.source, call, rule) if op.source and not op.in_plist else None
        if op.in_plist and op.source is not None:
            source = label  # the same path, bound once
        return replace(op, label=label, source=source)

    def _pieces(self, pieces: Pieces, call: Node, rule: str, name: str = "label") -> Pieces:
        only = pieces[0] if len(pieces) == 1 else None
        if not isinstance(only, Hole) or only.name or not self._narrowed(only.node, call):
            return pieces  # in a template anything may stand
        return (replace(only, name=self._bind(only.node, call, rule, name)),)

    def _narrowed(self, node: Node, call: Node) -> bool:
        if node.type == "identifier":
            binding = self.scopes.resolve(node)
            if binding is None or binding.kind in ("const", "import", "function"):
                return False
            if binding.kind == "parameter" and not self.scopes.assigned(binding):
                return False
        elif node.type != "member_expression":
            return False
        spelled = self.source.squeezed(node)
        function = enclosing_function(call)
        around = function if function is not None else self.source.root
        return any(
            self.source.squeezed(part) == spelled
            for told in _told(around, call)
            for part in walk(told)
            if part.type == node.type
        )

    def _bind(self, node: Node, call: Node, rule: str, usual: str) -> str:
        """Bind a value by a line of its own before the call's statement; gives its name."""
        statement, data = self._statement(call), self.source.data
        start = data.rfind(b"\n", 0, statement.start_byte) + 1
        if start == 0 or data[start : statement.start_byte].strip():
            raise Refused(reasons.NARROWED_LABEL)
        end = start - 1 - (data[start - 2 : start - 1] == b"\r")
        field = node.child_by_field_name("property")
        wanted = (usual, self.source.text(field)) if field is not None else (usual,)
        name = self.draft.free_local(*wanted)
        self.draft.taken.add(name)
        style, indent = self.draft.style, line_indent(self.source, statement.start_byte)
        made = f"const {name} = {self.source.text(node)}{style.semicolon}"
        self.draft.replace_range(end, end, f"{style.newline}{indent}{made}", rule)
        return name

    def _statement(self, call: Node) -> Node:
        """The statement of a block that evaluates the call once, whatever comes before."""
        node = call
        for parent in ancestors(call):
            if parent.type in BLOCKS:
                return node
            operator = parent.child_by_field_name("operator")
            chosen = parent.type == "binary_expression" and (
                operator is not None
                and operator.type in _CHOICES
                and same(parent.child_by_field_name("right"), node)
            )
            inside = parent.type == "ternary_expression" and not same(
                parent.child_by_field_name("condition"), node
            )
            branch = parent.type in ("if_statement", "else_clause") and not same(
                parent.child_by_field_name("condition"), node
            )
            if chosen or inside or branch or parent.type in (*_LOOPS, *FUNCTIONS):
                break
            node = parent
        raise Refused(reasons.NARROWED_LABEL)


def _told(around: Node, call: Node) -> Iterator[Node]:
    """What conditions, and calls that may assert something, ask before a call."""
    for node in walk(around):
        if node.start_byte >= call.start_byte:
            continue
        condition = node.child_by_field_name("condition")
        if condition is not None and not contains(condition, call):
            yield condition
        operator = node.child_by_field_name("operator")
        left = node.child_by_field_name("left")
        if left is not None and operator is not None and operator.type in _CHOICES:
            yield left
        if node.type == "switch_statement" and (value := node.child_by_field_name("value")):
            yield value
        if node.type.endswith("assignment_expression") and left is not None:
            yield left
        if node.type == "expression_statement" and node.named_children:
            only = node.named_children[0]
            arguments = only.child_by_field_name("arguments")
            if arguments is not None and not contains(node, call):
                yield arguments
