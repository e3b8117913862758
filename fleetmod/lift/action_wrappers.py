"""Local functions that do more than run a command: they keep that, and are given an action instead.

`const attempt = (command: string) => { try { execSync(command); … } catch … }` becomes `(action: ()
=> void) => { try { action(); … } … }` where each of its callers gives it a command of the tool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.lift.site import Site
from fleetmod.lift.sites import Sites, harmless_options
from fleetmod.lift.wrapper_result import arguments_of, calls_in
from fleetmod.runner import ARGV, CHILD, Runner
from fleetmod.syntax.scope import Binding
from fleetmod.syntax.source import contains, enclosing_function, parts, unwrap, walk


@dataclass(frozen=True)
class ActionWrapper:
    """Such a function. `call` runs the command in it; `command` are the parameters that make the
    command, `dropped` those that only the call's options read, and no caller gives; `spread` tells
    that the command takes all arguments that are left."""

    binding: Binding
    function: Node
    call: Node
    inner: Runner
    command: tuple[int, ...]
    dropped: tuple[int, ...]
    spread: bool
    callers: tuple[Site, ...]

    @property
    def key(self) -> int:
        """What it is known by, in every reading of the same file."""
        return self.binding.name_node.start_byte

    @property
    def parameters(self) -> list[Node]:
        return parameters_of(self.function)


def parameters_of(function: Node) -> list[Node]:
    """The parameters of a function; the name alone of `command => …`."""
    single = function.child_by_field_name("parameter")
    return [single] if single is not None else parts(function.child_by_field_name("parameters"))


def action_wrappers(sites: Iterable[Site], lifter: Sites) -> dict[int, ActionWrapper]:
    """The functions that may be given an action, by the id of each call of them."""
    groups: dict[int, list[Site]] = defaultdict(list)
    for site in sites:
        if site.runner.wrapper is not None:
            groups[site.runner.wrapper.name_node.id].append(site)
    found = (_read(group, lifter) for group in groups.values())
    return {site.call.id: each for each in found if each is not None for site in each.callers}


def _read(callers: list[Site], lifter: Sites) -> ActionWrapper | None:
    runner, scopes = callers[0].runner, lifter.scopes
    binding = runner.wrapper
    if binding is None or scopes.exported(binding) or not scopes.fixed(binding):
        return None
    declared = [b for b in scopes.bindings([binding.name]) if b.scope.id == binding.scope.id]
    if binding.declaration.child_by_field_name("type") is not None or len(declared) > 1:
        return None  # what it takes is declared elsewhere, too
    function = unwrap(binding.value) if binding.value is not None else binding.declaration
    body = function.child_by_field_name("body")
    if body is None or function.type.startswith("generator"):
        return None
    ran = [
        (call, inner)
        for call in calls_in(body)
        if (target := call.child_by_field_name("function")) is not None
        and (inner := lifter.runners.of_function(target)) is not None
    ]
    if len(ran) != 1:
        return None
    call, inner = ran[0]
    around = enclosing_function(call)
    if inner.wrapper is not None or inner.result == CHILD or around is None:
        return None
    if around.id != function.id or not harmless_options(call, inner, lifter):
        return None
    command = _command(runner)
    dropped = _dropped(function, call, command, lifter)
    known = {site.call.id for site in callers}
    if dropped is None or not all(_calls(name, known) for name in scopes.references(binding)):
        return None
    wrapper = ActionWrapper(
        binding, function, call, inner, command, dropped, runner.spread, tuple(callers)
    )
    return wrapper if all(_gives(site, wrapper) for site in callers) else None


def _command(runner: Runner) -> tuple[int, ...]:
    """The parameters that make the command of a wrapper."""
    places = {runner.args_at} if runner.form == ARGV else {runner.command_at}
    return tuple(sorted(places | ({runner.command_at} if runner.tool is None else set())))


def _dropped(
    function: Node, call: Node, command: tuple[int, ...], lifter: Sites
) -> tuple[int, ...] | None:
    """The parameters that nothing reads but the call's options; None where the command is read
    beside the call, or the options read what something else reads, too."""
    listed, dropped = parameters_of(function), []
    if not command or command[-1] >= len(listed) or command[-1] - command[0] >= len(command):
        return None
    for at, parameter in enumerate(listed):
        pattern = parameter.child_by_field_name("pattern") or parameter
        plain = pattern.type in ("identifier", "rest_pattern")
        name = pattern.named_children[0] if pattern.type == "rest_pattern" else pattern
        binding = lifter.scopes.declared(name) if plain and name.type == "identifier" else None
        if binding is None:
            inside = [n for n in walk(pattern) if "identifier" in n.type]
            spelled = {lifter.source.text(n) for n in inside}
            read = {lifter.source.text(n) for n in walk(call) if "identifier" in n.type}
            if at in command or spelled & read:
                return None
            continue
        reads = lifter.scopes.references(binding)
        within = [read for read in reads if contains(call, read)]
        if at in command:
            given = parameter.child_by_field_name("value") is not None
            if len(reads) != 1 or len(within) != 1 or given or _optional(parameter):
                return None
        elif within:
            if len(within) != len(reads):
                return None
            dropped.append(at)
    return tuple(dropped)


def _optional(parameter: Node) -> bool:
    return parameter.type == "optional_parameter"


def _calls(name: Node, known: set[int]) -> bool:
    """Whether a name stands for nothing but one of the calls that run the tool."""
    call = name.parent
    target = call.child_by_field_name("function") if call is not None else None
    return call is not None and target is not None and target.id == name.id and call.id in known


def _gives(site: Site, wrapper: ActionWrapper) -> bool:
    """Whether a caller gives a command that is understood, and nothing that is dropped."""
    given = arguments_of(site.call)
    understood = site.operations and not site.foreign and (not site.refused or site.by_wrapper)
    spread = any(each.type == "spread_element" for each in given)
    enough = len(given) > wrapper.command[0] and (
        wrapper.spread or len(given) > wrapper.command[-1]
    )
    lost = any(at < len(given) for at in wrapper.dropped)
    return bool(understood) and enough and not spread and not lost
