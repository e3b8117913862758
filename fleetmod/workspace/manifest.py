"""The packages of a workspace, and how one gets a dependency."""

from __future__ import annotations

import os
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.model import Edit
from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace import json_edit
from fleetmod.workspace.discover import discover
from fleetmod.workspace.disk import is_file, read_plain
from fleetmod.workspace.globs import glob_regex
from fleetmod.workspace.managers import folders_above, managed
from fleetmod.workspace.schema import Config
from fleetmod.workspace.search import Search

RULE = "manifest"
_VERSION = lazy(r"([\^~=v]?)(\d+)(?:\.(\d+|(?=[x*]))[\w.*-]*)?")
_KNOWS = (4, 7)
_FIELDS = ("dependencies", "devDependencies", "peerDependencies")
_SORTS: tuple[Callable[[str], object], ...] = (
    lambda name: name,
    lambda name: (name.casefold(), name),
    lambda name: (re.sub(r"[^a-z0-9]", "", name.casefold()), name),  # as a locale sorts
)


@dataclass(frozen=True, slots=True)
class PackageInfo:
    """A package: its name ("" when it has none), its folder ("" for the root), its manifest."""

    name: str
    path: str
    text: str

    @property
    def manifest(self) -> str:
        """The path of its package.json."""
        return posixpath.join(self.path, "package.json")


def packages(root: Path, config: Config) -> list[PackageInfo]:
    """The root package, if there is one, and every member of the workspace, sorted by folder.

    Raises FleetmodError for a package.json that cannot be read or is no JSON object.
    """
    folders = {""} | set(member_folders(root, config.workspace.packages))
    infos = [package_at(root, folder) for folder in sorted(folders)]
    return [info for info in infos if info is not None]


def find_packages(
    root: Path, usual: str, names: Sequence[str], search: Search | None = None
) -> dict[str, str]:
    """The folders of the packages that are called by one of `names`, wherever they are.

    Of two with one name, the one right below the folder `usual` (with a slash at its end) counts.
    A manifest that cannot be read is nobody's.
    """
    # right below `usual` an ignored package counts, too: a new one would be written over it
    below = [f"{usual}{name.rpartition('/')[2]}/package.json" for name in names]
    listed = [
        path for path in discover(root, Config(), "package.json", search) if not is_test(path)
    ]
    out: dict[str, str] = {}
    for folder in (path.rpartition("/")[0] for path in [*below, *listed]):
        try:
            info = package_at(root, folder) if folder else None
        except FleetmodError:
            continue
        if info is not None and info.name in names:
            out.setdefault(info.name, folder)
    return out


def member_folders(root: Path, globs: Sequence[str]) -> list[str]:
    """The folders below `root` that hold a package.json and fit the workspace `globs`."""
    wanted = [glob_regex(glob) for glob in globs if not glob.startswith("!")]
    unwanted = [glob_regex(glob[1:]) for glob in globs if glob.startswith("!")]
    depth = max(
        (99 if "**" in glob else glob.strip("/").count("/") + 1 for glob in globs), default=0
    )
    return sorted(
        folder
        for folder in _folders(root, "", depth)
        if any(regex.fullmatch(folder) for regex in wanted)
        and not any(regex.fullmatch(folder) for regex in unwanted)
        and is_file(root / folder / "package.json")
    )


def owner(root: Path, path: str) -> PackageInfo | None:
    """The package that the file `path` belongs to: that of the nearest package.json above it.

    One that only marks a module's format, without a name and dependencies, counts where there is
    no other. Raises FleetmodError for one that cannot be read or is no JSON object.
    """
    marker = None
    for folder in folders_above(path.rpartition("/")[0]):
        info = package_at(root, folder)
        if info is not None:
            top = json_edit.read_object(info.text, info.manifest)
            if info.name or any(top.last(field) for field in _FIELDS):
                return info
            marker = marker or info
    return marker


def typescript_of(info: PackageInfo) -> str:
    """The version of TypeScript that a package asks for; "" for none."""
    top = json_edit.read_object(info.text, info.manifest)
    tables = [item.value for field in _FIELDS if (item := top.last(field)) is not None]
    asked = (table.get("typescript") for table in tables if isinstance(table, dict))
    return next((each for each in asked if isinstance(each, str)), "")


def is_aged(asked: str) -> bool:
    """Whether every TypeScript that a version stands for is one that knows no `.d.cts`, which 4.7
    brought (typescriptlang.org/docs/handbook/release-notes/typescript-4-7.html)."""
    match = _VERSION.fullmatch(asked.strip())
    if match is None:
        return False
    major, minor = int(match[2]), int(match[3]) if match[3] else 0
    later = match[1] == "^" or not match[3]  # of the same major
    return major < _KNOWS[0] or (major == _KNOWS[0] and minor < _KNOWS[1] and not later)


