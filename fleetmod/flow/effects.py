"""What may change the object, array or field behind a name, between its literal and a use.

That a name is never assigned again (`Scopes.fixed`) says little of what it holds: `job.plist = x`,
`Object.assign(job, …)`, an alias, a pattern, or a function that is given it may write to it. Each
question is answered with the node that may write, so that a refusal can name its line; None is the
proof that nothing in the file does. What another module writes to an exported object, or to a field
of an instance that it is given, is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tree_sitter import Node

from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import FUNCTIONS, ancestors, contains, parts, same, unwrap

_ACCESS = ("member_expression", "subscript_expression")
_WRITES = ("assignment_expression", "augmented_assignment_expression", "update_expression")
_TARGETS = (
    *("array_pattern", "object_pattern", "pair_pattern", "rest_pattern"),
    *("assignment_pattern", "object_assignment_pattern"),
)
_LOOPS = ("for_statement", "for_in_statement", "while_statement", "do_statement")
_SAME = (
    *("parenthesized_expression", "as_expression", "satisfies_expression"),
    *("non_null_expression", "await_expression", "sequence_expression", "ternary_expression"),
)
_HOLDS = ("object", "array", "pair", "spread_element")
_OPERATORS = ("||", "&&", "??")  # that give on one of their sides as it is
# what has no parts that anybody could write to
_PLAIN = (
    *("string", "template_string", "number", "true", "false", "null", "undefined", "regex"),
    *("binary_expression", "unary_expression"),
)
# ECMA-262, 23.1.3, 24.1.3 and 24.2.3: the methods that change the array, map or set itself
_MUTATORS = frozenset(
    "push pop shift unshift splice sort reverse fill copyWithin set add delete clear".split()
)
# ECMA-262, 20.1.2 and 28.1: these write to their first argument
_SETTERS = (
    *("Object.assign", "Object.defineProperty", "Object.defineProperties", "Object.setPrototypeOf"),
    *("Reflect.set", "Reflect.defineProperty", "Reflect.deleteProperty", "Reflect.setPrototypeOf"),
)
_GIVES_BACK = ("Object.assign", "Object.freeze", "Object.seal")  # their first argument
# a `this` below one of these is not that of the class or object around it
_OWN_THIS = (
    *("function_expression", "function_declaration", "generator_function"),
    *("generator_function_declaration", "class_body"),
)


class Effects:
    """The writes to what the names and fields of one file hold."""

    def __init__(self, scopes: Scopes) -> None:
        self.scopes, self.source = scopes, scopes.source
        self._known: dict[tuple[int, str | None], tuple[Node, ...]] = {}

    def writer(self, binding: Binding, use: Node, field: str | None = None) -> Node | None:
        """The node that may change what a fixed name holds, or one field of it, before `use`."""
        for node in self._writers(binding, field):
            if self._before(node, use, binding):
                return node
        return None

    def field_writers(self, body: Node, name: str) -> list[Node]:
        """The nodes by which the class with this body may write to its field `name`."""
        found: list[Node] = []
        for node in self.source.of("this"):
            if same(class_of(node), body):
                found += self._written(node, None, name)
        return found

    # -- what a name holds -----------------------------------------------------------------------

    def _writers(self, binding: Binding, field: str | None) -> tuple[Node, ...]:
        key = (binding.name_node.id, field)
        if key not in self._known:
            self._known[key] = ()  # an alias of itself adds nothing
            made = unwrap(binding.value) if binding.value is not None else None
            found = [*self._own_methods(made, field)]
            for use in self.scopes.references(binding):
                found += self._written(use, made, field)
            self._known[key] = tuple(sorted(found, key=lambda node: node.start_byte))
        return self._known[key]

    def _own_methods(self, made: Node | None, field: str | None) -> Iterator[Node]:
        """`{ plist, move() { this.plist = x } }` writes to the object that it is a method of."""
        if made is None or made.type != "object":
            return
        for node in self.source.of("this"):
            if contains(made, node):
                yield from self._written(node, made, field)

    def _written(self, use: Node, made: Node | None, field: str | None) -> Iterator[Node]:
        """The nodes by which one use of an object writes, or lets somebody write.

        `made` is the literal that the object is, None where that is not known; `field` narrows the
        question to one field.
        """
        parent = use.parent
        while parent is not None and (parent.type in (*_SAME, *_HOLDS) or _gives_on(parent)):
            if same(parent.child_by_field_name("condition"), use):
                return
            if parent.type in _HOLDS:
                if parent.type == "spread_element" and not has_parts(made, field):
                    return  # a copy
                made, field = None, None
            use, parent = parent, parent.parent
        if parent is None:
            return
        if parent.type in _ACCESS and same(parent.child_by_field_name("object"), use):
            yield from self._accessed(parent, made, field)
        elif parent.type == "variable_declarator":
            name = parent.child_by_field_name("name")
            if name is not None and (name.type == "identifier" or has_parts(made, field)):
                yield from self._through(name, field if name.type == "identifier" else None)
        elif parent.type in _WRITES:
            yield from self._assigned(use, parent, field)
        elif parent.type == "arguments" and parent.parent is not None:
            yield from self._given(use, parent, made, field)
        elif parent.type == "for_in_statement" and has_parts(made, field):
            left = parent.child_by_field_name("left")
            if left is not None and not same(left, use):
                yield from self._through(left, None)

    def _accessed(self, access: Node, made: Node | None, field: str | None) -> Iterator[Node]:
        """A field or an element is written, a method is called, or a part of it is handed on."""
        name = self._name(access)
        whole = access
        while whole.parent is not None and whole.parent.type in _SAME:
            whole = whole.parent
        parent = whole.parent
        if parent is None:
            return
        if parent.type == "call_expression" and same(parent.child_by_field_name("function"), whole):
            if name is None or name in _MUTATORS:
                yield parent
            elif has_parts(made, field):
                yield from self._in_callbacks(parent)
                yield from self._written(parent, None, None)
            return
        if field is not None and name is not None and name != field:
            return
        deleted = parent.type == "unary_expression" and parent.children[0].type == "delete"
        left = parent.child_by_field_name("left")
        written = parent.type in (*_WRITES, "for_in_statement") and (
            same(left, whole) or (left is None and parent.type == "update_expression")
        )
        if deleted or written or parent.type in _TARGETS:
            yield parent
        elif has_parts(made, name if name is not None else field):
            yield from self._written(access, None, None)

    def _name(self, access: Node) -> str | None:
        """The field that is meant; None where it is only known at run time."""
        name = access.child_by_field_name("property")
        if name is not None:
            return self.source.text(name)
        index = access.child_by_field_name("index")
        if index is not None and index.type in ("string", "number"):
            return self.source.text(index).strip("\"'")
        return None

    def _in_callbacks(self, call: Node) -> Iterator[Node]:
        """`list.forEach((each) => { each.plist = x })`"""
        for argument in parts(call.child_by_field_name("arguments")):
            if argument.type in FUNCTIONS:
                for pattern in _patterns(argument):
                    yield from self._through(pattern, None)

    def _through(self, pattern: Node, field: str | None) -> Iterator[Node]:
        """The writers of each name that a pattern, or a plain name, stands for."""
        waiting = [pattern]
        while waiting:
            node = waiting.pop()
            if node.type in ("identifier", "shorthand_property_identifier_pattern"):
                binding = self.scopes.resolve(node)
                if binding is not None:
                    yield from self._writers(binding, field)
            waiting += node.named_children

    def _assigned(self, use: Node, assignment: Node, field: str | None) -> Iterator[Node]:
        """It gets another name, or is kept in another object, which others hold, too."""
        left = assignment.child_by_field_name("left")
        if left is None or same(left, use):
            return  # the name gets another value: `Scopes.fixed` tells that
        if left.type == "identifier":
            yield from self._through(left, field)
        elif not self.source.text(left).startswith(("module.exports", "exports.")):
            yield assignment

    def _given(
        self, use: Node, arguments: Node, made: Node | None, field: str | None
    ) -> Iterator[Node]:
        """It is an argument: what the function does with its parameter counts."""
        call = arguments.parent
        assert call is not None
        function = call.child_by_field_name("function") or call.child_by_field_name("constructor")
        if function is None:
            return
        at = next((i for i, each in enumerate(parts(arguments)) if same(each, use)), 0)
        spelled = self.source.squeezed(function)
        if spelled in _SETTERS and at == 0 and self._sets(arguments, field):
            yield call
        elif spelled in (*_SETTERS, *_GIVES_BACK):
            if spelled in _GIVES_BACK and at == 0:
                yield from self._written(call, made, field)
        elif (local := self._local(function)) is not None:
            patterns = _patterns(local)
            if at < len(patterns) and next(self._through(patterns[at], field), None) is not None:
                yield call
        elif not self._only_reads(function):
            yield call

    def _sets(self, arguments: Node, field: str | None) -> bool:
        """Whether `Object.assign(x, { … })` and the like may write the field."""
        given = parts(arguments)[1:]
        if field is None or any(each.type != "object" for each in given):
            return True
        keys = [key_of(pair, self.source.text) for each in given for pair in parts(each)]
        return None in keys or field in keys

    def _local(self, function: Node) -> Node | None:
        """The function of this file that an expression names."""
        function = unwrap(function)
        if function.type in FUNCTIONS:
            return function
        binding = self.scopes.resolve(function) if function.type == "identifier" else None
        if binding is None or not self.scopes.fixed(binding):
            return None
        made = unwrap(binding.value) if binding.value is not None else binding.declaration
        return made if made.type in FUNCTIONS else None

    def _only_reads(self, function: Node) -> bool:
        """Whether a function is one of the language, of a runtime or of a package, which are taken
        to write to nothing. One of the repository's own, or a method of an object, may."""
        root = unwrap(function)
        while root.type in (*_ACCESS, "call_expression", "non_null_expression"):
            inner = root.child_by_field_name("object") or root.child_by_field_name("function")
            root = unwrap(inner if inner is not None else root.named_children[0])
        if root.type != "identifier":
            return root.type == "import"
        binding = self.scopes.resolve(root)
        if binding is None:
            return True
        module = self.scopes.module(binding)
        return bool(module) and not module.startswith((".", "/", "#", "~", "@/"))

    # -- order -----------------------------------------------------------------------------------

    def _before(self, writer: Node, use: Node, binding: Binding) -> bool:
        """Whether a write may come before a use.

        It does not where it stands behind it in the same function, outside of a loop around both,
        and the object is made anew each time that the function runs.
        """
        if writer.start_byte < use.end_byte:
            return True
        function, other = _function_of(use), _function_of(writer)
        together = same(function, other) or (function is None and other is None)
        if not together or (function is not None and not contains(function, binding.scope)):
            return True
        return any(a.type in _LOOPS and contains(a, writer) for a in ancestors(use))


