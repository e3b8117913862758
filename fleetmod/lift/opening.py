"""What an expression is made of: constants, fields, joined paths and small functions opened."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.flow.texts import Hole, Values
from fleetmod.lift.operation import Word, WordPiece
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, ancestors, parts, unwrap, walk


class Opening:
    """Opens expressions of one file, one step at a time."""

    def __init__(self, scopes: Scopes, values: Values) -> None:
        self.scopes, self.source, self.values = scopes, scopes.source, values

    def open(self, node: Node) -> Word | None:
        """The pieces behind a name, a field, a joined path or a call; None for anything else."""
        node = unwrap(node)
        value = self.values.constant(node) or self._field(node)
        if value is not None:
            return self.made_of(self._plist(value))
        inlined = self.values.inline(node)
        if inlined is None:
            return self._joined(node)
        body, arguments = inlined
        out: list[WordPiece] = []
        for piece in self.made_of(body):
            binding = (
                self.scopes.resolve(piece.node)
                if isinstance(piece, Hole) and piece.node.type == "identifier"
                else None
            )
            argument = arguments.get(binding.name_node.id) if binding is not None else None
            out.extend([piece] if argument is None else self.values.pieces(argument))
        return joined(out)

    def made_of(self, node: Node) -> Word:
        return self._joined(node) or self.values.pieces(node)

    def returned(self, call: Node) -> Node | None:
        """The one value that a local function of no parameters gives, if it gives any."""
        function = call.child_by_field_name("function")
        binding = (
            self.scopes.resolve(function)
            if call.type == "call_expression" and function and function.type == "identifier"
            else None
        )
        if binding is None or not self.scopes.fixed(binding):
            return None
        made = unwrap(binding.value) if binding.value is not None else binding.declaration
        body = made.child_by_field_name("body") if made.type in FUNCTIONS else None
        if body is None or any(child.type == "async" for child in made.children):
            return None
        if body.type != "statement_block":
            return body
        returns = [n for n in walk(body, FUNCTIONS) if n.type == "return_statement"]
        last = body.named_children[-1:]
        return next(iter(returns[0].named_children), None) if returns and returns == last else None

    def _plist(self, value: Node) -> Node:
        """The branch that names a plist, of a path that is chosen by the platform."""
        if value.type != "ternary_expression":
            return value
        branches = [value.child_by_field_name(f) for f in ("consequence", "alternative")]
        plists = [b for b in branches if b is not None and self._ends_in_plist(b)]
        return plists[0] if len(plists) == 1 else value

    def _ends_in_plist(self, node: Node) -> bool:
        last = self.made_of(node)[-1:]
        return bool(last) and isinstance(last[0], str) and last[0].endswith(".plist")

    def _joined(self, node: Node) -> Word | None:
        """`join(a, "b", c)` and `path.resolve(…)` as one slashed word."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if node.type != "call_expression" or function is None or arguments is None:
            return None
        if not re.fullmatch(r"(\w+\.)?(join|resolve)", self.scopes.original(function)):
            return None
        out: list[WordPiece] = []
        for index, argument in enumerate(parts(arguments)):
            out.extend(["/"] if index else [])
            out.extend(self.values.pieces(argument))
        return joined(out)

    def _field(self, node: Node) -> Node | None:
        """What a field holds that nothing changes: of a constant object, or of the own class."""
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if node.type != "member_expression" or owner is None or name is None:
            return None
        spelled = self.source.text(name)
        if owner.type == "this":
            return self._member(node, spelled)
        value = self.values.constant(owner)
        if (
            value is None
            or value.type != "object"
            or self._changed(self.source.text(owner), spelled)
        ):
            return None
        for pair in value.named_children:
            key = pair.child_by_field_name("key")
            if key is not None and self.source.text(key).strip("\"'") == spelled:
                return pair.child_by_field_name("value")
        return None

    def _member(self, node: Node, name: str) -> Node | None:
        """The value of a getter, or of a field that is set where it is declared."""
        body = next((a for a in ancestors(node) if a.type == "class_body"), None)
        for member in body.named_children if body is not None else ():
            key = member.child_by_field_name("name")
            if key is None or self.source.text(key) != name:
                continue
            if member.type == "public_field_definition" and not self._changed("this", name):
                return member.child_by_field_name("value")
            block = member.child_by_field_name("body")
            only = parts(block)
            getter = any(child.type == "get" for child in member.children)
            if getter and len(only) == 1 and only[0].type == "return_statement":
                return next(iter(only[0].named_children), None)
        return None

    def _changed(self, owner: str, name: str) -> bool:
        spelled = self.source.text(self.source.root)
        return re.search(rf"\b{re.escape(owner)}\.{re.escape(name)}\s*=[^=]", spelled) is not None


def joined(parts: list[WordPiece]) -> Word:
    """Neighbouring texts as one, empty ones dropped."""
    out: list[WordPiece] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        elif part != "":
            out.append(part)
    return tuple(out)
