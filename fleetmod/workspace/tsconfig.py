"""What a tsconfig.json compiles, with what it extends (typescriptlang.org/tsconfig)."""

from __future__ import annotations

import errno
import json
import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetmod.bounds import too_many
from fleetmod.errors import FleetmodError
from fleetmod.workspace.disk import read_plain
from fleetmod.workspace.globs import glob_regex
from fleetmod.workspace.jsonc import plain

NAME = "tsconfig.json"
BUILT = ("outDir", "declarationDir")
_ALWAYS_OUT = ("node_modules", "bower_components", "jspm_packages")
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
        return _fits(path, include) and not _fits(path, [*_ALWAYS_OUT, *self.excluded])

    @property
    def excluded(self) -> tuple[str, ...]:
        """What `exclude` names, or what stands in for it: node_modules and what is built."""
        if self.exclude is not None:
            return tuple(each for each in self.exclude if each)
        built = tuple(str(self.options[key]) for key in BUILT if self.options.get(key))
        return (posixpath.join(self.folder, "node_modules"), *built)


def read_tsconfig(root: Path, folder: str) -> TsConfig | None:
    """The configuration of a folder; None where there is none, or none that can be read."""
    return read_config(lambda path: read_text(root, path), posixpath.join(folder, NAME))


def read_text(root: Path, path: str) -> str | None:
    """The text of a configuration; None where there is none to read. Raises FleetmodError for one
    that is larger than what people write."""
    try:
        return read_plain(root / path).decode("utf-8")
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            raise FleetmodError(f"cannot be read: {error.strerror}", where=path) from error
        return None


def raw_config(text: str | None) -> dict[str, Any]:
    """What the text of a configuration says itself; {} for none, and for a broken one."""
    try:
        raw = json.loads(plain(text or "").removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def bases_of(raw: Mapping[str, Any], path: str) -> list[str]:
    """The files of the repository that the configuration at `path` extends."""
    bases = raw.get("extends", [])
    folder = posixpath.dirname(path)
    # a base in a package says nothing of what is in the repository
    relative = [
        posixpath.normpath(posixpath.join(folder, base))
        for base in ([bases] if isinstance(bases, str) else bases)
        if isinstance(base, str) and base.startswith(".")
    ]
    return [place if place.endswith(".json") else place + ".json" for place in relative]


def read_config(
    load: Callable[[str], str | None], path: str, depth: int = _DEPTH
) -> TsConfig | None:
    """The configuration at `path` with what it extends, from the texts that `load` gives."""
    text = load(path)
    raw = raw_config(text)
    if not raw and (text is None or plain(text).split() != ["{}"]):
        return None
    folder = posixpath.dirname(path)
    config = TsConfig(folder)
    for base in bases_of(raw, path) if depth else ():
        config = _over(config, read_config(load, base, depth - 1), folder)
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
    for key in ("rootDir", "baseUrl", *BUILT):
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
    if why := too_many(len(value), f"{key} patterns"):
        raise FleetmodError(why, where=folder or ".", todo="Use `*` for many files.")
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
