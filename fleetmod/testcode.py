"""Tells test code by what it imports and by who imports it, where no usual name says so.

`queue-e2e-setup.ts` that imports vitest runs in tests alone, and what it holds is compared with
their snapshots. A program's own module never counts: a home in it is debt, no data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace.graph import ModuleGraph

if TYPE_CHECKING:
    from fleetmod.syntax.source import Source

# modules that only a test runner gives; Playwright's also drives browsers for programs
_RUNNERS = frozenset(
    "vitest @jest/globals node:test bun:test mocha ava uvu tap @effect/vitest".split()
)
_DRIVERS = {"@playwright/test": frozenset(("test", "expect"))}
_NAMED = tuple(name.encode() for name in (*_RUNNERS, *_DRIVERS))
# what tests share; a name alone tells nothing, so nobody else may import it
_SHARED = lazy(
    r"(?:^|[/._-])(?:harness|stubs?|fakes?|test-?(?:kit|bed|support|helpers?|utils?|doubles?))"
    r"(?=[/._-])",
)


def tests_by_use(contents: Mapping[str, bytes], graph: Callable[[], ModuleGraph]) -> frozenset[str]:
    """The files among some that are tests' by their imports, or by their importers, and by no name.

    `graph` is only asked where the answer hangs on it.
    """
    left = [path for path in contents if not is_test(path)]
    found = {path for path in left if _imports_runner(path, contents[path])}
    for path in left:
        shared = _SHARED.search(path) and not contents[path].startswith(b"#!")
        if path not in found and shared:
            importers = graph().importers(path)
            if importers and all(is_test(each) or each in found for each in importers):
                found.add(path)
    return frozenset(found)


def _imports_runner(path: str, data: bytes) -> bool:
    if not any(name in data for name in _NAMED):
        return False
    from fleetmod.syntax.source import is_text, open_source

    return is_text(data) and any(
        module in _RUNNERS or names & _DRIVERS.get(module, frozenset())
        for module, names in _imported(open_source(path, data))
    )


def _imported(source: Source) -> Iterator[tuple[str, frozenset[str]]]:
    """The modules that a file imports for their values, each with the names that it takes."""
    for node in source.root.named_children:
        module = node.child_by_field_name("source")
        if node.type != "import_statement" or module is None:
            continue
        if any(child.type == "type" for child in node.children):
            continue
        specifiers = source.captures("(import_specifier) @s", node).get("s", [])
        names = (each.child_by_field_name("name") for each in specifiers)
        taken = frozenset(source.text(name) for name in names if name is not None)
        yield source.text(module)[1:-1], taken
