"""What a module gives to others: under which names, what it hands on, and what it takes from them.

A name with a dot is a member: `mac.load` of `export const mac = { load() {} }`; `.load` is that of
any object or class of the module, as what makes one need not be known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.flow.effects import class_of
from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import ancestors, parts, unwrap

ALL = "*"
_DEFAULT = "default"
_FAR = 6  # names that stand for one another
_HANDLES = ("identifier", "type_identifier")
_MEMBERS = ("member_expression", "nested_identifier", "nested_type_identifier")
_METHODS = ("method_definition", "public_field_definition", "field_definition", "pair")


@dataclass(frozen=True)
class Handed:
    """What a module hands on: what `module` calls `there` is called `here`. ALL stands for the
    module itself, and as `here` for its own names."""

    module: str
    there: str
    here: str


def exported_as(scopes: Scopes, function: Node) -> frozenset[str]:
    """The names by which other modules may call a function."""
    made, outer = function, function.parent
    while outer is not None and unwrap(outer).id == made.id:
        outer = outer.parent
    out = set[str]()
    if outer is not None and outer.type == "export_statement" and _is_default(outer):
        out.add(_DEFAULT)
    member = function if function.type in _METHODS else outer
    if member is not None and member.type in _METHODS:
        key = member.child_by_field_name("name") or member.child_by_field_name("key")
        out |= {f".{scopes.source.text(key)}"} if key is not None else set()
    if outer is not None and outer.type == "assignment_expression":
        out |= set(_assigned(scopes, outer))
    holder = outer if outer is not None and outer.type == "variable_declarator" else function
    name = holder.child_by_field_name("name")
    binding = scopes.resolve(name) if name is not None and name.type == "identifier" else None
    return frozenset(out | set(_names(scopes, binding, _FAR) if binding is not None else ()))


def _names(scopes: Scopes, binding: Binding, depth: int) -> Iterator[str]:
    """The names by which a declaration leaves its module."""
    above = [binding.declaration, *list(ancestors(binding.declaration))[:2]]
    statement = next((a for a in above if a.type == "export_statement"), None)
    if statement is not None:
        yield _DEFAULT if _is_default(statement) else binding.name
    for ref in scopes.references(binding):
        outer = ref.parent
        if outer is None:
            continue
        if outer.type == "export_specifier":
            alias = outer.child_by_field_name("alias") or outer.child_by_field_name("name")
            yield scopes.source.text(alias).strip("\"'") if alias is not None else binding.name
        elif outer.type == "export_statement":
            yield _DEFAULT
        elif ref.type == "shorthand_property_identifier":
            yield from _member(scopes, ref, outer)
        elif outer.type == "pair" and outer.parent is not None:
            yield from _member(scopes, outer.child_by_field_name("key"), outer.parent)
        elif outer.type == "assignment_expression":
            yield from _assigned(scopes, outer)
        elif outer.type == "variable_declarator" and depth:
            name = outer.child_by_field_name("name")
            other = scopes.resolve(name) if name is not None else None
            if other is not None and other is not binding:
                yield from _names(scopes, other, depth - 1)


def _member(scopes: Scopes, key: Node | None, made: Node) -> Iterator[str]:
    """The names of a member of an object, which may be what `module.exports` is set to."""
    if key is None:
        return
    yield f".{scopes.source.text(key)}"
    if made.parent is not None and _is_module(scopes, made.parent):
        yield scopes.source.text(key)


def _assigned(scopes: Scopes, assignment: Node) -> Iterator[str]:
    """The name that `exports.up = load` gives; `default` for `module.exports = load`."""
    left = assignment.child_by_field_name("left")
    spelled = scopes.source.text(left) if left is not None else ""
    if spelled == "module.exports":
        yield _DEFAULT
    elif spelled.startswith(("module.exports.", "exports.")):
        yield spelled.rpartition(".")[2]


def handed_on(scopes: Scopes) -> Iterator[Handed]:
    """What a module hands on of others."""
    text = scopes.source.text
    for statement in scopes.source.of("export_statement"):
        source = statement.child_by_field_name("source")
        for part in parts(statement):
            if part.type == "namespace_export" and source is not None:
                yield Handed(text(source)[1:-1], ALL, text(parts(part)[0]))
            for each in parts(part) if part.type == "export_clause" else ():
                name, alias = (each.child_by_field_name(f) for f in ("name", "alias"))
                here = text(alias or name) if name is not None else ""
                if name is not None and source is not None:
                    yield Handed(text(source)[1:-1], text(name), here)
        if source is not None and any(child.type == "*" for child in statement.children):
            yield Handed(text(source)[1:-1], ALL, ALL)
    for binding in scopes.bindings():
        if binding.kind != "import" and not scopes.module(binding):
            continue
        taken = taken_from(scopes, binding.name_node)
        for here in _names(scopes, binding, _FAR) if taken is not None else ():
            if taken is not None and here:
                yield Handed(taken[0], taken[1] or ALL, here)
    for assignment in scopes.source.of("assignment_expression"):
        right = assignment.child_by_field_name("right")
        module = scopes.required(right) if right is not None else ""
        if module and _is_module(scopes, assignment):
            yield Handed(module, ALL, ALL)


def taken_from(scopes: Scopes, node: Node, depth: int = _FAR) -> tuple[str, str] | None:
    """The module that an expression's value comes from, and the value's name there ("" for the
    module itself, a dot before each member); of an object that one of its functions or classes
    makes, the name of that. None where that is not told."""
    node = unwrap(node)
    if not depth:
        return None
    if node.type == "await_expression" and parts(node):
        return taken_from(scopes, parts(node)[0], depth)
    if node.type in _MEMBERS:
        return _member_of(scopes, node, depth)
    if node.type in ("call_expression", "new_expression"):
        if module := scopes.required(node):
            return module, ""
        made = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        return taken_from(scopes, made, depth - 1) if made is not None else None
    if node.type == "generic_type":
        return taken_from(scopes, parts(node)[0], depth - 1)
    if node.type not in _HANDLES and not node.type.startswith("shorthand_property_identifier"):
        return None
    binding = scopes.resolve(node)
    return _of_binding(scopes, binding, depth) if binding is not None else None


def _of_binding(scopes: Scopes, binding: Binding, depth: int) -> tuple[str, str] | None:
    holder, text = binding.name_node.parent, scopes.source.text
    module = scopes.module(binding)
    if module and holder is not None:
        if binding.kind != "import":
            name = scopes.original(binding.name_node)
            return module, "" if holder.type == "variable_declarator" else name
        if holder.type == "import_specifier":
            return module, scopes.original(binding.name_node)
        return module, _DEFAULT if holder.type == "import_clause" else ""
    declared = binding.declaration
    type_ = declared.child_by_field_name("type")
    if type_ is not None and parts(type_):
        found = taken_from(scopes, parts(type_)[0], depth - 1)
        if found is not None:
            return found
    if binding.value is not None and scopes.fixed(binding):
        return taken_from(scopes, binding.value, depth - 1)
    value = declared.child_by_field_name("value")
    if value is None or holder is None or declared.type != "variable_declarator":
        return None
    key = holder.child_by_field_name("key") if holder.type == "pair_pattern" else None
    found = taken_from(scopes, value, depth - 1)
    if found is None or holder.type not in ("object_pattern", "pair_pattern"):
        return None
    return found[0], _joined(found[1], text(key or binding.name_node))


def _member_of(scopes: Scopes, node: Node, depth: int) -> tuple[str, str] | None:
    owner = node.child_by_field_name("object") or parts(node)[0]
    name = node.child_by_field_name("property") or parts(node)[-1]
    if owner.type == "this":
        held = _field(scopes, owner, scopes.source.text(name))
        return taken_from(scopes, held, depth - 1) if held is not None else None
    found = taken_from(scopes, owner, depth - 1)
    return (found[0], _joined(found[1], scopes.source.text(name))) if found is not None else None


def _field(scopes: Scopes, this: Node, name: str) -> Node | None:
    """What tells the class of `this.name`: its type, or the value that it is given."""
    body, text = class_of(this), scopes.source.text
    if body is None:
        return None
    for each in scopes.source.of("public_field_definition", "required_parameter"):
        named = each.child_by_field_name("name") or each.child_by_field_name("pattern")
        if named is None or text(named).lstrip("#") != name.lstrip("#"):
            continue
        inside = any(a.id == body.id for a in ancestors(each))
        type_ = each.child_by_field_name("type")
        if inside and type_ is not None and parts(type_):
            return parts(type_)[0]
        value = each.child_by_field_name("value")
        if inside and value is not None:
            return value
    for each in scopes.source.of("assignment_expression"):
        left, right = (each.child_by_field_name(f) for f in ("left", "right"))
        inside = any(a.id == body.id for a in ancestors(each))
        if inside and left is not None and text(left) == f"this.{name}":
            return right
    return None


def _joined(name: str, member: str) -> str:
    return f"{name}.{member}" if name else member


def _is_default(statement: Node) -> bool:
    return any(child.type == "default" for child in statement.children)


def _is_module(scopes: Scopes, node: Node) -> bool:
    """Whether a node is what `module.exports` is set to."""
    left = node.child_by_field_name("left") if node.type == "assignment_expression" else None
    return left is not None and scopes.source.text(left) in ("module.exports", "exports")