def add_dependency(
    text: str,
    name: str,
    version: str,
    where: str = "package.json",
    field: str = "dependencies",
) -> Edit | None:
    """The edit that adds `name` to the "dependencies", or another `field`, of the manifest `text`.

    None when the manifest names it already, for running, developing or as a peer. Raises
    FleetmodError, at `where`, for a text that is no JSON object or whose field is none.
    """
    top = json_edit.read_object(text, where)
    if field_of(text, name, where):
        return None
    found = top.last(field)
    if found is None:
        written = json_edit.new_object(text, top, name, version)
        entry = json_edit.written(text, top, field, written)
        keys = [item.key for item in top.items]
        # among its siblings, where people look for it
        after = next((keys.index(f) for f in _FIELDS[_FIELDS.index(field) :] if f in keys), -1)
        before = next((keys.index(f) + 1 for f in _FIELDS if f in keys), len(keys))
        return json_edit.add_items(text, top, after if after >= 0 else before, [entry], RULE)
    if not isinstance(found.value, dict):
        raise FleetmodError(
            f"{field} is not an object", where=where, todo=f'Write "{field}": {{…}}.'
        )
    block = json_edit.read_block(text, found.value_start)
    style = block if block.items else top
    entry = json_edit.written(text, style, name, json_edit.quoted(version))
    index = _sorted_place([item.key for item in block.items], name)
    return json_edit.add_items(text, block, index, [entry], RULE)


def field_of(text: str, name: str, where: str) -> str:
    """The field of the manifest `text` that names a package, the first of them; "" for none."""
    top = json_edit.read_object(text, where)
    found = ((field, top.last(field)) for field in _FIELDS)
    named = (f for f, item in found if item and isinstance(item.value, dict) and name in item.value)
    return next(named, "")


def workspace_protocol(root: Path, packages: Sequence[PackageInfo]) -> str:
    """How this repository spells the version of a dependency on a sibling package.

    One of `workspace:*`, `workspace:^`, `workspace:~`, `*`, `file:` and `link:`: the one used most,
    else what the package manager in use understands. See `sibling_version` for the last two.
    """
    names = {info.name for info in packages if info.name}
    default = "workspace:*" if managed(root, "").knows_workspace else "*"
    seen = Counter(
        spelled
        for info in packages
        for name, version in _dependencies(info)
        if name in names and (spelled := _protocol(version))
    )
    return max(seen, key=lambda spelled: (seen[spelled], spelled == default), default=default)


def sibling_version(protocol: str, folder: str, sibling: str) -> str:
    """The version to write in `folder` for a dependency on the package in the folder `sibling`."""
    if protocol in ("file:", "link:"):
        return protocol + posixpath.relpath(sibling or ".", folder or ".")
    return protocol


def package_at(root: Path, folder: str) -> PackageInfo | None:
    where = posixpath.join(folder, "package.json")
    try:
        text = read_plain(root / where).decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FleetmodError(f"cannot be read: {error.strerror}", where=where) from error
    except UnicodeDecodeError as error:
        raise FleetmodError("is not UTF-8 text", where=where, todo="Save it as UTF-8.") from error
    name = json_edit.read_object(text, where).last("name")
    named = name.value if name and isinstance(name.value, str) else ""
    return PackageInfo(named, folder, text)


def _folders(root: Path, folder: str, depth: int) -> Iterator[str]:
    if depth <= 0:
        return
    try:
        entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name in ("node_modules", ".git") or not entry.is_dir(follow_symlinks=False):
            continue
        path = posixpath.join(folder, entry.name)
        yield path
        yield from _folders(root, path, depth - 1)


def _sorted_place(keys: Sequence[str], name: str) -> int:
    """Where `name` goes into `keys`: its place when they are sorted, else the end."""
    for sort in _SORTS:
        ranks: list[object] = [sort(key) for key in keys]
        if all(a <= b for a, b in pairwise(ranks)):  # type: ignore[operator]
            return sum(rank < sort(name) for rank in ranks)  # type: ignore[operator]
    return len(keys)


def _dependencies(info: PackageInfo) -> Iterator[tuple[str, str]]:
    top = json_edit.read_object(info.text, info.manifest)
    for field in _FIELDS:
        there = top.last(field)
        if there is not None and isinstance(there.value, dict):
            yield from ((str(name), str(version)) for name, version in there.value.items())


def _protocol(version: str) -> str:
    if version.startswith("workspace:"):
        mark = version.removeprefix("workspace:")[:1]
        return f"workspace:{mark}" if mark in ("^", "~") else "workspace:*"
    if version.startswith(("file:", "link:")):
        return version[:5]
    return "*" if version == "*" else ""
