"""Finds the modules that are a repository's own adapter of a tool, by what their code does.

- *side by side*: whatever the module does with the tool has another platform's part beside it
  (`siblings`), and the parts are functions, classes or tables of their own. A call in a branch of a
  larger function is judged by itself: its module is there for something else;
- *chosen by platform*: who loads the module does so for one platform, and loads another module for
  another one, which does the same work with that platform's program;
- *behind an interface*: a class or an object of the module implements an interface, the tool is run
  for it alone, and a module beside it implements the same interface without the tool;
- *an own port*: an interface has a member of the tool's name, one object implements it, and users
  are given that object. The module that implements it is one, and each module that only it loads
  and that runs the tool for it.

A module that only shows commands is none: a proposal passes over whatever is added to it later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tree_sitter import Node

from fleetmod.filekinds import is_code
from fleetmod.flow.bound import Bound
from fleetmod.flow.loaded import Loaders
from fleetmod.flow.siblings import Siblings
from fleetmod.flow.texts import Values
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import Source, ancestors, contains, open_source, walk
from fleetmod.testfiles import is_test
from fleetmod.workspace.graph import ModuleGraph

SIDE_BY_SIDE = "both platforms' parts side by side, chosen by platform"
CHOSEN = "loaded for one platform, and another module for another one"
BEHIND = "it implements an interface as a module beside it does without the tool"
OWN_PORT = "the repository's own port: it alone has the tool, and gives it to its users"

_LITERALS = ("string", "template_string")
_NAMES = ("property_identifier", "private_property_identifier")
_DECLARES = ("lexical_declaration", "variable_declaration")
_LOGS = ("console", "log", "logger")


def by_shape(
    root: Path,
    texts: Mapping[str, str],
    graph: Callable[[], ModuleGraph],
    tools: Mapping[str, Bound],
) -> dict[str, dict[str, str]]:
    """For each of some `tools`, by their keys, the modules among `texts` that are adapters of it,
    each with the reason. `graph` is only asked where the tool is run."""

    @cache
    def opened(path: str) -> Values | None:
        try:
            data = texts[path].encode() if path in texts else (root / path).read_bytes()
            return Values(Scopes(open_source(path, data)))
        except (OSError, RecursionError):
            return None

    code = [path for path in texts if is_code(path) and not is_test(path)]
    found: dict[str, dict[str, str]] = {}
    for key, tool in tools.items():
        naming = sorted(p for p in code if any(name in texts[p] for name in tool.names))
        beside = {p: texts[p] for p in code} if naming else {}
        found[key] = _Tool(tool, naming, opened, graph, beside).find() if naming else {}
    return found


class _Tool:
    def __init__(
        self,
        tool: Bound,
        naming: list[str],
        opened: Callable[[str], Values | None],
        graph: Callable[[], ModuleGraph],
        code: Mapping[str, str],
    ) -> None:
        self.tool, self.naming, self.opened, self.graph = tool, naming, opened, graph
        self.code = code
        self.loaders = Loaders(opened, graph)

    def find(self) -> dict[str, str]:
        found = dict.fromkeys(self._own_port(), OWN_PORT)
        for path in self.naming:
            values = self.opened(path)
            acting = list(self._acting(values)) if values is not None else []
            if path in found or values is None or not acting:
                continue
            siblings = Siblings(values, self.tool)
            if all(siblings.apart(node) is not None for node in acting):
                found[path] = SIDE_BY_SIDE
            elif self._is_chosen(path):
                found[path] = CHOSEN
            elif self._is_behind(path, values, acting):
                found[path] = BEHIND
        return found

    def _acting(self, values: Values) -> Iterator[Node]:
        """The literals that name the tool and that a call gets, or that are its bare name."""
        source = values.source
        for node in source.of(*_LITERALS):
            text = source.own_text(node).strip("\"'`")
            if not any(name in text for name in self.tool.names) or _is_specifier(node):
                continue
            if text.rpartition("/")[2] in self.tool.names or self._is_given(node, source):
                yield node

    def _is_given(self, node: Node, source: Source) -> bool:
        for outer in ancestors(node):
            if outer.type == "arguments" and outer.parent is not None:
                function = outer.parent.child_by_field_name("function")
                owner = function.child_by_field_name("object") if function is not None else None
                shown = owner is not None and source.text(owner) in _LOGS
                return function is not None and not shown
            if outer.type not in ("binary_expression", "parenthesized_expression", "as_expression"):
                return False
        return False

    def _is_chosen(self, path: str) -> bool:
        """Whether each module that loads this one does so on the tool's platform, and another
        module on another platform."""
        importers = self.loaders.importers(path)
        return bool(importers) and all(self._chooses(i, path) for i in importers)

    def _chooses(self, importer: str, path: str) -> bool:
        values = self.opened(importer)
        if values is None:
            return False
        siblings = Siblings(values, self.tool)
        uses = list(self.loaders.uses(values, importer, path))
        return bool(uses) and all(
            siblings.guards.guarded(use)
            and any(
                self._loads_other(values, importer, a) for a in siblings.guards.alternatives(use)
            )
            for use in uses
        )

    def _loads_other(self, values: Values, importer: str, place: Node) -> bool:
        """Whether a place loads or uses a module that does the work with another program."""
        return any(
            self._does_work(module)
            for node in walk(place)
            for module in self._modules(values, importer, node)
        )

    def _modules(self, values: Values, importer: str, node: Node) -> frozenset[str]:
        source = values.source
        if node.type == "string":
            return self._loaded(importer, source.text(node)[1:-1])
        binding = values.scopes.resolve(node) if node.type == "identifier" else None
        if binding is None or binding.kind != "import":
            return frozenset()
        module = binding.declaration.child_by_field_name("source")
        return self._loaded(importer, source.text(module)[1:-1]) if module else frozenset()

    def _loaded(self, importer: str, name: str) -> frozenset[str]:
        return self.graph().resolved(importer, name)

    def _does_work(self, path: str) -> bool:
        values = self.opened(path)
        if values is None or self.tool.name.encode() in values.source.data:
            return False
        return Siblings(values, self.tool).works(values.source.root)

    def _is_behind(self, path: str, values: Values, acting: list[Node]) -> bool:
        """Whether a module runs the tool for one interface, which another module implements without
        it."""
        made = dict(_implementing(values.source))
        if not all(self._is_of(node, values, made.values()) for node in acting):
            return False
        folder = path.rpartition("/")[0]
        for other, text in self.code.items():
            if other == path or other.rpartition("/")[0] != folder:
                continue
            if any(name in text for name in self.tool.names) or not any(n in text for n in made):
                continue
            opened = self.opened(other)
            if opened is not None and made.keys() & dict(_implementing(opened.source)).keys():
                return True
        return False

    def _is_of(self, node: Node, values: Values, made: Iterable[Node]) -> bool:
        """Whether a node stands in one of some classes or objects, or in what only its module can
        call."""
        if any(contains(each, node) for each in made):
            return True
        top = next((a for a in ancestors(node) if a.parent and a.parent.type == "program"), None)
        if top is None or top.type not in (*_DECLARES, "function_declaration"):
            return False
        named = [top, *top.named_children]
        names = [each.child_by_field_name("name") for each in named if each is not None]
        bindings = [values.scopes.resolve(name) for name in names if name is not None]
        return not any(b is not None and values.scopes.exported(b) for b in bindings)

    def _own_port(self) -> Iterator[str]:
        """The modules of an interface's member that is called after the tool."""
        declaring, implementing = set(), defaultdict(list)
        for path in self.naming:
            values = self.opened(path)
            for node in values.source.of(*_NAMES) if values is not None else ():
                parent = node.parent
                if values is None or parent is None or values.source.text(node) != self.tool.name:
                    continue
                if parent.type in ("property_signature", "method_signature"):
                    declaring.add(path)
                elif parent.type in ("pair", "method_definition", "public_field_definition"):
                    implementing[path].append(parent)
        if not declaring or sum(map(len, implementing.values())) != 1:
            return
        (path,) = implementing
        yield path
        for loaded in self.graph().imports(path):
            alone = {i for i in self.graph().importers(loaded) if not is_test(i)} == {path}
            values = self.opened(loaded)
            if alone and values is not None and any(self._acting(values)):
                yield loaded


def _implementing(source: Source) -> Iterator[tuple[str, Node]]:
    """The classes and objects that implement interfaces, by the interface's name."""
    for clause in source.of("implements_clause"):
        body = next((a for a in ancestors(clause) if a.type.startswith("class")), None)
        body = body.parent if body is not None and body.type == "class_heritage" else body
        for each in clause.named_children if body is not None else ():
            if body is not None:
                yield source.text(each).partition("<")[0], body
    for node in source.of("object"):
        outer = node.parent
        typed = outer is not None and outer.type in ("variable_declarator", "satisfies_expression")
        held = outer.child_by_field_name("type") if outer is not None and typed else None
        if outer is not None and outer.type == "satisfies_expression":
            held = outer.named_children[-1]
        named = held.named_children[0] if held is not None and held.named_children else held
        if named is not None and named.type in ("type_identifier", "nested_type_identifier"):
            yield source.text(named), node


def _is_specifier(node: Node) -> bool:
    outer = node.parent
    return outer is not None and outer.type in ("import_statement", "export_statement")
