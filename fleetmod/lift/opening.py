"""What an expression is made of: constants, fields, joined paths and small functions opened."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod.flow.effects import class_of, key_of
from fleetmod.flow.texts import Hole, Values
from fleetmod.lift.operation import Word, WordPiece
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, Source, ancestors, parts, same, unwrap, walk

# a `this` in one of these is its own
_OWN_THIS = ("method_definition", "function_expression", "function_declaration")


class Opening:
    """Opens expressions of one file, one step at a time."""

    def __init__(self, scopes: Scopes, values: Values) -> None:
        self.scopes, self.source, self.values = scopes, scopes.source, values

    def open(self, node: Node) -> Word | None:
        """The pieces behind a name, a field, a joined path or a call; None for anything else."""
        node = unwrap(node)
        value = self.values.constant(node) or self._field(node) or self._called(node)
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

    def returned(self, call: Node, awaited: bool = False) -> Node | None:
        """The one value that a local function of no parameters gives, if it gives any; `awaited`
        tells that the call's promise is."""
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
        promised = any(child.type == "async" for child in made.children)
        if body is None or (promised and not awaited):
            return None
        return body if body.type != "statement_block" else _last_value(made)

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

    def _called(self, node: Node) -> Node | None:
        """What a method of the own class, or of the own object, gives that takes nothing:
        `this.plistPath()`."""
        function = node.child_by_field_name("function")
        if node.type != "call_expression" or function is None or function.type == "identifier":
            return None
        owner, name = (
            function.child_by_field_name("object"),
            function.child_by_field_name("property"),
        )
        if owner is None or name is None or owner.type != "this":
            return None
        spelled = self.source.text(name)
        body = class_of(owner) or self._object_of(owner, spelled)
        if body is None or self._overridden(body, spelled):
            return None
        named = [m for m in parts(body) if self._name_of(m) == spelled]
        if len(named) != 1 or named[0].type != "method_definition":
            return None
        given = parts(named[0].child_by_field_name("parameters"))
        kinds = {child.type for child in named[0].children} & {"async", "get", "set", "*"}
        return _last_value(named[0]) if not given and not kinds else None

    def only_gives(self, call: Node) -> bool:
        """Whether a call of such a method does nothing but give its value."""
        value = self._called(call)
        returned = value.parent if value is not None else None
        return returned is not None and len(parts(returned.parent)) == 1

    def _object_of(self, this: Node, name: str) -> Node | None:
        """The constant object that a `this` is, where nothing in the file writes to that name."""
        method = next((a for a in ancestors(this) if a.type in (*_OWN_THIS, "class_body")), None)
        made = method.parent if method is not None else None
        holder = made.parent if made is not None else None
        if made is None or holder is None or made.type != "object":
            return None
        declared = (
            holder.child_by_field_name("name") if holder.type.endswith("declarator") else None
        )
        binding = self.scopes.declared(declared) if declared is not None else None
        known = all(m.type in ("method_definition", "pair") for m in parts(made))
        if binding is None or not known or not self.scopes.fixed(binding):
            return None
        copied = [r for r in self.scopes.references(binding) if not _is_owner(r)]
        return None if copied or self.values.effects.writer(binding, this, name) else made

    def _name_of(self, member: Node) -> str:
        key = member.child_by_field_name("name")
        return self.source.text(key) if key is not None else ""

    def _field(self, node: Node) -> Node | None:
        """What a field holds that nothing changes: of a constant object, or of the own class."""
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if node.type != "member_expression" or owner is None or name is None:
            return None
        spelled = self.source.text(name)
        if owner.type == "this":
            return self._member(owner, spelled)
        value = self.values.constant(owner, spelled)
        return value_of(value, spelled, self.source) if value is not None else None

    def _member(self, this: Node, name: str) -> Node | None:
        """The value of a getter, or of a field that is set once: where it is declared, or in the
        constructor."""
        body = class_of(this)
        if body is None or self._overridden(body, name):
            return None
        for member in parts(body):
            if self._name_of(member) != name:
                continue
            if member.type == "public_field_definition":
                return self._set_once(member, body, name)
            if any(child.type == "get" for child in member.children):
                return _last_value(member)
        return None

    def _set_once(self, member: Node, body: Node, name: str) -> Node | None:
        """The value of a field by the one place that sets it; None where there are more."""
        writers = self.values.effects.field_writers(body, name)
        made = member.child_by_field_name("value")
        if made is not None:
            return made if not writers else None
        own = any(c.type in ("accessibility_modifier", "readonly") for c in member.children)
        if len(writers) != 1 or not own or writers[0].type != "assignment_expression":
            return None
        block = writers[0].parent.parent if writers[0].parent is not None else None
        method = block.parent if block is not None and block.type == "statement_block" else None
        named = method.child_by_field_name("name") if method is not None else None
        if named is None or self.source.text(named) != "constructor":
            return None
        return writers[0].child_by_field_name("right")

    def _overridden(self, body: Node, name: str) -> bool:
        """Whether a class of the file that extends this one has such a member of its own."""
        named = body.parent.child_by_field_name("name") if body.parent is not None else None
        if named is None:
            return False
        for other in self.source.of("class_declaration"):
            inside = other.child_by_field_name("body")
            heritage = next((c for c in other.named_children if c.type == "class_heritage"), None)
            if heritage is None or inside is None:
                continue
            words = {self.source.text(n) for n in walk(heritage) if n.type == "identifier"}
            members = (member.child_by_field_name("name") for member in parts(inside))
            if self.source.text(named) in words and any(
                key is not None and self.source.text(key) == name for key in members
            ):
                return True
        return False

    def changed(self, node: Node) -> Node | None:
        """The node that keeps a field or a constant from being known, since it may change it."""
        node = unwrap(node)
        owner, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        spelled = self.source.text(name) if name is not None else None
        if owner is not None and owner.type == "this" and spelled is not None:
            body = class_of(owner)
            writers = self.values.effects.field_writers(body, spelled) if body is not None else []
            return next(iter(writers), None)
        named = owner if owner is not None else node
        binding = self.scopes.resolve(named) if named.type == "identifier" else None
        if binding is None:
            return None
        made = unwrap(binding.value) if binding.value is not None else None
        if owner is None and (made is None or made.type not in ("object", "array")):
            return None  # a plain value has no parts that anything could write to
        return self.values.effects.writer(binding, named, spelled)


def _is_owner(name: Node) -> bool:
    """Whether a name is only asked for something of it: `tool.stop()`."""
    parent = name.parent
    return parent is not None and same(parent.child_by_field_name("object"), name)


def _last_value(function: Node) -> Node | None:
    """What a function gives whose one `return` ends its body."""
    body = function.child_by_field_name("body")
    if body is None:
        return None
    returns = [n for n in walk(body, FUNCTIONS) if n.type == "return_statement"]
    last = body.named_children[-1:]
    return next(iter(parts(returns[0])), None) if returns and returns == last else None


def value_of(made: Node, name: str, source: Source) -> Node | None:
    """What an object literal holds under a name; None where a later part may hold another."""
    if made.type != "object":
        return None
    for pair in reversed(parts(made)):
        key = key_of(pair, source.text) if pair.type != "spread_element" else None
        if key is None:
            return None
        if key == name:
            return pair if pair.type.startswith("shorthand") else pair.child_by_field_name("value")
    return None


def joined(parts: list[WordPiece]) -> Word:
    """Neighbouring texts as one, empty ones dropped."""
    out: list[WordPiece] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        elif part != "":
            out.append(part)
    return tuple(out)
