"""The gate's grep: every line of the files on disk that holds some bytes, whatever git thinks."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from fleetmod.bounds import SIZE
from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.workspace.disk import holds_any, is_file, is_folder, numbered_lines, readable_name
from fleetmod.workspace.search import Search

_SHOWN = 1000  # lines with a text of a file that is too large to be held
_CUT = 200  # bytes around what is found in a file that is too large to be held
BINARY = "binary file matches"
Hit = tuple[str, int, str]  # path, line from 1, the line's text


def grep_lines(
    root: Path,
    folders: Sequence[str],
    needle: bytes,
    suffix: str = ".ts",
    skip_dirs: Collection[str] = ("node_modules",),
) -> list[Hit]:
    """What `grep -rnF NEEDLE FOLDERS --include='*SUFFIX'` prints, without `skip_dirs`.

    Gives (path, line from 1, text of the line), sorted, each line once. Untracked, ignored and
    hidden files count, links do not, and a folder that is missing holds nothing. A binary file
    gives one entry with line 0 and the text `BINARY`. Raises FleetmodError when a file or folder
    cannot be read, for then nothing is proven.
    """
    return grep_all(root, folders, [needle], suffix, skip_dirs)[needle]


def grep_all(
    root: Path,
    folders: Sequence[str],
    needles: Sequence[bytes],
    suffix: str = ".ts",
    skip_dirs: Collection[str] = ("node_modules",),
    search: Search | None = None,
) -> dict[bytes, list[Hit]]:
    """What `grep_lines` gives for each needle, in one walk; files that `search` rules out are not
    read again."""
    found: dict[bytes, set[Hit]] = {needle: set() for needle in needles}
    lacking = search.lacking(needles) if search is not None else lambda _: False
    for folder in folders:
        for path in grep_files(root, folder, suffix, skip_dirs):
            if lacking(path):
                continue
            data = _read(root, path)
            for needle in needles:
                hits = _matches(data, path, needle) if data is not None else ()
                found[needle].update(hits)
            if data is None:
                _search_large(root, path, found)
    return {needle: sorted(hits) for needle, hits in found.items()}


def grep_contents(
    contents: Mapping[str, bytes],
    folders: Sequence[str],
    needles: Sequence[bytes],
    suffix: str = ".ts",
    skip_dirs: Collection[str] = ("node_modules",),
) -> dict[bytes, list[Hit]]:
    """What `grep_all` would give if the files were these, by their path relative to the root."""
    found: dict[bytes, set[Hit]] = {needle: set() for needle in needles}
    starts = [folder.removeprefix("./").rstrip("/") for folder in folders]
    for path, data in contents.items():
        inside = any(s in ("", ".", path) or path.startswith(f"{s}/") for s in starts)
        if inside and path.endswith(suffix) and not set(path.split("/")[:-1]) & set(skip_dirs):
            for needle in needles:
                found[needle].update(_matches(data, path, needle))
    return {needle: sorted(hits) for needle, hits in found.items()}


def grep_files(
    root: Path, folder: str, suffix: str = ".ts", skip_dirs: Collection[str] = ("node_modules",)
) -> Iterator[str]:
    """The files that `grep_lines` reads, relative to `root`; raises FleetmodError as it does."""
    start = root / folder
    prefix = start.as_posix().removeprefix(root.as_posix()).strip("/")
    if is_file(start):
        if start.name.endswith(suffix):
            yield prefix
    elif is_folder(start):
        yield from _below(start, prefix, suffix, skip_dirs)


def _below(folder: Path, prefix: str, suffix: str, skip_dirs: Collection[str]) -> Iterator[str]:
    waiting = [(str(folder), f"{prefix}/" if prefix else "")]
    while waiting:
        here, inside = waiting.pop()
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    name = entry.name
                    if name.endswith(suffix) and entry.is_file(follow_symlinks=False):
                        yield inside + name
                    elif entry.is_dir(follow_symlinks=False) and name not in skip_dirs:
                        waiting.append((entry.path, f"{inside}{name}/"))
        except OSError as error:
            raise _unreadable(inside or ".", error) from error


def _read(root: Path, path: str) -> bytes | None:
    """A file's content; None for one that is too large to be held."""
    try:
        with (root / path).open("rb") as file:
            data = file.read(SIZE + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    return data if len(data) <= SIZE else None


def _search_large(root: Path, path: str, found: dict[bytes, set[Hit]]) -> None:
    """The same search by lines, whose texts are cut, up to so many of each text.

    Such a file is told as not looked at; its lines are to show what it is about.
    """
    shown = readable_name(path)
    left = dict.fromkeys(found, _SHOWN)
    binary: set[bytes] = set()
    try:
        with (root / path).open("rb") as file:
            null = holds_any(file, [b"\0"])
            file.seek(0)
            for number, line in numbered_lines(file):
                for needle, hits in found.items():
                    if not left[needle] or (at := line.find(needle)) < 0:
                        continue
                    left[needle] -= 1
                    if null:
                        binary.add(needle)
                        continue
                    around = line[max(at - _CUT, 0) : at + _CUT].rstrip(b"\r\n")
                    hits.add((shown, number, around.decode("utf-8", "replace")))
    except OSError as error:
        raise _unreadable(path, error) from error
    for needle in binary:
        found[needle].add((shown, 0, BINARY))


def _matches(data: bytes, path: str, needle: bytes) -> Iterator[Hit]:
    if needle not in data:
        return
    path = readable_name(path)
    if b"\0" in data:
        yield path, 0, BINARY
        return
    for number, line in lines_with(data, needle):
        yield path, number, line.decode("utf-8", "replace")


def lines_with(data: bytes, needle: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that hold some bytes, each with its number from 1 and without its end."""
    number, end = 1, -1
    at = data.find(needle)
    while at >= 0:
        start = data.rfind(b"\n", 0, at) + 1
        number += data.count(b"\n", end + 1, start)
        end = data.find(b"\n", at)
        if end < 0:
            yield number, data[start:]
            return
        yield number, data[start:end]
        number += 1
        at = data.find(needle, end + 1)


def _unreadable(path: str, error: OSError) -> FleetmodError:
    return FleetmodError(
        f"cannot be read: {error.strerror}",
        where=path,
        todo="Make it readable and run again.",
        exit_code=UNPROVEN,
    )
