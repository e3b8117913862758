"""Where a call stands, which decides how a port may be called there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import (
    BLOCKS,
    FUNCTIONS,
    ancestors,
    contains,
    enclosing_function,
    same,
    unwrap,
)

ASYNC, GEN, SYNC = "async", "gen", "sync"
# `map((out) => …)`, and not `map(() => …)`
_READS = lazy(r"\b(?:map|flatMap|andThen|tap)\((?!(?:async)?(?:function\w*)?\(\))")
_NAMED_BY = {"variable_declarator": "name", "public_field_definition": "name", "pair": "key"}
_CLASSES = ("class_declaration", "class", "abstract_class_declaration")
_LOOPS = ("while_statement", "do_statement", "for_statement", "for_in_statement")
_NO_STATEMENTS = (
    "comment", "function_declaration", "generator_function_declaration", "interface_declaration",
    "type_alias_declaration",
)  # fmt: skip
_GENERATORS = {"generator_function", "generator_function_declaration"}


@dataclass(frozen=True)
class Context:
    """`kind` is ASYNC (await is allowed), GEN (an Effect generator) or SYNC (neither).

    `effect` is the local name of the Effect namespace; `tried` the innermost try block around the
    call within its function; `guarded` says that a catch or a finally block runs where it fails.
    """

    kind: str
    effect: str = ""
    tried: Node | None = None
    guarded: bool = False

    def throwing(self) -> Context:
        """The context for a call whose failure has to throw: a failed `yield*` passes by the catch
        and the finally blocks around it."""
        return Context(SYNC, tried=self.tried) if self.kind == GEN and self.guarded else self


def context_of(node: Node, scopes: Scopes) -> Context:
    """The context of an expression."""
    function = enclosing_function(node)
    tried = _try_around(node, function)
    if function is None or _in_parameters(node, function) or _in_class(node, function):
        return Context(SYNC, tried=tried)
    if any(child.type == "async" for child in function.children):
        return Context(ASYNC, tried=tried)
    if function.type in _GENERATORS and (effect := _effect_of(function, scopes)):
        return Context(GEN, effect, tried, tried is not None or _before_finally(node, function))
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


def side_by_side(node: Node, scopes: Scopes) -> bool:
    """Whether the function around a node is run for each element of a list by `map`, which starts
    the next one where this one waits."""
    function = enclosing_function(node)
    holder = function.parent if function is not None else None
    call = holder.parent if holder is not None and holder.type == "arguments" else None
    target = call.child_by_field_name("function") if call is not None else None
    return target is not None and scopes.source.text(target).endswith((".map", ".flatMap"))


def _unawaited(function: Node, scopes: Scopes) -> bool:
    return any(_left_alone(call) for call in _calls_of(function, scopes))


def _calls_of(function: Node, scopes: Scopes) -> Iterator[Node]:
    """The calls in this file that run a function: at its own place, for each element of a list, by
    its name, or by a method's, whoever has it."""
    whole = function
    while whole.parent is not None and whole.parent.type == "parenthesized_expression":
        whole = whole.parent
    holder = whole.parent
    if holder is None:
        return
    if holder.type == "call_expression":
        yield holder  # `(async () => { … })()`
    if holder.type == "arguments" and holder.parent is not None:
        target = holder.parent.child_by_field_name("function")
        if target is not None and scopes.source.text(target).endswith(".forEach"):
            yield holder.parent
    name = function.child_by_field_name("name")
    if name is None and holder.type in _NAMED_BY:
        name = holder.child_by_field_name(_NAMED_BY[holder.type])
    for reference in _references(name, scopes) if name is not None else ():
        call = reference.parent
        if call is not None and same(call.child_by_field_name("function"), reference):
            yield call


def _references(name: Node, scopes: Scopes) -> Iterator[Node]:
    """Where a function's name is read, and a method's or a field's where its owner is known."""
    if name.type == "identifier":
        binding = scopes.resolve(name)
        yield from scopes.references(binding) if binding is not None else ()
        return
    source = scopes.source
    owner = next((a for a in ancestors(name) if a.type in ("object", *_CLASSES)), None)
    if owner is None:
        return
    for each in source.of(name.type):
        access = each.parent
        if access is None or access.type != "member_expression":
            continue
        if source.text(each) == source.text(name) and _is_made_of(access, owner, scopes):
            yield access


def _is_made_of(access: Node, owner: Node, scopes: Scopes) -> bool:
    """Whether `x` of `x.run` is an instance of the class, or the object, that `owner` writes."""
    held = access.child_by_field_name("object")
    if held is None or held.type == "this":
        return held is not None and contains(owner, access)
    binding = scopes.resolve(held) if held.type == "identifier" else None
    made = binding.value if binding is not None and binding.value is not None else held
    made = unwrap(made)
    name = owner.child_by_field_name("name")
    constructor = made.child_by_field_name("constructor")
    if name is None or constructor is None:
        return same(made, owner)
    return scopes.source.text(constructor) == scopes.source.text(name)


def _left_alone(call: Node) -> bool:
    """Whether code behind a call runs before what it gives has come to its end."""
    node = call
    while (parent := node.parent) is not None:
        if parent.type == "member_expression" and parent.parent is not None:
            if parent.parent.type != "call_expression":
                return False
            node = parent.parent  # `.catch(…)` behind it waits no more than nothing does
        elif parent.type in ("unary_expression", "parenthesized_expression"):
            node = parent
        else:
            break
    if parent is None or parent.type == "variable_declarator":
        return parent is not None  # `const later = run(); …; await later`
    return parent.type == "expression_statement" and _followed(parent)


def _followed(statement: Node) -> bool:
    """Whether something runs behind a statement in its function or, at the top, its module."""
    for node in (statement, *ancestors(statement)):
        if node.type in _LOOPS:
            return True
        if node.parent is None or node.type in FUNCTIONS:
            return False
        after = node.next_named_sibling if node.parent.type in BLOCKS else None
        while after is not None and after.type in _NO_STATEMENTS:
            after = after.next_named_sibling
        if after is not None:
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


def _before_finally(node: Node, function: Node) -> bool:
    """Whether a node stands in a catch block that a finally block follows."""
    for a in ancestors(node):
        if a.id == function.id:
            return False
        whole = a.parent if a.type == "catch_clause" else None
        if whole is not None and whole.child_by_field_name("finalizer") is not None:
            return True
    return False


def _in_parameters(node: Node, function: Node) -> bool:
    listed = function.child_by_field_name("parameters")
    return listed is not None and contains(listed, node)


def _in_class(node: Node, function: Node) -> bool:
    """Whether a class around a node evaluates it by itself, where neither `await` nor `yield` may
    stand: in a static block, or as a field's first value."""
    inner = node
    for a in ancestors(node):
        if a.id == function.id:
            return False
        if a.type == "class_static_block":
            return True
        if a.type == "public_field_definition" and same(a.child_by_field_name("value"), inner):
            return True
        inner = a
    return False


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
