"""The branches of a shell script for `flow.guards`: what an `if`, a `case`, a `||` or an early exit
leaves of the platforms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tree_sitter import Node

from fleetmod.flow.guards import Guards, Step, holding
from fleetmod.flow.platforms import EVERY, UNKNOWN, Fact
from fleetmod.host.script import Script, gives_up
from fleetmod.host.script_conditions import Conditions
from fleetmod.host.tools import Tool
from fleetmod.syntax.source import ancestors, contains, same

_BLOCKS = (
    *("program", "compound_statement", "subshell", "do_group", "command_substitution"),
    *("if_statement", "elif_clause", "else_clause", "case_item"),
)
_NEEDS = re.compile(r"\w*(?:need|require|ensure|assert|check)\w*")


def guards_of(script: Script, tool: Tool, tools: Mapping[str, Tool]) -> Guards[Node]:
    """What judges the places of one script, for one tool of `tools`."""
    return Guards(_Branches(script, tool, tools), tool.platform)


class _Branches:
    """A `Language` for `guards`."""

    def __init__(self, script: Script, tool: Tool, tools: Mapping[str, Tool]) -> None:
        self.script, self.tool, self.text = script, tool, script.text
        self.conditions = Conditions(script, tool, tools)
        self._places: dict[int, tuple[list[Node], dict[int, int]]] = {}

    def outwards(self, node: Node) -> Iterator[Node]:
        return ancestors(node)

    def around(self, outer: Node, inner: Node) -> Iterator[Step[Node]]:
        yield holding(self._fact(outer, inner))

    def _fact(self, outer: Node, inner: Node) -> Fact:
        if outer.type in ("if_statement", "elif_clause"):
            conditions = _conditions(outer)
            if any(same(c, inner) for c in conditions):
                return UNKNOWN
            if inner.type not in ("elif_clause", "else_clause"):
                return self._told(outer)
            found = ~self._told(outer)
            for clause in outer.named_children:
                if clause.type == "elif_clause" and clause.end_byte <= inner.start_byte:
                    found &= ~self._told(clause)
            return found
        if outer.type == "list" and same(outer.named_children[-1], inner):
            left = outer.named_children[0]
            if any(child.type == "&&" for child in outer.children):
                return self.conditions.fact(left)
            if left.type == "list" and any(c.type == "&&" for c in left.children):
                left = left.named_children[0]  # `asked && this || that`
            return ~self.conditions.fact(left)
        if outer.type == "case_statement" and inner.type == "case_item":
            return Fact(self._items(outer)[inner.id])
        return UNKNOWN

    def _told(self, branch: Node) -> Fact:
        """What the condition of an `if` or an `elif` tells."""
        conditions = _conditions(branch)
        return self.conditions.fact(conditions[-1]) if conditions else UNKNOWN

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
                found |= left if text == "*" else known.holds & left
                left &= frozenset() if text == "*" else known.fails
            out[item.id] = found
        return out | {-1: left}

    def block(self, outer: Node, inner: Node) -> tuple[int, Sequence[Node], int] | None:
        if outer.type not in _BLOCKS:
            return None
        if outer.id not in self._places:
            skipped = {each.id for each in (*_conditions(outer), *_values(outer))}
            inside = [each for each in outer.named_children if each.id not in skipped]
            self._places[outer.id] = inside, {each.id: index for index, each in enumerate(inside)}
        inside, places = self._places[outer.id]
        return outer.id, inside, places.get(inner.id, 0)

    def leaves(self, statement: Node) -> Iterator[Step[Node]]:
        yield Step(self._survives(statement))

    def _survives(self, statement: Node) -> frozenset[str]:
        """The platforms on which control comes out behind a statement."""
        while statement.type == "redirected_statement" and statement.named_children:
            statement = statement.named_children[0]
        if statement.type == "list":
            left, right = statement.named_children[0], statement.named_children[-1]
            if self._ends(right):
                told = self.conditions.fact(left)
                return (told if any(c.type == "||" for c in statement.children) else ~told).holds
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
            told = self._told(branch)
            if not self._ends_within(branch):
                found |= rest & told.holds
            rest &= told.fails
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

    def uses(self, outer: Node, inner: Node) -> list[Node] | None:
        """Where a function is called in the script."""
        if outer.type != "function_definition":
            return None
        name = self.text(outer.child_by_field_name("name"))
        return [use for use in self.script.calls.get(name, []) if not contains(outer, use)]


def _conditions(node: Node) -> list[Node]:
    """The commands between `if` (or `elif`) and `then`."""
    if node.type not in ("if_statement", "elif_clause"):
        return []
    then = next((c.start_byte for c in node.children if c.type == "then"), node.end_byte)
    inside = [c for c in node.named_children if c.end_byte <= then]
    return [c for c in inside if c.type != "comment"]


def _values(node: Node) -> list[Node]:
    return [c for c in node.children_by_field_name("value") if c.is_named]
