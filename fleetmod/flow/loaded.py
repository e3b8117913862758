"""On which platforms a module is loaded and used, by all that load it.

A module that everybody asks for under a check of the platform runs on that platform only, though
nothing in it says so. What it does while it is loaded runs wherever a static import stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.flow.branches import Program, guards_of
from fleetmod.flow.platforms import EVERY
from fleetmod.flow.texts import Values
from fleetmod.syntax.source import ancestors
from fleetmod.testfiles import is_test
from fleetmod.workspace.graph import ModuleGraph

_TYPES = ("type_annotation", "type_arguments", "implements_clause")


@dataclass(frozen=True)
class Loaders:
    """Who loads the modules of a repository. `opened` gives a file's values, None for one that
    cannot be read; the `graph` is only asked for where there is a question."""

    opened: Callable[[str], Values | None]
    graph: Callable[[], ModuleGraph]

    def importers(self, path: str) -> list[str]:
        """The modules that load one, tests aside."""
        return sorted(i for i in self.graph().importers(path) if not is_test(i))

    def platforms(self, path: str, tool: Program) -> tuple[frozenset[str], frozenset[str]]:
        """Where a module is loaded, and where what it exports is used; everywhere where nobody
        loads it, or one that does cannot be read."""
        loaded: frozenset[str] = frozenset()
        used: frozenset[str] = frozenset()
        for importer in self.importers(path):
            values = self.opened(importer)
            if values is None:
                return EVERY, EVERY
            guards = guards_of(values, tool)
            for literal in self._literals(values, importer, path):
                statement = _statement(literal)
                uses = list(_imported(values, statement)) if statement is not None else [literal]
                if not uses:
                    return EVERY, EVERY  # for what it does while it is loaded
                for use in uses:
                    used |= guards.platforms_at(use)
                loaded |= EVERY if statement is not None else guards.platforms_at(literal)
        return loaded or EVERY, used or EVERY

    def uses(self, values: Values, importer: str, path: str) -> Iterator[Node]:
        """The places of a module that load another one, or use what they import of it."""
        for literal in self._literals(values, importer, path):
            statement = _statement(literal)
            yield from _imported(values, statement) if statement is not None else [literal]

    def _literals(self, values: Values, importer: str, path: str) -> Iterator[Node]:
        for literal in values.source.of("string"):
            name = values.source.text(literal)[1:-1]
            if path in self.graph().resolved(importer, name) and not _is_typed(literal, values):
                yield literal


def _statement(literal: Node) -> Node | None:
    return next((a for a in ancestors(literal) if a.type == "import_statement"), None)


def _is_typed(literal: Node, values: Values) -> bool:
    """Whether `import type … from` names a module, which loads nothing."""
    statement = next((a for a in ancestors(literal) if a.type.endswith("port_statement")), None)
    return statement is not None and any(c.type == "type" for c in statement.children)


def _imported(values: Values, statement: Node) -> Iterator[Node]:
    scopes = values.scopes
    for binding in scopes.bindings():
        if binding.kind == "import" and binding.declaration.id == statement.id:
            yield from (u for u in scopes.references(binding) if not is_type(u))


def is_type(use: Node) -> bool:
    """Whether a name is used as a type, which loads nothing."""
    return use.type == "type_identifier" or any(a.type in _TYPES for a in ancestors(use))
