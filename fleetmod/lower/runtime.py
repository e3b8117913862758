"""Whether a file runs where the ports cannot: in a browser, or on Deno."""

from __future__ import annotations

import re

from fleetmod import reasons
from fleetmod.filekinds import is_javascript
from fleetmod.refusal import Reason
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes

DENO = reasons.CANNOT_IMPORT(
    "loads modules by URL, which finds no package of the workspace; pass the value in"
)

SCRIPT = reasons.CANNOT_IMPORT(
    "loads and exports nothing, so what runs this file may know no modules; pass the value in"
)

_HOOKS = lazy(r"\b(?:useState|useEffect|useRef|useMemo|useCallback|useReducer)\b")
_BROWSER_MODULES = lazy(r"react-dom(?:/client)?$|preact|solid-js|svelte|vue$|@storybook/.*")
# React that a terminal or a launcher shows runs in Node (Ink, Raycast's API, OpenTUI)
_NODE_MODULES = lazy(r"node:.*|ink(?:-.*)?|@inkjs/.*|@raycast/.*|@opentui/.*|child_process")
# no bundler puts another one in for these, so that what loads one is no browser's: it names the
# globals of pages that it drives (`page.evaluate(() => document.title)`)
_NODE_ALONE = lazy(
    r"(?:node:)?(?:fs|child_process|net|tls|dgram|readline|worker_threads|cluster)(?:/.*)?|bun(?::.*)?"
)
_DENO_MODULES = lazy(r"(?:https?|jsr|npm):")
_NODE = lazy(rb"\b(?:node|bun|tsx)\b")
_GLOBALS = ("document", "window", "localStorage", "navigator")


def _is_module(scopes: Scopes) -> bool:
    """Whether a file of JavaScript is one of Node's: a browser's script, an Apple script or a
    plug-in of an application is none."""
    source = scopes.source
    if source.of("import_statement", "export_statement"):
        return True
    head = source.data.partition(b"\n")[0]
    if head.startswith(b"#!"):
        return _NODE.search(head) is not None
    calls = (call.child_by_field_name("function") for call in source.of("call_expression"))
    if any(each is not None and source.text(each) == "require" for each in calls):
        return True
    return scopes.uses_global("module") or scopes.uses_global("exports")


def elsewhere(scopes: Scopes) -> Reason | None:
    """Why no port can be imported here; None where one can."""
    source = scopes.source
    hooked = node = alone = shown = False
    for statement in source.root.named_children:
        text = source.text(statement)
        if statement.type == "expression_statement" and re.match(r"[\"']use client[\"']", text):
            return reasons.BROWSER
        if statement.type != "import_statement":
            continue
        module = statement.child_by_field_name("source")
        name = source.text(module)[1:-1] if module is not None else ""
        if _DENO_MODULES.match(name):
            return DENO
        if _BROWSER_MODULES.fullmatch(name):
            return reasons.BROWSER
        hooked = hooked or (name == "react" and _HOOKS.search(text) is not None)
        node = node or _NODE_MODULES.fullmatch(name) is not None
        alone = alone or _NODE_ALONE.fullmatch(name) is not None
        shown = shown or name == "react"
    if ".stories." in source.path or (hooked and not node):
        return reasons.BROWSER
    if is_javascript(source.path) and not _is_module(scopes):
        return SCRIPT
    alone = alone or source.data.startswith(b"#!")
    # a page of a framework holds parts for either side
    if alone and not shown and not source.path.endswith((".tsx", ".jsx")):
        return None
    return reasons.BROWSER if any(scopes.uses_global(name) for name in _GLOBALS) else None
