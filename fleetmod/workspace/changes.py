"""Whether the files on the disk are what git has of them, told without running a filter.

`git status` runs a repository's filters (`filter.<name>.clean`, `.process`) wherever it must look
into a file. So git is asked with every filter turned off. A file with a filter may then seem to
differ though it does not: its bytes on the disk are not those that the filter makes of them.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.workspace.git import run_git

_STATUS = ("status", "--porcelain", "-z", "--untracked-files=no", "--no-renames")
# "dirty" asks which commit a submodule is at, and starts no git inside it
_QUIET = ("--ignore-submodules=dirty", "--", ".")
_UNTOUCHED_INDEX = " M "
# what `git ls-files --debug` tells of a file in the index (builtin/ls-files.c, print_debug)
_NOTED = re.compile(
    r"  ctime: (\d+:\d+)\n  mtime: (\d+:\d+)\n  dev: \d+\tino: (\d+)\n.*\n  size: (\d+)\t"
)
# https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
_POINTER = re.compile(
    r"version https?://\S+\n(?:ext-\S+ \S+\n)*"
    r"oid sha256:(?P<oid>[0-9a-f]{64})\nsize (?P<size>\d+)\n"
)


def changed_files(root: Path) -> list[str] | None:
    """The tracked files below `root` that differ from the checked-out commit, relative to `root`.

    None where git cannot tell. A file of git-lfs is compared with what its pointer says. A file
    with another filter counts as changed where it was written after git last looked at it: only the
    filter could tell more.
    Raises FleetmodError for a filter that git cannot be told to leave out.
    """
    drivers = _filters(root)
    listed = run_git(root, [*_without(drivers), *_STATUS, *_QUIET])
    if listed is None:
        return None
    prefix = _prefix(root) if listed else ""  # status names files from the top of the work tree
    changed = [(entry[:3], entry[3:].removeprefix(prefix)) for entry in listed]
    if not drivers:
        return [path for _, path in changed]
    suspects = [path for kind, path in changed if kind == _UNTOUCHED_INDEX]
    filtered = _filtered(root, suspects)
    same = _untouched(root, filtered)
    same |= {p for p in filtered if p not in same and _is_what_its_pointer_says(root, p)}
    return [path for _, path in changed if path not in same]


def head(root: Path) -> tuple[str, bool | None]:
    """The commit that is checked out, "" where there is none, and whether tracked files differ;
    None where git cannot tell."""
    commit = run_git(root, ["rev-parse", "HEAD"])
    changed = changed_files(root)
    return (commit[0].strip() if commit else ""), None if changed is None else bool(changed)


def _filters(root: Path) -> list[str]:
    """The names of the filters that any configuration defines."""
    found = run_git(root, ["config", "-z", "--name-only", "--get-regexp", r"^filter\."], ok=(0, 1))
    names = (key.removeprefix("filter.").rpartition(".")[0] for key in found or ())
    return sorted({name for name in names if name})


def _without(drivers: Sequence[str]) -> list[str]:
    for name in drivers:
        if "=" in name or not name.isprintable():  # `-c` ends the name at the first sign
            raise FleetmodError(
                f"git cannot be told to leave the filter {name!r} out",
                where="git config",
                todo="Give the filter a plain name",
            )
    off = ("clean=", "smudge=", "process=", "required=false")
    return [word for name in drivers for each in off for word in ("-c", f"filter.{name}.{each}")]


def _prefix(root: Path) -> str:
    found = run_git(root, ["rev-parse", "--show-prefix"])
    return found[0].removesuffix("\n") if found else ""


def _filtered(root: Path, paths: Sequence[str]) -> list[str]:
    """Those of `paths` that an attribute gives to a filter."""
    out = []
    for some in _chunks(paths):
        found = run_git(root, ["check-attr", "-z", "filter", "--", *some]) or []
        named = zip(found[0::3], found[2::3], strict=False)
        out += [path for path, value in named if value not in ("unspecified", "unset", "set")]
    return out


def _untouched(root: Path, paths: Sequence[str]) -> set[str]:
    """Those of `paths` whose inode, size and times, to the nanosecond, are those that git noted.

    Git itself looks to the second only, and so into each file of a fresh checkout.
    """
    same = set()
    for some in _chunks(paths):
        answer = run_git(root, ["ls-files", "-z", "--debug", "--", *some]) or []
        # a path, then what is noted of it, before the path of the next
        names = answer[:1] + [part.rpartition("\n")[2] for part in answer[1:-1]]
        for path, noted in zip(names, answer[1:], strict=False):
            if (known := _NOTED.match(noted)) and known.groups() == _on_disk(root / path):
                same.add(path)
    return same


def _on_disk(file: Path) -> tuple[str, ...]:
    try:
        found = file.lstat()
    except OSError:
        return ()
    times = (f"{t // 10**9}:{t % 10**9}" for t in (found.st_ctime_ns, found.st_mtime_ns))
    return (*times, *(str(number & 0xFFFFFFFF) for number in (found.st_ino, found.st_size)))


def _chunks(paths: Sequence[str]) -> Iterator[Sequence[str]]:
    """Some paths at a time, as many as a command line holds."""
    return (paths[start : start + 200] for start in range(0, len(paths), 200))


def _is_what_its_pointer_says(root: Path, path: str) -> bool:
    """Whether a file holds what the pointer of git-lfs in the index names; False without one."""
    found = run_git(root, ["cat-file", "blob", f":./{path}"])
    pointer = _POINTER.fullmatch("\0".join(found)) if found else None
    if pointer is None:
        return False
    try:
        handle = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if os.fstat(handle).st_size != int(pointer["size"]):
                return False
            return hashlib.file_digest(file, "sha256").hexdigest() == pointer["oid"]
    except OSError:
        return False
