"""What a package that stands in for a runtime package exports, as far as its source tells."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from tree_sitter import Node

from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_typescript
from fleetmod.project import Project
from fleetmod.syntax.source import Source, open_source
from fleetmod.workspace.disk import is_file, read_plain

_CONDITIONS = ("bun", "import", "module", "node", "default")
_INDEX = ("index.ts", "src/index.ts")
_BUILT = {".js": ".ts", ".mjs": ".mts", ".cjs": ".cts", ".jsx": ".tsx"}


def check_exports(project: Project, port: str, names: Collection[str]) -> str:
    """A note on the package that the repository has for a port already.

    Raises FleetmodError, at the package's entry, when that lacks one of the `names`.
    """
    folder, package = project.port_folder(port), project.packages[port]
    used = f"{package} is in {folder} already and is used as it is"
    entry = _entry(project.root, folder)
    exported, complete = _exports(project.root, entry, set())
    missing = sorted(set(names) - exported)
    if missing and complete:
        raise FleetmodError(
            f"does not export {', '.join(missing)}, which the migrated code imports",
            where=entry,
            todo="Export it, or set another runtime.scope in fleetmod.toml",
        )
    if missing:
        return f"{used}; its exports were not checked: it must export {', '.join(sorted(names))}"
    return f"{used}; it exports what is imported, but what that does was not checked"


def _entry(root: Path, folder: str) -> str:
    """The TypeScript file that an import of the package reads; "" when there is none."""
    try:
        data = read_plain(root / folder / "package.json").removeprefix(b"\xef\xbb\xbf")
        manifest = json.loads(data)
    except (OSError, ValueError, RecursionError):
        return ""
    given = [*_targets(manifest.get("exports"))]
    given = given or [t for t in (manifest.get("main"), manifest.get("module")) if t]
    found = (_typescript(root, folder, str(target)) for target in given or _INDEX)
    return next(filter(None, found), "")


def _targets(exports: Any) -> Iterator[str]:
    """The files that `exports` gives for the package itself."""
    if isinstance(exports, str):
        yield exports
    elif isinstance(exports, list):
        for each in exports:
            yield from _targets(each)
    elif isinstance(exports, dict):
        for key in (".", *_CONDITIONS):
            yield from _targets(exports.get(key))


def _typescript(root: Path, folder: str, target: str) -> str:
    """The source that a path stands for, with or without its suffix; "" for none."""
    path = posixpath.normpath(posixpath.join(folder, target))
    stem, suffix = posixpath.splitext(path)
    built = [stem + _BUILT[suffix]] if suffix in _BUILT else []
    choices = (path, *built, f"{path}.ts", f"{path}.tsx", f"{path}/index.ts")
    usable = (each for each in choices if is_typescript(each))
    found = next((e for e in usable if not e.startswith("../") and is_file(root / e)), "")
    return "" if ".d." in posixpath.basename(found) else found


def _exports(root: Path, path: str, seen: set[str]) -> tuple[set[str], bool]:
    """The names that a module exports, and whether these are all."""
    if path in seen:
        return set(), True
    seen.add(path)
    try:
        source = open_source(path, (root / path).read_bytes())
    except OSError:
        return set(), False
    if not path or source.errors():
        return set(), False
    names: set[str] = set()
    complete = True
    for node in source.root.named_children:
        if node.type != "export_statement":
            continue
        origin = node.child_by_field_name("source")
        if origin is not None and any(child.type == "*" for child in node.children):
            target = _typescript(root, posixpath.dirname(path), source.text(origin)[1:-1])
            more, all_of_it = _exports(root, target, seen) if target else (set(), False)
            names, complete = names | more, complete and all_of_it
        else:
            names |= set(_named(source, node))
    return names, complete


def _named(source: Source, node: Node) -> Iterator[str]:
    """The names that one export statement gives."""
    default = any(child.type == "default" for child in node.children)
    declared = None if default else node.child_by_field_name("declaration")
    for child in node.named_children:
        if child.type == "namespace_export":
            yield from map(source.text, child.named_children)
        if child.type == "export_clause":
            for each in child.named_children:
                name = each.child_by_field_name("alias") or each.child_by_field_name("name")
                if name is not None:
                    yield source.text(name)
    if declared is None:
        return
    name = declared.child_by_field_name("name")
    if name is not None:
        yield source.text(name)
    for each in declared.named_children:
        if each.type == "variable_declarator":
            pattern = each.child_by_field_name("name")
            if pattern is not None:
                yield from _bound(source, pattern)


def _bound(source: Source, pattern: Node) -> Iterator[str]:
    """The names that a pattern binds: `a` and `b` of `{ a, c: b }`."""
    if pattern.type in ("identifier", "shorthand_property_identifier_pattern"):
        yield source.text(pattern)
    elif pattern.type == "pair_pattern":
        value = pattern.child_by_field_name("value")
        if value is not None:
            yield from _bound(source, value)
    else:
        for child in pattern.named_children:
            yield from _bound(source, child)
