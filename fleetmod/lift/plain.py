"""Whether a local wrapper only runs its command, so that a call of it can become a port's call."""

from __future__ import annotations

from collections.abc import Iterator

from tree_sitter import Node

from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import FUNCTIONS, contains, parts, unwrap, walk

_ALLOWED_CALLS = lazy(
    r".*\.(trim|trimEnd|toString|catch|then|decode)|String|resolve|reject|\w*[rR]es(olve)?|\w*[rR]ej(ect)?"
    r"|(new )?\w*Error|\w*decode\w*"
    r"|Response|newResponse\(\w+\.std(out|err)\)\.text|Promise\.all"
)


def caveat(function: Node, call: Node, forwarded: set[str], scopes: Scopes) -> str:
    """What a wrapper does besides running its command; empty when that is nothing.

    `call` is the runner's call inside it, `forwarded` the parameters that are its command.
    """
    source = scopes.source
    if more := reads_more(function, call, forwarded, scopes):
        return more
    for node in walk(function):
        if node.type in ("for_statement", "for_in_statement", "while_statement", "do_statement"):
            return "runs it in a loop"
        if node.type in ("call_expression", "new_expression") and not contains(node, call):
            target = node.child_by_field_name("function") or node.child_by_field_name("constructor")
            spelled = source.squeezed(target) if target is not None else ""
            if contains(call, node) and not _in_callback(node, call):
                continue  # makes an argument of the call
            if not _ALLOWED_CALLS.fullmatch(spelled):
                return f"calls `{spelled}`"
        if node.type == "if_statement" and not _checks_result(node, call):
            return "does so only on a condition"
        if node.type == "ternary_expression" and contains(node, call):
            return "does so only on a condition"
        if node.type in (
            "assignment_expression",
            "augmented_assignment_expression",
            "update_expression",
        ):
            return "keeps a state"
    return ""


def reads_more(function: Node, call: Node, forwarded: set[str], scopes: Scopes) -> str:
    """The parameter that a wrapper reads beside its command and the options of that; empty for
    none."""
    for name in _other_parameters(function, scopes):
        if name in forwarded:
            continue
        for node in _named(function, name, scopes):
            if not _in_options(node, call) and not _is_parameter(node, function):
                return f"reads `{name}`"
    return ""


def _checks_result(node: Node, call: Node) -> bool:
    """An `if` behind the call (or in its callback), which looks at how it went."""
    return contains(call, node) or node.start_byte > call.end_byte


def _in_callback(node: Node, call: Node) -> bool:
    parent = node.parent
    while parent is not None and parent.id != call.id:
        if parent.type in FUNCTIONS:
            return True
        parent = parent.parent
    return False


def _in_options(node: Node, call: Node) -> bool:
    """Whether a name stands in the options of the call: the last argument, an object."""
    arguments = call.child_by_field_name("arguments")
    given = parts(arguments)
    if not given:
        return False
    last = unwrap(given[-1])
    if last.type == "arrow_function" and len(given) > 1:
        last = unwrap(given[-2])
    return contains(last, node) and last.type in ("object", "identifier")


def _is_parameter(node: Node, function: Node) -> bool:
    listed = function.child_by_field_name("parameters")
    return listed is not None and contains(listed, node)


def _other_parameters(function: Node, scopes: Scopes) -> Iterator[str]:
    """Every name that the parameters declare, those of patterns too."""
    single = function.child_by_field_name("parameter")
    listed = function.child_by_field_name("parameters")
    for root in (single, listed):
        if root is None:
            continue
        for node in walk(root, FUNCTIONS):
            binding = scopes.resolve(node) if "identifier" in node.type else None
            if binding is not None and binding.kind == "parameter":
                yield binding.name


def _named(function: Node, name: str, scopes: Scopes) -> Iterator[Node]:
    body = function.child_by_field_name("body")
    for node in walk(body) if body is not None else ():
        if node.type in ("identifier", "shorthand_property_identifier"):
            binding = scopes.resolve(node)
            if binding is not None and binding.name == name and binding.kind == "parameter":
                yield node
