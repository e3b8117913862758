"""Which declaration a name refers to, and every reference of a declaration, within one file."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node

from fleetmod.regex import lazy
from fleetmod.syntax.source import FUNCTIONS, Source, ancestors, parts, unwrap

_LOADS = lazy(r"(?:await\s+)?(?:require|import)\s*\(")
_LOADERS = ("require", "import")
_BLOCKS = FUNCTIONS | {
    "program",
    "statement_block",
    "for_statement",
    "for_in_statement",
    "catch_clause",
    "switch_body",
    "class_static_block",
}
_PATTERNS = {"object_pattern", "array_pattern", "pair_pattern", "rest_pattern"}
_PATTERNS |= {"object_assignment_pattern", "assignment_pattern"}
_PARAMETERS = {"required_parameter", "optional_parameter"}
_NAMES = (
    *("identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"),
)


@dataclass(frozen=True, eq=False)
class Binding:
    """A declared name. `kind` is const, let, var, using, function, class, import, parameter,
    catch, loop or enum; `value` is the initializer where there is one."""

    name: str
    kind: str
    name_node: Node
    declaration: Node
    scope: Node
    value: Node | None = None


class Scopes:
    """The name resolution of one file; built on first use and then cached."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._known: dict[str, list[Binding]] = {}
        self._nested: dict[str, _Nested] = {}
        self._read: dict[str, dict[Binding, list[Node]]] = {}
        self._written: dict[Binding, bool] = {}
        self._exported: dict[Binding, bool] = {}
        self._by_name: dict[str, dict[int, Binding]] = {}
        self.unawaited: dict[int, bool] = {}  # by function; see lower.context

    @cached_property
    def words(self) -> frozenset[str]:
        """Every name and string of the file, in small letters."""
        nodes = self.source.of("string", "identifier", "property_identifier")
        return frozenset(self.source.text(node).strip("\"'").lower() for node in nodes)

    @cached_property
    def _names(self) -> dict[str, list[Node]]:
        """Every identifier of the file, by name, in source order."""
        nodes: dict[str, list[Node]] = defaultdict(list)
        for node in self.source.of(*_NAMES):
            nodes[self.source.text(node)].append(node)
        return nodes

    @cached_property
    def _classes(self) -> dict[str, list[Binding]]:
        found: dict[str, list[Binding]] = defaultdict(list)
        for declaration in self.source.of("class_declaration"):
            node = declaration.child_by_field_name("name")
            if node is not None:
                name, scope = self.source.text(node), _block(declaration)
                found[name].append(Binding(name, "class", node, declaration, scope))
        return found

    def _named(self, name: str) -> list[Binding]:
        """The declarations of a name; most names of a file are never asked for."""
        if name not in self._known:
            declared = [_declared_by(node, name) for node in self._names.get(name, ())]
            found = [binding for binding in declared if binding is not None]
            self._known[name] = found + self._classes.get(name, [])
        return self._known[name]

    @cached_property
    def _every_name(self) -> frozenset[str]:
        return frozenset(self._names) | frozenset(self._classes)

    def names(self) -> frozenset[str]:
        """Every identifier that the file uses or declares."""
        return self._every_name

    def uses_global(self, name: str) -> bool:
        """Whether a name is used that nothing in the file declares, as the object of a member."""
        return any(
            node.parent is not None
            and node.parent.type == "member_expression"
            and self.resolve(node) is None
            for node in self._names.get(name, ())
        )

    def resolve(self, node: Node) -> Binding | None:
        """The declaration that an identifier refers to; None for a global or a property."""
        return self.lookup(self.source.text(node), node)

    def lookup(self, name: str, at: Node) -> Binding | None:
        """The declaration that `name` would refer to if it stood at `at`."""
        if name not in self._nested:
            self._nested[name] = _Nested(self._named(name))
        return self._nested[name].around(at)

    def original(self, node: Node) -> str:
        """An expression's text; for a renamed import, the name that its module gives it."""
        binding = self.resolve(node) if node.type == "identifier" else None
        holder = binding.name_node.parent if binding is not None else None
        if binding is not None and holder is not None:
            value = binding.declaration.child_by_field_name("value")
            required = value is not None and _LOADS.match(self.source.text(value))
            field = "name" if holder.type == "import_specifier" else "key" if required else ""
            if field and (given := holder.child_by_field_name(field)) is not None:
                return self.source.text(given)
        return self.source.text(node)

    def references(self, binding: Binding) -> list[Node]:
        """The places that read or write a declared name, the declaration itself left out."""
        if binding.name not in self._read:
            found: dict[Binding, list[Node]] = defaultdict(list)
            for node in self._names.get(binding.name, ()):
                declared = self.lookup(binding.name, node)
                if declared is not None and node.id != declared.name_node.id:
                    found[declared].append(node)
            self._read[binding.name] = found
        return self._read[binding.name].get(binding, [])

    def declared(self, name: Node) -> Binding | None:
        """The declaration whose name stands at a node."""
        text = self.source.text(name)
        if text not in self._by_name:
            self._by_name[text] = {b.name_node.id: b for b in reversed(self._named(text))}
        return self._by_name[text].get(name.id)

    def bindings(self, names: Iterable[str] | None = None) -> list[Binding]:
        """Every declaration of the file, or of some names, in source order."""
        wanted = self.names() if names is None else set(names)
        found = [binding for name in wanted for binding in self._named(name)]
        return sorted(found, key=lambda b: b.name_node.start_byte)

    def fixed(self, binding: Binding) -> bool:
        """Whether a name means what its declaration says wherever it is read."""
        if binding.kind in ("let", "var"):
            made = binding.declaration.child_by_field_name("value")
            return made is not None and not self.assigned(binding)
        return binding.kind in ("const", "function")

    def ambient(self, binding: Binding) -> bool:
        """Whether a declaration only tells the type of a global: `declare const Bun: any`."""
        statement = binding.declaration.parent
        holder = statement.parent if statement is not None else None
        return holder is not None and holder.type == "ambient_declaration"

    def module(self, binding: Binding) -> str:
        """The module that a name is imported or required from; empty for others."""
        if binding.kind == "import":
            declared: Iterable[Node] = (binding.declaration, *binding.declaration.named_children)
            named = (node.child_by_field_name("source") for node in declared)
            source = next((node for node in named if node is not None), None)
            return self.source.text(source)[1:-1] if source is not None else ""
        value = binding.declaration.child_by_field_name("value")
        return self.required(value) if value is not None else ""

    def required(self, node: Node) -> str:
        """The module that `require("m")` or `await import("m")` loads; empty for anything else."""
        node = unwrap(node)
        if node.type == "await_expression":
            node = unwrap(parts(node)[0])
        function = node.child_by_field_name("function")
        given = parts(node.child_by_field_name("arguments"))
        if function is None or len(given) != 1 or self.source.text(function) not in _LOADERS:
            return ""
        plain = given[0].type in ("string", "template_string") and not any(
            child.type == "template_substitution" for child in given[0].named_children
        )
        return self.source.text(given[0])[1:-1] if plain else ""

    def assigned(self, binding: Binding) -> bool:
        """Whether a name is written to after its declaration."""
        if binding not in self._written:
            self._written[binding] = any(map(_is_target, self.references(binding)))
        return self._written[binding]

    def exported(self, binding: Binding) -> bool:
        """Whether other modules can see a declaration (export statement, list, or CommonJS)."""
        if binding not in self._exported:
            self._exported[binding] = _is_exported(binding, self)
        return self._exported[binding]


