"""What runs in a browser because of who loads it, though the file itself says nothing of one."""

from __future__ import annotations

from fleetmod import reasons
from fleetmod.project import Project
from fleetmod.testfiles import is_test

BY_IMPORTER = (
    "{} loads it in a browser, which has no home folder and starts no service; get the value from "
    "the server"
)
# bytes without which no file is browser code by itself (see `lower.runtime`)
_HINTS: tuple[bytes, ...] = (
    b"use client",
    b"document",
    b"window",
    b"localStorage",
    b"navigator",
    b"react",
    b"vue",
)
_HINTS += (b"preact", b"solid-js", b"svelte")
_COMPONENTS = (".vue", ".svelte")
_NODE = ("fs", "path", "os", "child_process", "process", "http", "net", "crypto", "url", "stream")


def browser_importer(project: Project, path: str) -> str:
    """The file by which a browser bundle takes `path` in; "" where none is known to.

    Tests do not count, nor what asks for a module of Node itself: a script that drives a browser
    names its globals, too.
    """
    graph = project.graph
    entries = graph.browser_entries()
    if path in entries:
        return "package.json"
    waiting, seen = [path], {path}
    while waiting:
        for importer in sorted(graph.importers(waiting.pop())):
            if importer in seen or is_test(importer):
                continue
            seen.add(importer)
            waiting.append(importer)
            if importer in entries or _is_browser(project, importer):
                return importer
    return ""


def _is_browser(project: Project, path: str) -> bool:
    if path.endswith(_COMPONENTS):
        return True
    graph = project.graph
    if any(_is_node(module) for module in graph.externals(path)):
        return False
    try:
        data = (project.root / path).read_bytes()
    except OSError:
        return False
    if not any(hint in data for hint in _HINTS):
        return False
    # what loads modules of Node further down drives a browser, unless it says that it runs in one
    loaded = (m for each in graph.reached([path]) for m in graph.externals(each))
    if _HINTS[0] not in data and any(map(_is_node, loaded)):
        return False
    from fleetmod.lower.runtime import elsewhere
    from fleetmod.syntax.scope import Scopes
    from fleetmod.syntax.source import is_text, open_source

    why = elsewhere(Scopes(open_source(path, data))) if is_text(data) else None
    return why is not None and why.code == reasons.BROWSER.code


def _is_node(module: str) -> bool:
    return module.startswith(("node:", "bun:")) or module.split("/")[0] in _NODE
