"""What of a repository would not build or run with the installed packages, which are TypeScript."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from fleetmod.regex import lazy
from fleetmod.workspace.json_edit import read_object
from fleetmod.workspace.managers import folders_above, manager_of
from fleetmod.workspace.manifest import PackageInfo
from fleetmod.workspace.tsconfig import read_tsconfig

# Node strips types by default from here on: nodejs.org/api/typescript.html, "Type stripping"
NODE = (22, 18)
# declarations import `./x.ts` from here on; before, error TS2691 (TypeScript 5.0 release notes,
# "allowImportingTsExtensions")
TYPESCRIPT = (5, 0)
_VERSION = lazy(r"(\d+)(?:\.(\d+))?")
# those of Node make CommonJS of a package without "type": "module"
_COMMONJS = ("commonjs", "node10", "umd", "amd", "node16", "node18", "node20", "nodenext")
_BUNDLERS = frozenset("bun esbuild parcel rollup rolldown tsdown tsup tsx vite webpack".split())


def fit_notes(root: Path, owners: Collection[PackageInfo]) -> list[str]:
    """Notes on the packages (`owners`) that import the new packages."""
    notes: list[str] = []
    for owner in sorted(owners, key=lambda info: info.path):
        notes += [*_run(root, owner), *_typed(root, owner)]
    return list(dict.fromkeys(notes))


def _run(root: Path, owner: PackageInfo) -> Iterator[str]:
    """A note where a package may run under a Node that loads no TypeScript."""
    top = read_object(owner.text, owner.manifest)
    engines = top.last("engines")
    node = engines.value.get("node") if engines and isinstance(engines.value, dict) else None
    needed = f"{NODE[0]}.{NODE[1]}"
    if isinstance(node, str):
        if lowest(node) < NODE:
            yield (
                f'{owner.manifest} admits Node "{node}", and the installed packages are '
                f"TypeScript, which Node runs from {needed} on: raise engines.node, or bundle them"
            )
        return
    config = read_tsconfig(root, owner.path)
    module = str(config.options.get("module", "") if config else "").lower()
    kind = top.last("type")
    named = _dependencies(owner.text, owner.manifest).keys()
    commonjs = not (kind and kind.value == "module") and module in _COMMONJS
    if commonjs and not named & _BUNDLERS and manager_of(root, owner.path) != "bun":
        yield (
            f"{owner.manifest} builds CommonJS, and the installed packages are ES modules in "
            f"TypeScript, which Node requires from {needed} on: say so in engines.node, or bundle "
            "them"
        )


def _typed(root: Path, owner: PackageInfo) -> Iterator[str]:
    """A note where the compiler that checks a package cannot read the packages' declarations."""
    for folder in folders_above(owner.path):
        manifest = posixpath.join(folder, "package.json")
        file = root / manifest
        text = file.read_text(encoding="utf-8") if file.is_file() else "{}"
        version = _dependencies(text, manifest).get("typescript")
        if not isinstance(version, str):
            continue
        if _VERSION.search(version) and lowest(version) < TYPESCRIPT:
            yield (
                f'{manifest} names TypeScript "{version}", which does not read the declarations of '
                f"the installed packages: they need {TYPESCRIPT[0]}.{TYPESCRIPT[1]}"
            )
        return


def _dependencies(text: str, where: str) -> dict[str, Any]:
    top = read_object(text, where)
    found = (top.last(field) for field in ("dependencies", "devDependencies"))
    values = [item.value for item in found if item is not None and isinstance(item.value, dict)]
    return {name: version for value in values for name, version in value.items()}


def lowest(range_: str) -> tuple[int, int]:
    """The lowest major and minor version that an npm range admits (docs.npmjs.com, semver)."""
    return min((_low(each) for each in range_.split("||")), default=(0, 0))


def _low(alternative: str) -> tuple[int, int]:
    bounds = [
        (int(match[1]), int(match[2] or 0))
        for word in re.sub(r"([<>=^~])\s+", r"\1", alternative).split()
        if not word.startswith("<") and (match := _VERSION.search(word))
    ]
    return bounds[0] if bounds else (0, 0)
