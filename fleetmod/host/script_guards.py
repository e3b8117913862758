"""On which platforms a command of a shell script can run, by the conditions around it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tree_sitter import Node

from fleetmod.host.platforms import EVERY, helper, only, platform_of
from fleetmod.host.script import Script, gives_up
from fleetmod.host.tools import Tool
from fleetmod.syntax.source import ancestors, contains, same

_BLOCKS = (
    *("program", "compound_statement", "subshell", "do_group", "command_substitution"),
    *("if_statement", "elif_clause", "else_clause", "case_item"),
)
_ASKED = re.compile(r"\buname\b(?!\s+-[mprnv]+\b)|\$\{?OSTYPE\b")
_VARIABLE = re.compile(r"\$\{?(\w+)[^}]*\}?")
# names under which scripts keep the answer of `uname`, or `ID` of os-release(5)
_NAMED = re.compile(
    r"(?:\w+_)?(?:os|os_?type|os_?name|platform|uname\w*|system|kernel|machine|distro|distribution)"
    r"|id|id_like",
    re.I,
)
_FINDS = ("command", "which", "type", "hash", "whence")
_ASKS = re.compile(
    r"\w*(?:which|exists?|has|have|available|installed|supports)(?![a-z])\w*"
    r"|(?:is|has|check)_?(?:command|cmd)\w*"
)
_NEEDS = re.compile(r"\w*(?:need|require|ensure|assert|check)\w*")
_FILES = {  # hier(7) of Linux and of macOS; os-release(5); sd_booted(3)
    "linux": re.compile(r"/etc/\w+[-_](?:release|version)|/run/systemd(?:/.*)?|/proc(?:/.*)?"),
    "darwin": re.compile(r"/Applications(?:/.*)?|/System/Library(?:/.*)?"),
}
_DEPTH = 4


class ScriptGuards:
    """Judges places of one script, for one tool of `tools`."""

    def __init__(self, script: Script, tool: Tool, tools: Mapping[str, Tool]) -> None:
        self.script, self.tool, self.tools = script, tool, tools
        self.text = script.text

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
                return self.possible(left, True)
            if left.type == "list" and any(c.type == "&&" for c in left.children):
                left = left.named_children[0]  # `asked && this || that`
            return self.possible(left, False)
        if outer.type == "case_statement" and inner.type == "case_item":
            return self._items(outer)[inner.id]
        return EVERY

    def _holds(self, conditions: list[Node], truth: bool) -> frozenset[str]:
        return self.possible(conditions[-1], truth) if conditions else EVERY

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
                known = self._compared(self.text(asked), text)
                found |= left if known == EVERY else known & left
                if text == "*":
                    found, known = left, left
                left -= known if known != EVERY else frozenset()
            out[item.id] = found
        return out | {-1: left}

    def _before(self, block: Node, inner: Node) -> frozenset[str]:
        """What the early ends before a statement leave."""
        found = EVERY
        skipped = [*_conditions(block), *_values(block)]
        for statement in block.named_children:
            if statement.start_byte >= inner.start_byte:
                break
            if not any(same(statement, each) for each in skipped):
                found &= self._survives(statement)
        return found

    def _survives(self, statement: Node) -> frozenset[str]:
        """The platforms on which control comes out behind a statement."""
        while statement.type == "redirected_statement" and statement.named_children:
            statement = statement.named_children[0]
        if statement.type == "list":
            left, right = statement.named_children[0], statement.named_children[-1]
            if self._ends(right):
                return self.possible(left, any(c.type == "||" for c in statement.children))
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
            if asks and (own is None or re.search(r"\bexit\b", self.text(own))):
                return frozenset({self.tool.platform})
        return EVERY

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

    def possible(self, node: Node, truth: bool, depth: int = _DEPTH) -> frozenset[str]:
        """The platforms on which a condition can hold (or fail)."""
        inside = [c for c in node.named_children if c.type not in ("comment", "test_operator")]
        if not depth or not inside:
            return EVERY
        if node.type in ("test_command", "parenthesized_expression", "redirected_statement"):
            return self.possible(inside[0], truth, depth)
        if node.type in ("compound_statement", "subshell"):
            return self.possible(inside[-1], truth, depth)
        if node.type == "negated_command":
            return self.possible(inside[-1], not truth, depth)
        if node.type in ("list", "binary_expression"):
            return self._binary(node, truth, depth)
        if node.type == "unary_expression":
            return self._unary(node, inside[-1], truth, depth)
        if node.type == "pipeline":
            return self._piped(self.text(node), truth)
        return self._command(node, truth, depth) if node.type == "command" else EVERY

    def _binary(self, node: Node, truth: bool, depth: int) -> frozenset[str]:
        left, right = node.named_children[0], node.named_children[-1]
        operator = self.text(next((c for c in node.children[1:-1]), None))
        if operator in ("&&", "||"):
            a, b = self.possible(left, truth, depth), self.possible(right, truth, depth)
            return a & b if (operator == "&&") is truth else a | b
        asked, equal = self.text(left), operator != "!="
        if left.type == "unary_expression" and asked.startswith("!"):  # `! x == y` in the tree
            asked, equal = asked[1:].strip(), not equal
        if operator not in ("=", "==", "!=", "=~"):
            return EVERY
        found = self._compared(asked, self.text(right))
        return _unless(found, equal is truth)

    def _unary(self, node: Node, value: Node, truth: bool, depth: int) -> frozenset[str]:
        operator, text = self.text(node.children[0]), self.text(value).strip("\"'")
        if operator == "!":
            return self.possible(value, not truth, depth)
        if operator in ("-n", "-z"):
            found = (
                value.named_children[0]
                if value.type == "string" and value.named_children
                else value
            )
            if found.type == "command_substitution" and found.named_children:
                return self.possible(found.named_children[0], (operator == "-n") is truth, depth)
            return EVERY
        if not truth:
            return EVERY
        if text.startswith("/") and text.rpartition("/")[2] == self.tool.name:
            return frozenset({self.tool.platform})
        return next((frozenset({p}) for p, e in _FILES.items() if e.fullmatch(text)), EVERY)

    def _command(self, node: Node, truth: bool, depth: int) -> frozenset[str]:
        words = self.script.words(node)
        text = self.script.name(node)
        variable = _VARIABLE.fullmatch(text.strip('"'))
        if (known := helper(variable[1] if variable else text)) is not None:
            return _unless(known, truth)
        name, rest = (words[0] or "", words[1:]) if words else ("", [])
        if name == "test" and len(rest) == 3 and rest[1] in ("=", "==", "!="):
            first, _, second = (self.text(n) for n in node.children_by_field_name("argument"))
            return _unless(self._compared(first, second), (rest[1] != "!=") is truth)
        if name == "grep" and any(_FILES["linux"].fullmatch(word or "") for word in rest):
            return frozenset({"linux"}) if truth else EVERY
        function = self.script.functions.get(name)
        body = function.child_by_field_name("body") if function is not None else None
        asks = name in _FINDS or (_ASKS.fullmatch(name) and name not in self.script.wrappers)
        found = next((word for word in rest if word in self.tools), None)
        if asks and truth and found is not None:
            return frozenset({self.tools[found].platform})
        if body is not None and not rest:
            return self.possible(body, truth, depth - 1)
        runs = any(program.name == self.tool.name for program in self.script.programs(node))
        return frozenset({self.tool.platform}) if runs and truth else EVERY

    def _piped(self, text: str, truth: bool) -> frozenset[str]:
        """`uname -a | grep -qi darwin`"""
        found = re.search(r"\|\s*grep\s+(?:-\w+\s+)*(\S+)", text)
        if found is None or not _ASKED.search(text):
            return EVERY
        return _unless(self._platform(found[1]), truth)

    def _compared(self, asked: str, value: str) -> frozenset[str]:
        """The platforms on which what is asked equals a value; EVERY where it asks for another."""
        if not self._asks(asked) and self._asks(value):
            asked, value = value, asked
        plain = value.strip("\"'")
        if variable := _VARIABLE.fullmatch(asked.strip('"')):
            if (known := helper(variable[1])) is not None and plain in ("true", "1", "yes"):
                return known
            if known is not None and plain in ("false", "0", "no", ""):
                return EVERY - known
            if plain == self.tool.name:  # `case "$MANAGER" in brew)`
                return frozenset({self.tool.platform})
            if plain in ("systemd", "launchd"):
                return frozenset({"linux" if plain == "systemd" else "darwin"})
        return self._platform(plain) if self._asks(asked) else EVERY

    def _asks(self, text: str, depth: int = _DEPTH) -> bool:
        if _ASKED.search(text):
            return True
        variable = _VARIABLE.fullmatch(text.strip('"'))
        if variable is None:
            return False
        if _NAMED.fullmatch(variable[1]):
            return True
        values = self.script.values.get(variable[1], [])
        return bool(depth) and any(self._asks(self.text(v), depth - 1) for v in values)

    def _platform(self, value: str) -> frozenset[str]:
        names = [platform_of(part) for part in re.split(r"\|", value.strip("\"'^*()"))]
        return frozenset(names) if all(names) else EVERY


def _unless(found: frozenset[str], truth: bool) -> frozenset[str]:
    return found if truth or found == EVERY else EVERY - found


def _conditions(node: Node) -> list[Node]:
    """The commands between `if` (or `elif`) and `then`."""
    if node.type not in ("if_statement", "elif_clause"):
        return []
    then = next((c.start_byte for c in node.children if c.type == "then"), node.end_byte)
    inside = [c for c in node.named_children if c.end_byte <= then]
    return [c for c in inside if c.type != "comment"]


def _values(node: Node) -> list[Node]:
    return [c for c in node.children_by_field_name("value") if c.is_named]
