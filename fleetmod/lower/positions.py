"""Places in which a path must stay a literal, so that no lookup can stand for it."""

from __future__ import annotations

import re

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lower.draft import Refused
from fleetmod.regex import lazy
from fleetmod.syntax.source import Source, ancestors

_IMPORT = reasons.MODULE_PATH(
    "an import of an absolute path; import the module by its package name"
)
_KINDS = {
    "import_statement": _IMPORT,
    "import_require_clause": _IMPORT,
    **{
        kind: reasons.LITERAL_ONLY(why)
        for kind, why in (
            ("literal_type", "a literal type; make it `string`"),
            ("template_literal_type", "a template literal type; make it `string`"),
            (
                "enum_assignment",
                "an enum member must be constant; make it a function or a constant",
            ),
            ("property_signature", "a property's name in a type; make it an index signature"),
            ("pair_pattern", "the name of a property that is taken apart; read it by a lookup"),
            ("module", "a module's name; name it without the path"),
            (
                "public_field_definition",
                "a field's name must be constant; set it in the constructor",
            ),
        )
    },
}
_LOADERS = {"require", "import", "require.resolve", "vi.mock", "jest.mock", "mock.module"}
_TAGS = lazy(r"(\w+\.)?\$(\(.*\))?|String\.raw|dedent|outdent|html|css|gql|markdown", re.S)


def check_position(node: Node, source: Source, texts: frozenset[str]) -> None:
    """Raises Refused where a literal must stay one; `texts` are those the file's types name."""
    parent = node.parent
    kind = parent.type if parent is not None else ""
    if parent is not None and kind == "export_statement":
        value = parent.child_by_field_name("value")
        if value is None or value.id != node.id:
            raise Refused(_KINDS["import_statement"])
    elif kind in _KINDS and not (kind == "public_field_definition" and not _is_name(node)):
        raise Refused(_KINDS[kind])
    if any(a.type == "enum_body" for a in ancestors(node)):
        raise Refused(_KINDS["enum_assignment"])
    if node.type == "string" and source.text(node)[1:-1] in texts:
        raise Refused(
            reasons.LITERAL_ONLY(
                "a type of this file names the same literal; make it `string` first"
            )
        )
    if source.text(node)[1:2] == "^":
        raise Refused(reasons.PATTERN)
    if kind == "call_expression" and parent is not None:
        tag = parent.child_by_field_name("function")
        if tag is not None and (node.type == "string" or not _TAGS.fullmatch(source.text(tag))):
            raise Refused(
                reasons.LITERAL_ONLY(f"the tag `{source.text(tag)}` would get the path as a value")
            )
    if kind == "jsx_attribute" and re.search(r"[&\\]", source.text(node)):
        raise Refused(
            reasons.LITERAL_ONLY(
                "a JSX attribute with an entity or a backslash; make it an expression first"
            )
        )
    if kind in ("arguments", "new_expression"):
        _check_call(parent, source)
    for a in ancestors(node):
        if a.type == "call_expression" and _target(a, source) in ("vi.mock", "jest.mock"):
            raise Refused(
                reasons.LITERAL_ONLY(
                    "a mock's factory is hoisted above the imports; use the value it mocks"
                )
            )


def check_name(node: Node, source: Source) -> None:
    """Raises Refused where a literal names a module, which stands where it stands."""
    parent = node.parent
    kind = parent.type if parent is not None else ""
    if parent is not None and kind == "export_statement":
        value = parent.child_by_field_name("value")
        if value is None or value.id != node.id:
            raise Refused(_KINDS["import_statement"])
    elif kind in ("import_statement", "import_require_clause", "module"):
        raise Refused(_KINDS[kind])
    call = parent.parent if parent is not None and kind == "arguments" else None
    if call is not None and _target(call, source) in _LOADERS:
        raise Refused(
            reasons.MODULE_PATH("a module loaded by an absolute path; load it by its package name")
        )


def _is_name(node: Node) -> bool:
    parent = node.parent
    name = parent.child_by_field_name("name") if parent is not None else None
    return name is not None and name.id == node.id


def _check_call(arguments: Node | None, source: Source) -> None:
    call = arguments.parent if arguments is not None else None
    if call is None:
        return
    target = _target(call, source)
    if target in _LOADERS:
        raise Refused(
            reasons.MODULE_PATH("a module loaded by an absolute path; load it by its package name")
        )
    if target == "RegExp":
        raise Refused(reasons.PATTERN)


def _target(call: Node, source: Source) -> str:
    node = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    return source.text(node) if node is not None else ""
