"""What functions of other modules do with a command that they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.lift.runners import Runners
from fleetmod.runner import Runner
from fleetmod.syntax.scope import Binding, Scopes
from fleetmod.syntax.source import is_text, open_source

_FAR = 6  # modules that hand a function on, or wrap it once more
_LONG = 400_000  # bytes; a module of helpers is far shorter


class Exported:
    """The functions of a repository's modules that run a program. Each module is read once, and
    only where a file hands a function of it a command.

    `named` gives the files behind the modules that a file names, `read` the bytes of a file.
    """

    def __init__(
        self, named: Callable[[str], Mapping[str, frozenset[str]]], read: Callable[[str], bytes]
    ) -> None:
        self._named, self._read = named, read
        self._modules: dict[str, _Module | None] = {}
        self._known: dict[tuple[str, str], Runner | None] = {}
        self._depth = 0

    def runner(self, path: str, module: str, name: str) -> Runner | None:
        """How a function runs a program that a module exports under a name, or `default`; `module`
        as the file at `path` spells it. None where it does anything else, or is not found."""
        files = self._named(path).get(module, frozenset())
        return self._of_file(next(iter(files)), name) if len(files) == 1 else None

    def file(self, path: str, module: str) -> str:
        """The file behind a module as another one spells it; "" where it is not one."""
        files = self._named(path).get(module, frozenset())
        return next(iter(files)) if len(files) == 1 else ""

    def _of_file(self, path: str, name: str) -> Runner | None:
        key = (path, name)
        if key not in self._known and self._depth < _FAR:
            self._known[key] = None  # modules that import each other end here
            self._depth += 1
            self._known[key] = self._found(path, name)
            self._depth -= 1
        return self._known.get(key)

    def _found(self, path: str, name: str) -> Runner | None:
        module = self._module(path)
        if module is None:
            return None
        for source, original in module.handed_on(name):
            found = self.runner(path, source, original)
            if found is not None:
                return found
        return module.runner(name)

    def _module(self, path: str) -> _Module | None:
        if path not in self._modules:
            data = self._read(path)
            whole = bool(data) and len(data) <= _LONG and is_text(data)
            module = _Module(path, data, partial(self.runner, path)) if whole else None
            broken = module is None or module.scopes.source.errors()
            self._modules[path] = None if broken else module
        return self._modules[path]


class _Module:
    def __init__(
        self, path: str, data: bytes, imported: Callable[[str, str], Runner | None]
    ) -> None:
        self.scopes = Scopes(open_source(path, data))
        self._runners = Runners(self.scopes, Values(self.scopes), imported)

    def handed_on(self, name: str) -> Iterator[tuple[str, str]]:
        """The modules that a name may come from, each with its name there: `export { a as name }
        from "m"`, `export * from "m"`."""
        text = self.scopes.source.text
        for statement in self._exports():
            source = statement.child_by_field_name("source")
            clause = _clause(statement)
            if source is None or (clause is None and _is_namespace(statement)):
                continue
            module = text(source)[1:-1]
            if clause is None:
                yield module, name
                continue
            for given, original in self._listed(clause):
                if given == name:
                    yield module, text(original)

    def runner(self, name: str) -> Runner | None:
        """How the function runs a program that the module itself exports under a name."""
        declared = self._declared(name)
        found = self._runners.of_function(declared) if declared is not None else None
        return replace(found, wrapper=None) if found is not None else None

    def _declared(self, name: str) -> Node | None:
        """The name, or the function, that is exported under a name."""
        for statement in self._exports():
            clause = _clause(statement)
            if statement.child_by_field_name("source") is not None:
                continue
            for given, original in self._listed(clause) if clause is not None else ():
                if given == name:
                    return original
            value = statement.child_by_field_name("value")
            if name == "default" and any(c.type == "default" for c in statement.children):
                made = statement.child_by_field_name("declaration")
                return value or (made.child_by_field_name("name") if made is not None else None)
        found = [b for b in self.scopes.bindings([name]) if self._is_exported(b)]
        return found[0].name_node if len(found) == 1 else None

    def _is_exported(self, binding: Binding) -> bool:
        return binding.scope.type == "program" and self.scopes.exported(binding)

    def _exports(self) -> list[Node]:
        top = self.scopes.source.root.named_children
        return [node for node in top if node.type == "export_statement"]

    def _listed(self, clause: Node) -> Iterator[tuple[str, Node]]:
        for each in clause.named_children:
            original = each.child_by_field_name("name")
            given = each.child_by_field_name("alias") or original
            if given is not None and original is not None:
                yield self.scopes.source.text(given), original


def _clause(statement: Node) -> Node | None:
    return next((c for c in statement.named_children if c.type == "export_clause"), None)


def _is_namespace(statement: Node) -> bool:
    return any(c.type == "namespace_export" for c in statement.named_children)
