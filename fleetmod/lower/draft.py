"""What lowering collects for one file: edits, the imports they need, and names that are free."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Node

from fleetmod.lower.runtime import elsewhere
from fleetmod.lower.style import Style
from fleetmod.model import Edit, Need
from fleetmod.refusal import Reason
from fleetmod.refusal import Refused as Refused
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import STATEMENTS, Source, code_end, parts

# what may end without a semicolon, by a line's end alone
_MAY_END_OPEN = ("do_statement", "import_statement", "export_statement", "type_alias_declaration")
PROCESS, IDENTITY, CONTAINER = "process-manager", "node-identity", "container-runtime"


def required(source: Source, package: str) -> Iterator[Node]:
    """Each pattern `{ … }` at the top of a file that takes names from a package by `require`."""
    for statement in source.root.named_children:
        if statement.type not in ("lexical_declaration", "variable_declaration"):
            continue
        for declared in statement.named_children:
            pattern, value = (declared.child_by_field_name(field) for field in ("name", "value"))
            if pattern is None or value is None or pattern.type != "object_pattern":
                continue
            if any(each.type == "rest_pattern" for each in pattern.named_children):
                continue  # nothing may stand behind it
            function, given = (
                value.child_by_field_name("function"),
                parts(value.child_by_field_name("arguments")),
            )
            if function is None or source.text(function) != "require" or len(given) != 1:
                continue
            if source.text(given[0])[1:-1] == package:
                yield pattern


def names_of(pattern: Node, source: Source) -> Iterator[tuple[str, str]]:
    """The local names of a pattern `{ a, b: c }`, each with the field that it is taken from."""
    for each in pattern.named_children:
        if each.type == "shorthand_property_identifier_pattern":
            yield source.text(each), source.text(each)
        elif each.type == "pair_pattern":
            key, value = (each.child_by_field_name(field) for field in ("key", "value"))
            if key is not None and value is not None and value.type == "identifier":
                yield source.text(value), source.text(key)


@dataclass
class Draft:
    """Edits of one file. `packages` maps a port's key to the package name it is installed as;
    `unearned` to why it is not; `unreachable` says why the file can load none."""

    scopes: Scopes
    style: Style
    packages: dict[str, str]
    unreachable: Reason | None = None
    unearned: Mapping[str, Reason] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)
    needs: dict[Need, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)  # names that edits declare
    _names: dict[Need, str] = field(default_factory=dict)  # also of what was refused afterwards

    def anew(self) -> Draft:
        """An empty draft of the same file."""
        return Draft(self.scopes, self.style, self.packages, self.unreachable, self.unearned)

    def replace(self, node: Node, text: str, rule: str) -> None:
        self.replace_range(node.start_byte, code_end(node), text, rule)

    def replace_range(self, start: int, end: int, text: str, rule: str) -> None:
        if text.startswith("(") and self._goes_on(start):
            text = f";{text}"
        self.edits.append(Edit(start, end, text, rule))

    def _goes_on(self, start: int) -> bool:
        """Whether a parenthesis at `start` would call what the line before ends with."""
        node = self.scopes.source.root.descendant_for_byte_range(start, start + 1)
        while node is not None and node.start_byte == start and node.type not in STATEMENTS:
            node = node.parent
        before = node.prev_named_sibling if node is not None and node.start_byte == start else None
        while before is not None and before.type == "comment":
            before = before.prev_named_sibling
        return before is not None and (
            before.type in (*STATEMENTS, *_MAY_END_OPEN)
            and not self.scopes.source.text(before).endswith(";")
        )

    @cached_property
    def _elsewhere(self) -> Reason | None:
        return elsewhere(self.scopes)

    def name(self, package: str, name: str) -> str:
        """The local name of a port's export; remembers that it must be imported."""
        if why := self._elsewhere or self.unreachable:
            raise Refused(why)
        if package in self.unearned:
            raise Refused(self.unearned[package])
        need = Need(package, name)
        if need not in self.needs:
            if need not in self._names:
                self._names[need] = self._imported(need) or self._free(name)
            self.needs[need] = self._names[need]
        return self.needs[need]

    def import_of(self, module: str, name: str) -> str:
        """The local name of an export of any module; remembers that it must be imported."""
        self.packages = {**self.packages, module: module}
        return self.name(module, name)

    def _imported(self, need: Need) -> str:
        """The name under which the file already imports it."""
        if self.packages[need.package].encode() not in self.scopes.source.data:
            return ""
        source = self.scopes.source
        for found in required(source, self.packages[need.package]):
            for local, name in names_of(found, source):
                if name == need.name:
                    return local
        for binding in self.scopes.bindings():
            if binding.kind != "import" or binding.name_node.parent is None:
                continue
            module = binding.declaration.child_by_field_name("source")
            if module is None or source.text(module)[1:-1] != self.packages[need.package]:
                continue
            specifier = binding.name_node.parent
            if any(c.type == "type" for s in (specifier, binding.declaration) for c in s.children):
                continue  # a type is no value
            original = specifier.child_by_field_name("name")
            if original is not None and source.text(original) == need.name:
                return binding.name
        return ""

    def _free(self, name: str) -> str:
        taken = self.scopes.names()
        if name not in taken:
            return name
        ported = "fleet" + name[0].upper() + name[1:]
        number = 1
        candidate = ported
        while candidate in taken:
            number += 1
            candidate = f"{ported}{number}"
        return candidate

    def free_local(self, *candidates: str) -> str:
        """The first of these names that neither the file uses nor an edit declares."""
        taken = self.scopes.names() | self.taken
        for candidate in candidates:
            if candidate not in taken:
                return candidate
        number = 2
        while f"{candidates[0]}{number}" in taken:
            number += 1
        return f"{candidates[0]}{number}"
