"""The branches of TypeScript for `guards`: what an `if`, a `switch`, an early return, a table by
platform or a skipped test leaves of the platforms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from tree_sitter import Node

from fleetmod.flow.conditions import Conditions
from fleetmod.flow.guards import Guards, Step, holding
from fleetmod.flow.platforms import EVERY, UNKNOWN, Fact, on, platform_of
from fleetmod.flow.texts import Values
from fleetmod.syntax.scope import Binding
from fleetmod.syntax.source import (
    BLOCKS,
    FUNCTIONS,
    ancestors,
    contains,
    parts,
    same,
    unwrap,
    walk,
)

_ENDS = ("return_statement", "throw_statement", "continue_statement", "break_statement")
_LEAVES = ("return_statement", "throw_statement", "continue_statement")  # a `switch`, too
_EXITS = ("process.exit", "process.abort", "Deno.exit")
_CLASSES = ("class_declaration", "class", "abstract_class_declaration")
_HOLDERS = ("object", "class_body")  # whose functions run when they are called
_TITLES = ("string", "template_string")
_TESTS = ("test", "it", "describe", "t", "ctx", "context", "this")
_SKIPS = ("skip", "fixme")
_READS_ALL = ("values", "entries")
_DEPTH = 3  # functions that end in a call of one that never returns


class Program(Protocol):
    """A program that exists on one platform only."""

    @property
    def name(self) -> str: ...

    @property
    def platform(self) -> str: ...


def guards_of(values: Values, tool: Program) -> Guards[Node]:
    """What judges the places of one file, for one tool."""
    branches = _Branches(values)
    guards = Guards(branches, tool.platform)
    branches.conditions = Conditions(
        values, tool.name, tool.platform, lambda node: guards.platforms_at(node, 0)
    )
    return guards


class _Branches:
    """A `Language` for `guards`."""

    conditions: Conditions

    def __init__(self, values: Values) -> None:
        self.values, self.scopes, self.source = values, values.scopes, values.source
        self._places: dict[int, tuple[list[Node], dict[int, int]]] = {}
        self._bound: dict[int, Binding] | None = None

    def outwards(self, node: Node) -> Iterator[Node]:
        return ancestors(node)

    # -- conditions around a place ---------------------------------------------------------------

    def around(self, outer: Node, inner: Node) -> Iterator[Step[Node]]:
        condition = outer.child_by_field_name("condition")
        if outer.type in ("if_statement", "ternary_expression") and condition is not None:
            one, other = (outer.child_by_field_name(f) for f in ("consequence", "alternative"))
            if same(one, inner):
                fact = self.conditions.fact(condition)
                others = [other] if other is not None else self._behind(outer, inner)
                yield holding(fact, others or self._apart(outer, fact))
            elif same(other, inner):
                others = [one] if one is not None else []
                yield holding(~self.conditions.fact(condition), others)
        elif outer.type == "binary_expression":
            operator, left = (outer.child_by_field_name(f) for f in ("operator", "left"))
            right = outer.child_by_field_name("right")
            kind = operator.type if operator is not None and same(right, inner) else ""
            if left is not None and kind in ("&&", "||"):
                fact = self.conditions.fact(left)
                yield holding(fact if kind == "&&" else ~fact)
        elif outer.type == "switch_body":
            yield from self._case(outer, inner)
        elif outer.type == "pair":
            yield from self._keyed(outer, inner)
        elif outer.type in FUNCTIONS:
            yield from self._skipping(outer)

    def _behind(self, statement: Node, branch: Node) -> list[Node]:
        """The statements behind an `if`, where its branch never comes out, or ends in a `switch`
        whose every case returns."""
        block, last = statement.parent, branch
        while last.type == "statement_block" and parts(last):
            last = parts(last)[-1]
        body = last.child_by_field_name("body") if last.type == "switch_statement" else None
        returns = bool(parts(body)) and all(self._ends(case, _LEAVES) for case in parts(body))
        if block is None or block.type not in BLOCKS:
            return []
        if not (returns or self._never_ends(branch)):
            return []
        return [c for c in block.named_children if c.start_byte >= statement.end_byte]

    def _apart(self, statement: Node, own: Fact) -> list[Node]:
        """The `if`s beside one that let only other platforms in: `if (mac) …; if (linux) …`."""
        block = statement.parent
        if block is None or block.type not in BLOCKS or own == UNKNOWN:
            return []
        found = []
        for each in block.named_children:
            if each.type != "if_statement" or same(each, statement):
                continue
            condition, branch = (each.child_by_field_name(f) for f in ("condition", "consequence"))
            if condition is not None and branch is not None:
                fact = self.conditions.fact(condition)
                if fact != UNKNOWN and not fact.holds & own.holds:
                    found.append(branch)
        return found

    def _case(self, body: Node, inner: Node) -> Iterator[Step[Node]]:
        """Inside `case "darwin":`, whatever the cases before fall through to it."""
        cases = self._cases(body)
        for case, fact in cases:
            if same(case, inner):
                apart = (other for other, others in cases if not others.holds & fact.holds)
                yield holding(fact, apart)

    def _cases(self, body: Node) -> list[tuple[Node, Fact]]:
        """The cases of a `switch`, each with what it tells that control comes to it."""
        asked = body.parent.child_by_field_name("value") if body.parent is not None else None
        cases = [c for c in parts(body) if c.type in ("switch_case", "switch_default")]
        own: dict[int, Fact] = {}
        left = Fact(EVERY, EVERY)
        for case in cases:
            value = case.child_by_field_name("value")
            if value is not None and asked is not None:
                plain = self.source.text(unwrap(asked)) == "true"
                found = (
                    self.conditions.fact(value) if plain else self.conditions.compared(asked, value)
                )
                own[case.id] = found
                left &= ~found
        out: list[tuple[Node, Fact]] = []
        for case in cases:
            fact = own.get(case.id, left)
            if out and not self._ends(out[-1][0]):
                fact = fact.either(out[-1][1])
            out.append((case, fact))
        return out

    def _ends(self, case: Node, last: Sequence[str] = _ENDS) -> bool:
        value = case.child_by_field_name("value")
        inside = [c for c in parts(case) if not same(c, value)]
        return bool(inside) and self._never_ends(inside[-1], last)

    def _keyed(self, pair: Node, inner: Node) -> Iterator[Step[Node]]:
        """In `{ darwin: mac, linux: other }`, a table by platform that nobody reads as a whole. A
        value that is made at once is made on every platform."""
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        table = pair.parent
        if key is None or value is None or table is None or not same(value, inner):
            return
        deferred = (*FUNCTIONS, "identifier", "member_expression", "new_expression")
        others = [c for c in parts(table) if c.type == "pair" and not same(c, pair)]
        keys = [self._platform(other.child_by_field_name("key")) for other in others]
        own = self._platform(key)
        is_table = own and set(keys) - {own, ""} and not self._is_read_whole(table)
        if is_table and unwrap(value).type in deferred:
            apart = [o for o, name in zip(others, keys, strict=True) if name != own]
            yield holding(on(own), apart)

    def _platform(self, key: Node | None) -> str:
        return platform_of(self.source.text(key)) if key is not None else ""

    def _is_read_whole(self, table: Node) -> bool:
        """Whether `Object.values` or `Object.entries` gives all that a table holds."""
        binding = self._made.get(table.id)
        uses = self.scopes.references(binding) if binding is not None else [table]
        for use in uses:
            call = use.parent.parent if use.parent is not None else None
            function = call.child_by_field_name("function") if call is not None else None
            method = function.child_by_field_name("property") if function is not None else None
            if method is not None and self.source.text(method) in _READS_ALL:
                return True
        return False

    # -- what statements leave for those behind them ---------------------------------------------

    def block(self, outer: Node, inner: Node) -> tuple[int, Sequence[Node], int] | None:
        if outer.type not in BLOCKS or self._is_called_before(inner):
            return None
        if outer.id not in self._places:
            inside = outer.named_children
            self._places[outer.id] = inside, {c.id: index for index, c in enumerate(inside)}
        inside, places = self._places[outer.id]
        return outer.id, inside, places.get(inner.id, 0)

    def _is_called_before(self, statement: Node) -> bool:
        """Whether a function is declared behind a place that calls it."""
        declared = statement.child_by_field_name("declaration") or statement
        binding = (
            self._made.get(declared.id) if declared.type.endswith("function_declaration") else None
        )
        uses = self.scopes.references(binding) if binding is not None else []
        return any(use.start_byte < statement.start_byte for use in uses)

    def leaves(self, statement: Node) -> Iterator[Step[Node]]:
        if statement.type == "if_statement":
            condition = statement.child_by_field_name("condition")
            fact = self.conditions.fact(condition) if condition is not None else UNKNOWN
            if fact != UNKNOWN:
                for field, passed in (("consequence", ~fact), ("alternative", fact)):
                    branch = statement.child_by_field_name(field)
                    if branch is not None and self._never_ends(branch):
                        yield holding(passed, [branch])
        elif statement.type == "switch_statement":
            yield from self._leaves_switch(statement)
        elif statement.type == "expression_statement" and parts(statement):
            yield from self._leaves_call(unwrap(parts(statement)[0]))

    def _leaves_switch(self, statement: Node) -> Iterator[Step[Node]]:
        body = statement.child_by_field_name("body")
        cases = self._cases(body) if body is not None else []
        ended = [(case, fact) for case, fact in cases if self._ends(case, _LEAVES)]
        gone: frozenset[str] = frozenset()
        for _, fact in ended:
            gone |= EVERY - fact.fails
        if any(case.type == "switch_default" for case, _ in ended):
            on_the_way = (f.holds for case, f in cases if not self._ends(case, _LEAVES))
            gone |= EVERY - frozenset().union(*on_the_way)
        yield Step(EVERY - gone, tuple(case for case, _ in ended))

    def _leaves_call(self, call: Node) -> Iterator[Step[Node]]:
        """`test.skip(!condition, "why")`, which ends the test that it stands in
        (playwright.dev/docs/api/class-test, test.skip); `condition || process.exit()`; a call of a
        function that throws on other platforms."""
        if call.type == "binary_expression":
            operator, right = (call.child_by_field_name(f) for f in ("operator", "right"))
            left = call.child_by_field_name("left")
            kind = operator.type if operator is not None else ""
            exits = right is not None and kind in ("&&", "||") and self._exits(unwrap(right))
            if left is not None and exits:
                fact = self.conditions.fact(left)
                yield holding(fact if kind == "||" else ~fact)
            return
        awaited = call.type == "await_expression"
        call = unwrap(parts(call)[0]) if awaited else call
        function, arguments = (call.child_by_field_name(f) for f in ("function", "arguments"))
        if call.type != "call_expression" or function is None:
            return
        owner, method = (function.child_by_field_name(f) for f in ("object", "property"))
        given = parts(arguments)
        if owner is not None and method is not None:
            tests = self.source.text(owner).partition(".")[0] in _TESTS
            asks = bool(given) and given[0].type not in (*_TITLES, *FUNCTIONS)
            if tests and asks and self.source.text(method) in _SKIPS:
                yield holding(~self.conditions.fact(given[0]))
        elif (body := self._body(function, awaited)) is not None:
            for each in parts(body):
                if any(inside.type == "return_statement" for inside in walk(each)):
                    break
                for field in ("consequence", "alternative"):
                    condition, branch = (each.child_by_field_name(f) for f in ("condition", field))
                    if condition is None or branch is None or each.type != "if_statement":
                        continue
                    fact = self.conditions.fact(condition)
                    if not fact.given and self._never_ends(branch, ("throw_statement",)):
                        yield holding(~fact if field == "consequence" else fact)

    def _body(self, name: Node, awaited: bool = False) -> Node | None:
        """The body of the function of this file that a call enters, and does not leave behind."""
        binding = self.scopes.resolve(name) if name.type == "identifier" else None
        if binding is None or not self.scopes.fixed(binding):
            return None
        made = unwrap(binding.value) if binding.value is not None else binding.declaration
        later = any(child.type in ("async", "*") for child in made.children)
        if made.type not in FUNCTIONS or (later and not awaited):
            return None
        body = made.child_by_field_name("body")
        return body if body is not None and body.type == "statement_block" else None

    def _never_ends(self, branch: Node, last: Sequence[str] = _ENDS, depth: int = _DEPTH) -> bool:
        """Whether control never comes out behind a branch; `last` are the statements that end."""
        if branch.type in ("else_clause", "statement_block"):
            inside = parts(branch)
            return bool(inside) and self._never_ends(inside[-1], last, depth)
        if branch.type == "if_statement":
            both = [branch.child_by_field_name(f) for f in ("consequence", "alternative")]
            return all(each is not None and self._never_ends(each, last, depth) for each in both)
        if branch.type == "expression_statement" and parts(branch):
            return self._exits(unwrap(parts(branch)[0]), depth)
        return branch.type in last

    def _exits(self, call: Node, depth: int = _DEPTH) -> bool:
        """`process.exit(1)`, `ctx.skip()`, which throws (vitest.dev/guide/test-context, skip), and
        a function of the file that ends in one of these, or throws."""
        awaited = call.type == "await_expression"
        call = unwrap(parts(call)[0]) if awaited else call
        function = call.child_by_field_name("function")
        if call.type != "call_expression" or function is None or not depth:
            return False
        method = function.child_by_field_name("property")
        if method is not None:
            given = parts(call.child_by_field_name("arguments"))
            skips = self.source.text(method) == "skip" and not any(
                a.type in FUNCTIONS for a in given
            )
            return skips or self.source.text(function) in _EXITS
        body = self._body(function, awaited)
        inside = parts(body)
        return bool(inside) and self._never_ends(inside[-1], ("throw_statement",), depth - 1)

    # -- functions -------------------------------------------------------------------------------

    def uses(self, outer: Node, inner: Node) -> list[Node] | None:
        """Where a function is called or handed on from, or the object or class that has it."""
        made = outer
        if outer.type in _HOLDERS:
            value = inner.child_by_field_name("value")
            called = inner if value is None else unwrap(value)
            if called.type not in FUNCTIONS:
                return None
            made = (
                outer.parent if outer.type == "class_body" and outer.parent is not None else outer
            )
        elif outer.type not in FUNCTIONS:
            return None
        binding = self._made.get(made.id)
        if binding is None or self.scopes.exported(binding):
            return None
        return [u for u in self.scopes.references(binding) if not contains(made, u)] or None

    @property
    def _made(self) -> dict[int, Binding]:
        """The names of functions, classes and objects, by what they stand for."""
        if self._bound is None:
            self._bound = {}
            for binding in self.scopes.bindings():
                if binding.kind in ("const", "function", "class"):
                    made = (
                        unwrap(binding.value) if binding.value is not None else binding.declaration
                    )
                    self._bound[made.id] = binding
        return self._bound

    def _skipping(self, function: Node) -> Iterator[Step[Node]]:
        """Where the body of a test runs: `it.skipIf(c)("…", () => …)`, `it.runIf(c)(…)`,
        `(c ? it : it.skip)("…", …)` (vitest.dev/api, bun.sh/docs/test), and with an option of
        node:test (nodejs.org/api/test.html, options.skip)."""
        call = function.parent.parent if function.parent is not None else None
        chosen = call.child_by_field_name("function") if call is not None else None
        if call is None or call.type != "call_expression" or chosen is None:
            return
        chosen = unwrap(chosen)
        if chosen.type == "identifier" and (value := self.values.constant(chosen)) is not None:
            chosen = value
        if chosen.type == "ternary_expression":
            condition = chosen.child_by_field_name("condition")
            for field, negated in (("consequence", True), ("alternative", False)):
                branch = chosen.child_by_field_name(field)
                text = self.source.text(branch) if branch is not None else ""
                if condition is not None and text.endswith((".skip", ".todo")):
                    fact = self.conditions.fact(condition)
                    yield holding(~fact if negated else fact)
        elif chosen.type == "call_expression":
            maker = chosen.child_by_field_name("function")
            asked = parts(chosen.child_by_field_name("arguments"))
            method = maker.child_by_field_name("property") if maker is not None else None
            name = self.source.text(method) if method is not None else ""
            if asked and name in ("skipIf", "runIf", "if"):
                fact = self.conditions.fact(asked[0])
                yield holding(~fact if name == "skipIf" else fact)
        else:
            for options in parts(call.child_by_field_name("arguments")):
                for pair in parts(options) if options.type == "object" else ():
                    key, value = (pair.child_by_field_name(f) for f in ("key", "value"))
                    if key is not None and value is not None and self.source.text(key) == "skip":
                        yield holding(~self.conditions.fact(value))
