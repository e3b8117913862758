"""Rewrites Colima's calls into calls of the container-runtime port, by how the result is used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.audience import Audience
from fleetmod.lift.colima import HEALTHY, MACHINES, START
from fleetmod.lift.operation import Operation
from fleetmod.lift.site import Site
from fleetmod.lower.calls import Calls
from fleetmod.lower.context import ASYNC, GEN, SYNC, Context
from fleetmod.lower.draft import CONTAINER, Refused
from fleetmod.lower.facts import Escaped, Questions
from fleetmod.lower.process import ProcessCalls
from fleetmod.lower.reads import check_reads
from fleetmod.lower.usage import Usage, declarator, declared, ignored, member
from fleetmod.refusal import Reason
from fleetmod.regex import lazy
from fleetmod.runner import CHILD, OK, STRUCT

_DEEPER = "`isHealthy` also asks the engine inside the machine"
_SILENT = "what Colima prints while it starts is not shown any more"
_OTHERS = lazy(r"(?<![a-z])(?:podman|orbstack|rancher|nerdctl|docker[ -]?desktop)(?![a-z])", re.I)
_RUNNING = ("running", "is running")
# an environment that is this process's own, with no variable that tells the machine
_ENVIRONMENT = lazy(r"\benv\b")
_USUAL = lazy(
    r"\benv\s*:\s*(?:process\.env\b(?!\.)|\{\s*\.\.\.process\.env\b"
    r"(?![^}]*\b(?:HOME|COLIMA_\w+|LIMA_HOME|DOCKER_HOST|DOCKER_CONTEXT|\.\.\.)))"
)
_WAITS = ("await ", "yield* ")
_STATUS = ("status", "exitCode", "code")


class RuntimeCalls(Calls):
    """Writes the operations of the container runtime."""

    package = CONTAINER
    rule = "container-call"
    port_name, sync_port = "containerRuntime", "containerRuntimeSync"

    def asks(self, op: Operation) -> bool:
        return op.verb in (HEALTHY, MACHINES)

    def prints(self, op: Operation) -> bool:
        return op.verb == MACHINES or op.entry

    def unread(self, op: Operation) -> Reason:
        if op.verb == HEALTHY:
            return reasons.OUTPUT_READ(
                "reads what `colima status` prints; ask `isHealthy()` or `vmIp()` of the port"
            )
        return reasons.OUTPUT_READ(
            "reads what `colima start` prints; the port's `start` tells by success or an error"
        )

    def port(self, op: Operation, kind: str) -> str:
        """The bare call: `containerRuntime.isHealthy()`."""
        if not op.label:
            name = self.sync_port if kind == SYNC else self.port_name
            return f"{self.name(name)}.{op.verb}()"
        made = "createContainerRuntimeSync" if kind == SYNC else "createContainerRuntime"
        profile = self.draft.style.expression(op.label)
        given = "profile" if profile == "profile" else f"profile: {profile}"
        return f"{self.name(made)}({{ {given} }}).{op.verb}()"

    def statement(self, op: Operation, context: Context, ends: str) -> str:
        if self.asks(op):
            told = self.value(op, context) if op.tolerated else self._checked(op, context)
            return told + ends
        if op.tolerated and context.kind == SYNC:
            call = self.port(self.outside(op), SYNC)
            return f"{self.name('settleRuntimeSync')}(() => {call}){ends}"
        return super().statement(op, context, ends)

    def text(self, op: Operation, context: Context) -> str:
        if op.tolerated:
            outcome = self.outcome(op, context)
            return f"({outcome}).stdout" if context.kind != SYNC else f"{outcome}.stdout"
        return self._checked(op, context)

    def outcome(self, op: Operation, context: Context, text: bool = True) -> str:
        op = self.outside(op)
        if context.kind == SYNC:
            body = self._checked(op, context)
            return f"{self.name('settleRuntimeSync')}(() => {body})"
        body = self._checked(op, Context(ASYNC))
        settle = self.name("settleRuntime")
        plain = body.startswith("await ")
        given = f"() => {body.removeprefix('await ')}" if plain else f"async () => {body}"
        if context.kind == GEN:
            return f"yield* {context.effect}.promise(() => {settle}({given}))"
        return f"await {settle}({given})"

    def _checked(self, op: Operation, context: Context) -> str:
        value = self.value(op, context)
        if not self.asks(op):
            return value
        if op.verb == MACHINES:
            return f"{self.name('formatMachines')}({value})"
        return f"{self.name('formatHealth' if op.entry else 'requireHealthy')}({value})"


class _Running(Questions):
    """Takes no question but whether it runs."""

    def ask(self, node: Node) -> None:
        if self.literal(node) not in _RUNNING:
            raise Refused(
                reasons.OUTPUT_READ(
                    "asks for more than whether it runs; ask `isHealthy()` or `machines()` of the "
                    "port"
                )
            )
        self.asked += 1


class _Unasked(Questions):
    """Takes no question at all, but the text may be passed on: a failure's message is."""

    lets_go = (Escaped,)

    def ask(self, node: Node) -> None:
        raise Refused(
            reasons.OUTPUT_READ(
                "asks what the tool prints where it does not fail; ask `isHealthy()` of the port"
            )
        )


