"""Finds the programs that a repository's packages have, and how to start each to no effect."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from fleetmod.workspace import json_edit
from fleetmod.workspace.managers import manager_of
from fleetmod.workspace.manifest import PackageInfo

_SHEBANG = re.compile(rb"#!.*\b(bun|node|deno|tsx)\b")
_SCRIPT = re.compile(r"\.[cm]?[jt]sx?$")


def commands(root: Path, infos: Sequence[PackageInfo]) -> tuple[str, ...]:
    """`RUNTIME FILE --help` for each program of a package's `bin`, from the root's folder."""
    found = (_command(root, info.path, file) for info in infos for file in _programs(info))
    return tuple(dict.fromkeys(found))


def _programs(info: PackageInfo) -> Iterator[str]:
    """A package's programs, relative to it (docs.npmjs.com, package.json, bin)."""
    entry = json_edit.read_object(info.text, info.manifest).last("bin")
    value = entry.value if entry else None
    files = [value] if isinstance(value, str) else value.values() if isinstance(value, dict) else ()
    yield from (file for file in files if isinstance(file, str) and file.isprintable())


def _command(root: Path, folder: str, file: str) -> str:
    path = posixpath.normpath(posixpath.join(folder, file))
    try:
        with (root / path).open("rb") as stream:
            first = stream.readline(200)
    except OSError:  # a build makes it
        first = b""
    quoted = shlex.quote(path)
    if match := _SHEBANG.match(first):
        return f"{match[1].decode()} {'run ' if match[1] == b'deno' else ''}{quoted} --help"
    if not _SCRIPT.search(path):
        return f"./{quoted} --help"
    uses_bun = path.endswith("ts") and manager_of(root, folder) == "bun"
    return f"{'bun' if uses_bun else 'node'} {quoted} --help"
