"""On which platforms a piece of code can run, by the conditions around it, and what stands in its
place on the others.

A place is *guarded* where no other platform of a fleet reaches it: a branch, an early return, a
`case`, a predicate, a test for the tool itself, a test that is skipped. It has a *sibling* where
the same condition leads the other platforms somewhere else: the `else`, another `case`, the branch
that returned before. What a sibling does is asked in `siblings`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from tree_sitter import Node

from fleetmod.flow.platforms import EVERY, helper, only
from fleetmod.flow.texts import Values
from fleetmod.syntax.scope import Scopes, exported
from fleetmod.syntax.source import FUNCTIONS, ancestors, contains, parts, same, unwrap

_NAMES = {
    **dict.fromkeys(("darwin", "Darwin", "macos", "macOS", "mac", "osx"), "darwin"),
    **dict.fromkeys(("linux", "Linux"), "linux"),
    **dict.fromkeys(("win32", "windows", "Windows_NT"), "win32"),
}
_MANAGERS = {"launchd": "darwin", "systemd": "linux"}  # each runs on one platform only
_PLATFORM = re.compile(
    r"(?:.*\.)?(?:\w*[pP]latform|PLATFORM)(?:\(\))?|(?:os\.)?type\(\)|Deno\.build\.os"
)
_ASKS = re.compile(r"(?:.*\.)?\w*(?:which|exists|has|available|installed|supports)\w*", re.I)
_ENDS = ("return_statement", "throw_statement", "continue_statement", "break_statement")
_STATUSES = ("status", "exitCode", "code")
_BODIES = ("program", "statement_block", "switch_case", "switch_default")
_TITLES = ("string", "template_string")
_TESTS = ("test", "it", "describe", "t", "ctx", "context", "this")
_SKIPS = ("skip", "fixme")
_DEPTH = 4


class Program(Protocol):
    """A program that exists on one platform only."""

    @property
    def name(self) -> str: ...

    @property
    def platform(self) -> str: ...


@dataclass(frozen=True)
class Step:
    """One condition on the way to a place: the platforms that it lets through, and what the others
    come to instead."""

    platforms: frozenset[str]
    others: tuple[Node, ...] = ()


class Guards:
    """Judges places of one file, for one tool: a test for the tool itself is a guard, too."""

    def __init__(self, scopes: Scopes, values: Values, tool: Program) -> None:
        self.scopes, self.values, self.source = scopes, values, scopes.source
        self.tool = tool
        self._passed: dict[int, list[tuple[int, Step]]] = {}  # by block

    def guarded(self, node: Node) -> bool:
        """Whether `node` runs on no platform of a fleet but the tool's."""
        return only(self.platforms_at(node), self.tool.platform)

    def platforms_at(self, node: Node, depth: int = _DEPTH) -> frozenset[str]:
        """The platforms on which `node` can run; those of its callers where all are known."""
        found = EVERY
        for step in self._steps(node, depth):
            found &= step.platforms
        return found

    def alternatives(self, node: Node, depth: int = _DEPTH) -> list[Node]:
        """What runs in the place of a guarded node on the other platforms."""
        return [
            other
            for step in self._steps(node, depth)
            if only(step.platforms, self.tool.platform)
            for other in step.others
        ]

    def _steps(self, node: Node, depth: int) -> Iterator[Step]:
        inner = node
        for outer in ancestors(node):
            yield self._around(outer, inner)
            if outer.type in _BODIES:
                yield from self._before(outer, inner)
            if outer.type in FUNCTIONS and depth:
                yield self._called(outer, depth - 1)
            inner = outer

    def _around(self, outer: Node, inner: Node) -> Step:
        condition = outer.child_by_field_name("condition")
        if outer.type in ("if_statement", "ternary_expression") and condition is not None:
            one, other = (outer.child_by_field_name(f) for f in ("consequence", "alternative"))
            if same(one, inner):
                others = [other] if other is not None else self._behind(outer, inner)
                return Step(self.possible(condition, True), tuple(others))
            if same(other, inner):
                others = [one] if one is not None else []
                return Step(self.possible(condition, False), tuple(others))
        if outer.type == "binary_expression" and same(outer.child_by_field_name("right"), inner):
            operator, left = (outer.child_by_field_name(f) for f in ("operator", "left"))
            if operator is not None and left is not None and operator.type in ("&&", "||"):
                return Step(self.possible(left, operator.type == "&&"))
        if outer.type == "switch_case":
            return self._case(outer, inner)
        return Step(EVERY)

    def _behind(self, statement: Node, branch: Node) -> list[Node]:
        """The statements behind an `if`, where its branch never comes out."""
        block = statement.parent
        if block is None or block.type not in _BODIES or not _never_ends(branch, self.source.text):
            return []
        return [c for c in block.named_children if c.start_byte >= statement.end_byte]

    def _case(self, case: Node, inner: Node) -> Step:
        """Inside `case "darwin":`, unless the case before it falls through to it."""
        switch = next((a for a in ancestors(case) if a.type == "switch_statement"), None)
        value = case.child_by_field_name("value")
        asked = switch.child_by_field_name("value") if switch is not None else None
        if value is None or asked is None or same(value, inner):
            return Step(EVERY)
        before = case.prev_named_sibling
        bodies = [c for c in before.named_children[1:] if c.type != "comment"] if before else []
        if before is not None and not (bodies and _never_ends(bodies[-1], self.source.text)):
            return Step(EVERY)
        cases = case.parent.named_children if case.parent is not None else []
        return Step(self._compared(asked, value), tuple(c for c in cases if not same(c, case)))

    def _before(self, block: Node, inner: Node) -> Iterator[Step]:
        """What the early returns before a statement leave."""
        if block.id not in self._passed:
            found = (
                (each.start_byte, step)
                for each in block.named_children
                for step in self._leaves(each)
            )
            self._passed[block.id] = [(at, step) for at, step in found if step.platforms != EVERY]
        for at, step in self._passed[block.id]:
            if at >= inner.start_byte:
                break
            yield step

    def _leaves(self, statement: Node) -> Iterator[Step]:
        """What one statement leaves for those behind it."""
        condition = statement.child_by_field_name("condition")
        if statement.type == "expression_statement":
            yield Step(self._skipped(statement))
        if statement.type == "if_statement" and condition is not None:
            for field, truth in (("consequence", False), ("alternative", True)):
                branch = statement.child_by_field_name(field)
                if branch is not None and _never_ends(branch, self.source.text):
                    yield Step(self.possible(condition, truth), (branch,))

    def _skipped(self, statement: Node) -> frozenset[str]:
        """What `test.skip(!condition, "why")` leaves: it ends the test that it stands in
        (playwright.dev/docs/api/class-test, test.skip)."""
        call = unwrap(statement.named_children[0]) if statement.named_children else statement
        function, arguments = (call.child_by_field_name(f) for f in ("function", "arguments"))
        if call.type != "call_expression" or function is None or arguments is None:
            return EVERY
        owner, method = (function.child_by_field_name(f) for f in ("object", "property"))
        given = parts(arguments)
        if owner is None or method is None or self.source.text(method) not in _SKIPS or not given:
            return EVERY
        asked = given[0]
        if asked.type in _TITLES or self.source.text(owner).partition(".")[0] not in _TESTS:
            return EVERY
        return self.possible(asked, False)

    def _called(self, function: Node, depth: int) -> Step:
        """Where a local function runs: where it is called, or handed on from. A sibling that one
        call has counts only where each has one."""
        if (skipping := self._skipping(function)) is not None:
            return Step(skipping)
        for binding in self.scopes.bindings():
            made = unwrap(binding.value) if binding.value is not None else binding.declaration
            if not same(made, function) or binding.kind not in ("const", "function"):
                continue
            uses = self.scopes.references(binding)
            if not uses or exported(binding, self.scopes):
                return Step(EVERY)
            found: frozenset[str] = frozenset()
            others: list[list[Node]] = []
            for use in uses:
                if not contains(function, use):
                    found |= self.platforms_at(use, depth)
                    others.append(self.alternatives(use, depth))
            every = tuple(node for nodes in others for node in nodes) if all(others) else ()
            return Step(found or EVERY, every)
        return Step(EVERY)

    def _skipping(self, function: Node) -> frozenset[str] | None:
        """Where the body of a test runs: `it.skipIf(c)("…", () => …)`, `it.runIf(c)(…)`,
        `(c ? it : it.skip)("…", …)` (vitest.dev/api, bun.sh/docs/test), and with an option of
        node:test; None for no such body."""
        call = function.parent.parent if function.parent is not None else None
        if call is None or call.type != "call_expression":
            return None
        chosen = call.child_by_field_name("function")
        chosen = unwrap(chosen) if chosen is not None else None
        if chosen is None:
            return None
        if chosen.type == "identifier" and (value := self.values.constant(chosen)) is not None:
            chosen = value
        if chosen.type == "ternary_expression":
            condition, one, other = (
                chosen.child_by_field_name(f) for f in ("condition", "consequence", "alternative")
            )
            for branch, truth in ((one, False), (other, True)):
                text = self.source.text(branch) if branch is not None else ""
                if condition is not None and text.endswith((".skip", ".todo")):
                    return self.possible(condition, truth)
        if chosen.type != "call_expression":
            return self._optioned(call)
        maker, given = (chosen.child_by_field_name(f) for f in ("function", "arguments"))
        asked = parts(given)[:1] if given is not None else []
        method = maker.child_by_field_name("property") if maker is not None else None
        name = self.source.text(method) if method is not None else ""
        if not asked or name not in ("skipIf", "runIf", "if"):
            return None
        return self.possible(asked[0], name != "skipIf")

    def _optioned(self, call: Node) -> frozenset[str] | None:
        """`test("…", { skip: condition }, () => …)` (nodejs.org/api/test.html, options.skip)."""
        for options in parts(call.child_by_field_name("arguments")):
            for pair in options.named_children if options.type == "object" else ():
                key, value = (pair.child_by_field_name(f) for f in ("key", "value"))
                if key is not None and value is not None and self.source.text(key) == "skip":
                    return self.possible(value, False)
        return None

    def possible(self, condition: Node, truth: bool, depth: int = _DEPTH) -> frozenset[str]:
        """The platforms on which a condition can be true (or false)."""
        node = unwrap(condition)
        if not depth:
            return EVERY
        if node.type == "await_expression":
            return self.possible(node.named_children[0], truth, depth - 1)
        if node.type == "unary_expression":
            argument = node.child_by_field_name("argument")
            negated = argument is not None and self.source.text(node).startswith("!")
            return self.possible(argument, not truth, depth) if negated and argument else EVERY
        if node.type == "binary_expression":
            return self._binary(node, truth, depth)
        if self._is_test(node):
            return frozenset({self.tool.platform}) if truth else EVERY
        if (opened := self._opened(node)) is not None:
            found = self.possible(opened, truth, depth - 1)
            if found != EVERY:
                return found
        known = self._named(node)
        return EVERY if known is None else known if truth else EVERY - known

    def _binary(self, node: Node, truth: bool, depth: int) -> frozenset[str]:
        parts = [node.child_by_field_name(f) for f in ("left", "operator", "right")]
        left, operator, right = parts
        if left is None or operator is None or right is None:
            return EVERY
        if operator.type in ("&&", "||"):
            a, b = self.possible(left, truth, depth), self.possible(right, truth, depth)
            if operator.type == "||" and truth:  # `USE_SIPS === "1" || isMac`: somebody chose it
                if self._is_chosen(left) and b != EVERY:
                    return b
                if self._is_chosen(right) and a != EVERY:
                    return a
            return a & b if (operator.type == "&&") is truth else a | b
        if operator.type in ("===", "==", "!==", "!="):
            equal = (operator.type in ("===", "==")) is truth
            if self.source.text(right) in ("null", "undefined", "false"):
                return self.possible(left, not equal, depth)
            if self.source.text(right) == "true":
                return self.possible(left, equal, depth)
            if self.source.text(right) == "0" and self._is_search(left):
                return frozenset({self.tool.platform}) if equal else EVERY
            found = self._compared(left, right)
            return found if equal else EVERY - found if found != EVERY else EVERY
        return EVERY

    def _is_chosen(self, node: Node) -> bool:
        """Whether a condition holds only where a variable of the environment is set to a text."""
        node = unwrap(node)
        parts = [node.child_by_field_name(field) for field in ("left", "operator", "right")]
        left, operator, right = parts
        if node.type != "binary_expression" or left is None or operator is None or right is None:
            return False
        asked = unwrap(self.values.constant(left) or left)
        owner = asked.child_by_field_name("object")
        return (
            operator.type in ("===", "==")
            and bool(self.values.literal(right))
            and asked.type in ("member_expression", "subscript_expression")
            and owner is not None
            and self.source.text(owner) in ("process.env", "Bun.env", "env")
        )

    def _compared(self, left: Node, right: Node) -> frozenset[str]:
        """The platforms on which a platform equals a literal; EVERY for another comparison."""
        for asked, value in ((left, right), (right, left)):
            literal = self.values.literal(value) or ""
            name = _NAMES.get(literal)
            if name is not None and self._is_platform(asked):
                return frozenset({name})
            if literal in _MANAGERS:  # `manager === "launchd"`, whoever found that out
                return frozenset({_MANAGERS[literal]})
        return EVERY

    def _is_platform(self, node: Node, depth: int = _DEPTH) -> bool:
        node = unwrap(node)
        if _PLATFORM.fullmatch(re.sub(r"\s|\?", "", self.source.text(node))):
            return True
        value = self.values.constant(node)
        return value is not None and depth > 0 and self._is_platform(value, depth - 1)

    def _opened(self, node: Node) -> Node | None:
        """The expression behind a constant, or behind a call of a small local function."""
        inlined = self.values.inline(node) if node.type == "call_expression" else None
        return inlined[0] if inlined is not None else self.values.constant(node)

    def _named(self, node: Node) -> frozenset[str] | None:
        """What a helper from elsewhere tells by its name: `isMacOS()`, `env.IS_LINUX`."""
        if node.type == "call_expression":
            if (listed := self._listed(node)) is not None:
                return listed
            function = node.child_by_field_name("function")
            node = function if function is not None else node
        return helper(self.source.text(node).rpartition(".")[2])

    def _listed(self, call: Node) -> frozenset[str] | None:
        """`["darwin", "linux"].includes(process.platform)`"""
        function, arguments = (call.child_by_field_name(f) for f in ("function", "arguments"))
        owner = function.child_by_field_name("object") if function is not None else None
        if function is None or owner is None or arguments is None:
            return None
        elements = self.values.elements(owner)
        asked = arguments.named_children
        if not self.source.text(function).endswith(".includes") or not elements or len(asked) != 1:
            return None
        names = [_NAMES.get(self.values.literal(e) or "") for e in elements]
        known = self._is_platform(asked[0]) and all(names)
        return frozenset(n for n in names if n) if known else None

    def _is_test(self, node: Node) -> bool:
        """`which("pbcopy")`, `existsSync("/usr/bin/open")`, or a constant that holds the answer."""
        value = self.values.constant(node)
        node = unwrap(value) if value is not None else node
        if node.type == "await_expression":
            node = unwrap(node.named_children[0])
        function, arguments = (node.child_by_field_name(f) for f in ("function", "arguments"))
        if node.type != "call_expression" or function is None or arguments is None:
            return False
        given = arguments.named_children
        literal = self.values.literal(given[0]) if given else None
        named = literal is not None and literal.rpartition("/")[2] == self.tool.name
        return named and _ASKS.fullmatch(re.sub(r"\s", "", self.source.text(function))) is not None

    def _is_search(self, node: Node) -> bool:
        """The exit status of `spawnSync("which brew", …)`, or of a constant that keeps it."""
        status = unwrap(node)
        member, owner = (status.child_by_field_name(f) for f in ("property", "object"))
        if member is None or owner is None or self.source.text(member) not in _STATUSES:
            return False
        call = unwrap(self.values.constant(owner) or owner)
        call = unwrap(call.named_children[0]) if call.type == "await_expression" else call
        arguments = call.child_by_field_name("arguments")
        given = arguments.named_children if arguments is not None else []
        words = [self.values.literal(each) for each in given[:1]]
        words += (
            [self.values.literal(e) for e in self.values.elements(given[1]) or []]
            if given[1:]
            else []
        )
        asked = " ".join(word or "" for word in words)
        return (
            re.fullmatch(rf"(?:command -v|which|type|hash) {re.escape(self.tool.name)}", asked)
            is not None
        )


def _never_ends(branch: Node, text: Callable[[Node], str]) -> bool:
    """Whether control never comes out behind a branch."""
    if branch.type == "else_clause":
        branch = branch.named_children[-1]
    if branch.type == "statement_block":
        inside = [c for c in branch.named_children if c.type != "comment"]
        return bool(inside) and _never_ends(inside[-1], text)
    if branch.type == "expression_statement":
        return text(branch).startswith(("process.exit(", "Deno.exit(")) or _skips(branch, text)
    return branch.type in _ENDS


def _skips(statement: Node, text: Callable[[Node], str]) -> bool:
    """`ctx.skip()`, which throws (vitest.dev/guide/test-context, skip)."""
    call = unwrap(statement.named_children[0]) if statement.named_children else statement
    function, arguments = (call.child_by_field_name(f) for f in ("function", "arguments"))
    method = function.child_by_field_name("property") if function is not None else None
    named = method is not None and text(method) == "skip"
    return named and not any(a.type in FUNCTIONS for a in parts(arguments))
