"""Ports that stand in one file below a package's own sources, for a package that is published.

No registry has the ports' packages, so who installs a published package would not get them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fleetmod.workspace.disk import is_folder
from fleetmod.workspace.globs import matcher
from fleetmod.workspace.json_edit import add_items, quoted, read_block, read_object, spliced
from fleetmod.workspace.manifest import RULE, PackageInfo, field_of
from fleetmod.workspace.tsconfig import read_tsconfig
from fleetmod.workspace.wiring import bundles_development, is_published

HEADER = "// fleetmod: the {} port in one file, since this package is published without it"
FOLDER = "fleetmod"
_SOURCES = "src"
_OTHER_SOURCES = ("lib", "source")  # where sources stand, or else what is built
_SHIPPED = ("bin", "files", "publishConfig")
_PUBLISHES = ("prepublishOnly", "prepublish", "prepack", "publish", "release")
_NODE = ("node16", "node18", "node20", "nodenext")
_SPELLED_OUT = ("allowImportingTsExtensions", "rewriteRelativeImportExtensions")
_COMMONJS = ("commonjs", "node10", "umd", "amd", *_NODE)


@dataclass(frozen=True, slots=True)
class Inline:
    """Where a package keeps its ports: a folder relative to the root; the ending that an import of
    a neighbour has there ("", ".js" or ".ts"), whether the package is compiled as CommonJS, and
    whether that is under verbatimModuleSyntax, which allows no port's file there."""

    folder: str
    ending: str
    commonjs: bool
    verbatim: bool = False

    def path(self, port: str) -> str:
        return posixpath.join(self.folder, f"{port}.ts")


def inline_of(root: Path, info: PackageInfo, packages: Collection[str]) -> Inline | None:
    """Where the ports of a package stand that goes to a registry; None for one that does not, for
    one whose bundler takes them in, and for one that names one of their `packages` already."""
    if not _ships(info) or bundles_development(info):
        return None
    if any(field_of(info.text, name, info.manifest) for name in packages):
        return None
    return placed(root, info)


def placed(root: Path, info: PackageInfo) -> Inline:
    """Where a package keeps ports of its own, and how it is compiled."""
    config = read_tsconfig(root, info.path)
    options = config.options if config is not None else {}
    folder = posixpath.join(_sources(root, info, options), FOLDER)
    module = str(options.get("module", "")).lower()
    resolution = str(options.get("moduleResolution", "")).lower()
    kind = read_object(info.text, info.manifest).last("type")
    is_module = kind is not None and kind.value == "module"
    by_node = resolution in _NODE or (not resolution and module in _NODE)
    is_commonjs = module in _COMMONJS and not is_module
    verbatim = is_commonjs and options.get("verbatimModuleSyntax") is True
    by_name = any(options.get(each) is True for each in _SPELLED_OUT)
    ending = ".ts" if by_name else ".js" if by_node else ""
    return Inline(folder, ending, is_commonjs, verbatim)


def _sources(root: Path, info: PackageInfo, options: Mapping[str, object]) -> str:
    """The folder that holds a package's sources: what is compiled, and shipped, takes a port in
    there as well."""
    usual = posixpath.join(info.path, _SOURCES)
    if is_folder(root / usual):
        return usual
    told = str(options.get("rootDir") or info.path)
    below = told.startswith(f"{info.path}/" if info.path else "")
    if told not in (info.path, ".") and below and is_folder(root / told):
        return told
    for each in _OTHER_SOURCES:
        place = posixpath.join(info.path, each)
        held = (root / place).glob("*.ts") if is_folder(root / place) else ()
        if any(not file.name.endswith(".d.ts") for file in held):
            return place
    return info.path


def shipped_too(
    text: str, info: PackageInfo, importers: Collection[str], folders: Collection[str]
) -> str:
    """The manifest `text`, whose `files` name the ports' `folders` too, where npm takes a file that
    imports one and would leave the port behind (docs.npmjs.com/cli/configuring-npm/package-json,
    "files"). Paths are the repository's."""
    top = read_object(text, info.manifest)
    item = top.last("files")
    if item is None or not isinstance(item.value, list):
        return text
    takes = matcher([_from_top(str(each)) for each in item.value])
    if not any(takes(_within(info, path)) for path in importers):
        return text
    own = [_within(info, path) for path in folders]
    left = [each for each in own if not takes(f"{each}/port.ts")]
    if not left:
        return text
    block = read_block(text, item.value_start)
    ends = "/" if any(str(each).endswith("/") for each in item.value) else ""
    entries = [quoted(each + ends) for each in left]
    return spliced(text, add_items(text, block, len(block.items), entries, RULE))


def _from_top(pattern: str) -> str:
    """A pattern of `files` as one of a path from the package on."""
    negated = "!" if pattern.startswith("!") else ""
    return f"{negated}/{pattern.removeprefix('!').removeprefix('./').lstrip('/')}"


def _within(info: PackageInfo, path: str) -> str:
    """A path of the repository as its package spells it."""
    return path.removeprefix(f"{info.path}/") if info.path else path


def _ships(info: PackageInfo) -> bool:
    """Whether the manifest says more of a release than a name and a version."""
    top = read_object(info.text, info.manifest)
    scripts = top.last("scripts")
    named = scripts.value if scripts is not None and isinstance(scripts.value, dict) else {}
    told = any(top.last(field) is not None for field in _SHIPPED)
    return is_published(info) and (told or any(name in named for name in _PUBLISHES))


def installed(root: Path, files: Iterable[str], ports: Collection[str]) -> dict[str, str]:
    """The port that each of the repository's files holds, by its path: by its name and its head."""
    found = {}
    for path in files:
        port = posixpath.basename(path).removesuffix(".ts")
        if port in ports and path.endswith(f"{FOLDER}/{port}.ts"):
            try:
                with (root / path).open("rb") as file:
                    head = file.readline(200).decode("utf-8", "replace")
            except OSError:
                continue
            if head.rstrip() == HEADER.format(port):
                found[path] = port
    return found