class _Nested:
    """The declarations of one name by where they count: scopes lie in each other, or apart."""

    def __init__(self, bindings: list[Binding]) -> None:
        first: dict[tuple[int, int], Binding] = {}
        for binding in bindings:
            first.setdefault((binding.scope.start_byte, -binding.scope.end_byte), binding)
        ranges = sorted(first)
        self._starts = [start for start, _ in ranges]
        self._ends = [-end for _, end in ranges]
        self._bindings = [first[each] for each in ranges]
        self._outer: list[int] = []  # the index of the scope around each one, -1 for none
        open_ones: list[int] = []
        for index, start in enumerate(self._starts):
            while open_ones and self._ends[open_ones[-1]] <= start:
                open_ones.pop()
            self._outer.append(open_ones[-1] if open_ones else -1)
            open_ones.append(index)

    def around(self, node: Node) -> Binding | None:
        """The declaration with the innermost scope around a node."""
        index = bisect_right(self._starts, node.start_byte) - 1
        while index >= 0 and self._ends[index] < node.end_byte:
            index = self._outer[index]
        return self._bindings[index] if index >= 0 else None


def _is_exported(binding: Binding, scopes: Scopes) -> bool:
    if any(a.type == "export_statement" for a in (binding.declaration, *_near(binding))):
        return True
    return any(
        ref.parent is not None
        and (
            ref.parent.type in ("export_specifier", "export_statement")
            or _is_commonjs_export(ref, scopes.source)
        )
        for ref in scopes.references(binding)
    )


