"""What a tsconfig.json compiles, with what it extends (typescriptlang.org/tsconfig)."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetmod.regex import lazy
from fleetmod.workspace.globs import glob_regex

NAME = "tsconfig.json"
_ALWAYS_OUT = ("node_modules", "bower_components", "jspm_packages")
_COMMENT = lazy(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?(?:\*/|\Z)', re.S)
_COMMA = lazy(r'("(?:\\.|[^"\\])*")|,(?=\s*[}\]])')
_DEPTH = 5


@dataclass(frozen=True)
class TsConfig:
    """`folder` is relative to the repository; patterns are, too. `include` is None by default."""

    folder: str
    options: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] | None = None
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None

    def takes(self, path: str) -> bool:
        """Whether it compiles a TypeScript file (POSIX, relative to the repository) by itself."""
        if self.files is not None and path in self.files:
            return True
        if self.include is None and self.files is not None:
            return False
        include = (self.folder or "**/*",) if self.include is None else self.include
        out = str(self.options.get("outDir", ""))
        exclude = (*_ALWAYS_OUT, out) if self.exclude is None else self.exclude
        return _fits(path, include) and not _fits(path, [e for e in exclude if e])


def read_tsconfig(root: Path, folder: str) -> TsConfig | None:
    """The configuration of a folder; None where there is none, or none that can be read."""
    return _read(root, posixpath.join(folder, NAME), _DEPTH)


def _read(root: Path, path: str, depth: int) -> TsConfig | None:
    try:
        text = (root / path).read_text(encoding="utf-8-sig")
        raw = json.loads(_COMMA.sub(r"\1", _COMMENT.sub(r"\1", text)))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    folder = posixpath.dirname(path)
    config = TsConfig(folder)
    bases = raw.get("extends", [])
    for base in [bases] if isinstance(bases, str) else bases:
        # a base in a package says nothing of what is in the repository
        if depth and isinstance(base, str) and base.startswith("."):
            place = posixpath.normpath(posixpath.join(folder, base))
            place = place if place.endswith(".json") else place + ".json"
            config = _over(config, _read(root, place, depth - 1), folder)
    options = raw.get("compilerOptions")
    return TsConfig(
        folder,
        {**config.options, **_anchored(options if isinstance(options, dict) else {}, folder)},
        _patterns(raw, "files", folder, config.files),
        _patterns(raw, "include", folder, config.include),
        _patterns(raw, "exclude", folder, config.exclude),
    )


def _over(config: TsConfig, base: TsConfig | None, folder: str) -> TsConfig:
    if base is None:
        return config
    return TsConfig(
        folder,
        {**config.options, **base.options},
        config.files if base.files is None else base.files,
        config.include if base.include is None else base.include,
        config.exclude if base.exclude is None else base.exclude,
    )


def _anchored(options: Mapping[str, Any], folder: str) -> dict[str, Any]:
    """Options with their folders relative to the repository; `paths` as lists of such places."""
    out = dict(options)
    for key in ("rootDir", "outDir", "baseUrl"):
        if isinstance(out.get(key), str):
            out[key] = _place(folder, out[key])
    paths, base = out.get("paths"), out.get("baseUrl")
    if isinstance(paths, dict):
        at = base if isinstance(base, str) else folder
        out["paths"] = {
            str(pattern): [_place(at, each) for each in places if isinstance(each, str)]
            for pattern, places in paths.items()
            if isinstance(places, list)
        }
    return out


def _patterns(
    raw: Mapping[str, Any], key: str, folder: str, inherited: tuple[str, ...] | None
) -> tuple[str, ...] | None:
    value = raw.get(key)
    if not isinstance(value, list):
        return inherited
    return tuple(_place(folder, each) for each in value if isinstance(each, str))


def _place(folder: str, path: str) -> str:
    place = posixpath.normpath(posixpath.join(folder, path.replace("${configDir}", ".")))
    return "" if place == "." else place


def _fits(path: str, patterns: Sequence[str]) -> bool:
    """Whether a pattern fits the path, or a folder above it: `src` means `src/**/*`."""
    globs = [glob_regex(pattern, braces=False) for pattern in patterns]
    return any(glob.fullmatch(part) for part in _parts(path) for glob in globs)


def _parts(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[: count + 1]) for count in range(len(steps))]
