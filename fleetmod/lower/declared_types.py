"""Types that `isolatedDeclarations` asks for where an exported value is no plain literal any more
(typescriptlang.org/tsconfig#isolatedDeclarations; errors TS9007 to TS9038)."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lower.draft import Draft, Refused
from fleetmod.syntax.source import ancestors, same

_AROUND = ("parenthesized_expression", "satisfies_expression")
_PARAMETERS = ("required_parameter", "optional_parameter")
_HIDDEN = ("private_property_identifier",)
_FUNCTIONS = ("function_declaration", "generator_function_declaration", "arrow_function",
              "function_expression", "method_definition")  # fmt: skip
_DEFAULT = reasons.ISOLATED_DECLARATIONS(
    "is the default export, whose type `isolatedDeclarations` wants to see; give it a name with "
    "the type string, and export that"
)
_CONST = reasons.ISOLATED_DECLARATIONS(
    "stands under `as const`, whose type `isolatedDeclarations` wants to see; write the type string"
)


def declare_type(literal: Node, draft: Draft, rule: str) -> None:
    """Write the type string where a rewritten text of an exported declaration needs one; raises
    Refused where none can be written."""
    inner = literal  # what the type is written behind, in an object
    within, inside = False, literal
    for a in ancestors(literal):
        if a.type in _AROUND:
            inner = a if not within else inner
        elif a.type in ("pair", "object"):
            if a.type == "pair" and not same(a.child_by_field_name("value"), inside):
                return  # a name of a field
            within = True
        elif a.type == "as_expression":
            if any(child.type == "const" for child in a.children) and _visible(a, draft):
                raise Refused(_CONST)
            return
        elif a.type == "export_statement":
            raise Refused(_DEFAULT)
        elif a.type in ("variable_declarator", "public_field_definition", *_PARAMETERS):
            if a.child_by_field_name("type") is None and _seen(a, draft):
                _write(a, inner, within, draft, rule)
            return
        else:
            return
        inside = a


def _write(declaration: Node, inner: Node, within: bool, draft: Draft, rule: str) -> None:
    name = declaration.child_by_field_name("name") or declaration.child_by_field_name("pattern")
    if within:
        draft.replace_range(inner.end_byte, inner.end_byte, " as string", rule)
    elif name is not None:
        draft.replace_range(name.end_byte, name.end_byte, ": string", rule)


def _visible(node: Node, draft: Draft) -> bool:
    """Whether an expression is the value of a declaration that other modules see."""
    for a in ancestors(node):
        if a.type in ("variable_declarator", "public_field_definition", *_PARAMETERS):
            return a.child_by_field_name("type") is None and _seen(a, draft)
        if a.type == "export_statement":
            return True
        if a.type not in ("pair", "object", *_AROUND):
            return False
    return False


def _seen(declaration: Node, draft: Draft) -> bool:
    """Whether other modules see the type of a declaration."""
    if declaration.type == "public_field_definition":
        return _is_public(declaration, draft) and _exports_class(declaration, draft)
    if declaration.type in _PARAMETERS:
        function = next((a for a in ancestors(declaration) if a.type in _FUNCTIONS), None)
        if function is None:
            return False
        if function.type == "method_definition":
            return _is_public(function, draft) and _exports_class(function, draft)
        holder = function.parent
        named = function if function.child_by_field_name("name") is not None else holder
        return named is not None and _is_exported(named, draft)
    return _is_exported(declaration, draft)


def _is_exported(declaration: Node, draft: Draft) -> bool:
    if any(a.type == "export_statement" for a in list(ancestors(declaration))[:2]):
        return True
    name = declaration.child_by_field_name("name")
    binding = draft.scopes.resolve(name) if name is not None else None
    if binding is None or binding.scope.type != "program":
        return False
    return draft.scopes.exported(binding)


def _exports_class(member: Node, draft: Draft) -> bool:
    body = member.parent
    return body is not None and body.parent is not None and _is_exported(body.parent, draft)


def _is_public(member: Node, draft: Draft) -> bool:
    name = member.child_by_field_name("name")
    words = {draft.scopes.source.text(c) for c in member.children if c.type.endswith("modifier")}
    return name is not None and name.type not in _HIDDEN and "private" not in words