def has_parts(made: Node | None, field: str | None) -> bool:
    """Whether what a literal holds (in one field, where it is named) may be written to itself."""
    if made is None or made.type not in ("object", "array"):
        return made is None
    for part in parts(made):
        if part.type == "pair":
            key = key_of(part, lambda node: (node.text or b"").decode("utf-8", "replace"))
            if field is not None and key is not None and key != field:
                continue
            value = part.child_by_field_name("value")
            part = unwrap(value) if value is not None else part
        if part.type not in _PLAIN and part.type not in FUNCTIONS:
            return True
    return False


def class_of(this: Node) -> Node | None:
    """The body of the class whose instance a `this` is."""
    for a in ancestors(this):
        if a.type == "class_body":
            return a
        in_object = a.type == "method_definition" and a.parent is not None
        if a.type in _OWN_THIS or (in_object and a.parent and a.parent.type == "object"):
            return None
    return None


def key_of(pair: Node, text: Callable[[Node], str]) -> str | None:
    """The name that a part of an object literal gives a value; None where that is not known."""
    if pair.type == "shorthand_property_identifier":
        return text(pair)
    key = pair.child_by_field_name("key") or pair.child_by_field_name("name")
    if key is None or key.type == "computed_property_name":
        return None
    return text(key).strip("\"'")


def _gives_on(node: Node) -> bool:
    operator = node.child_by_field_name("operator") if node.type == "binary_expression" else None
    return operator is not None and operator.type in _OPERATORS


def _patterns(function: Node) -> list[Node]:
    """The parameters of a function: names, or patterns."""
    single = function.child_by_field_name("parameter")
    if single is not None:
        return [single]
    listed = parts(function.child_by_field_name("parameters"))
    found = (each.child_by_field_name("pattern") for each in listed)
    return [pattern for pattern in found if pattern is not None]


def _function_of(node: Node) -> Node | None:
    return next((a for a in ancestors(node) if a.type in FUNCTIONS), None)
