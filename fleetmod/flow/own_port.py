"""Calls that go through the repository's own port: an object that an adapter's module gives."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from tree_sitter import Node

from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import ancestors, unwrap, walk

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
    if binding.kind == "import":
        return _module(binding, scopes, adapters)
    declared = (scopes.resolve(name) for name in _types(binding))
    found = (_module(b, scopes, adapters) for b in declared if b is not None)
    return next((path for path in found if path), "")


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
    module = scopes.module(binding) if binding.kind == "import" else ""
    if not module.startswith("."):
        return ""
    here = posixpath.dirname(scopes.source.path)
    place = _stem(posixpath.normpath(posixpath.join(here, module)))
    return next((path for path in adapters if _stem(path) == place), "")


def _stem(path: str) -> str:
    stem, suffix = posixpath.splitext(path)
    return (stem if suffix in _SUFFIXES else path).removesuffix("/index")
