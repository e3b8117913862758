"""Ports that stand in one file below a package's own sources, for a package that is published.

No registry has the ports' packages, so who installs a published package would not get them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from fleetmod.workspace.disk import is_folder
from fleetmod.workspace.json_edit import read_object
from fleetmod.workspace.manifest import PackageInfo, field_of
from fleetmod.workspace.tsconfig import read_tsconfig
from fleetmod.workspace.wiring import bundles_development, is_published

HEADER = "// fleetmod: the {} port in one file, since this package is published without it"
FOLDER = "fleetmod"
_SOURCES = "src"
_SHIPPED = ("bin", "files", "publishConfig")
_PUBLISHES = ("prepublishOnly", "prepublish", "prepack", "publish", "release")
_NODE = ("node16", "node18", "node20", "nodenext")
_COMMONJS = ("commonjs", "node10", "umd", "amd", *_NODE)


@dataclass(frozen=True, slots=True)
class Inline:
    """Where a package keeps its ports: a folder relative to the root; the ending that an import of
    a neighbour has there ("" or ".js"), whether the package is compiled as CommonJS, and whether
    that is under verbatimModuleSyntax, which allows no port's file there."""

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
    sources = posixpath.join(info.path, _SOURCES)
    folder = posixpath.join(sources if is_folder(root / sources) else info.path, FOLDER)
    config = read_tsconfig(root, info.path)
    options = config.options if config is not None else {}
    module = str(options.get("module", "")).lower()
    resolution = str(options.get("moduleResolution", "")).lower()
    kind = read_object(info.text, info.manifest).last("type")
    is_module = kind is not None and kind.value == "module"
    by_node = resolution in _NODE or (not resolution and module in _NODE)
    is_commonjs = module in _COMMONJS and not is_module
    verbatim = is_commonjs and options.get("verbatimModuleSyntax") is True
    return Inline(folder, ".js" if by_node else "", is_commonjs, verbatim)


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
