"""A child of Bun that is kept, and whose exit and outputs are awaited: an outcome of the port."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod.lift.operation import INSPECT
from fleetmod.lift.site import Site
from fleetmod.lower.calls import Calls
from fleetmod.lower.context import ASYNC, Context
from fleetmod.lower.draft import Draft
from fleetmod.lower.facts import Questions
from fleetmod.lower.handlers import check_codes
from fleetmod.lower.reads import check_reads
from fleetmod.lower.usage import Usage, declarator, declared, member
from fleetmod.syntax.source import parts

_FIELDS = {"exited": "exitCode", "stdout": "stdout", "stderr": "stderr"}


class Children:
    def __init__(self, draft: Draft, calls: Calls) -> None:
        self.draft, self.calls = draft, calls
        self.scopes, self.source = draft.scopes, draft.scopes.source

    def collected(self, site: Site, usage: Usage, context: Context) -> bool:
        """Lower `const proc = Bun.spawn(…)` where each use is `await proc.exited` or `await new
        Response(proc.stderr).text()`, alone or in a `Promise.all`; False where it is not that."""
        holder = declarator(usage.value)
        binding = declared(holder, self.scopes) if holder is not None else None
        if site.runner.name != "Bun.spawn" or context.kind != ASYNC or binding is None:
            return False
        reads = self.scopes.references(binding)
        found = [whole for read in reads if (whole := self._read(read)) is not None]
        if not reads or len(found) != len(reads) or len(site.operations) != 1:
            return False
        op = site.operations[0]
        if not self.calls.asks(op):
            check_codes(usage, self.source)
        told = [w for r, w in zip(reads, found, strict=True) if member(r, self.source) == "stdout"]
        for whole in told if op.verb == INSPECT else ():
            self.calls.shown |= check_reads(whole, False, Questions(op.label, self.scopes))
        statements = [self._statement(whole) for whole in found]
        if None not in statements and (alone := _declared_alone(holder)) is not None:
            text = self.calls.statement(op.tolerate(), context, "")
            self.draft.replace_range(alone.start_byte, usage.value.end_byte, text, self.calls.rule)
        else:
            outcome = self.calls.outcome(op, context, text=bool(told))
            self.draft.replace(usage.value, outcome, self.calls.rule)
        for read, whole, statement in zip(reads, found, statements, strict=True):
            name = member(read, self.source)
            before = statement.prev_sibling if statement is not None else None
            if statement is not None and before is not None:
                self.draft.replace_range(before.end_byte, statement.end_byte, "", self.calls.rule)
            else:
                self.draft.replace(whole, f"{binding.name}.{_FIELDS[name]}", self.calls.rule)
        for array in {a.id: a for a in map(_array_of, found) if a is not None}.values():
            call = array.parent.parent if array.parent is not None else None
            whole = call.parent if call is not None else None
            if whole is not None and {e.id for e in array.named_children} <= {n.id for n in found}:
                self.draft.replace_range(whole.start_byte, array.start_byte, "", self.calls.rule)
                self.draft.replace_range(array.end_byte, whole.end_byte, "", self.calls.rule)
        return True

    def _statement(self, whole: Node) -> Node | None:
        """The statement that only waits: `await proc.exited;`."""
        parent = whole.parent
        waits = parent is not None and parent.type == "expression_statement"
        return parent if waits and parent is not None and parent.prev_sibling is not None else None

    def _read(self, read: Node) -> Node | None:
        """The expression that gives what is read of the child: awaited, or one of a `Promise.all`
        that is."""
        access = read.parent
        name = member(read, self.source)
        if access is None or name not in _FIELDS:
            return None
        whole = access if name == "exited" else self._text_of(access)
        parent = whole.parent if whole is not None else None
        if whole is None or parent is None:
            return None
        if parent.type == "await_expression":
            outer = parent.parent
            alone = outer is not None and outer.type == "parenthesized_expression"
            above = outer.parent if outer is not None and alone else None
            return outer if above is not None and above.type.endswith("expression") else parent
        array = _array_of(whole)
        call = array.parent.parent if array is not None and array.parent is not None else None
        target = call.child_by_field_name("function") if call is not None else None
        awaited = (
            call is not None and call.parent is not None and call.parent.type == "await_expression"
        )
        all_ = target is not None and self.source.text(target) == "Promise.all"
        return whole if awaited and all_ else None

    def _text_of(self, access: Node) -> Node | None:
        """The call in `new Response(proc.stderr).text()`."""
        made = access.parent.parent if access.parent is not None else None
        call = made.parent.parent if made is not None and made.parent is not None else None
        if call is None or call.type != "call_expression":
            return None
        spelled = self.source.squeezed(call)
        return call if spelled == f"newResponse({self.source.text(access)}).text()" else None


def _declared_alone(holder: Node | None) -> Node | None:
    """The `const proc = …` of one name."""
    statement = holder.parent if holder is not None else None
    return statement if statement is not None and len(parts(statement)) == 1 else None


def _array_of(element: Node) -> Node | None:
    parent = element.parent
    return parent if parent is not None and parent.type == "array" else None
