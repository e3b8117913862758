"""Calls that go through the repository's own port, and files that have it: an object that an
adapter's module gives."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from tree_sitter import Node

from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import ancestors, same, unwrap, walk

_SUFFIXES = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_ENDS = ("statement_block", "formal_parameters", "lexical_declaration", "class_body")


def adapter_of(call: Node, scopes: Scopes, adapters: Collection[str]) -> str:
    """The adapter whose port `commands.launchctl(…)` calls; "" where it is no such call.

    The object is imported from the adapter, or it is declared with a type that is.
    """
    function = call.child_by_field_name("function") if call.type == "call_expression" else None
    owner = function.child_by_field_name("object") if function is not None else None
    while owner is not None and owner.type == "member_expression":
        owner = owner.child_by_field_name("object")
    binding = scopes.resolve(unwrap(owner)) if adapters and owner is not None else None
    if binding is None:
        return ""
    if path := _module(binding, scopes, adapters):
        return path
    declared = (scopes.resolve(name) for name in _types(binding))
    found = (_module(b, scopes, adapters) for b in declared if b is not None)
    return next((path for path in found if path), "")


def adapter_beside(scopes: Scopes, adapters: Collection[str]) -> str:
    """The adapter that a file has in use: it calls what comes from there, or gets an object of a
    type that does. "" where there is none, or only a constant of one is read."""
    if not adapters:
        return ""
    typed = {scopes.source.text(node) for node in scopes.source.of("type_identifier")}
    for binding in scopes.bindings():
        called = binding.name in typed or any(map(_is_called, scopes.references(binding)))
        if called and (path := _module(binding, scopes, adapters)):
            return path
    return ""


def _is_called(name: Node) -> bool:
    """Whether a name is called, or made, or has a member that is."""
    node = name
    while node.parent is not None and node.parent.type == "member_expression":
        node = node.parent
    outer = node.parent
    if outer is None or outer.type not in ("call_expression", "new_expression"):
        return False
    called = outer.child_by_field_name("function") or outer.child_by_field_name("constructor")
    return same(called, node)


def _types(binding: Binding) -> list[Node]:
    """The names in the type that a parameter or a constant is declared with."""
    for outer in ancestors(binding.name_node):
        annotation = outer.child_by_field_name("type")
        if annotation is not None:
            return [node for node in walk(annotation) if node.type == "type_identifier"]
        if outer.type in _ENDS:
            break
    return []


def _module(binding: Binding, scopes: Scopes, adapters: Collection[str]) -> str:
    """The adapter that a name is imported from."""
    module = scopes.module(binding) if binding.kind in ("import", "const") else ""
    if not module.startswith("."):
        return ""
    here = posixpath.dirname(scopes.source.path)
    place = _stem(posixpath.normpath(posixpath.join(here, module)))
    return next((path for path in adapters if _stem(path) == place), "")


def _stem(path: str) -> str:
    stem, suffix = posixpath.splitext(path)
    return (stem if suffix in _SUFFIXES else path).removesuffix("/index")
