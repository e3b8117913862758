"""On which platforms a command of a shell script can run, by the conditions around it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping

from tree_sitter import Node

from fleetmod.flow.platforms import EVERY, Passed, only
from fleetmod.host.script import Script, gives_up
from fleetmod.host.script_conditions import Conditions
from fleetmod.host.tools import Tool
from fleetmod.syntax.source import ancestors, contains, same

_BLOCKS = (
    *("program", "compound_statement", "subshell", "do_group", "command_substitution"),
    *("if_statement", "elif_clause", "else_clause", "case_item"),
)
_NEEDS = re.compile(r"\w*(?:need|require|ensure|assert|check)\w*")
_DEPTH = 4


class ScriptGuards:
    """Judges places of one script, for one tool of `tools`."""

    def __init__(self, script: Script, tool: Tool, tools: Mapping[str, Tool]) -> None:
        self.script, self.tool, self.text = script, tool, script.text
        self.conditions = Conditions(script, tool, tools)
        self._passed: dict[int, tuple[list[int], Passed[Node]]] = {}  # by block

    def guarded(self, node: Node) -> bool:
        """Whether `node` runs on no platform of a fleet but the tool's."""
        return only(self.at(node), self.tool.platform)

    def at(self, node: Node, depth: int = _DEPTH) -> frozenset[str]:
        """The platforms on which a command can run; those of its callers, in a function."""
        found, inner = EVERY, node
        for outer in ancestors(node):
            found &= self._around(outer, inner)
            if outer.type in _BLOCKS:
                found &= self._before(outer, inner)
            if outer.type == "function_definition" and depth:
                found &= self._called(outer, depth - 1)
            inner = outer
        return found

    def _around(self, outer: Node, inner: Node) -> frozenset[str]:
        if outer.type in ("if_statement", "elif_clause"):
            conditions = _conditions(outer)
            if any(same(c, inner) for c in conditions):
                return EVERY
            if inner.type not in ("elif_clause", "else_clause"):
                return self._holds(conditions, True)
            found = self._holds(conditions, False)
            for clause in outer.named_children:
                if clause.type == "elif_clause" and clause.end_byte <= inner.start_byte:
                    found &= self._holds(_conditions(clause), False)
            return found
        if outer.type == "list" and same(outer.named_children[-1], inner):
            left = outer.named_children[0]
            if any(child.type == "&&" for child in outer.children):
                return self.conditions.possible(left, True)
            if left.type == "list" and any(c.type == "&&" for c in left.children):
                left = left.named_children[0]  # `asked && this || that`
            return self.conditions.possible(left, False)
        if outer.type == "case_statement" and inner.type == "case_item":
            return self._items(outer)[inner.id]
        return EVERY

    def _holds(self, conditions: list[Node], truth: bool) -> frozenset[str]:
        return self.conditions.possible(conditions[-1], truth) if conditions else EVERY

    def _items(self, case: Node) -> dict[int, frozenset[str]]:
        """The platforms of each item of a `case`, by its id; -1 where none of them fits."""
        asked, left = case.child_by_field_name("value"), EVERY
        out: dict[int, frozenset[str]] = {}
        for item in case.named_children:
            if item.type != "case_item":
                continue
            values = _values(item)
            found: frozenset[str] = frozenset()
            for value in values:
                text = self.text(value)
                known = self.conditions.compared(self.text(asked), text)
                found |= left if known == EVERY else known & left
                if text == "*":
                    found, known = left, left
                left -= known if known != EVERY else frozenset()
            out[item.id] = found
        return out | {-1: left}

    def _before(self, block: Node, inner: Node) -> frozenset[str]:
        """What the early ends before a statement leave."""
        if block.id not in self._passed:
            skipped = {each.id for each in (*_conditions(block), *_values(block))}
            statements = [each for each in block.named_children if each.id not in skipped]
            starts = [each.start_byte for each in statements]
            self._passed[block.id] = (starts, Passed(statements, self._survives))
        starts, passed = self._passed[block.id]
        return passed.before(bisect_left(starts, inner.start_byte))

    def _survives(self, statement: Node) -> frozenset[str]:
        """The platforms on which control comes out behind a statement."""
        while statement.type == "redirected_statement" and statement.named_children:
            statement = statement.named_children[0]
        if statement.type == "list":
            left, right = statement.named_children[0], statement.named_children[-1]
            if self._ends(right):
                return self.conditions.possible(
                    left, any(c.type == "||" for c in statement.children)
                )
        elif statement.type == "case_statement":
            items = self._items(statement)
            ending = {item.id for item in statement.named_children if self._ends_within(item)}
            return frozenset().union(*(p for key, p in items.items() if key not in ending))
        elif statement.type == "if_statement":
            return self._survives_if(statement)
        elif statement.type == "command":
            words = self.script.words(statement)
            name = words[0] if words else None
            own = self.script.functions.get(name or "")
            asks = _NEEDS.fullmatch(name or "") and self.tool.name in words[1:]
            if asks and (own is None or self._may_give_up(own)):
                return frozenset({self.tool.platform})
        return EVERY

    def _may_give_up(self, function: Node) -> bool:
        inside = (c for c in self.script.commands if contains(function, c))
        return any(gives_up(command, self.script) for command in inside)

    def _survives_if(self, statement: Node) -> frozenset[str]:
        found: frozenset[str] = frozenset()
        rest = EVERY
        clauses = [c for c in statement.named_children if c.type == "elif_clause"]
        for branch in (statement, *clauses):
            conditions = _conditions(branch)
            if not self._ends_within(branch):
                found |= rest & self._holds(conditions, True)
            rest &= self._holds(conditions, False)
        otherwise = [c for c in statement.named_children if c.type == "else_clause"]
        return found if otherwise and self._ends_within(otherwise[0]) else found | rest

    def _ends_within(self, branch: Node) -> bool:
        """Whether the own statements of a branch end in a way that never comes out."""
        aside = ("elif_clause", "else_clause", "comment")
        own = [
            c
            for c in branch.named_children
            if c.type not in aside
            and not any(same(c, x) for x in (*_conditions(branch), *_values(branch)))
        ]
        return bool(own) and self._ends(own[-1])

    def _ends(self, node: Node) -> bool:
        inside = [c for c in node.named_children if c.type != "comment"]
        if node.type in ("compound_statement", "subshell"):
            return node.type == "compound_statement" and bool(inside) and self._ends(inside[-1])
        name = self.script.name(node) if node.type == "command" else ""
        return name in ("exit", "return", "continue", "break") or gives_up(node, self.script)

    def _called(self, function: Node, depth: int) -> frozenset[str]:
        """Where a function runs, by its callers in the script; anywhere where it has none."""
        name = self.text(function.child_by_field_name("name"))
        uses = [use for use in self.script.calls.get(name, []) if not contains(function, use)]
        found: frozenset[str] = frozenset()
        for use in uses:
            found |= self.at(use, depth)
        return found if uses else EVERY


def _conditions(node: Node) -> list[Node]:
    """The commands between `if` (or `elif`) and `then`."""
    if node.type not in ("if_statement", "elif_clause"):
        return []
    then = next((c.start_byte for c in node.children if c.type == "then"), node.end_byte)
    inside = [c for c in node.named_children if c.end_byte <= then]
    return [c for c in inside if c.type != "comment"]


def _values(node: Node) -> list[Node]:
    return [c for c in node.children_by_field_name("value") if c.is_named]
