"""Rewrites launchctl calls into calls of the process-manager port, by how the result is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.action_wrappers import ActionWrapper
from fleetmod.lift.operation import INSPECT, Operation
from fleetmod.lift.site import Site
from fleetmod.lower.actions import Actions, exact
from fleetmod.lower.callbacks import Callbacks
from fleetmod.lower.calls import Calls
from fleetmod.lower.children import Children
from fleetmod.lower.context import (
    ASYNC,
    GEN,
    SYNC,
    Context,
    context_of,
    effect_callback,
    side_by_side,
    unawaited,
)
from fleetmod.lower.draft import Draft, Refused
from fleetmod.lower.facts import Questions
from fleetmod.lower.handlers import (
    acts_otherwise,
    check_codes,
    check_error_readers,
    ends_alike,
    has_other_words,
    observed,
)
from fleetmod.lower.outcome import Outcomes
from fleetmod.lower.promise import Promises
from fleetmod.lower.reads import check_reads
from fleetmod.lower.style import line_indent
from fleetmod.lower.usage import Usage, by_truth, declarator, declared, ignored, member, usage_of
from fleetmod.regex import lazy
from fleetmod.runner import CHILD, DENO, NOTHING, OK, STRUCT, TEMPLATE, TEXT
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import BLOCKS, STATEMENTS, enclosing_function

_ENCODING = lazy(r"\bencoding\b(?:\s*:[\s(]*[\"']([\w-]*))?(?!\s*:[\s(]*(?:undefined|null)\b)")
# the second element of `stdio` is the output (Node's child_process); a name's value is not known
_INHERITS = lazy(
    r"\b(?:stdio|stdout)(?:\s*[,}]"
    r"|\s*:[\s(]*(?:\[[^,\]]*,\s*)?(?:[\"']inherit|1\b|(?!undefined|null)[A-Za-z_$]))"
)


_TIMEOUT = lazy(r"\btimeout\b\s*(?::\s*([^,}\n]+?)\s*(?=[,}\n]|$))?")
# as runtime/*/src/factory.ts and runtime/process-manager/src/launchctl.ts have it
ADAPTERS = "10000"
WAITS = (
    "`stop` waits until the job is gone, as long as ExitTimeOut (on Linux TimeoutStopSec) lets it, "
    "and then fails, where the tool answers at once"
)
ABSENT = (
    "a host without the tool is a failure like others now, which the result tells; Bun threw there"
)
SIDE_BY_SIDE = "what `map` starts for each element ran one by one, and runs side by side now"
LESS = (
    "people see less: the port tells the service's file, state, program, folder, pid, runs and "
    "last exit code, and launchctl prints all that it knows of it"
)
RESTARTS = (
    "`disable` does not keep a running service from being restarted on Linux (Restart=); `stop` "
    "does"
)


class ProcessCalls:
    """Lowers the sites of one file into its draft."""

    def __init__(self, draft: Draft, calls: type[Calls] = Calls) -> None:
        self.draft = draft
        self.scopes: Scopes = draft.scopes
        self.source = draft.scopes.source
        self.calls = calls(draft)
        self.outcomes = Outcomes(draft, self.calls)
        self.children = Children(draft, self.calls)
        self.promises = Promises(draft, self.calls)
        self.callbacks = Callbacks(draft, self.calls)
        self.actions = Actions(draft, self.calls)

    def lower(self, site: Site) -> tuple[str, ...]:
        """Add the edits of one site; returns notes for the maintainer, raises Refused."""
        self._first = len(self.draft.edits)
        usage = usage_of(site.call, self.source, site.runner.form == TEMPLATE)
        context = context_of(site.call, self.scopes)
        if context.kind == ASYNC and site.runner.sync and unawaited(site.call, self.scopes):
            # its callers go on at once, and count on what was done before it first waited
            context = Context(SYNC, tried=context.tried)
        return self._lower(site, usage, context)

    def act(self, site: Site, wrapper: ActionWrapper) -> tuple[str, ...]:
        """Give a wrapper the action that a call asked for by a command; returns notes and raises
        Refused, as `lower` does."""
        self._first = len(self.draft.edits)
        self.calls.shown = False
        usage = usage_of(site.call, self.source, shell_options=False)
        self.actions.lower(site, wrapper, usage)
        told = replace(
            site,
            runner=replace(site.runner, result=STRUCT),
            options=self.source.text(wrapper.call),
        )
        if any(map(self.calls.asks, site.operations)) and self._shown(told, usage):
            raise Refused(reasons.OUTPUT_SHOWN)
        context = context_of(site.call, self.scopes)
        return self._notes(told, usage, context, tuple(map(exact, site.operations)))

    def _lower(self, site: Site, usage: Usage, context: Context) -> tuple[str, ...]:
        operations = site.operations
        self.calls.call, self.calls.shown = site.call, False
        if site.runner.form == DENO:
            raise Refused(
                reasons.DENO_COMMAND(
                    "a Deno command, whose result the port has not; call "
                    f"`{self.calls.port_name}` in code for Node or Bun"
                )
            )
        if not site.runner.throws or "nothrow" in usage.methods:
            operations = tuple(op.tolerate() for op in operations)
        if site.runner.throws:
            acting = [op for op in operations if not self.calls.asks(op)]
            other_words = any(map(has_other_words, acting))
            check_error_readers(usage, context, self.source, bool(acting), other_words)
        if any(map(self.calls.asks, operations)) and self._shown(site, usage):
            raise Refused(reasons.OUTPUT_SHOWN)
        if site.runner.result == CHILD:
            self._child(site, usage, context, operations)
        elif not site.runner.sync and not usage.awaited:
            self.promises.lower(site, usage, operations)
        elif (statement := self._ignored(usage, operations)) is not None:
            self._statement(statement, operations, context)
        else:
            self._result(site, usage, context, operations)
        return self._notes(site, usage, context, operations)

    def _child(
        self, site: Site, usage: Usage, context: Context, operations: tuple[Operation, ...]
    ) -> None:
        if self.children.collected(site, usage, context):
            return
        if (callback := self.callbacks.of(site)) is not None:
            if callback.stdout:
                self._check_encoding(site, usage)
            if not self._in_promise(site.call):
                self.promises.check_lifetime(site.call, operations[0])
            self.callbacks.lower(site, usage, callback)
            return
        awaited = self.promises.child(site, usage, operations)
        if awaited is not None:
            self._statement(*awaited, context)

    def _in_promise(self, call: Node) -> bool:
        """Whether the function around a call makes a promise, which somebody waits for."""
        function = enclosing_function(call)
        made = function.parent.parent if function is not None and function.parent else None
        return made is not None and made.type == "new_expression"

    def _shown(self, site: Site, usage: Usage) -> bool:
        """Whether the output goes to the terminal."""
        if _INHERITS.search(f"{site.options} {site.runner.options}"):
            return True
        quiet = {"quiet", "text"} & set(usage.methods)
        return site.runner.shows and not quiet and ignored(usage, self.scopes) is not None

    def _ignored(self, usage: Usage, operations: tuple[Operation, ...]) -> Node | None:
        """The node to replace when nobody reads the result; an Effect's callback gives it on."""
        node = ignored(usage, self.scopes)
        queried = any(map(self.calls.asks, operations))
        given_on = node is not None and not node.type.endswith(("statement", "declaration"))
        return None if queried and given_on else node

    def _notes(
        self, site: Site, usage: Usage, context: Context, operations: tuple[Operation, ...]
    ) -> tuple[str, ...]:
        notes = [note for op in operations for note in op.notes]
        notes.extend(self._told_otherwise(site, usage, context, operations))
        options = f"{site.options} {site.runner.options}"
        if "timeout" in options:
            own = _TIMEOUT.search(options)
            number = (own[1] or "").strip() if own else ""
            plain = number.replace("_", "")
            told = f"{plain} ms" if plain.isdigit() else f"`{number or 'timeout'}`"
            if plain != ADAPTERS:
                notes.append(
                    f"its own timeout of {told} is replaced by the adapter's {ADAPTERS} ms "
                    "(`timeoutMs`)"
                )
        if self._written(site, "void "):
            notes.append("nobody waits for it: it ends with this process, as no child process does")
        if context.kind == ASYNC and site.runner.sync and side_by_side(site.call, self.scopes):
            notes.append(SIDE_BY_SIDE)
        if site.runner.absent_throws and not site.runner.throws:
            notes.append(ABSENT)
        if self.calls.shown:
            notes.append(LESS)
        if self._sync_was_used(site):
            notes.append(f"uses the synchronous companion: {self._why_sync(site, context)}")
        return tuple(dict.fromkeys(notes))

    def _told_otherwise(
        self, site: Site, usage: Usage, context: Context, operations: tuple[Operation, ...]
    ) -> Iterator[str]:
        """Where the port succeeds or fails and the tool does not, and the code may notice it."""
        read = (STRUCT, OK) if declarator(usage.value) is None else (STRUCT, OK, CHILD)
        told = site.runner.result in read and ignored(usage, self.scopes) is None
        told = usage.told or (told and not self.callbacks.of(site))
        fails = site.runner.throws and not all(op.tolerated for op in operations)
        handled = observed(context, self.source)
        if site.runner.result == STRUCT and not site.runner.throws and by_truth(usage, self.scopes):
            yield (
                "`status` is null where launchctl is missing or killed, which counts as success "
                "here; the port's exit code tells a failure"
            )
        if "inherit" in site.options:
            yield "what launchctl says is not shown any more; the port's error tells a failure"
        for op in operations:
            if op.verb == "stop" and op.required and (told or (fails and not handled)):
                yield (
                    "`stop` succeeds where nothing is loaded: no exit code and no error tells that"
                )
            if op.verb == "stop" and not op.legacy:
                yield WAITS
            if op.verb == "disable":
                yield RESTARTS
            if op.verb == "load" and not op.legacy and told:
                yield "`load` succeeds where the service is loaded already, and the tool fails"
            if op.verb in ("restart", "start") and (told or fails):
                yield f"`{op.verb}` loads a service that is not loaded, where the tool fails"
            if op.legacy and (told or (fails and (handled or context.tried is None))):
                yield f"`launchctl {op.legacy}` exits 0 where it fails; the port throws there"

    def _sync_was_used(self, site: Site) -> bool:
        name = self.calls.sync_port
        return self._written(site, name, name[0].upper() + name[1:])

    def _written(self, site: Site, *texts: str) -> bool:
        """Whether one of some texts stands in what is written for a site."""
        return any(
            any(text in edit.text for text in texts)
            for edit in self.draft.edits[self._first :]
            if edit.rule == self.calls.rule and edit.start <= site.call.start_byte < edit.end
        )

    def _why_sync(self, site: Site, context: Context) -> str:
        if context.kind == GEN:
            return "a try block does not catch a failed yield*"
        if callback := effect_callback(site.call, self.scopes):
            return f"an Effect.{callback} callback runs to its end"
        if context_of(site.call, self.scopes).kind == ASYNC:
            return "a caller of the function around it goes on without waiting"
        return "the function around it is not async"

    def _statement(self, node: Node, operations: tuple[Operation, ...], context: Context) -> None:
        statement = node.type in STATEMENTS
        if not statement and len(operations) != 1:
            raise Refused(
                reasons.SEVERAL_COMMANDS("several commands in one expression; write one call each")
            )
        if len(operations) > 1 and node.parent is not None and node.parent.type == "for_statement":
            raise Refused(
                reasons.SEVERAL_COMMANDS(
                    "several commands in the head of a loop; write one call each before it"
                )
            )
        if statement and (whole := self._swallowing_try(node, context)) is not None:
            node = whole
            operations = tuple(op.tolerate() for op in operations)
        elif not all(op.tolerated for op in operations):
            context = context.throwing()
        ends = ";" if statement and self.source.text(node).endswith(";") else ""
        if statement and not ends and self.draft.style.semicolon and node.type == "try_statement":
            ends = ";"
        separator = self._separator(node, ends)
        handled = statement and observed(context, self.source)
        if handled and not ends_alike(node, context, self.source):
            loads = any(op.verb == "load" and not op.legacy for op in operations)
            if loads and acts_otherwise(context, self.source):
                raise Refused(
                    reasons.ALREADY_LOADED(
                        "`bootstrap` fails where the service is loaded, and the catch block then "
                        "acts; the port's load succeeds: ask `inspect(label)` which of both to do"
                    )
                )
            operations = tuple(self._with_failure(operations))
        lines = [self.calls.statement(op, context, ends) for op in operations]
        text = separator.join(lines)
        holder = node.parent
        if len(lines) > 1 and holder is not None and holder.type not in BLOCKS:
            text = f"{{ {text} }}"  # an `if` without braces leads to one statement
        self.draft.replace(node, text, self.calls.rule)

    def _separator(self, statement: Node, ends: str) -> str:
        """What stands between the calls that replace a statement: those of `try { one(); }` stay on
        its line."""
        data, start = self.source.data, statement.start_byte
        alone = not data[data.rfind(b"\n", 0, start) + 1 : start].strip()
        return (
            self.draft.style.newline + line_indent(self.source, start) if alone or not ends else " "
        )

    def _with_failure(self, operations: tuple[Operation, ...]) -> Iterator[Operation]:
        """The port's stop is content with what is not loaded; the tool, and the code, is not."""
        for op in operations:
            if op.verb == "stop" and op.required and not op.tolerated:
                yield op.asked()
            yield op

    def _swallowing_try(self, statement: Node, context: Context) -> Node | None:
        """`try { statement } catch {}` inside an Effect generator, where it would catch nothing."""
        tried = context.tried
        if context.kind != GEN or tried is None:
            return None
        body, handler = tried.child_by_field_name("body"), tried.child_by_field_name("handler")
        if body is None or handler is None or tried.child_by_field_name("finalizer") is not None:
            return None
        caught = handler.child_by_field_name("body")
        alone = len(body.named_children) == 1 and body.named_children[0].id == statement.id
        return tried if alone and caught is not None and not caught.named_children else None

    def _result(
        self, site: Site, usage: Usage, context: Context, operations: tuple[Operation, ...]
    ) -> None:
        if len(operations) != 1:
            raise Refused(
                reasons.SEVERAL_COMMANDS(
                    "the result of several commands in one; write one call each"
                )
            )
        op = operations[0]
        if op.verb == INSPECT and site.runner.result in (TEXT, STRUCT):
            self._check_text(site, usage, op)
        if site.runner.result == TEXT or "text" in usage.methods:
            self._text(site, usage, context, op)
        elif site.runner.result == STRUCT and (
            site.runner.throws and "nothrow" not in usage.methods
        ):
            self.outcomes.throwing(site, usage, context, op)
        elif site.runner.result == STRUCT:
            if not self.calls.asks(site.operations[0]):
                codes = [own for own, field in site.runner.fields if field == "exitCode"]
                check_codes(usage, self.source, codes)
            self.outcomes.settled(site, usage, context, site.operations[0])
        elif site.runner.result == OK:
            outcome = self._loose(self.calls.outcome(site.operations[0], context, text=False))
            self.draft.replace(usage.value, f"{outcome}.ok", self.calls.rule)
        elif site.runner.result == NOTHING:
            raise Refused(
                reasons.NO_VALUE(
                    "the value of a call that gives none is used; ask `inspect(label)` for one"
                )
            )
        else:
            raise Refused(
                reasons.UNKNOWN_CALLEE(
                    f"what `{site.runner.name}` gives back is not known; call the port at this "
                    "place"
                )
            )

    def _text(self, site: Site, usage: Usage, context: Context, op: Operation) -> None:
        if not self.calls.prints(op):
            raise Refused(self.calls.unread(op))
        context = context.throwing()
        self._check_encoding(site, usage)
        options = f"{site.options} {site.runner.options}"
        if site.runner.bytes and "encoding" not in options and not usage.stringified:
            self.outcomes.check_bytes(usage.value)
        holder = declarator(usage.value)
        binding = declared(holder, self.scopes) if holder is not None else None
        for read in self.scopes.references(binding) if binding is not None else ():
            self.outcomes.drop_encoding(read)
        text = self.calls.text(op, context) + site.runner.strip
        self.draft.replace(usage.value, self._wrapped(text, usage), self.calls.rule)

    def _check_text(self, site: Site, usage: Usage, op: Operation) -> None:
        """What is read of a printed service must be what the port tells of it."""
        if op.tolerated and "2>&1" in site.command:
            raise Refused(
                reasons.OUTPUT_REDIRECTED(
                    "reads the tool's errors with its output; read the port's error instead"
                )
            )
        structured = site.runner.result == STRUCT and "text" not in usage.methods
        outputs = [own for own, field in site.runner.fields if field == "stdout"]
        for stream in outputs if structured and site.runner.fields else ["stdout"]:
            questions = Questions(op.label, self.scopes)
            self.calls.shown |= check_reads(usage.value, structured, questions, stream)

    def _check_encoding(self, site: Site, usage: Usage) -> None:
        """The port gives text: what wants bytes, or another spelling of them, is refused."""
        if any(op.silent for op in site.operations):
            raise Refused(
                reasons.OUTPUT_REDIRECTED(
                    "`>/dev/null` drops what is read; read a field of the port's result"
                )
            )
        match = _ENCODING.search(site.options)
        if match and match[1] is None:
            raise Refused(
                reasons.OUTPUT_BYTES(
                    "the output's encoding is only known at run time; the port gives text"
                )
            )
        if match and match[1].lower() not in ("utf8", "utf-8", "ascii"):
            raise Refused(
                reasons.OUTPUT_BYTES(
                    f"wants the output as {match[1]}, as bytes; the port gives text"
                )
            )
        name = member(usage.value, self.source)
        if name in ("byteLength", "buffer", "equals") or name == "toString":
            raise Refused(
                reasons.OUTPUT_BYTES(
                    f"reads the output's bytes by {self._spelled(usage)}; the port gives text"
                )
            )

    def _spelled(self, usage: Usage) -> str:
        access = usage.value.parent
        whole = access.parent if access is not None else None
        called = whole is not None and whole.type == "call_expression"
        end = whole if called else access
        return f"`{self.source.text(end).rpartition(').')[2]}`" if end is not None else "name"

    def _wrapped(self, text: str, usage: Usage) -> str:
        """Parentheses where `await x` becomes the object of a member expression."""
        return self._loose(text) if usage.parent.type == "member_expression" else text

    def _loose(self, text: str) -> str:
        return f"({text})" if text.startswith(("await ", "yield* ")) else text
