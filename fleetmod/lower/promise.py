"""Calls whose promise, or whose child process, the code goes on with."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.operation import Operation
from fleetmod.lift.site import Site
from fleetmod.lower.calls import Calls
from fleetmod.lower.context import ASYNC
from fleetmod.lower.draft import Draft, Refused
from fleetmod.lower.usage import Usage, ignored, member, usage_of
from fleetmod.regex import lazy
from fleetmod.runner import NOTHING, UNKNOWN
from fleetmod.syntax.source import enclosing_function, parts, unwrap

_ALL = lazy(r"Promise\.(?:all|allSettled)")
_EXITS = lazy(
    r"\b(?:process\.(?:exit|abort|kill)|(?:Deno|Bun)\.exit|app\.(?:exit|quit|relaunch))\("
)


class Promises:
    def __init__(self, draft: Draft, calls: Calls) -> None:
        self.draft, self.calls = draft, calls
        self.scopes, self.source = draft.scopes, draft.scopes.source

    def lower(self, site: Site, usage: Usage, operations: tuple[Operation, ...]) -> None:
        """A promise that is passed on: returned, chained, or left floating."""
        if len(operations) != 1:
            raise Refused(
                reasons.SEVERAL_COMMANDS("several commands behind one promise; await one call each")
            )
        op = operations[0]
        if self.calls.asks(op) or usage.methods or usage.stringified:
            raise Refused(
                reasons.RESULT_PASSED_ON(
                    "the promise of a query is passed on; await it and read its value"
                )
            )
        if site.runner.result == UNKNOWN and ignored(usage, self.scopes) is None:
            raise Refused(
                reasons.UNKNOWN_CALLEE(
                    "what the wrapper's promise resolves to is not known; call the port at this "
                    "place"
                )
            )
        if self._in_promise_all(usage):
            call = self.calls.port(op, ASYNC) + (".catch(() => {})" if op.tolerated else "")
            self.draft.replace(usage.value, call, self.calls.rule)
            return
        chained = member(usage.value, self.source)
        alone = ignored(usage, self.scopes) is not None
        if not alone and not (chained in ("catch", "finally") and self._chain_ignored(usage)):
            allowed = site.runner.result == NOTHING and chained in ("", "then", "catch", "finally")
            if not allowed:
                raise Refused(
                    reasons.RESULT_PASSED_ON(
                        "the promise's result is passed on; await the port in an async function"
                    )
                )
        self.check_lifetime(usage.value, op)
        call = self.calls.port(op, ASYNC)
        if op.tolerated and chained != "catch":
            call += ".catch(() => {})"
        self.draft.replace(usage.value, call, self.calls.rule)

    def check_lifetime(self, node: Node, op: Operation) -> None:
        """Raises Refused where the process ends before what nobody waits for has been done."""
        around = enclosing_function(node)
        end = around.end_byte if around is not None else len(self.source.data)
        if _EXITS.search(self.source.slice(node.end_byte, end)):
            raise Refused(
                reasons.CANNOT_WAIT(
                    "the process exits while nobody waits for this; wait for it, or call "
                    f"`{self.calls.sync_port}.{op.verb}(…)` here"
                )
            )

    def _is_object(self, node: Node) -> bool:
        """Whether a name is that of options, and not of a callback."""
        binding = self.scopes.resolve(node)
        value = binding.value if binding is not None else None
        return value is not None and unwrap(value).type == "object"

    def _chain_ignored(self, usage: Usage) -> bool:
        """Whether nobody reads what a chain of `.catch(…)` and the like gives in the end."""
        node = usage.value
        while member(node, self.source) in ("then", "catch", "finally"):
            call = node.parent.parent if node.parent is not None else None
            if call is None or call.type != "call_expression":
                break
            node = call
        return ignored(usage_of(node, self.source, shell_options=False), self.scopes) is not None

    def _in_promise_all(self, usage: Usage) -> bool:
        """Whether it is one of the promises that are awaited together, for their end alone."""
        array = usage.parent
        call = array.parent.parent if array.type == "array" and array.parent is not None else None
        target = call.child_by_field_name("function") if call is not None else None
        if call is None or target is None or not _ALL.fullmatch(self.source.text(target)):
            return False
        whole = usage_of(call, self.source, shell_options=False)
        return whole.awaited and ignored(whole, self.scopes) is not None

    def child(
        self, site: Site, usage: Usage, operations: tuple[Operation, ...]
    ) -> tuple[Node, tuple[Operation, ...]] | None:
        """A process that is started and not waited for. One that is waited for by `.exited` is
        given back as the statement it stands in and what it does."""
        op = operations[0]
        arguments = site.call.child_by_field_name("arguments")
        given = parts(arguments)
        last = given[-1].type if len(given) > 1 else ""
        named = last == "identifier" and not self._is_object(given[-1])
        takes = site.runner.calls_back
        if last in ("arrow_function", "function_expression") or (takes and named):
            raise Refused(
                reasons.CANNOT_WAIT(
                    "the result arrives in a callback; make the caller async and "
                    f"`await {self.calls.port_name}.{op.verb}(…)` there"
                )
            )
        if len(operations) != 1 or self.calls.asks(op):
            raise Refused(
                reasons.CHILD_PROCESS(
                    "reads a child process's output; await the port's result instead"
                )
            )
        value, awaited = usage.value, False
        name = member(value, self.source)
        parent = value.parent
        if name == "exited" and parent is not None and parent.parent is not None:
            if parent.parent.type != "await_expression":
                raise Refused(
                    reasons.CHILD_PROCESS(
                        "a child process's exit is passed on; await the port instead"
                    )
                )
            value, awaited = parent.parent, True
        elif name == "unref" and parent is not None and parent.parent is not None:
            value = parent.parent
        holder = value.parent
        if holder is None or holder.type != "expression_statement":
            raise Refused(
                reasons.CHILD_PROCESS(
                    "a child process whose events or streams are read; await the port instead"
                )
            )
        if awaited:
            return holder, (op.tolerate(),)
        self.check_lifetime(value, op)
        self.draft.replace(
            value, f"void {self.calls.port(op, ASYNC)}.catch(() => {{}})", self.calls.rule
        )
        return None
