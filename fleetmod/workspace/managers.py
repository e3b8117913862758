"""Which package manager installs a folder, and how it is told of a package by its path."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from fleetmod.workspace.disk import is_file

_MARKS = {
    "pnpm-lock.yaml": "pnpm",
    "pnpm-workspace.yaml": "pnpm",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "yarn.lock": "yarn",
    ".yarnrc.yml": "yarn",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
# a link, so that Node strips the types: it never does in a copy below node_modules. npm makes one
# of `file:`; pnpm and yarn copy there, and link for `link:`; older buns know no path in `link:`,
# and run TypeScript from a copy, too.
_PROTOCOLS = {"npm": "file:", "bun": "file:", "pnpm": "link:", "yarn": "link:"}


def manager_of(root: Path, folder: str) -> str:
    """`npm`, `pnpm`, `yarn` or `bun`: what the folder or the nearest one above it shows."""
    for place in folders_above(folder):
        named = _named(root / place / "package.json")
        seen = (manager for mark, manager in _MARKS.items() if is_file(root / place / mark))
        if found := named or next(seen, ""):
            return found
    return "npm"


def local_version(manager: str, folder: str, package: str) -> str:
    """The version to write in `folder` for a package that is known by its folder only."""
    return _PROTOCOLS[manager] + posixpath.relpath(package or ".", folder or ".")


def folders_above(folder: str) -> Iterator[str]:
    """The folder, and each one above it, up to the root's ""."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _named(manifest: Path) -> str:
    """The manager that `packageManager` names; "" for none, and for one that is not known here."""
    try:
        value = json.loads(manifest.read_bytes().removeprefix(b"\xef\xbb\xbf"))["packageManager"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
    match = re.match(r"\w+", str(value))
    return match[0] if match and match[0] in _PROTOCOLS else ""
