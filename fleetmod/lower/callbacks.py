"""Calls whose outcome a callback gets: `exec(command, (error, stdout, stderr) => …)`."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.operation import INSPECT, Operation
from fleetmod.lift.site import Site
from fleetmod.lift.wrapper_result import arguments_of, calls_in
from fleetmod.lower.calls import Calls
from fleetmod.lower.draft import PROCESS, Draft, Refused
from fleetmod.lower.facts import Questions
from fleetmod.lower.handlers import check_reader, check_words, has_other_words
from fleetmod.lower.reads import check_reads
from fleetmod.lower.usage import Usage, ignored
from fleetmod.regex import lazy
from fleetmod.syntax.source import FUNCTIONS, ancestors, parts, same, walk

_OWN_NAMES = ("this", "arguments")  # of a function that is no arrow: its process, what it was given
_ASKS = ("unary_expression", "binary_expression")  # give whether there is an error, or a new text
_FIELD_OF = ("member_expression", "template_substitution")
_TELLS_PID = lazy(r"\bkickstart\b.*[\s\"'`,]-k?p")  # launchctl(1): prints the process's id
_SAYS = frozenset("log error warn info debug trim toString push".split())


@dataclass(frozen=True)
class Callback:
    """A function that gets what came of a command, and the reads of each thing that it gets."""

    function: Node
    error: list[Node]
    stdout: list[Node]
    stderr: list[Node]


class Callbacks:
    """Gives the outcome of a port's call to the callback that got a command's."""

    def __init__(self, draft: Draft, calls: Calls) -> None:
        self.draft, self.calls = draft, calls
        self.scopes, self.source = draft.scopes, draft.scopes.source

    def of(self, site: Site) -> Callback | None:
        """The callback that a call is given, where it is written there; None for anything else."""
        if self.calls.package != PROCESS:
            return None  # the other ports have no `callBack`
        function = (arguments_of(site.call) or [site.call])[-1]
        if not site.runner.calls_back or function.type not in (
            "arrow_function",
            "function_expression",
        ):
            return None
        single = function.child_by_field_name("parameter")
        listed = parts(function.child_by_field_name("parameters"))
        reads: list[list[Node]] = []
        for parameter in [single] if single is not None else listed:
            name = parameter.child_by_field_name("pattern") or parameter
            binding = self.scopes.declared(name) if name.type == "identifier" else None
            if binding is None:
                return None
            reads.append(self.scopes.references(binding))
        if len(reads) > 3:
            return None
        return Callback(function, *reads, *([] for _ in range(3 - len(reads))))

    def lower(self, site: Site, usage: Usage, callback: Callback) -> None:
        """`callBack(() => port.start(label), (error, stdout) => …)`; raises Refused where the
        callback reads what the port does not tell."""
        if len(site.operations) != 1:
            raise Refused(
                reasons.SEVERAL_COMMANDS(
                    "several commands before one callback; write one call each"
                )
            )
        dropped = ignored(usage, self.scopes)
        if dropped is None and not self._in_executor(usage):
            raise Refused(
                reasons.CHILD_PROCESS(
                    "the child process is used beside its callback; use the callback alone"
                )
            )
        op = site.operations[0]
        self._check_function(callback.function)
        self._check_texts(site, callback, op)
        self._check_error(callback, op)
        usage.told = bool(callback.error or callback.stderr)
        action = self.calls.closure(op, text=bool(callback.stdout))
        unread = dropped is not None and dropped.type.endswith("declaration")
        self.draft.replace_range(
            dropped.start_byte if dropped is not None and unread else site.call.start_byte,
            callback.function.start_byte,
            f"{self.calls.name('callBack')}({action}, ",
            self.calls.rule,
        )

    def _in_executor(self, usage: Usage) -> bool:
        """Whether the call is all that `new Promise((resolve) => call)` does."""
        executor = usage.parent
        made = executor.parent.parent if executor.parent is not None else None
        of_promise = made is not None and made.type == "new_expression"
        return executor.type == "arrow_function" and of_promise

    def _check_function(self, function: Node) -> None:
        if function.type != "function_expression":
            return
        for node in walk(function):
            if node.type in ("this", "identifier") and self.source.text(node) in _OWN_NAMES:
                raise Refused(
                    reasons.CHILD_PROCESS(
                        f"the callback reads `{self.source.text(node)}`, the child process's; "
                        "read the callback's parameters instead"
                    )
                )

    def _check_texts(self, site: Site, callback: Callback, op: Operation) -> None:
        """Raises Refused where the texts are more than what the port tells."""
        if callback.stdout and not self.calls.asks(op) and _TELLS_PID.search(site.command):
            raise Refused(self.calls.unread(op))
        if (callback.stdout or callback.stderr) and "2>" in site.command:
            raise Refused(
                reasons.OUTPUT_REDIRECTED(
                    "reads what the shell around the command redirects; read the port's error"
                )
            )
        for read in callback.stdout if op.verb == INSPECT else ():
            self.calls.shown |= check_reads(read, False, Questions(op.label, self.scopes))
        for read in callback.stderr:
            check_words(read, op, self.source)

    def _check_error(self, callback: Callback, op: Operation) -> None:
        """Raises Refused where a failure is told from others, or tells what it does not tell with
        the port."""
        if not callback.error:
            return
        if op.tolerated:
            raise Refused(
                reasons.OUTPUT_REDIRECTED(
                    "asks for an error that the shell around the command keeps from it"
                )
            )
        for read in callback.error:
            self._check_handed(read)
        acts = not self.calls.asks(op)
        text = self.source.text(callback.function)
        check_reader(text, acts, acts and has_other_words(op))
        if (
            op.verb == "load"
            and not op.legacy
            and any(map(self._acts, calls_in(callback.function)))
        ):
            raise Refused(reasons.ALREADY_LOADED)

    def _check_handed(self, read: Node) -> None:
        """Raises Refused where the error gets to a function that may read what the tool's process
        left in it."""
        below = read
        for a in ancestors(read):
            asked = a.type in _ASKS or same(a.child_by_field_name("condition"), below)
            below = a
            if asked:
                return
            if a.type == "assignment_expression":
                kept = self.source.text(a.child_by_field_name("left") or a)
                raise Refused(
                    reasons.ERROR_READ(
                        f"keeps the error in `{kept}`, where a child process's fields of it may be "
                        "read; keep its message"
                    )
                )
            if a.type == "call_expression":
                field = read.parent is not None and read.parent.type in _FIELD_OF
                if field or not self._acts(a):
                    return
                target = self.source.text(a.child_by_field_name("function") or a)
                if target == "String":
                    return
                raise Refused(
                    reasons.ERROR_READ(
                        f"hands the error to `{target}`, which may read a child process's fields "
                        "of it; hand on its message"
                    )
                )
            if a.type.endswith("statement") or a.type in FUNCTIONS:
                return

    def _acts(self, call: Node) -> bool:
        """Whether a call may act on the service: no log, no method of a text, no end of the
        promise around it."""
        target = call.child_by_field_name("function")
        if target is None:
            return True
        name = target.child_by_field_name("property")
        if name is not None:
            return self.source.text(name) not in _SAYS
        binding = self.scopes.resolve(target) if target.type == "identifier" else None
        if binding is None or binding.kind != "parameter":
            return True
        made = next((a for a in ancestors(binding.name_node) if a.type == "new_expression"), None)
        executor = made.child_by_field_name("arguments") if made is not None else None
        return executor is None or not any(same(a, binding.scope) for a in parts(executor))
