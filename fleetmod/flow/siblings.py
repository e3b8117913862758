"""What stands beside a piece of code for another platform: the mark of a platform adapter.

The rule. A call, a value or a text that belongs to one platform is no debt where the same module
has another platform's in its place:

- *by branch*: a condition leads its own platform to it, and the other platforms to a sibling
  (`guards`);
- *by name*: it stands in a declaration, an object's member, a `case` or a command that is named for
  its platform (`launchdManager`, `"launchd:install"`), and one beside it has the same name but for
  the platform (`systemdManager`, `"systemd:install"`);
- *by kind*: it stands in a declaration whose value says of itself that it is one platform's
  (`kind: "launchd"`), and one of the same type beside it says so of another (`kind: "systemd"`).

The sibling must do the same work: it names a program of the other platform that does there what the
tool does here. One that returns, throws, only speaks of the other platform beside a call that acts,
or runs something else is none. So a plain `if (process.platform !== "darwin") return;` is no
adapter: the feature does not exist elsewhere, and its calls are moved onto the port. Nor is a
package with `"os": ["darwin"]`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node

from fleetmod.flow.bound import Bound
from fleetmod.flow.branches import guards_of
from fleetmod.flow.texts import Values
from fleetmod.regex import lazy
from fleetmod.syntax.source import (
    ancestors,
    contains,
    parts,
    same,
    unwrap,
    walk,
)
from fleetmod.testfiles import is_test

_WORD = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z0-9]+")
_NAMED = {  # how people name what is for a platform
    **dict.fromkeys(("launchd", "launchctl", "darwin", "mac", "macos", "osx", "colima"), "darwin"),
    **dict.fromkeys(("systemd", "systemctl", "linux"), "linux"),
    **dict.fromkeys(("windows", "win", "win32", "schtasks", "wsl"), "win32"),
}
_SPLIT = {("mac", "os"): "macos", ("win", "32"): "win32", ("system", "d"): "systemd"}
_LABELS = {"darwin": "macOS", "linux": "Linux", "win32": "Windows"}
_LEADING = lazy(
    r"^\s*(?:(?:sudo|doas|exec|env)\s+(?:-\S+\s+)*|\w+=\S*\s+)*(?:/\S*/)?([\w.-]+)(?=$|[\s;&|])"
)
_COMMANDS = lazy(r"(?<![\w./-])[A-Za-z][\w-]*(?:\.exe)?(?![\w-])")
_EVERYDAY = frozenset(("service", "sc", "sv", "snap"))
_FIRST = re.compile(rb"[\"'`](?:sudo +)?(?:/[\w/]*/)?(?:service|sc|sv|snap)[\"'` ]")
_LITERALS = ("string", "template_string", "jsx_text")
_TAGS = ("kind", "type", "platform", "os", "name", "manager", "backend", "id")
_PLAIN_TYPES = ("predefined_type",)
_MEMBERS = ("pair", "method_definition", "public_field_definition", "switch_case")
_DECLARED = (
    *("function_declaration", "generator_function_declaration", "class_declaration"),
    *("abstract_class_declaration", "lexical_declaration", "variable_declaration"),
)
_SHOWN = ("throw_statement",)


@dataclass(frozen=True)
class Sibling:
    """Where another platform's part stands: its platform, and the line that names its program."""

    platform: str
    line: int

    def reason(self, what: str, own: str) -> str:
        """Why a call or a text of the platform `own` is no debt."""
        other = _LABELS[self.platform]
        return f"the {what} of the {_LABELS[own]} branch; line {self.line} has {other}'s"


