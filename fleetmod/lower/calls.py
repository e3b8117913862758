"""An operation as TypeScript: the port call, its result as text, and its outcome."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.flow.texts import Hole
from fleetmod.lift.operation import INSPECT, LIST, QUERIES, Operation
from fleetmod.lower.context import ASYNC, GEN, SYNC, Context
from fleetmod.lower.draft import PROCESS, Draft
from fleetmod.lower.narrowing import Narrowing
from fleetmod.refusal import Reason
from fleetmod.syntax.scope import Binding


class Calls:
    """Writes operations for one file in its own style."""

    package = PROCESS
    rule = "launchctl-call"
    port_name, sync_port = "processManager", "processManagerSync"

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.narrowing = Narrowing(draft)
        self.call: Node | None = None  # in whose place the next calls are written
        self.shown = False  # whether people are shown what they print

    def outside(self, op: Operation) -> Operation:
        """The operation as a closure may hold it."""
        if self.call is None:
            return op
        return self.narrowing.outside(op, self.call, self.rule)

    def name(self, name: str) -> str:
        return self.draft.name(self.package, name)

    def asks(self, op: Operation) -> bool:
        """Whether the operation is a question, whose answer may be read."""
        return op.verb in QUERIES

    def prints(self, op: Operation) -> bool:
        """Whether the port can give the text that the command prints."""
        return op.verb in QUERIES

    def unread(self, op: Operation) -> Reason:
        """Why nothing can be read of what the command prints."""
        return reasons.OUTPUT_READ(
            f"reads what `{op.verb}` prints; the port's {op.verb} tells by success or an error"
        )

    def port(self, op: Operation, kind: str) -> str:
        """The bare call: `processManager.restart(LABEL)`."""
        receiver = self.name(self.sync_port if kind == SYNC else self.port_name)
        style = self.draft.style
        args = [self._label(op)]
        options = []
        if op.source is not None:
            options.append(f"source: {style.expression(op.source)}")
        if op.enable_only:
            options.append("load: false")
        if options:
            args.append("{ " + ", ".join(options) + " }")
        verb = f".{op.verb}"
        if op.when is not None:
            either = (style.string(each) for each in (op.verb, op.otherwise))
            verb = f"[{style.expression((op.when,))} ? {' : '.join(either)}]"
        return f"{receiver}{verb}({', '.join(args)})"

    def _label(self, op: Operation) -> str:
        """The label; what a template took and may be no text stays in a template."""
        text = self.draft.style.expression(op.label)
        if op.in_plist:
            return f"{self.name('plistLabel')}({text})"
        only = op.label[0] if len(op.label) == 1 else ""
        if not isinstance(only, Hole) or text.startswith("`"):
            return text
        parent = only.node.parent
        templated = parent is not None and parent.type == "template_substitution"
        binding = self.draft.scopes.resolve(only.node) if only.node.type == "identifier" else None
        untyped = (
            binding is not None
            and binding.kind == "parameter"
            and binding.declaration.child_by_field_name("type") is None
            and self._of_promise(binding)
        )
        return "`${" + text + "}`" if templated and untyped else text

    def _of_promise(self, binding: Binding) -> bool:
        """Whether a parameter is what a promise resolves to, whose type nothing tells here."""
        function = binding.scope
        call = function.parent.parent if function.parent is not None else None
        target = call.child_by_field_name("function") if call is not None else None
        return target is not None and self.draft.scopes.source.text(target).endswith(".then")

    def value(self, op: Operation, context: Context) -> str:
        """The call with its promise awaited or yielded: an expression of the port's result."""
        if context.kind == GEN:
            call = self.port(self.outside(op), GEN)
            return f"yield* {context.effect}.promise(() => {call})"
        call = self.port(op, context.kind)
        return f"await {call}" if context.kind == ASYNC else call

    def statement(self, op: Operation, context: Context, ends: str) -> str:
        """A statement that does the operation and ignores its result."""
        if not op.tolerated:
            told = self._checked if op.verb in QUERIES else self.value
            return told(op, context) + ends
        if context.kind == ASYNC:
            return f"await {self.port(op, ASYNC)}.catch(() => {{}}){ends}"
        call = self.port(self.outside(op), context.kind)
        if context.kind == GEN:
            effect = context.effect
            return f"yield* {effect}.ignore({effect}.tryPromise(() => {call})){ends}"
        return f"{self.name('settleSync')}(() => {call}){ends}"

    def text(self, op: Operation, context: Context) -> str:
        """What the command would have printed, as a string expression."""
        if op.tolerated:
            if op.verb == LIST and context.kind != SYNC:
                kept = self.outside(op) if context.kind == GEN else op
                call = f"{self.port(kept, context.kind)}.catch(() => [])"
                awaited = (
                    f"await {call}"
                    if context.kind == ASYNC
                    else (f"yield* {context.effect}.promise(() => {call})")
                )
                return self._format(op, awaited)
            # an empty list is no failure, a service that is not there prints nothing
            asked = op if op.verb == LIST else replace(op, tolerated=False)
            outcome = self.outcome(asked, context)
            return f"({outcome}).stdout" if context.kind != SYNC else f"{outcome}.stdout"
        return self._format(op, self._checked(op, context))

    def outcome(self, op: Operation, context: Context, text: bool = True) -> str:
        """An expression that never throws and tells how the operation went.

        `text` says whether somebody reads what a query would have printed.
        """
        op = self.outside(op)
        if context.kind == SYNC:
            return f"{self.name('settleSync')}(() => {self._body(op, context, text)})"
        call = f"{self.name('settle')}({self._closure(op, text)})"
        if context.kind == GEN:
            return f"yield* {context.effect}.promise(() => {call})"
        return f"await {call}"

    def closure(self, op: Operation, text: bool) -> str:
        """A function that gives the promise of the operation, which fails where that does; `text`
        says whether somebody reads what a query would have printed."""
        return self._closure(self.outside(op), text)

    def _closure(self, op: Operation, text: bool) -> str:
        body = self._body(op, Context(ASYNC), text)
        if body.startswith("await ") or op.verb not in QUERIES:
            return f"() => {body.removeprefix('await ')}"
        return f"async () => {body}"

    def _body(self, op: Operation, context: Context, text: bool) -> str:
        if op.verb in QUERIES:
            checked = self._checked(op, context)
            return self._format(op, checked) if text else checked
        return self.value(op, context)

    def _checked(self, op: Operation, context: Context) -> str:
        value = self.value(op, context)
        if not op.required or op.tolerated:
            return value
        check = "requireServices" if op.verb == LIST else "requireLoaded"
        return f"{self.name(check)}({value})"

    def _format(self, op: Operation, value: str) -> str:
        if op.verb == LIST:
            header = ", { header: true }" if not op.label else ""
            return f"{self.name('formatServices')}({value}{header})"
        assert op.verb == INSPECT
        return f"{self.name('formatServiceEntry' if op.entry else 'formatService')}({value})"
