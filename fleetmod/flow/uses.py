"""Where a value goes: the calls that it, or what holds it, is handed to in the same file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import FUNCTIONS, ancestors, enclosing_function, parts, same, unwrap

# an expression that is, or holds, the part that is looked at
_CARRIES = frozenset(
    "parenthesized_expression as_expression satisfies_expression non_null_expression "
    "await_expression ternary_expression binary_expression template_substitution template_string "
    "object array pair spread_element sequence_expression".split()
)
# these give on what they are given: nothing is done with it yet
_GIVES_ON = frozenset(
    "JSON.stringify Object.freeze Object.assign Object.entries Object.values String join resolve "
    "path.join path.resolve path.normalize normalize structuredClone".split()
)
_DEPTH = 4  # constants of constants: beyond this nobody follows them by eye either


@dataclass(frozen=True)
class Use:
    """A call (or `new`) that gets a value; `argument` is the outermost part of it that does."""

    call: Node
    argument: Node


class Uses:
    """Follows the values of one file."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes, self.source = scopes, scopes.source

    def of(self, node: Node, depth: int = _DEPTH) -> Iterator[Use]:
        """Each call that an expression's value reaches: directly, through names, fields and
        elements, and through local functions that return it."""
        for parent in ancestors(node):
            if parent.type not in _CARRIES:
                break
            if same(parent.child_by_field_name("condition"), node):
                return
            node = parent
        else:
            return
        if parent.type == "arguments" and parent.parent is not None:
            call = parent.parent
            function = call.child_by_field_name("function")
            if function is not None and self.source.squeezed(function) in _GIVES_ON:
                yield from self.of(call, depth)
            else:
                yield Use(call, node)
        elif parent.type in ("member_expression", "subscript_expression"):
            yield from self._taken(parent, depth)
        elif not depth:
            return
        elif parent.type == "variable_declarator":
            yield from self._named(parent.child_by_field_name("name"), depth)
        elif parent.type == "assignment_expression":
            left = parent.child_by_field_name("left")
            if left is not None and left.type == "identifier":
                yield from self._named(left, depth)
        elif parent.type == "return_statement" or parent.type == "arrow_function":
            yield from self._returned(parent, depth)

    def _taken(self, access: Node, depth: int) -> Iterator[Use]:
        """A field, an element or a method of it: what is taken out goes on; `list.map(f)` does."""
        parent = access.parent
        if parent is not None and parent.type == "call_expression":
            yield Use(parent, access)
            yield from self.of(parent, depth)
        else:
            yield from self.of(access, depth)

    def _named(self, pattern: Node | None, depth: int) -> Iterator[Use]:
        waiting = [pattern] if pattern is not None else []
        while waiting:
            node = waiting.pop()
            if node.type in ("identifier", "shorthand_property_identifier_pattern"):
                binding = self.scopes.resolve(node)
                if binding is not None:
                    yield from self._references(binding, depth)
            else:
                waiting += node.named_children

    def _references(self, binding: Binding, depth: int) -> Iterator[Use]:
        for reference in self.scopes.references(binding):
            yield from self.of(reference, depth - 1)

    def _returned(self, node: Node, depth: int) -> Iterator[Use]:
        """What a local function returns goes where it is called."""
        function = node if node.type in FUNCTIONS else enclosing_function(node)
        name = function.child_by_field_name("name") if function is not None else None
        holder = function.parent if function is not None else None
        if name is None and holder is not None and holder.type == "variable_declarator":
            name = holder.child_by_field_name("name")
        binding = self.scopes.resolve(name) if name is not None else None
        for reference in self.scopes.references(binding) if binding is not None else ():
            call = reference.parent
            if call is not None and same(call.child_by_field_name("function"), reference):
                yield from self.of(call, depth - 1)


def receiver(call: Node) -> Node | None:
    """The name at the beginning of `db.update(t).set(row)`: whose methods are called."""
    node = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    while node is not None:
        node = unwrap(node)
        inner = node.child_by_field_name("object") or node.child_by_field_name("function")
        if inner is None:
            break
        node = inner
    return node if node is not None and node.type in ("identifier", "this") else None


def method_of(call: Node) -> Node | None:
    """The name of the method that a call calls; None where it calls a plain function."""
    function = call.child_by_field_name("function")
    return function.child_by_field_name("property") if function is not None else None


def arguments_of(call: Node) -> list[Node]:
    """The arguments of a call, comments aside."""
    return parts(call.child_by_field_name("arguments"))
