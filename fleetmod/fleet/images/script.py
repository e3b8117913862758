"""A shell script: its tree, its variables, and what a word of it stands for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from fleetmod.syntax.source import ancestors, parse, walk

# the nodes whose children are run one after another (tree-sitter-bash, grammar.js)
BLOCKS = frozenset(
    "program compound_statement subshell do_group if_statement elif_clause else_clause "
    "case_item".split()
)
_DEPTH = 8
_DEFAULT = re.compile(r"\$\{(\w+):?[-=]")


@dataclass
class Script:
    """One shell script. A variable's `values` are the nodes that it is set to, None for unknown."""

    path: str
    data: bytes
    root: Node = field(init=False)
    values: dict[str, list[Node | None]] = field(init=False)
    functions: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        self.root = parse("bash", self.data).root_node
        self.values = defaultdict(list)
        self.functions = {}
        for node in walk(self.root):
            for name, value in self._settings(node):
                self.values[name].append(value)
            if node.type == "function_definition" and (
                name_node := node.child_by_field_name("name")
            ):
                self.functions[self.text(name_node)] = node

    def text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def line(self, node: Node) -> int:
        return node.start_point[0] + 1

    def _settings(self, node: Node) -> Iterator[tuple[str, Node | None]]:
        """The variables that a node sets, each with its value where one node is the value."""
        if node.type == "variable_assignment":
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            plain = node.parent is not None and node.parent.type != "command"
            if name is not None and plain:
                appends = any(child.type == "+=" for child in node.children)
                yield self.text(name), None if appends else value
        elif node.type == "for_statement" and (name := node.child_by_field_name("variable")):
            yield self.text(name), None
        elif node.type == "command" and self.program(node) in ("read", "mapfile", "getopts"):
            for child in node.named_children[1:]:
                yield self.text(child), None
        elif node.type == "declaration_command":
            # `local x` makes x empty; `export x` keeps it
            for child in node.named_children:
                if child.type == "variable_name" and not self.text(node).startswith("export"):
                    yield self.text(child), None

    def program(self, command: Node) -> str:
        """The program of a command, where it is spelled or a constant; else "" ."""
        name = command.child_by_field_name("name")
        return (self.constant(name.named_children[0]) or "") if name and name.named_children else ""

    def set_in(self, node: Node) -> set[str]:
        """The variables that are set anywhere in a node."""
        return {name for inner in walk(node) for name, _ in self._settings(inner)}

    def used_in(self, node: Node) -> set[str]:
        """The variables that are read anywhere in a node, and those that their values read."""
        seen: set[str] = set()
        waiting = [node]
        while waiting:
            for inner in walk(waiting.pop()):
                if inner.type == "variable_name" and _is_read(inner):
                    name = self.text(inner)
                    if name not in seen:
                        seen.add(name)
                        waiting += [value for value in self.values[name] if value is not None]
        return seen

    def spelled(self, node: Node, depth: int = 0) -> str:
        """A word without quotes, its constants put in, `${NAME}` where only the shell knows.

        Two words that are spelled alike have one value, as long as no variable changes between.
        """
        out = []
        for piece in self._pieces(node):
            if isinstance(piece, str):
                out.append(piece)
                continue
            name = self._plain_variable(piece)
            values = self.values[name] if name else []
            if len(values) == 1 and values[0] is not None and depth < _DEPTH:
                value = values[0]
                if value.type != "array" and name not in self.used_in(value):
                    out.append(self.spelled(value, depth + 1))
                    continue
            out.append(f"${{{name}}}" if name else self.text(piece))
        return "".join(out)

    def constant(self, node: Node, depth: int = 0) -> str | None:
        """What a word is when the environment changes nothing: defaults (`${X:-a}`) count."""
        out = []
        for piece in self._pieces(node):
            if isinstance(piece, str):
                out.append(piece)
                continue
            value = self._known(piece, depth)
            if value is None:
                return None
            out.append(value)
        return "".join(out)

    def _known(self, piece: Node, depth: int) -> str | None:
        name = self._plain_variable(piece)
        if depth > _DEPTH:
            return None
        if name:
            values = self.values[name]
            only = values[0] if len(values) == 1 else None
            return None if only is None else self.constant(only, depth + 1)
        if piece.type == "expansion" and _DEFAULT.match(self.text(piece)):
            text = self.text(piece)
            own, default = _DEFAULT.findall(text)[0], _DEFAULT.sub("", text)[:-1]
            sets = [v for v in self.values[own] if v is None or own not in self.used_in(v)]
            if sets or own.isdigit():
                return None  # an argument, or set elsewhere in the script
            return None if re.search(r"[$`\\\"']", default) else default
        return None

    def _plain_variable(self, piece: Node) -> str:
        if piece.type == "simple_expansion" or re.fullmatch(r"\$\{\w+\}", self.text(piece)):
            return self.text(piece).strip("${}")
        return ""

    def _pieces(self, node: Node) -> Iterator[str | Node]:
        """The literal texts of a word, and the nodes of its expansions, in order."""
        if node.type in ("concatenation", "string", "command_name"):
            quote = int(node.type == "string")
            cursor = node.start_byte + quote
            for child in node.named_children:
                if gap := self.data[cursor : child.start_byte].decode("utf-8", "replace"):
                    yield gap
                yield from self._pieces(child)
                cursor = child.end_byte
            if rest := self.data[cursor : node.end_byte - quote].decode("utf-8", "replace"):
                yield rest
        elif node.type == "raw_string":
            yield self.text(node)[1:-1]
        elif node.type in ("word", "string_content", "number"):
            yield re.sub(r"\\(.)", r"\1", self.text(node))
        else:
            yield node


def _is_read(name: Node) -> bool:
    parent = name.parent
    return parent is not None and parent.type not in (
        *("variable_assignment", "for_statement", "declaration_command"),
    )


def statement_of(node: Node) -> Node:
    """The statement that holds a node and stands directly in a block."""
    current = node
    while current.parent is not None and current.parent.type not in BLOCKS:
        current = current.parent
    return current


def block_of(node: Node) -> Node:
    """The block that runs a node; the script itself at the top level."""
    return next(a for a in ancestors(node) if a.type in BLOCKS)


def in_condition(statement: Node) -> bool:
    """Whether a block-level statement is the condition of an `if`, a loop or a case."""
    parent = statement.parent
    if parent is None:
        return False
    at = next((i for i, c in enumerate(parent.children) if c.id == statement.id), -1)
    if parent.type == "elif_clause":
        words = [c.type for c in parent.children[:at]]
        return "then" not in words
    return at >= 0 and parent.field_name_for_child(at) in ("condition", "value")