def _near(binding: Binding) -> list[Node]:
    return list(ancestors(binding.declaration))[:2]


def _is_commonjs_export(ref: Node, source: Source) -> bool:
    for a in ancestors(ref):
        if a.type == "assignment_expression":
            left = a.child_by_field_name("left")
            return left is not None and source.text(left).startswith(("module.exports", "exports."))
        if a.type not in ("object", "pair", "call_expression"):
            return False
    return False


def _is_target(node: Node) -> bool:
    parent = node.parent
    if parent is None:
        return False
    if parent.type in ("assignment_expression", "augmented_assignment_expression"):
        left = parent.child_by_field_name("left")
        return left is not None and left.id == node.id
    return parent.type == "update_expression" or parent.type in _PATTERNS


def _block(node: Node) -> Node:
    """The nearest block that encloses `node` (its own children's scope when it is one)."""
    last = node
    for a in ancestors(node):
        last = a
        if a.type in _BLOCKS:
            return a
    return last


def _function_scope(node: Node) -> Node:
    last = node
    for a in ancestors(node):
        last = a
        if a.type in FUNCTIONS or a.type == "program":
            return a
    return last


def _declared_by(node: Node, name: str) -> Binding | None:
    """The declaration that this identifier is the name of, if it is one."""
    parent = node.parent
    if parent is None:
        return None
    if parent.type == "arrow_function" and _is(parent, "parameter", node):
        return Binding(name, "parameter", node, parent, parent)
    if parent.type in (
        "function_declaration",
        "generator_function_declaration",
        "function_signature",
    ):
        if _is(parent, "name", node):
            return Binding(name, "function", node, parent, _block(parent))
    elif parent.type in ("function_expression", "generator_function") and _is(parent, "name", node):
        return Binding(name, "function", node, parent, parent)
    elif parent.type == "enum_declaration" and _is(parent, "name", node):
        return Binding(name, "enum", node, parent, _block(parent))
    elif parent.type in ("import_clause", "namespace_import", "import_require_clause"):
        statement = next(a for a in ancestors(node) if a.type == "import_statement")
        return Binding(name, "import", node, statement, _block(statement))
    elif parent.type == "import_specifier":
        alias = parent.child_by_field_name("alias")
        if alias is not None and alias.id != node.id:
            return None
        statement = next(a for a in ancestors(node) if a.type == "import_statement")
        return Binding(name, "import", node, statement, _block(statement))
    return _declared_by_pattern(node, name)


def _declared_by_pattern(node: Node, name: str) -> Binding | None:
    """The same for names inside declarators, parameters, loops and catch clauses."""
    inner: Node = node
    outer = node.parent
    while outer is not None and outer.type in _PATTERNS:
        key = outer.child_by_field_name("key")
        if outer.type == "pair_pattern" and key is not None and key.id == inner.id:
            return None
        if outer.type in ("assignment_pattern", "object_assignment_pattern"):
            right = outer.child_by_field_name("right")
            if right is not None and right.id == inner.id:
                return None
        inner, outer = outer, outer.parent
    if outer is None:
        return None
    plain = inner.id == node.id
    if outer.type == "variable_declarator" and _is(outer, "name", inner):
        statement = outer.parent
        assert statement is not None
        word = statement.children[0].type if statement.children else "var"
        scope = _function_scope(statement) if word == "var" else _block(statement)
        value = outer.child_by_field_name("value") if plain else None
        return Binding(name, word, node, outer, scope, value)
    if outer.type in _PARAMETERS and _is(outer, "pattern", inner):
        return Binding(name, "parameter", node, outer, _function_scope(outer))
    if outer.type == "catch_clause" and _is(outer, "parameter", inner):
        return Binding(name, "catch", node, outer, outer)
    if outer.type == "for_in_statement" and _is(outer, "left", inner):
        return Binding(name, "loop", node, outer, outer)
    return None


def _is(parent: Node, field: str, child: Node) -> bool:
    got = parent.child_by_field_name(field)
    return got is not None and got.id == child.id
