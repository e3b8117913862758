"""Wrappers that get an action in place of a command: their body, result and logging stay."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.action_wrappers import ActionWrapper, parameters_of
from fleetmod.lift.operation import QUERIES, Operation
from fleetmod.lift.site import Site
from fleetmod.lift.wrapper_result import arguments_of
from fleetmod.lower.calls import Calls
from fleetmod.lower.context import ASYNC, SYNC, Context, context_of
from fleetmod.lower.draft import Draft, Refused
from fleetmod.lower.handlers import check_error_readers, has_other_words
from fleetmod.lower.usage import Usage, ignored, usage_of
from fleetmod.syntax.source import ancestors, contains, walk

_NAMES = ("action", "portAction", *(f"action{number}" for number in range(2, 1000)))


class Actions:
    """Writes the actions of one file's calls, and the wrappers that take them, once each."""

    def __init__(self, draft: Draft, calls: Calls) -> None:
        self.draft, self.calls = draft, calls
        self.scopes, self.source = draft.scopes, draft.scopes.source
        self._names: dict[int, str] = {}  # of the parameter that takes the action, by wrapper

    def lower(self, site: Site, wrapper: ActionWrapper, usage: Usage) -> None:
        """Write the action of one call, and with the first one the wrapper. Raises Refused where
        the command's output is read, or a failure is told from others."""
        kind = self._kind(wrapper)
        inner = usage_of(wrapper.call, self.source, shell_options=False)
        acts = [op for op in site.operations if op.verb not in QUERIES]
        words = any(map(has_other_words, acts))
        for each, at in ((inner, wrapper.call), (usage, site.call)):
            check_error_readers(each, context_of(at, self.scopes), self.source, bool(acts), words)
        if any(op.verb == "load" and not op.legacy for op in site.operations):
            self._check_load(site, usage)
        self.calls.call = site.call
        given = arguments_of(site.call)
        last = given[-1] if wrapper.spread else given[wrapper.command[-1]]
        action = self._action(site.operations, kind)
        start = given[wrapper.command[0]].start_byte
        self.draft.replace_range(start, last.end_byte, action, self.calls.rule)
        if wrapper.key not in self._names:
            self._names[wrapper.key] = self._take(wrapper, kind)

    def _kind(self, wrapper: ActionWrapper) -> str:
        """Whether the wrapper waits for its command."""
        usage = usage_of(wrapper.call, self.source, shell_options=False)
        statement = usage.parent
        if statement.type != "expression_statement":
            raise Refused(
                reasons.WRAPPER_DOES_MORE(
                    f"`{wrapper.binding.name}` reads what the command gives; call the port inside "
                    "it"
                )
            )
        if wrapper.inner.sync:
            return SYNC
        if not usage.awaited:
            raise Refused(
                reasons.CANNOT_WAIT(
                    f"`{wrapper.binding.name}` does not wait for the command; await it there"
                )
            )
        return ASYNC

    def _action(self, operations: tuple[Operation, ...], kind: str) -> str:
        """`() => port.restart(label)`: it fails where the command does."""
        context = Context(kind)
        ops = []
        for op in operations:
            op = self.calls.outside(op)
            if op.verb == "stop" and op.required and not op.tolerated:
                ops.append(op.asked())
            ops.append(op)
        calls = [self.calls.statement(op, context, "") for op in ops]
        alone = calls[0] if len(calls) == 1 else ""
        if alone and kind == SYNC:
            return f"() => {alone}"
        if alone.startswith("await ") and ops[0].verb not in QUERIES:
            return f"() => {alone.removeprefix('await ')}"
        promise = "async " if kind == ASYNC else ""
        return f"{promise}() => {{ {'; '.join(calls)}; }}"

    def _take(self, wrapper: ActionWrapper, kind: str) -> str:
        """Write the wrapper: its command's parameter is an action, which it runs."""
        used = {self.source.text(n) for n in walk(wrapper.function) if "identifier" in n.type}
        name = next(n for n in _NAMES if n not in used)
        listed = wrapper.parameters
        typed = listed[0].type.endswith("_parameter")
        gives = "Promise<void>" if kind == ASYNC else "void"
        spelled = f"{name}: () => {gives}" if typed and self._is_typed() else name
        first, last = listed[wrapper.command[0]], listed[wrapper.command[-1]]
        self.draft.replace_range(first.start_byte, last.end_byte, spelled, self.calls.rule)
        for at in wrapper.dropped:
            self._drop(parameters_of(wrapper.function), at)
        run = f"{name}()"
        if not wrapper.inner.throws:
            run = f"{self.calls.name('settleSync' if kind == SYNC else 'settle')}({name})"
        self.draft.replace(wrapper.call, run, self.calls.rule)
        return name

    def _is_typed(self) -> bool:
        return self.source.path.endswith(("ts", "tsx"))

    def _drop(self, listed: list[Node], at: int) -> None:
        """Take out a parameter that only the command's options read."""
        start = listed[at - 1].end_byte if at else listed[at].start_byte
        end = listed[at].end_byte if at or len(listed) == 1 else listed[at + 1].start_byte
        self.draft.replace_range(start, end, "", self.calls.rule)

    def _check_load(self, site: Site, usage: Usage) -> None:
        """Raises Refused where code acts on a `load` that fails: where it is loaded already, the
        tool fails and the port does not."""
        if ignored(usage, self.scopes) is not None:
            return
        statement = next((a for a in ancestors(site.call) if a.type.endswith("statement")), None)
        behind = statement.parent if statement is not None else None
        for node in walk(behind) if behind is not None else ():
            if node.start_byte < usage.value.start_byte or node.type != "if_statement":
                continue
            condition = node.child_by_field_name("condition")
            if condition is None or not self._reads(condition, usage):
                continue
            asked = [n for n in walk(node) if n.type == "call_expression"]
            if any(self._is_of_port(n) for n in asked if not contains(condition, n)):
                raise Refused(reasons.ALREADY_LOADED)

    def _reads(self, condition: Node, usage: Usage) -> bool:
        if contains(condition, usage.value):
            return True
        holder = usage.value.parent
        name = holder.child_by_field_name("name") if holder is not None else None
        names = {self.source.text(n) for n in walk(name) if "identifier" in n.type} if name else ()
        return any(self.source.text(n) in names for n in walk(condition) if n.type == "identifier")

    def _is_of_port(self, call: Node) -> bool:
        """Whether a call is no log and no list's method: it may act on the service."""
        target = call.child_by_field_name("function")
        spelled = self.source.squeezed(target) if target is not None else ""
        return not spelled.endswith(
            (".push", ".log", ".error", ".warn", ".info", ".debug", ".trim")
        )


def exact(op: Operation) -> Operation:
    """A stop that is asked beside `requireLoaded`, which fails as the tool does."""
    return replace(op, required=False) if op.verb == "stop" else op