class Siblings:
    """Finds the siblings of one file's nodes, for one tool."""

    def __init__(self, values: Values, tool: Bound) -> None:
        self.values, self.scopes, self.source = values, values.scopes, values.source
        self.tool = tool
        self.guards = guards_of(values, tool)

    def of(self, node: Node, acts: bool) -> Sibling | None:
        """The sibling of a node; `acts` where it runs something, and does not only show it."""
        if not self._possible:
            return None
        for place in (*self.guards.alternatives(node), *self._beside(node)):
            if (found := self._does(place, acts)) is not None:
                return found
        return None

    def of_test(self, node: Node) -> str:
        """Why a place of a test is no debt: the test is skipped on all other platforms; else ""."""
        if not is_test(self.source.path) or not self.guards.guarded(node):
            return ""
        return f"of a test that runs on {_LABELS[self.tool.platform]} alone"

    def apart(self, node: Node) -> Sibling | None:
        """The sibling of a node that acts, where each is a part of its own and no branch of one
        function."""
        inline = self.guards.alternatives(node, depth=0)
        if any(self._does(place, True, depth=0) is not None for place in inline):
            return None
        return self.of(node, acts=True)

    def works(self, place: Node) -> bool:
        """Whether a place does the tool's work with a program of another platform."""
        return self._does(place, acts=True) is not None

    @cached_property
    def _possible(self) -> bool:
        """Whether the file names a counterpart at all; an everyday word counts as a command's
        first."""
        names = {name for names in self.tool.counterparts.values() for name in names}
        data = self.source.data
        if any(name.encode() in data for name in names - _EVERYDAY):
            return True
        return bool(names & _EVERYDAY) and _FIRST.search(data) is not None

    def _does(self, place: Node, acts: bool, depth: int = 3) -> Sibling | None:
        """Where a place names a counterpart's command, itself or in a function that it uses."""
        for node in walk(place):
            if node.type in _LITERALS and not (acts and self._is_shown(node, place)):
                text = self.source.own_text(node).strip("\"'`")
                for platform, names in self.tool.counterparts.items():
                    if (at := self._named(text, names, acts)) is not None:
                        line = self.source.line_of(node.start_byte)
                        above = self.source.own_text(node)[: at + 1].count("\n")
                        return Sibling(platform, line + above)
            if node.type == "identifier" and depth:
                made = self._made(node)
                if made is not None and not contains(made, place):
                    found = self._does(made, acts, depth - 1)
                    if found is not None and not self._names_tool(made):
                        return found
        return None

    def _named(self, text: str, names: frozenset[str], acts: bool) -> int | None:
        """Where a text holds a counterpart's command: at its head, or anywhere in what is shown."""
        leading = _LEADING.match(text)
        if leading is not None and leading[1] in names:
            return leading.start(1)
        if acts:
            return None
        found = (m for m in _COMMANDS.finditer(text) if m[0] in names - _EVERYDAY)
        return next((m.start() for m in found), None)

    def _is_shown(self, node: Node, place: Node) -> bool:
        """Whether a text is an error's or goes to a log, and runs nothing."""
        for outer in ancestors(node):
            if outer.type in _SHOWN or outer.type == "new_expression":
                return True
            if outer.type == "call_expression":
                function = outer.child_by_field_name("function")
                owner = function.child_by_field_name("object") if function is not None else None
                if owner is not None and self.source.text(owner) in ("console", "log", "logger"):
                    return True
            if same(outer, place):
                break
        return False

    def _made(self, node: Node) -> Node | None:
        """What a name of the file stands for: a constant, a function or a class."""
        binding = self.scopes.resolve(node)
        if binding is None or same(binding.name_node, node):
            return None
        if binding.kind in ("function", "class"):
            return binding.declaration
        return binding.value if binding.kind == "const" else None

    def _names_tool(self, node: Node) -> bool:
        return self.tool.name in self.source.text(node)

    def _beside(self, node: Node) -> Iterator[Node]:
        """What is named, or says of itself, that it is another platform's version of what stands
        around a node."""
        if is_test(self.source.path):
            return  # the name of a test is no command
        for outer in ancestors(node):
            parent = outer.parent
            if parent is None or not _is_part(outer):
                continue
            key = self._key(outer)
            shape = _shape(key) if key else None
            own = shape is not None and shape[1] == {self.tool.platform}
            for other in parent.named_children:
                if same(other, outer) or other.type == "comment":
                    continue
                if own and shape is not None:
                    found = _shape(self._key(other))
                    if found is not None and found[0] == shape[0] and self._is_others(found[1]):
                        yield other
                        continue
                if self._is_kin(outer, other):
                    yield other

    def _is_others(self, platforms: set[str]) -> bool:
        return len(platforms) == 1 and platforms <= self.tool.counterparts.keys()

    def _key(self, part: Node) -> str:
        """The name of a declaration, of a member, of a `case`, or of a command that is declared by
        `program.command("launchd:install")…`."""
        if part.type in ("export_statement", *_DECLARED):
            declared = part.child_by_field_name("declaration") or part
            names = (
                declared.named_children
                if declared.type.endswith("variable_declaration")
                or (declared.type == "lexical_declaration")
                else [declared]
            )
            named = names[0].child_by_field_name("name") if len(names) == 1 else None
            return self.source.text(named) if named is not None else ""
        if part.type in _MEMBERS:
            for name in ("key", "name", "value"):
                if (child := part.child_by_field_name(name)) is not None:
                    return self.source.text(child).strip("\"'`[]")
        if part.type == "expression_statement" and part.named_children:
            call: Node | None = unwrap(part.named_children[0])
            while call is not None and call.type == "call_expression":
                given = parts(call.child_by_field_name("arguments"))
                literal = self.values.literal(given[0]) if given else None
                shape = _shape(literal) if literal else None
                if literal and shape is not None and shape[0] != ("*",):
                    return literal
                function = call.child_by_field_name("function")
                call = function.child_by_field_name("object") if function is not None else None
        return ""

    def _is_kin(self, one: Node, other: Node) -> bool:
        """Whether two declarations are of one type, and each says which platform it is for."""
        types = self._type(one), self._type(other)
        if not types[0] or types[0] != types[1]:
            return False
        own, others = self._tags(one), self._tags(other)
        return any(
            own[key] == {self.tool.platform} and self._is_others(others.get(key, set()))
            for key in own
        )

    def _type(self, part: Node) -> str:
        """The named type that a declaration's value is of: what it returns, holds or implements."""
        declared = part.child_by_field_name("declaration") or part
        if declared.type in ("lexical_declaration", "variable_declaration"):
            declared = declared.named_children[0]
        value = declared.child_by_field_name("value")
        for holder, name in ((declared, "return_type"), (declared, "type"), (value, "return_type")):
            found = holder.child_by_field_name(name) if holder is not None else None
            if found is not None:
                plain = any(n.type in _PLAIN_TYPES for n in found.named_children)
                return "" if plain else self.source.text(found)
        heritage = next((c for c in declared.named_children if c.type == "class_heritage"), None)
        return self.source.text(heritage) if heritage is not None else ""

    def _tags(self, part: Node) -> dict[str, set[str]]:
        """The platforms that an object's or a class's fields say, by the field's name."""
        found: dict[str, set[str]] = {}
        for node in walk(part):
            if node.type not in ("pair", "public_field_definition"):
                continue
            key = node.child_by_field_name("key") or node.child_by_field_name("name")
            value = node.child_by_field_name("value")
            if key is None or value is None or self.source.text(key) not in _TAGS:
                continue
            literal = self.values.literal(value)
            if literal is not None and (platform := _NAMED.get(literal.lower())) is not None:
                found.setdefault(self.source.text(key), set()).add(platform)
        return found


def _is_part(node: Node) -> bool:
    return node.type in ("export_statement", "expression_statement", *_DECLARED, *_MEMBERS)


def _shape(name: str) -> tuple[tuple[str, ...], set[str]] | None:
    """A name without its platform, and the platform; None for a name that says none."""
    words = [word.lower() for word in _WORD.findall(name)]
    merged: list[str] = []
    for word in words:
        pair = (merged[-1], word) if merged else ("", word)
        if pair in _SPLIT:
            merged[-1] = _SPLIT[pair]
        else:
            merged.append(word)
    platforms = {_NAMED[word] for word in merged if word in _NAMED}
    if not platforms:
        return None
    return tuple("*" if word in _NAMED else word for word in merged), platforms
