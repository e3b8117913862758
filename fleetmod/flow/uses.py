"""Where a value goes: the calls that it, or what holds it, is handed to in the same file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
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


@dataclass(frozen=True)
class _Holder:
    """A name that a value goes to; `called`: whoever calls it, and else whoever reads it, has the
    value. `depth` is how far it is followed from there."""

    binding: Binding
    called: bool
    depth: int


class Uses:
    """Follows the values of one file, and gathers what the calls that they reach tell.

    `tell` gives what one call tells, by a word of its own choice.
    """

    def __init__(self, scopes: Scopes, tell: Callable[[Use], Collection[str]]) -> None:
        self.scopes, self.source, self._tell = scopes, scopes.source, tell
        # many values go to one name, and all of its uses are looked at once
        self._told: dict[_Holder, dict[str, Use]] = {}

    def of(self, node: Node, depth: int = _DEPTH) -> dict[str, Use]:
        """What is told by the calls that an expression's value reaches: directly, through names,
        fields and elements, and through local functions that return it. Each word comes with the
        first call that tells it."""
        told: dict[str, Use] = {}
        for step in self._steps(node, depth):
            if isinstance(step, Use):
                found = dict.fromkeys(self._tell(step), step)
            else:
                found = self._held(step)
            told = {**found, **told}
        return told

    def _held(self, holder: _Holder) -> dict[str, Use]:
        if holder not in self._told:
            told: dict[str, Use] = {}
            for reference in self.scopes.references(holder.binding):
                node: Node | None = reference
                if holder.called:
                    call = reference.parent
                    function = call.child_by_field_name("function") if call is not None else None
                    node = call if same(function, reference) else None
                if node is not None:
                    told = {**self.of(node, holder.depth), **told}
            self._told[holder] = told
        return self._told[holder]

    def _steps(self, node: Node, depth: int) -> Iterator[Use | _Holder]:
        """Where a value goes next: a call that gets it, or a name that has it from then on."""
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
                yield from self._steps(call, depth)
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

    def _taken(self, access: Node, depth: int) -> Iterator[Use | _Holder]:
        """A field, an element or a method of it: what is taken out goes on; `list.map(f)` does."""
        parent = access.parent
        if parent is not None and parent.type == "call_expression":
            yield Use(parent, access)
            yield from self._steps(parent, depth)
        else:
            yield from self._steps(access, depth)

    def _named(self, pattern: Node | None, depth: int) -> Iterator[_Holder]:
        waiting = [pattern] if pattern is not None else []
        while waiting:
            node = waiting.pop()
            if node.type in ("identifier", "shorthand_property_identifier_pattern"):
                binding = self.scopes.resolve(node)
                if binding is not None:
                    yield _Holder(binding, False, depth - 1)
            else:
                waiting += node.named_children

    def _returned(self, node: Node, depth: int) -> Iterator[_Holder]:
        """What a local function returns goes where it is called."""
        function = node if node.type in FUNCTIONS else enclosing_function(node)
        name = function.child_by_field_name("name") if function is not None else None
        holder = function.parent if function is not None else None
        if name is None and holder is not None and holder.type == "variable_declarator":
            name = holder.child_by_field_name("name")
        binding = self.scopes.resolve(name) if name is not None else None
        if binding is not None:
            yield _Holder(binding, True, depth - 1)


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
