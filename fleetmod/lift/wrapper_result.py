"""What a local wrapper gives back to its caller, and whether it passes a failure on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.runner import CHILD, NOTHING, OK, STRUCT, TEXT, UNKNOWN, Runner
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import (
    FUNCTIONS,
    Source,
    ancestors,
    contains,
    enclosing_function,
    parts,
    unwrap,
    walk,
)


class Resolver(Protocol):
    """Tells the runner that an expression of a file evaluates to."""

    scopes: Scopes
    source: Source
    values: Values

    def of_function(self, node: Node) -> Runner | None: ...

    def optioned(self, runner: Runner, options: str) -> Runner: ...


_CAUGHT_IF = (
    r"catch(?: ?\((\w+)(?:: \w+)?\))? \{{ ?if \({}\) (?:\{{ ?)?return(?: (?:\"\"|''))?;?(?: ?\}})?"
    r" throw (?:\1|new \w*Error\(.*\));? \}}"
)
_STRING_METHODS = ("toString", "trim", "trimEnd")


def parameters(function: Node, runners: Resolver) -> list[tuple[str, bool]]:
    """The plain parameters of a function as (name, is rest); patterns have an empty name."""
    single = function.child_by_field_name("parameter")
    if single is not None:
        return [(runners.source.text(single), False)]
    listed = function.child_by_field_name("parameters")
    out = []
    for parameter in parts(listed):
        pattern = parameter.child_by_field_name("pattern")
        if pattern is None:
            continue
        rest = pattern.type == "rest_pattern"
        name = pattern.named_children[0] if rest else pattern
        out.append((runners.source.text(name) if name.type == "identifier" else "", rest))
    return out


def calls_in(node: Node) -> Iterator[Node]:
    """Every call below a node, in source order."""
    return (n for n in walk(node) if n.type == "call_expression")


def arguments_of(call: Node) -> list[Node]:
    arguments = call.child_by_field_name("arguments")
    if arguments is None or arguments.type != "arguments":
        return []
    return parts(arguments)


def is_async(function: Node) -> bool:
    """Whether a function gives a promise by its first word."""
    return any(child.type == "async" for child in function.children)


def _promise_executor(function: Node, call: Node, runners: Resolver) -> Node | None:
    """The `(resolve, reject) => …` around the call, when the wrapper is a `new Promise(…)`."""
    for a in ancestors(call):
        if a.id == function.id:
            return None
        if a.type == "new_expression":
            constructor = a.child_by_field_name("constructor")
            if constructor is not None and runners.source.text(constructor) == "Promise":
                arguments = arguments_of(a)
                return arguments[0] if arguments else None
    return None


def result_of(
    function: Node, call: Node, inner: Runner, runners: Resolver
) -> tuple[str, bool, bool]:
    """What the wrapper gives back, whether it is trimmed, and whether it is synchronous."""
    executor = _promise_executor(function, call, runners)
    if executor is not None:
        return _executor_result(executor, runners)
    sync = not is_async(function) and inner.sync
    values = returned(function)
    if [v.type for v in values] == ["true", "false"] and in_handler(values[1], call):
        return OK, False, sync
    if not values:
        return (NOTHING if inner.result != CHILD else UNKNOWN), False, sync
    trimmed = False
    for value in values:
        kind, trims = _derived(value, call, inner, runners)
        if kind == STRUCT:
            return (STRUCT if len(values) == 1 else UNKNOWN), False, sync
        if kind != TEXT:
            return UNKNOWN, False, sync
        trimmed = trimmed or trims
    return TEXT, trimmed, sync


def in_handler(value: Node, call: Node) -> bool:
    """Whether a value is returned by the catch block of the try block around the call."""
    for a in ancestors(value):
        if a.type == "catch_clause":
            return a.parent is not None and contains(a.parent, call)
    return False


def returned(function: Node) -> list[Node]:
    body = function.child_by_field_name("body")
    if body is None:
        return []
    if body.type != "statement_block":
        return [body]
    returns = (n for n in walk(body, FUNCTIONS) if n.type == "return_statement")
    return [n.named_children[0] for n in returns if n.named_children]


def _derived(value: Node, call: Node, inner: Runner, runners: Resolver) -> tuple[str, bool]:
    """How a returned expression comes from the call: as TEXT, as STRUCT, or not at all."""
    node = unwrap(value)
    trimmed = False
    if node.type == "await_expression":
        node = unwrap(node.named_children[0])
    if node.type == "string" and runners.values.literal(node) == "":
        return TEXT, False
    while node.type in ("call_expression", "member_expression"):
        if node.id == call.id:
            return (inner.result, trimmed) if inner.result in (TEXT, STRUCT) else (UNKNOWN, False)
        if node.type == "call_expression":
            member = node.child_by_field_name("function")
            if member is None or member.type != "member_expression":
                return UNKNOWN, False
        else:
            member = node
        name = member.child_by_field_name("property")
        owner = member.child_by_field_name("object")
        if name is None or owner is None:
            return UNKNOWN, False
        spelled = runners.source.text(name)
        if node.type == "member_expression":
            if spelled != "stdout":
                return UNKNOWN, False
            return _stdout_of(unwrap(owner), call, inner, runners, trimmed)
        if spelled not in _STRING_METHODS:
            return UNKNOWN, False
        trimmed = trimmed or spelled.startswith("trim")
        node = unwrap(owner)
        if node.type == "await_expression":
            node = unwrap(node.named_children[0])
    if node.type == "identifier":
        binding = runners.scopes.resolve(node)
        if binding is not None and runners.scopes.fixed(binding):
            if binding.value is not None:
                kind, trims = _derived(binding.value, call, inner, runners)
                return kind, trimmed or trims
            if binding.name == "stdout":  # const { stdout } = await run(…)
                source = binding.declaration.child_by_field_name("value")
                if source is not None:
                    kind, _ = _derived(source, call, inner, runners)
                    return (TEXT if kind == STRUCT else UNKNOWN), trimmed
    return UNKNOWN, False


def is_raw(value: Node, call: Node, runners: Resolver) -> bool:
    """Whether a returned expression is what the call gives, as it is."""
    node = unwrap(value)
    binding = runners.scopes.resolve(node) if node.type == "identifier" else None
    if binding is not None and binding.value is not None:
        node = unwrap(binding.value)
    return node.id == call.id


def _stdout_of(
    owner: Node, call: Node, inner: Runner, runners: Resolver, trimmed: bool
) -> tuple[str, bool]:
    kind, _ = _derived(owner, call, inner, runners)
    return (TEXT, trimmed) if kind == STRUCT else (UNKNOWN, False)


def _executor_result(executor: Node, runners: Resolver) -> tuple[str, bool, bool]:
    names = parameters(executor, runners) if executor.type in FUNCTIONS else []
    if not names:
        return UNKNOWN, False, False
    resolve = names[0][0]
    kinds: set[str] = set()
    for call in calls_in(executor):
        target = call.child_by_field_name("function")
        if target is None or runners.source.text(target) != resolve:
            continue
        arguments = arguments_of(call)
        if not arguments:
            kinds.add(NOTHING)
        elif re.fullmatch(
            r"(String\()?stdout(\.toString\(\))?\)?", runners.source.text(arguments[0])
        ):
            kinds.add(TEXT)
        else:
            kinds.add(UNKNOWN)
    return (kinds.pop() if len(kinds) == 1 else UNKNOWN), False, False


# `done.status !== 0`, or the error that a callback gets
_FAILED = r"(?:\w+\.(?:status|exitCode|code)!==?0|\w*[eE]rr(?:or)?)"
_FAILS_UNLESS = rf"\({_FAILED}&&(?:!{{0}}\??\.(\w+)|{{0}}\??\.(\w+)!==true)\)"
_REJECTS = r"(?:return )?\w*[rR]ej(?:ect)?\((\w*[eE]rr(?:or)?)\);?"


def lenient_flag(function: Node, names: list[str], runners: Resolver) -> tuple[int, str] | None:
    """The argument, and its field, that keeps a wrapper from throwing: `if (done.status !== 0 &&
    !options?.allowFailure) throw …`, where it is read for nothing else."""
    if (caught := _lenient_catch(function, names, runners)) is not None:
        return caught, ""
    body = function.child_by_field_name("body")
    checks = [n for n in walk(body) if n.type == "if_statement"] if body is not None else []
    condition = checks[0].child_by_field_name("condition") if len(checks) == 1 else None
    then = checks[0].child_by_field_name("consequence") if len(checks) == 1 else None
    if body is None or condition is None or then is None:
        return None
    only = then.named_children if then.type == "statement_block" else [then]
    rejects = len(only) == 1 and re.fullmatch(_REJECTS, runners.source.text(only[0]))
    if not rejects and len(_throws_only(then)) != 1:
        return None
    spelled = runners.source.squeezed(condition)
    listed = function.child_by_field_name("parameters")
    if listed is not None and re.search(r"[:=]\s*true\b", runners.source.text(listed)):
        return None  # on by default
    for index, name in enumerate(names):
        match = re.fullmatch(_FAILS_UNLESS.format(re.escape(name)), spelled) if name else None
        reads = re.findall(rf"(?<![\w.]){re.escape(name)}\b", runners.source.text(body))
        if match is not None and len(reads) == 1:
            return index, match[1] or match[2]
    return None


def _lenient_catch(function: Node, names: list[str], runners: Resolver) -> int | None:
    """The argument that is true where a failure is caught: `catch (e) { if (quiet) return ""; throw
    e; }`, where it is read for nothing else."""
    body = function.child_by_field_name("body")
    tried = body.named_children if body is not None else []
    handler = tried[0].child_by_field_name("handler") if len(tried) == 1 else None
    if body is None or handler is None:
        return None
    spelled = re.sub(r"\s+", " ", runners.source.text(handler))
    listed = runners.source.text(function.child_by_field_name("parameters") or body)
    for index, name in enumerate(names):
        match = re.fullmatch(_CAUGHT_IF.format(re.escape(name)), spelled) if name else None
        once = len(re.findall(rf"\b{re.escape(name)}\b", runners.source.text(body))) == 1
        plain = re.search(
            rf"\b{re.escape(name)}(?:\??: ?boolean|(?:: ?boolean)? ?= ?false)", listed
        )
        if match is not None and once and plain:
            return index
    return None


def _throws_only(then: Node) -> list[Node]:
    statements = then.named_children if then.type == "statement_block" else [then]
    return statements if all(s.type == "throw_statement" for s in statements) else []


def throws(function: Node, call: Node, inner: Runner, runners: Resolver) -> bool:
    executor = _promise_executor(function, call, runners)
    if executor is not None:
        names = parameters(executor, runners) if executor.type in FUNCTIONS else []
        return len(names) > 1 and any(
            (target := c.child_by_field_name("function")) is not None
            and runners.source.text(target) == names[1][0]
            for c in calls_in(executor)
        )
    if not inner.throws:
        body = function.child_by_field_name("body")
        return body is not None and "throw " in runners.source.text(body)
    for a in ancestors(call):
        if a.id == function.id:
            break
        if a.type == "try_statement" and enclosing_function(a) is not None:
            handler = a.child_by_field_name("handler")
            if handler is not None and "throw" not in runners.source.text(handler):
                return False
    return True
