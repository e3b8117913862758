"""Where a call stands, which decides how a port may be called there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import ancestors, contains, enclosing_function

ASYNC, GEN, SYNC = "async", "gen", "sync"
# `map((out) => …)`, and not `map(() => …)`
_READS = lazy(r"\b(?:map|flatMap|andThen|tap)\((?!(?:async)?(?:function\w*)?\(\))")
_GENERATORS = {"generator_function", "generator_function_declaration"}


@dataclass(frozen=True)
class Context:
    """`kind` is ASYNC (await is allowed), GEN (an Effect generator) or SYNC (neither).

    `effect` is the local name of the Effect namespace; `tried` the innermost try block around the
    call within its function.
    """

    kind: str
    effect: str = ""
    tried: Node | None = None


def context_of(node: Node, scopes: Scopes) -> Context:
    """The context of an expression."""
    function = enclosing_function(node)
    tried = _try_around(node, function)
    if function is None or _in_parameters(node, function):
        return Context(SYNC, tried=tried)
    if any(child.type == "async" for child in function.children):
        return Context(ASYNC, tried=tried)
    if function.type in _GENERATORS and (effect := _effect_of(function, scopes)):
        return Context(GEN, effect, tried)
    return Context(SYNC, tried=tried)


def effect_callback(node: Node, scopes: Scopes) -> str:
    """`try`, `sync`, `tryPromise` or `promise` when the function around is such a callback."""
    function = enclosing_function(node)
    if function is None:
        return ""
    for a in ancestors(function):
        if a.type == "call_expression":
            target = a.child_by_field_name("function")
            match = (
                re.fullmatch(r"(\w+)\.(try|sync|tryPromise|promise)", scopes.source.text(target))
                if target
                else None
            )
            return match.group(2) if match else ""
        if a.type not in ("arguments", "object", "pair", "parenthesized_expression"):
            return ""
    return ""


def unawaited(node: Node, scopes: Scopes) -> bool:
    """Whether the function around a node is called in this file by somebody who does not wait."""
    function = enclosing_function(node)
    if function is None:
        return False
    if function.id not in scopes.unawaited:
        scopes.unawaited[function.id] = _unawaited(function, scopes)
    return scopes.unawaited[function.id]


def _unawaited(function: Node, scopes: Scopes) -> bool:
    name = function.child_by_field_name("name")
    holder = function.parent
    if name is None and holder is not None and holder.type == "variable_declarator":
        name = holder.child_by_field_name("name")
    binding = scopes.resolve(name) if name is not None and name.type == "identifier" else None
    for reference in scopes.references(binding) if binding is not None else ():
        call = reference.parent
        if call is None or call.type != "call_expression" or call.parent is None:
            continue
        target = call.child_by_field_name("function")
        if target is None or target.id != reference.id:
            continue
        while (chain := call.parent) is not None and chain.type == "member_expression":
            if chain.parent is None or chain.parent.type != "call_expression":
                break
            call = chain.parent  # `.catch(…)` behind it waits no more than nothing does
        statement = call.parent
        alone = statement is not None and statement.type == "expression_statement"
        if alone and statement is not None and statement.next_named_sibling is not None:
            return True
    return False


def effect_read(callback: Node, scopes: Scopes) -> bool:
    """Whether what an Effect's callback gives is read where the Effect is run or piped."""
    node: Node | None = callback
    while node is not None and node.type != "call_expression":
        node = node.parent
    while node is not None and node.parent is not None:
        parent = node.parent
        if parent.type == "member_expression" and parent.parent is not None:
            squeezed = scopes.source.squeezed
            piped = squeezed(parent.parent)[len(squeezed(node)) :]
            if _READS.search(piped):
                return True
            node = parent.parent
        elif parent.type == "yield_expression" and parent.parent is not None:
            return parent.parent.type not in ("expression_statement", "return_statement")
        else:
            return False
    return False


def _try_around(node: Node, function: Node | None) -> Node | None:
    for a in ancestors(node):
        if function is not None and a.id == function.id:
            return None
        if a.type == "try_statement":
            body = a.child_by_field_name("body")
            if body is not None and contains(body, node):
                return a
    return None


def _in_parameters(node: Node, function: Node) -> bool:
    listed = function.child_by_field_name("parameters")
    return listed is not None and contains(listed, node)


def _effect_of(function: Node, scopes: Scopes) -> str:
    """The Effect namespace's name in `Effect.gen(function* …)` or `Effect.fn("x")(…)`."""
    for a in ancestors(function):
        if a.type == "call_expression":
            target = a.child_by_field_name("function")
            if target is None:
                return ""
            match = re.match(r"(\w+)\.(gen|fn|fnUntraced)\b", scopes.source.text(target))
            return match.group(1) if match else ""
        if a.type != "arguments":
            return ""
    return ""
