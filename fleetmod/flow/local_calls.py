"""Which functions of a file run one another, and what a parameter of one gets from those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property

from tree_sitter import Node

from fleetmod.flow.effects import class_of
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import FUNCTIONS, ancestors, parts, same, unwrap

# what runs the functions that it gets before the code goes on, or as the rest of it
_IN_PLACE = lazy(
    r"(?:.*\.)?(?:map|flatMap|forEach|filter|find|some|every|reduce|then|catch|finally"
    r"|setTimeout|setImmediate|queueMicrotask|nextTick|Promise)|Effect\.\w+"
)
_WAITS = ("await_expression", "yield_expression")
_GIVEN = ("arguments", "object", "pair", "array")
_MEMBERS = ("method_definition", "public_field_definition", "pair")


class LocalCalls:
    """The functions of one file, by who runs them."""

    def __init__(self, scopes: Scopes) -> None:
        self._scopes, self._source = scopes, scopes.source

    def owner(self, node: Node) -> Node | None:
        """The function that a node is a step of, through callbacks that run there; None at the top
        level."""
        function = _function(node)
        while function is not None and self._in_place(function):
            function = _function(function)
        return function

    def called(self, call: Node) -> Node | None:
        """The function of the file that a call runs by its name."""
        name = call.child_by_field_name("function")
        binding = self._scopes.resolve(name) if name and name.type == "identifier" else None
        return self.declared(binding) if binding is not None else None

    def declared(self, binding: Binding) -> Node | None:
        """The function that a name stands for wherever it is read."""
        if not self._scopes.fixed(binding):
            return None
        made = unwrap(binding.value) if binding.value is not None else binding.declaration
        return made if made.type in FUNCTIONS else None

    def around(self, node: Node) -> list[Node | None]:
        """The owner of a node, and of what that stands in, to the top level."""
        found = [self.owner(node)]
        while found[-1] is not None:
            found.append(self.owner(found[-1]))
        return found

    def connected(self, owners: Iterable[Node | None]) -> dict[int | None, int | None]:
        """For each owner, and each function that runs one, one that stands for all that are
        connected with it: one runs the other, or a third one runs both, straight or through more
        of them."""
        above: dict[int | None, int | None] = {}

        def top(each: int | None) -> int | None:
            above.setdefault(each, each)
            while above[each] != each:
                above[each] = each = above[above[each]]
            return each

        waiting, seen = list(owners), set[int | None]()
        while waiting:
            owner = waiting.pop()
            if key(owner) in seen:
                continue
            seen.add(key(owner))
            for use in self._uses(owner) if owner is not None else ():
                user = self.owner(use)
                if user is None and not _is_called(use):
                    continue  # the module only hands it on: `command.action(start)`
                above[top(key(owner))] = top(key(user))
                waiting.append(user)
        return {each: top(each) for each in seen}

    def callers(self, function: Node | None) -> list[Node]:
        """The functions that run another one by its name, or give it to a call."""
        users = map(self.owner, self._uses(function)) if function is not None else ()
        return [user for user in users if user is not None]

    def given(self, parameter: Node) -> list[Node] | None:
        """What the calls of a file's own function give for a parameter, by a name that reads it;
        None where others may call it, too, or give it something else."""
        binding = self._scopes.resolve(parameter) if parameter.type == "identifier" else None
        if binding is None or binding.kind != "parameter" or self._scopes.assigned(binding):
            return None
        function = _function(binding.name_node)
        declared = self._binding(function) if function is not None else None
        if function is None or declared is None or self._scopes.exported(declared):
            return None
        listed = function.child_by_field_name("parameters")
        names = [each.child_by_field_name("pattern") for each in parts(listed)]
        at = next((i for i, name in enumerate(names) if same(name, binding.name_node)), None)
        uses = self._scopes.references(declared)
        if at is None or not all(_is_called(use) and use.parent is not None for use in uses):
            return None
        calls = [parts(u.parent.child_by_field_name("arguments")) for u in uses if u.parent]
        return [given[at] for given in calls] if all(len(g) > at for g in calls) else None

    def _in_place(self, function: Node) -> bool:
        """Whether a function runs where it stands: `(() => …)()`, `list.map(() => …)`."""
        outer = function.parent
        while outer is not None and outer.type in ("parenthesized_expression", *_GIVEN):
            function, outer = outer, outer.parent
        if outer is None or outer.type not in ("call_expression", "new_expression"):
            return False
        called = outer.child_by_field_name("function") or outer.child_by_field_name("constructor")
        if called is None or same(called, function):
            return called is not None
        awaited = outer.parent is not None and outer.parent.type in _WAITS
        return awaited or bool(_IN_PLACE.fullmatch(self._scopes.original(called)))

    def _uses(self, function: Node) -> Iterator[Node]:
        """The names by which a function is called, or given to a call."""
        binding = self._binding(function)
        if binding is not None:
            refs = self._scopes.references(binding)
            yield from (ref for ref in refs if _is_called(ref) or _is_argument(ref))
        member = function if function.type == "method_definition" else function.parent
        if member is None or member.type not in _MEMBERS:
            return
        named = member.child_by_field_name("name") or member.child_by_field_name("key")
        for access in self._accesses.get(self._source.text(named), ()) if named else ():
            if self._is_of(access, member):
                yield access

    def _binding(self, function: Node) -> Binding | None:
        """The name that a function is declared under, or that a constant gives it."""
        holder = function
        if function.type not in ("function_declaration", "generator_function_declaration"):
            outer = [a for a in ancestors(function) if a.type != "parenthesized_expression"][:1]
            if not outer or outer[0].type != "variable_declarator":
                return None
            holder = outer[0]
        name = holder.child_by_field_name("name")
        binding = self._scopes.resolve(name) if name is not None else None
        return binding if binding is not None and self._scopes.fixed(binding) else None

    @cached_property
    def _accesses(self) -> dict[str, list[Node]]:
        """The members that are called, by name."""
        found: dict[str, list[Node]] = defaultdict(list)
        for access in self._source.of("member_expression"):
            name = access.child_by_field_name("property")
            if name is not None and _is_called(access):
                found[self._source.text(name)].append(access)
        return found

    def _is_of(self, access: Node, member: Node) -> bool:
        """Whether `this.name` or `object.name` is a member of a class or of an object."""
        owner, body = access.child_by_field_name("object"), member.parent
        if owner is None or body is None:
            return False
        if owner.type == "this":
            return same(class_of(owner), body)
        binding = self._scopes.resolve(owner) if owner.type == "identifier" else None
        made = unwrap(binding.value) if binding is not None and binding.value is not None else None
        if made is None or made.type != "new_expression":
            return same(made, body)
        named, class_ = made.child_by_field_name("constructor"), body.parent
        name = class_.child_by_field_name("name") if class_ is not None else None
        return named is not None and name is not None and named.text == name.text


def key(function: Node | None) -> int | None:
    """What tells a function from others of the file; None for the top level."""
    return function.id if function is not None else None


def _function(node: Node) -> Node | None:
    return next((a for a in ancestors(node) if a.type in FUNCTIONS), None)


def _is_called(node: Node) -> bool:
    outer = node.parent
    if outer is None or outer.type != "call_expression":
        return False
    return same(outer.child_by_field_name("function"), node)


def _is_argument(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "arguments"