class ContainerCalls(ProcessCalls):
    """Lowers the sites of one file that run Colima."""

    def _lower(self, site: Site, usage: Usage, context: Context) -> tuple[str, ...]:
        op = site.operations[0]
        if self._chooses:
            raise Refused(
                reasons.SEVERAL_RUNTIMES(
                    "the file chooses among several container runtimes, which the port does by "
                    "itself; ask the port alone, or name the module in container.adapters of "
                    "fleetmod.toml"
                )
            )
        options = site.options
        if _ENVIRONMENT.search(options) and not _USUAL.search(options):
            raise Refused(
                reasons.OTHER_MACHINE(
                    "runs with an environment of its own, which may name another machine; give its "
                    "profile to `createContainerRuntime`"
                )
            )
        if op.verb == HEALTHY and self._reads_why(usage):
            raise Refused(
                reasons.ERROR_READ(
                    "reads why the tool did not run, which `isHealthy()` does not tell: it is false"
                )
            )
        if op.verb == HEALTHY:
            self._check_errors(site, usage, op)
        if op.verb == HEALTHY and "2>&1" in site.command and self._reads_running(site, usage):
            # it prints to its error output, and only when it runs (colima, app/app.go)
            op = replace(op, entry=True)
            site.operations = (op,)
        if site.runner.result == CHILD and op.verb == START:
            raise Refused(
                reasons.CHILD_PROCESS(
                    "starts the machine in a child process of its own; "
                    "write `await containerRuntime.start()` where it must run"
                )
            )
        if op.verb == HEALTHY and not site.runner.throws and (test := self._asked(site, usage)):
            node, negated = test
            value = self.calls.value(op, context)
            plain = (
                value if not negated else f"!({value})" if value.startswith(_WAITS) else f"!{value}"
            )
            self.draft.replace(node, self._fitting(plain, node), self.calls.rule)
            return (*self._notes(site, usage, context, site.operations), _DEEPER)
        notes = super()._lower(site, usage, context)
        inherits = "inherit" in options
        return (*notes, _DEEPER) if op.verb == HEALTHY else (*notes, _SILENT) if inherits else notes

    def _ignored(self, usage: Usage, operations: tuple[Operation, ...]) -> Node | None:
        if any(op.verb == MACHINES for op in operations):
            return super()._ignored(usage, operations)
        return ignored(
            usage, self.scopes
        )  # an exit code is told by success, wherever it is given on

    def _told_otherwise(self, *_: object) -> Iterator[str]:
        """The port's members end as Colima's commands do."""
        return iter(())

    @cached_property
    def _chooses(self) -> bool:
        """Whether the code, and no text for people, names another container runtime."""
        audience = Audience(self.scopes)
        named = self.source.of("string", "template_string", "identifier", "property_identifier")
        return any(
            _OTHERS.search(self.source.own_text(node))
            and not (node.type.endswith("string") and audience.people(node))
            for node in named
        )

    def _reads_why(self, usage: Usage) -> bool:
        """Whether the result's `error` is read."""
        holder = declarator(usage.value)
        name = holder.child_by_field_name("name") if holder is not None else None
        if holder is not None and name is not None and name.type == "object_pattern":
            return re.search(r"\berror\b", self.source.text(name)) is not None
        binding = declared(holder, self.scopes) if holder is not None else None
        reads = self.scopes.references(binding) if binding is not None else [usage.value]
        return any(member(read, self.source) == "error" for read in reads)

    def _check_errors(self, site: Site, usage: Usage, op: Operation) -> None:
        """The tool tells on its error output that it runs; the port's outcome is silent then."""
        if site.runner.result == CHILD:
            holder = declarator(usage.value)
            binding = declared(holder, self.scopes) if holder is not None else None
            reads = self.scopes.references(binding) if binding is not None else [usage.value]
            if any(member(read, self.source) == "stderr" for read in reads):
                raise Refused(self.calls.unread(op))
        elif site.runner.result == STRUCT:
            try:
                check_reads(usage.value, True, _Unasked((), self.scopes), "stderr")
            except Escaped:
                pass
            except Refused as reason:
                raise Refused(self.calls.unread(op)) from reason

    def _reads_running(self, site: Site, usage: Usage) -> bool:
        """Whether the text is searched for the word that says that it runs, and no other."""
        questions = _Running((), self.scopes)
        structured = site.runner.result == STRUCT and "text" not in usage.methods
        try:
            check_reads(usage.value, structured, questions)
        except Refused:
            return False
        return questions.asked > 0

    def _asked(self, site: Site, usage: Usage) -> tuple[Node, bool] | None:
        """`run(…).status === 0` and the like: the whole test, and whether it means unhealthy."""
        if site.runner.result == OK:
            return usage.value, False
        if site.runner.result != STRUCT or usage.value.parent is None:
            return None
        access, name = usage.value.parent, member(usage.value, self.source)
        if name in ("success", "failed"):
            return access, name == "failed"
        whole = access.parent
        if name not in _STATUS or whole is None or whole.type != "binary_expression":
            return None
        match = re.fullmatch(r"(===?|!==?)\s*0", self._rest(whole, access))
        return (whole, match[1].startswith("!")) if match else None

    def _rest(self, whole: Node, first: Node) -> str:
        return self.source.data[first.end_byte : whole.end_byte].decode().strip()

    def _fitting(self, text: str, node: Node) -> str:
        """Parentheses where an `await` would become an operand of something tighter."""
        parent = node.parent
        tight = parent is not None and parent.type in (
            "unary_expression",
            "binary_expression",
            "member_expression",
        )
        return f"({text})" if tight and text.startswith(_WAITS) else text
