"""What a formatter leaves of a piece of code: its tokens and how they nest.

Quotes, semicolons, commas, parentheses that only group, braces around one statement, line breaks
and blanks are a formatter's to choose; so two spellings that Prettier or Biome make of each other
have one text here. It is compared and never shown.
"""

from __future__ import annotations

import hashlib
import html

from tree_sitter import Node

from fleetmod.syntax.cooked import unescape
from fleetmod.syntax.source import Source, ancestors, parts

_CLOSE = ")"
_DROPPED = frozenset((",", ";"))
_GROUPING = frozenset(("parenthesized_expression", "parenthesized_type"))
# formatters write these with as many levels or brackets as they like
_FLAT = _GROUPING | {"union_type", "intersection_type", "jsx_opening_element", "jsx_expression"}
_LOGICAL = frozenset(("&&", "||", "??"))
_BODIES = frozenset(
    ("if_statement", "else_clause", "for_statement", "for_in_statement", "while_statement")
)
_KEYED = frozenset(
    "pair pair_pattern method_definition public_field_definition property_signature "
    "method_signature".split()
)
_ATOMS = frozenset(("string", "number", "regex", "jsx_text", "comment"))
_MARKUP = frozenset(("<", ">", "/>", "</", "/", "{", "}"))


def token_digest(source: Source, node: Node) -> str:
    """The first 16 hex digits of SHA-256 of a node's tokens."""
    text = "\0".join(tokens(source, node))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def tokens(source: Source, node: Node) -> list[str]:
    """The tokens of a node, with a bracket where each of its parts begins and ends."""
    if node.type == "comment":
        return source.text(node).split()
    out: list[str] = []
    waiting: list[Node | str] = [node]
    while waiting:  # without recursion: generated code nests deeper than Python's stack
        each = waiting.pop()
        if isinstance(each, str):
            out.append(each)
        elif each.type in _ATOMS or not each.children:
            out += _atom(source, each)
        else:
            children = _children(each)
            if not _is_flat(each):
                out.append(f"({_KINDS.get(each.type, each.type)}")
                waiting.append(_CLOSE)
            waiting += reversed(children)
    return out


# an element is one whether or not it closes itself
_KINDS = {"jsx_self_closing_element": "jsx_element"}


def _children(node: Node) -> list[Node]:
    """The parts of a node that count."""
    kind, children = node.type, node.children
    if kind in _GROUPING:
        return [c for c in children if c.type not in ("(", ")")]
    if kind in ("union_type", "intersection_type"):
        return [c for c in children if c.type not in ("|", "&")]
    if kind.startswith("jsx_") and kind != "jsx_attribute":
        return [c for c in children if c.type not in _MARKUP and c.type != "jsx_closing_element"]
    if kind == "statement_block" and _is_body_of_one(node):
        return [c for c in children if c.type not in ("{", "}")]
    if kind == "new_expression":
        return [c for c in children if c.type != "arguments" or parts(c)]
    if kind in ("formal_parameters", "required_parameter") and _is_bare(node):
        return [c for c in children if c.is_named and c.type != "comment"]
    return list(children)


def _is_flat(node: Node) -> bool:
    """Whether nothing tells where a node begins and ends, as where brackets only group."""
    kind = node.type
    if kind in _FLAT:
        return True
    if kind == "statement_block":
        return _is_body_of_one(node)
    if kind in ("formal_parameters", "required_parameter"):
        return _is_bare(node)
    if kind == "binary_expression" and (operator := _operator(node)) in _LOGICAL:
        above = next((a for a in ancestors(node) if a.type not in _GROUPING), None)
        return above is not None and _operator(above) == operator
    return False


def _operator(node: Node) -> str:
    found = node.child_by_field_name("operator") if node.type == "binary_expression" else None
    return found.type if found is not None else ""


def _is_body_of_one(block: Node) -> bool:
    parent = block.parent
    return parent is not None and parent.type in _BODIES and len(parts(block)) == 1


def _is_bare(node: Node) -> bool:
    """Whether a list of parameters is that of `(x) => …`, which `x => …` says as well."""
    outer = node.parent if node.type == "required_parameter" else node
    if outer is None or outer.parent is None or outer.parent.type != "arrow_function":
        return False
    only = parts(outer)
    return (
        len(only) == 1
        and only[0].type == "required_parameter"
        and [c.type for c in parts(only[0])] == ["identifier"]
        and outer.parent.child_by_field_name("return_type") is None
    )


def _atom(source: Source, node: Node) -> list[str]:
    kind, text = node.type, source.text(node)
    if kind == "string":
        return _string(source, node)
    if kind == "jsx_text":
        return text.split()
    if kind == "number":
        return [_number(text)]
    if kind == "regex":
        pattern, _, flags = text.rpartition("/")
        return [f"{pattern}/{''.join(sorted(flags))}"]
    if kind == "comment" or kind in _DROPPED:
        return []
    if kind == "string_fragment":  # of a template: an embedded language has a formatter, too
        return [" ".join(text.split())]
    return [text]


def _string(source: Source, node: Node) -> list[str]:
    parent = node.parent
    value = "".join(
        unescape(source.text(c)) if c.type == "escape_sequence" else source.text(c)
        for c in node.named_children
    )
    if parent is None:
        return [f'"{value}']
    if parent.type == "jsx_attribute":  # markup knows entities, and no escapes
        value = html.unescape(source.text(node)[1:-1])
    elif parent.type == "jsx_expression" and not value.strip():
        return []  # the blank that a wrapped line of markup needs
    key = parent.child_by_field_name("key") or parent.child_by_field_name("name")
    if parent.type in _KEYED and key is not None and key.id == node.id:
        return [value]  # a name, with quotes or without
    return [f'"{value}']


def _number(text: str) -> str:
    text = text.lower()
    try:
        return repr(float(text)) if not text.startswith("0") or "." in text else text
    except (ValueError, OverflowError):
        return text
