"""Next.js compiles a package's TypeScript only where `transpilePackages` names it.

nextjs.org/docs/app/api-reference/config/next-config-js/transpilePackages
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from tree_sitter import Node

from fleetmod.runtime.literals import array_with
from fleetmod.syntax.source import Source, open_source
from fleetmod.workspace.json_edit import read_object
from fleetmod.workspace.manifest import PackageInfo
from fleetmod.workspace.tsconfig import read_text
from fleetmod.workspace.wiring import Local

_NAMES = tuple(f"next.config.{suffix}" for suffix in ("js", "mjs", "cjs", "ts", "mts"))
_KEY = "transpilePackages"


def transpiled(
    root: Path, wanted: Mapping[PackageInfo, Collection[Local]]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """The old and new text of each Next.js configuration that gains packages; what is only told."""
    texts: dict[str, tuple[str, str]] = {}
    notes: list[str] = []
    for info in sorted(wanted, key=lambda info: info.path):
        places = (posixpath.join(info.path, name) for name in _NAMES)
        path = next((place for place in places if (root / place).is_file()), None)
        text = read_text(root, path) if path else None
        names = sorted(local.name for local in wanted[info] if _outside(local, info))
        if path is None or text is None or not names:
            if path is None and names and _uses_next(info):
                notes.append(_told(f"{info.path or 'the root'} uses Next.js", names))
            continue
        source = open_source(path, text.encode())
        found = list(_values(source, source.root))
        if len(found) != 1 or found[0].type != "array":
            notes.append(_told(path, names))
            continue
        new = array_with(source, found[0], names)
        if new != text:
            texts[path] = text, new
    return texts, notes


def _outside(local: Local, info: PackageInfo) -> bool:
    """Whether a package lies outside of the app's own folder, whose files Next.js compiles."""
    return bool(info.path) and not local.folder.startswith(f"{info.path}/")


def _uses_next(info: PackageInfo) -> bool:
    top = read_object(info.text, info.manifest)
    fields = (top.last(field) for field in ("dependencies", "devDependencies"))
    return any(f is not None and isinstance(f.value, dict) and "next" in f.value for f in fields)


def _values(source: Source, node: Node) -> Iterator[Node]:
    """What stands behind `transpilePackages:`."""
    if node.type == "pair":
        key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
        if key is not None and value is not None and source.text(key).strip("'\"") == _KEY:
            yield value
            return
    for child in node.named_children:
        yield from _values(source, child)


def _told(where: str, names: Collection[str]) -> str:
    return f"{where}: the new packages are TypeScript: name {', '.join(names)} in `{_KEY}`"
