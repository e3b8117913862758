"""TypeScript programs that would take the sources of the new packages in, with their own options.

Such a program fails (TS5097: the sources import `./x.ts`, as Node wants it), so its `exclude` gains
the packages. `exclude` of a base is replaced, not merged (typescriptlang.org/tsconfig, "exclude").
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from fleetmod.workspace.jsonc import with_entries
from fleetmod.workspace.tsconfig import (
    BUILT,
    NAME,
    TsConfig,
    bases_of,
    raw_config,
    read_config,
    read_text,
)

_ENTRY = "src/index.ts"


class Programs:
    """Every configuration of the repository, and those that they extend.

    `files` are the repository's own, as git lists them.
    """

    def __init__(self, root: Path, files: Iterable[str]) -> None:
        self._texts: dict[str, str] = {}
        self._raw: dict[str, dict[str, Any]] = {}
        self._extended: set[str] = set()
        named = [path for path in files if fnmatchcase(posixpath.basename(path), "tsconfig*.json")]
        for path in sorted(named):
            self._add(root, path)

    def _add(self, root: Path, path: str) -> None:
        """A configuration behind those that it extends."""
        if path in self._raw or (text := read_text(root, path)) is None:
            return
        raw = self._raw[path] = raw_config(text)
        for base in bases_of(raw, path):
            self._extended.add(base)
            self._add(root, base)
        self._texts[path] = text  # bases first

    def without(self, folders: Collection[str]) -> dict[str, tuple[str, str]]:
        """The old and new text of each configuration that must change to leave `folders` out.

        One that inherits the new `exclude` of its base gets its own where it would lose what stood
        in for it before: its own `outDir`.
        """
        new = dict(self._texts)
        for path, raw in self._raw_in_order():
            before, now = read_config(self._texts.get, path), read_config(new.get, path)
            if before is None or now is None:
                continue
            taken = [f for f in sorted(folders) if now.takes(f"{f}/{_ENTRY}")]
            taken = taken if self._is_program(path, raw) else []
            if not taken and not _lost(before, now):
                continue
            start = posixpath.dirname(path) or "."
            places = taken if isinstance(raw.get("exclude"), list) else [*before.excluded, *taken]
            entries = [posixpath.relpath(place, start) for place in dict.fromkeys(places)]
            new[path] = with_entries(new[path], ["exclude"], entries, path)
        return {p: (text, new[p]) for p, text in self._texts.items() if new[p] != text}

    def lead_to(self, packages: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Each configuration whose `paths` name the sources of one of `packages`, with its folder.

        `packages` gives the folder of each new package by its npm name.
        """
        for path, _ in self._raw_in_order():
            config = read_config(self._texts.get, path)
            aliases = config.options.get("paths") if config else None
            for pattern, places in aliases.items() if isinstance(aliases, dict) else ():
                before, star, after = pattern.partition("*")
                for name, folder in packages.items():
                    if not (
                        name.startswith(before)
                        and name.endswith(after)
                        and (star or name == pattern)
                    ):
                        continue
                    middle = name[len(before) : len(name) - len(after)] if star else ""
                    found = (posixpath.splitext(each.replace("*", middle))[0] for each in places)
                    if any(each in (f"{folder}/src", f"{folder}/src/index") for each in found):
                        yield path, folder

    def _raw_in_order(self) -> list[tuple[str, dict[str, Any]]]:
        return [(path, self._raw[path]) for path in self._texts]

    def _is_program(self, path: str, raw: Mapping[str, Any]) -> bool:
        """Whether it is compiled itself, and not only extended."""
        own = "include" in raw or "files" in raw
        return posixpath.basename(path) == NAME or own or path not in self._extended


def _lost(before: TsConfig, now: TsConfig) -> bool:
    built = [str(before.options[key]) for key in BUILT if before.options.get(key)]
    probes = [f"{folder}/index.d.ts" for folder in built]
    return any(now.takes(probe) and not before.takes(probe) for probe in probes)
