"""Local functions that hand their parameters to a runner: `const run = (c) => execSync(c)`."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from fleetmod.lift.awaited_child import awaited_child
from fleetmod.lift.collected import STDOUT, collected
from fleetmod.lift.plain import caveat, reads_more
from fleetmod.lift.wrapper_result import (
    Resolver,
    arguments_of,
    calls_in,
    is_async,
    is_raw,
    lenient_flag,
    parameters,
    result_of,
    returned,
    throws,
)
from fleetmod.runner import ARGV, ARRAY, CHILD, SHELL, STRUCT, TEXT, Runner
from fleetmod.syntax.scope import Binding
from fleetmod.syntax.source import FUNCTIONS, parts, unwrap


def read_wrapper(binding: Binding, runners: Resolver) -> Runner | None:
    """The runner that a local function is, or None where it is no plain wrapper of one."""
    function = unwrap(binding.value) if binding.value is not None else binding.declaration
    if function.type not in FUNCTIONS:
        return None
    body = function.child_by_field_name("body")
    if body is None:
        return None
    inner_calls = [
        (call, runner)
        for call in calls_in(body)
        if (target := call.child_by_field_name("function")) is not None
        and (runner := runners.of_function(target)) is not None
    ]
    if len(inner_calls) != 1:
        return None
    call, inner = inner_calls[0]
    inner = runners.optioned(inner, runners.source.text(call))
    shaped = _forward(function, call, inner, runners)
    if shaped is None:
        return None
    objects = inner.result in (CHILD, STRUCT, TEXT)
    waits = awaited_child(function, call, runners) if inner.result == CHILD else None
    told = collected(function, call, inner, runners) if objects and waits is None else None
    if waits is not None:
        shaped = replace(
            shaped,
            decoded=True,
            fields=waits.fields,
            absent_throws=waits.absent_throws,
            calls_back=False,
        )
        result, trimmed, sync = waits.result, waits.trimmed, False
    elif told is not None:
        fields = tuple((name, each.field) for name, each in told.items())
        shaped = replace(shaped, result=STRUCT, decoded=True, fields=fields)
        inner = replace(inner, result=STRUCT)
        trimmed = any(each.trimmed for each in told.values() if each.field == STDOUT)
        result, sync = STRUCT, inner.sync and not is_async(function)
    else:
        result, trimmed, sync = result_of(function, call, inner, runners)
    besides = reads_more if waits is not None else caveat
    names = [name for name, _ in parameters(function, runners)]
    used = [shaped.args_at] if shaped.form == ARGV else []
    used += [shaped.command_at] if shaped.tool is None else []
    forwarded = {names[at] for at in used if at < len(names)}
    lenient = lenient_flag(function, names, runners)
    if lenient is not None:
        forwarded.add(names[lenient[0]])
    return replace(
        shaped,
        name=binding.name,
        wrapper=binding,
        wraps=True,
        result=result,
        trimmed=trimmed,
        sync=sync,
        bytes=waits is None
        and inner.bytes
        and any(is_raw(each, call, runners) for each in returned(function)),
        throws=waits.throws if waits else throws(function, call, inner, runners),
        lenient=lenient,
        options=" ".join(
            [inner.options, *map(runners.values.spelled, _behind(call, inner))]
        ).strip(),
        caveat=inner.caveat or besides(function, call, forwarded, runners.scopes),
    )


def _behind(call: Node, inner: Runner) -> list[Node]:
    """The options of the call inside a wrapper."""
    last = max(inner.command_at, inner.args_at if inner.form == ARGV else 0)
    return [each for each in arguments_of(call)[last + 1 :] if each.type not in FUNCTIONS]


def _forward(function: Node, call: Node, inner: Runner, runners: Resolver) -> Runner | None:
    """Which parameters of the wrapper become which arguments of the runner."""
    names = parameters(function, runners)
    order = {name: index for index, (name, _) in enumerate(names) if name}
    rest = {name for name, is_rest in names if is_rest}
    args = [unwrap(a) for a in arguments_of(call)]
    text = runners.source.text
    if inner.form == SHELL and len(args) > inner.command_at:
        at = order.get(text(args[inner.command_at]))
        return replace(inner, command_at=at) if at is not None else None
    if (
        inner.form == ARGV
        and inner.tool is None
        and len(args) > max(inner.command_at, inner.args_at)
    ):
        program, rest_args = args[inner.command_at], _passed_on(args[inner.args_at], runners)
        if rest_args is None or rest_args not in order:
            return None
        spread = rest_args in rest
        tool = runners.values.literal(program)
        if tool is not None:
            return replace(inner, tool=tool, args_at=order[rest_args], spread=spread)
        at = order.get(text(program))
        if at is None:
            return None
        return replace(inner, command_at=at, args_at=order[rest_args], spread=spread)
    if inner.form == ARRAY and len(args) > inner.command_at:
        array = args[inner.command_at]
        if array.type == "identifier" and text(array) in order:
            name = text(array)
            return replace(inner, command_at=order[name], spread=name in rest)
        if array.type == "array" and len(parts(array)) == 2:
            program, spread_node = parts(array)
            name = _passed_on(spread_node, runners) or ""
            tool = runners.values.literal(program)
            if tool is not None and name in order:
                return replace(
                    inner, form=ARGV, tool=tool, args_at=order[name], spread=name in rest
                )
            if name in order and text(program) in order:
                return replace(
                    inner,
                    form=ARGV,
                    command_at=order[text(program)],
                    args_at=order[name],
                    spread=name in rest,
                )
    return None


def _passed_on(node: Node, runners: Resolver) -> str | None:
    """The name behind `args`, `...args` or `[...args]`."""
    if node.type == "array" and len(node.named_children) == 1:
        node = node.named_children[0]
        if node.type != "spread_element":
            return None
    if node.type == "spread_element":
        node = node.named_children[0]
    return runners.source.text(node) if node.type == "identifier" else None
