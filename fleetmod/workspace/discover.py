"""Finds the files of a repository that are its own, and those of them that hold given bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fleetmod.bounds import SIZE, too_large
from fleetmod.workspace.disk import holds_any, is_file, readable_name
from fleetmod.workspace.globs import matcher
from fleetmod.workspace.grep import grep_lines
from fleetmod.workspace.schema import Config
from fleetmod.workspace.search import Search

__all__ = [
    "Candidates",
    "Place",
    "candidates",
    "discover",
    "everything",
    "grep_lines",
    "looked_at",
    "place_of",
    "select",
]


# as they stand in a path with a slash in front: a big repository has many, and this is fast
_FOREIGN_FOLDERS = (
    *("/node_modules/", "/vendor/", "/third_party/", "/_generated/", "/.git/", "/.fleetmod/"),
)
_GENERATED_ENDS = (
    *(".d.ts", ".d.mts", ".d.cts", ".min.js", ".min.mjs", ".min.cjs", ".min.css"),
    *(".generated.ts", ".generated.tsx", ".generated.js", ".generated.jsx", ".lock"),
    *("/package-lock.json", "/npm-shrinkwrap.json", "/pnpm-lock.yaml", "/bun.lockb"),
    *("/go.sum", "/packages.lock.json", "/Package.resolved"),
)
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # the byte order marks that a compiler tells it by
WIDE = "it is UTF-16; save it as UTF-8"
NAMELESS = "its name is not UTF-8; rename it"
_BINARY_PROBE = 8000  # git, too, calls a file binary for a NUL in its first 8000 bytes


@dataclass(frozen=True, slots=True)
class Candidates:
    """The paths that hold a trigger, and those that could not be read, each with the reason.

    The latter are told of `large` ones, too, which hold a trigger and are not looked at.
    """

    hits: tuple[str, ...]
    unreadable: tuple[tuple[str, str], ...]
    large: tuple[str, ...] = ()


def discover(
    root: Path, config: Config, named: str = "", search: Search | None = None
) -> list[str]:
    """The sorted paths, relative to `root`, of the files that an audit looks at.

    That is what git tracks or would track, or every file when git cannot tell; below the folders
    `config.workspace.scan`; regular files only, no links and no submodules; without what is
    installed, vendored, generated or excluded by `config.workspace.exclude`; only those of the
    name `named`, if it is given.
    """
    wanted, below, search = looked_at(config), f"{root}/", search or Search(root)
    return sorted(
        path
        for path in _listed(root, _folders(config), search)
        if (not named or path.rpartition("/")[2] == named)
        and wanted(path)
        and (search.reads(path) or _is_regular(below + path))  # a look at the disk takes long
    )


def select(root: Path, config: Config, paths: Iterable[str]) -> list[str]:
    """Those of `paths` that `discover` would find, the ignore rules of git aside."""
    wanted, below = looked_at(config), f"{root}/"
    return sorted(path for path in set(paths) if wanted(path) and _is_regular(below + path))


class Place(StrEnum):
    """Why the path of a file alone keeps an audit from looking at it."""

    SCAN = "scan"
    EXCLUDED = "exclude"
    VENDORED = "vendored"
    GENERATED = "generated"


def looked_at(config: Config) -> Callable[[str], bool]:
    """A test, by its path alone, whether a file of the repository is one that an audit looks at."""
    place = place_of(config)
    return lambda path: place(path) is None


def place_of(config: Config) -> Callable[[str], Place | None]:
    """The same, as the reason why an audit does not look at the file; None where it does."""
    folders = _folders(config)
    everywhere = "." in folders
    excluded = matcher(config.workspace.exclude)

    def place(path: str) -> Place | None:
        if not (everywhere or any(path == f or path.startswith(f + "/") for f in folders)):
            return Place.SCAN
        return _foreign(path) or (Place.EXCLUDED if excluded(path) else None)

    return place


def everything(root: Path, search: Search) -> Collection[str]:
    """Every path that git tracks or would track, folders of other repositories with a slash at
    their end; without git, the files on the disk that are not installed or vendored."""
    return _listed(root, ["."], search)


def _folders(config: Config) -> list[str]:
    return [folder.removeprefix("./").rstrip("/") or "." for folder in config.workspace.scan]


def candidates(
    root: Path,
    paths: Sequence[str],
    triggers: Sequence[bytes],
    search: Search | None = None,
    holds: Callable[[bytes], bool] | None = None,
    binary: bool = False,
) -> Candidates:
    """Which text files of `paths` hold one of `triggers`, in the order of `paths`; where `holds` is
    given, of these the ones whose content passes it. With `binary` a NUL makes no file another.

    One that is too large to be looked at (see `bounds`) counts as unreadable.
    """
    if not triggers:
        return Candidates((), ())
    search = search or Search(root)
    found, below = search.hits(triggers), f"{root}/"
    passes = holds or (lambda data: any(trigger in data for trigger in triggers))
    hits: list[str] = []
    large: list[str] = []
    unreadable: list[tuple[str, str]] = []
    for path in paths:
        # what git did not search is read here; so is every hit, for git's idea of "binary" can be
        # overruled by attributes, and ours must not be
        if found is not None and path not in found and search.reads(path):
            continue
        try:
            with open(below + path, "rb") as file:  # noqa: PTH123 (pathlib takes as long again)
                data = file.read(SIZE + 1)
                if not binary and b"\0" in data[:_BINARY_PROBE]:
                    continue
                if len(data) > SIZE:
                    file.seek(0)
                    if holds_any(file, triggers):
                        large.append(readable_name(path))
                        size = os.fstat(file.fileno()).st_size
                        unreadable.append((large[-1], too_large(size)))
                    continue
        except OSError as error:
            unreadable.append((path, error.strerror or str(error)))
            continue
        if not passes(data):
            continue
        if (shown := readable_name(path)) == path:
            hits.append(path)
        else:  # no report could name it
            unreadable.append((shown, NAMELESS))
    return Candidates(tuple(hits), tuple(unreadable), tuple(large))


def wide_texts(root: Path, paths: Iterable[str], triggers: Sequence[bytes]) -> list[str]:
    """The files of `paths` that are UTF-16, by their first bytes, and hold one of `triggers`."""
    found = []
    for path in paths:
        try:
            with open(f"{root}/{path}", "rb", buffering=0) as file:  # noqa: PTH123 (as above)
                start = file.read(2)
                if start in UTF16 and is_wide(start + file.readall(), triggers):
                    found.append(readable_name(path))
        except OSError:
            continue  # `candidates` tells of it
    return found


def is_wide(data: bytes, triggers: Sequence[bytes]) -> bool:
    """Whether a content is UTF-16, by its first bytes, and holds one of `triggers`."""
    if not data.startswith(UTF16):
        return False
    narrow = data.replace(b"\0", b"")  # an ASCII text is itself between the NUL bytes
    return any(trigger in narrow for trigger in triggers)


def _listed(root: Path, folders: Sequence[str], search: Search) -> Collection[str]:
    listed = search.listed
    if listed or (listed is not None and (root / ".git").exists()):
        return listed
    # no git, or a folder that a repository further up ignores
    return {path for folder in folders for path in _walk(root, folder)}


def _walk(root: Path, folder: str) -> Iterator[str]:
    start = root / folder
    if is_file(start):
        yield folder
    waiting = ["" if folder == "." else f"{folder}/"]
    while waiting:  # not by recursion, nor by os.walk's: folders nest deeper than Python's stack
        inside = waiting.pop()
        try:
            with os.scandir(root / inside) as entries:
                for entry in entries:
                    if not entry.is_dir(follow_symlinks=False):
                        yield inside + entry.name
                    elif f"/{entry.name}/" not in _FOREIGN_FOLDERS:
                        waiting.append(f"{inside}{entry.name}/")
        except OSError:
            continue  # as where git cannot look


def _foreign(path: str) -> Place | None:
    path = f"/{path}"
    for folder in _FOREIGN_FOLDERS:
        if folder in path:
            return Place.VENDORED
    return Place.GENERATED if path.endswith(_GENERATED_ENDS) else None


def _is_regular(path: str) -> bool:
    """Whether it is no link and no folder; what may not be looked at counts, and is told later."""
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)  # pathlib takes twice as long
    except PermissionError:
        return True
    except OSError:
        return False
