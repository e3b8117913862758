"""What is read of the text that the tool printed, which the port must be able to tell as well."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from fleetmod.lower.draft import Refused
from fleetmod.lower.usage import declarator
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, walk
from fleetmod.syntax.values import unwrap

# the facts that the runtime's formatService and formatServiceEntry print
_KNOWN = re.compile(
    r"\b(?:path|state|program|working directory|pid|runs|last exit code|label|LastExitStatus)\b"
    r"|last[\\s+*]+exit[\\s+*]+code|working[\\s+*]+directory",
    re.I,
)
_STATES = re.compile(r"running|waiting|exited|loaded|disabled|enabled|not found|no such", re.I)
_ASSIGNS = re.compile(r"([A-Za-z][\w ]*?)[\"']?(?:\\s[*+]?|\s|\[\s\\t ]*\][*+]?)*=(?!>)")
_METHODS = {
    *("includes", "match", "matchAll", "indexOf", "search", "startsWith", "endsWith", "split"),
    *("replace", "replaceAll"),
}
_HOPS = 3


def check_reads(text: Node, scopes: Scopes) -> None:
    """Raises Refused for a fact that is read of an inspected service and that the port lacks.

    `text` is the expression that holds the text, or the result whose `stdout` it is.
    """
    for literal in read_literals(text, scopes):
        spelled = scopes.source.text(literal)
        keys = _ASSIGNS.findall(spelled)
        plain = spelled.strip("\"'`/")
        known = _KNOWN.search(spelled) or _STATES.search(spelled) or "${" in spelled
        if known or (not keys and not re.search(r"[A-Za-z]{3}", re.sub(r"\\.", "", plain))):
            continue
        if not keys and "." in plain and literal.type == "string":
            continue  # a label
        raise Refused(
            f"reads {spelled} of what the tool prints, which the port does not tell; read a field "
            "of `inspect(label)` instead"
        )


def read_literals(text: Node, scopes: Scopes) -> Iterator[Node]:
    """The literals that a text is searched for, in the file's own functions too."""
    return _read(text, scopes, _HOPS)


def _read(node: Node, scopes: Scopes, hops: int) -> Iterator[Node]:
    """The literals that a text is searched for, where it goes on to be searched."""
    node = _outermost(node)
    parent = node.parent
    if parent is None or hops == 0:
        return
    holder = declarator(node)
    if holder is not None:
        yield from _read_variable(holder, scopes, hops)
        return
    if parent.type == "member_expression":
        name = parent.child_by_field_name("property")
        call = parent.parent
        if name is None or call is None or call.type != "call_expression":
            if name is not None and scopes.source.text(name) == "stdout":
                yield from _read(parent, scopes, hops)
            return
        method = scopes.source.text(name)
        if method in _METHODS:
            yield from _literals(call.child_by_field_name("arguments"))
            return
        yield from _read(call, scopes, hops)
    elif parent.type == "arguments" and parent.parent is not None:
        yield from _read_call(node, parent.parent, scopes, hops)


def _read_call(node: Node, call: Node, scopes: Scopes, hops: int) -> Iterator[Node]:
    """`/re/.test(text)`, `parse(text, "key")`."""
    function = call.child_by_field_name("function")
    arguments = call.child_by_field_name("arguments")
    if function is None or arguments is None:
        return
    if function.type == "member_expression":
        owner = function.child_by_field_name("object")
        if owner is not None and unwrap(owner).type == "regex":
            yield unwrap(owner)
        return
    others = [a for a in arguments.named_children if a.id != node.id]
    yield from (a for a in others if a.type in ("string", "template_string", "regex"))
    binding = scopes.resolve(function) if function.type == "identifier" else None
    if binding is None:
        return
    made = unwrap(binding.value) if binding.value is not None else binding.declaration
    listed = made.child_by_field_name("parameters")
    index = [a.id for a in arguments.named_children].index(node.id)
    if made.type not in FUNCTIONS or listed is None or index >= len(listed.named_children):
        return
    pattern = listed.named_children[index].child_by_field_name("pattern")
    if pattern is not None and pattern.type == "identifier":
        parameter = scopes.resolve(pattern)
        for reference in scopes.references(parameter) if parameter is not None else ():
            yield from _read(reference, scopes, hops - 1)


def _read_variable(holder: Node, scopes: Scopes, hops: int) -> Iterator[Node]:
    name = holder.child_by_field_name("name")
    if name is None:
        return
    names = (
        [name] if name.type == "identifier" else [n for n in walk(name) if "identifier" in n.type]
    )
    for each in names:
        binding = scopes.resolve(each)
        for reference in scopes.references(binding) if binding is not None else ():
            yield from _read(reference, scopes, hops - 1)


def _outermost(node: Node) -> Node:
    while (parent := node.parent) is not None and parent.type in (
        "parenthesized_expression", "await_expression", "as_expression", "non_null_expression",
    ):  # fmt: skip
        node = parent
    return node


def _literals(node: Node | None) -> Iterator[Node]:
    kinds = frozenset({"string", "template_string", "regex"})
    return (n for n in walk(node, kinds) if n.type in kinds) if node is not None else iter(())
