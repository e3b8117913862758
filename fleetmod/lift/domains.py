"""The caller's own user id and domain, however code spells them (launchctl(1), gui/UID)."""

from __future__ import annotations

import re
from functools import cached_property

from tree_sitter import Node

from fleetmod.flow.texts import Hole, Values
from fleetmod.lift.opening import Opening
from fleetmod.lift.runners import Runners
from fleetmod.regex import lazy
from fleetmod.runner import CHILD, STRUCT, TEXT
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import parts, unwrap

_UID_CALLS = lazy(
    r"process\.getuid(\?\.|!)?\(\)|(\w+\.)?userInfo\(\)\.uid|process\.geteuid(\?\.|!)?\(\)"
    r"|(process\.)?getuid\.call\(process\)|Deno\.uid\(\)"
    r"|process\.env(?:\.UID|\[[\"']UID[\"']\])"
)
_AS_TEXT = lazy(r"\??\.toString\(\)$")
_NUMBERS = ("String", "Number", "parseInt", "Number.parseInt")
_SHAPED = ("trim", "trimEnd", "toString", "text")


def _awaited(node: Node) -> Node:
    """The expression that is awaited, where one is."""
    node = unwrap(node)
    while node.type == "await_expression":
        node = unwrap(parts(node)[0])
    return node


class Domains:
    """Tells for one file's expressions."""

    def __init__(self, scopes: Scopes, values: Values, opening: Opening) -> None:
        self.scopes, self.values, self.opening = scopes, values, opening

    def own_uid(self, node: Node, depth: int = 4) -> bool:
        """Whether an expression is the caller's own user id."""
        node = _awaited(node)
        text = self.scopes.source.squeezed(node)
        if _UID_CALLS.fullmatch(_AS_TEXT.sub("", text)):
            return True
        if node.type == "identifier" and depth:
            value = self.values.constant(node)
            return value is not None and self.own_uid(value, depth - 1)
        if node.type == "binary_expression":
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            return (
                left is not None
                and right is not None
                and self.own_uid(left, depth)
                and (self._fixed(right) or self.own_uid(right, depth))
            )
        if node.type == "ternary_expression":
            branches = [node.child_by_field_name(f) for f in ("consequence", "alternative")]
            own = [b is not None and self.own_uid(b, depth) for b in branches]
            fixed = [b is not None and self._fixed(b) for b in branches]
            return any(own) and all(o or f for o, f in zip(own, fixed, strict=True))
        if node.type == "template_string" and len(node.named_children) == 1:
            inner = node.named_children[0]
            return inner.type == "template_substitution" and self.own_uid(
                inner.named_children[0], depth
            )
        if node.type == "call_expression":
            inlined = self.values.inline(node)
            if inlined is not None and not inlined[1] and depth:
                return self.own_uid(inlined[0], depth - 1)
            returned = self.opening.returned(node, awaited=True) if depth else None
            if returned is not None and self.own_uid(returned, depth - 1):
                return True
            function = node.child_by_field_name("function")
            name = self.scopes.source.squeezed(function) if function is not None else ""
            given = parts(node.child_by_field_name("arguments"))
            if name in _NUMBERS and given:
                return self.own_uid(given[0], depth)
        return self._printed(node, depth)

    def _printed(self, node: Node, depth: int) -> bool:
        """Whether an expression is what `id -u` prints (id(1))."""
        node = _awaited(node)
        if node.type == "identifier" and depth:
            value = self.values.constant(node)
            return value is not None and self._printed(value, depth - 1)
        if node.type == "member_expression":
            field, of = node.child_by_field_name("property"), node.child_by_field_name("object")
            named = field is not None and self.scopes.source.text(field) == "stdout"
            return named and of is not None and self._printed(of, depth)
        if node.type == "binary_expression":  # `(r.stdout || "501").trim()`
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            either = left is not None and right is not None and self._fixed(right)
            return either and left is not None and self._printed(left, depth)
        given = parts(node.child_by_field_name("arguments"))
        if node.type == "new_expression":
            made = node.child_by_field_name("constructor")
            response = made is not None and self.scopes.source.text(made) == "Response"
            return response and bool(given) and self._printed(given[0], depth)
        function = node.child_by_field_name("function")
        if node.type != "call_expression" or function is None:
            return False
        field, of = function.child_by_field_name("property"), function.child_by_field_name("object")
        if field is not None and of is not None and self.scopes.source.text(field) in _SHAPED:
            return self._printed(of, depth)
        runner = self._runners.of_call(node)
        if runner is None or runner.tool is not None or runner.result not in (TEXT, STRUCT, CHILD):
            return False
        return self._asks_id(given[runner.command_at :])

    @cached_property
    def _runners(self) -> Runners:
        return Runners(self.scopes, self.values)

    def _asks_id(self, given: list[Node]) -> bool:
        """Whether the arguments of a runner are the command `id -u`: in one text, in a list, or as
        a program and a list."""
        words: list[str] = []
        for argument in given[:2]:
            listed = parts(argument) if argument.type == "array" else [argument]
            texts = [self.values.literal(each) for each in listed]
            if argument.type == "object" or None in texts:
                break
            words += [word for text in texts if text is not None for word in text.split()]
        return words in (["id", "-u"], ["/usr/bin/id", "-u"])

    def _fixed(self, node: Node) -> bool:
        """Whether an expression is what stands for the id where there is none."""
        node = unwrap(node)
        text = self.scopes.source.text(node)
        return node.type == "number" or (node.type == "string" and not text.strip("\"'0123456789"))

    def own(self, node: Node, depth: int = 4) -> bool:
        """Whether an expression chooses or returns the caller's own domain."""
        value = self.values.constant(node) or self.opening.returned(node)
        node = unwrap(value if value is not None else node)
        if node.type == "ternary_expression" and depth:
            branches = [node.child_by_field_name(f) for f in ("consequence", "alternative")]
            own = [b is not None and self.own(b, depth - 1) for b in branches]
            fixed = [
                b is not None and re.fullmatch(r"gui/\d+", self.values.literal(b) or "") is not None
                for b in branches
            ]
            return any(own) and all(o or f for o, f in zip(own, fixed, strict=True))
        pieces = self.values.pieces(node)
        return (
            len(pieces) == 2
            and pieces[0] == "gui/"
            and isinstance(pieces[1], Hole)
            and self.own_uid(pieces[1].node)
        )
