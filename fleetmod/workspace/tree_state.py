"""What of a repository is not on the disk as its commit has it, though git calls it clean.

Sources: git-update-index(1) on skip-worktree and assume-unchanged, git-sparse-checkout(1),
https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md for pointers.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from fleetmod.bounds import SIZE
from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.regex import lazy
from fleetmod.workspace.changes import changed_files
from fleetmod.workspace.discover import UTF16, looked_at
from fleetmod.workspace.disk import readable_name
from fleetmod.workspace.git import ask_git, ask_git_why, run_git
from fleetmod.workspace.schema import BASELINE, FILE, Config
from fleetmod.workspace.search import Search

LFS = b"version https://git-lfs.github.com/spec/v1"
_LFS_MOST = 1024  # "Pointer files must be less than 1024 bytes"
POINTER = "it is a pointer of git-lfs, not the content; run `git lfs pull`"
_NO_REPOSITORY = "not a git repository (or any"
_OWNER = "detected dubious ownership"
_UNKNOWN = "git cannot tell the state of this repository: {}"
_CLOSED = lazy(r"warning: could not open directory '(?P<path>.*)': (?P<why>.*)")
_IDENT = lazy(rb"\$Id:[^$\n]*\$")

Fault = tuple[str, str]  # a path, and what is wrong with it
Matters = Callable[[str], bool]


_CONVERTED = (
    "git has another content of it and calls it unchanged; a filter, `working-tree-encoding` or "
    "`git replace` stands between: have it on the disk as the commit has it"
)
_SPECIAL = "it is a pipe, a device or the like on the disk, and no file; check it out anew"


def code_files(config: Config) -> Matters:
    """A test whether a file decides what the gates of the code say: TypeScript that they look at,
    and what configures it or fleetmod."""
    wanted, gate = looked_at(config), folders(config.workspace.gate)
    rules = folders(config.workspace.rules)

    def matters(path: str) -> bool:
        if path in (FILE, BASELINE) or inside(path, rules):
            return True
        if is_code(path):
            return wanted(path) or (inside(path, gate) and "/node_modules/" not in f"/{path}")
        return configures(path) and wanted(path)

    return matters


def configures(path: str) -> bool:
    """Whether a file, by its name, tells what a workspace holds or how code is compiled."""
    name = path.rpartition("/")[2]
    return name in ("package.json", "pnpm-workspace.yaml") or name.startswith("tsconfig")


def unknown_state(root: Path, search: Search) -> str:
    """Why git cannot tell the state of the repository around `root`; "" where it can, and where
    there is no repository at all."""
    if search.listed is not None:
        return ""
    said = search.listing.said
    why = next(
        (line for line in said if line.startswith("fatal:")), said[0] if said else "it fails"
    )
    why = why.removeprefix("fatal:").strip()
    around = _repository(root)
    if around is None or (_NO_REPOSITORY in why and around != root):
        return ""
    todo = "; run this as its owner, or name it in git's safe.directory" if _OWNER in why else ""
    return _UNKNOWN.format(why + todo)


def unknown_changes(root: Path, search: Search, dirty: bool | None) -> str:
    """Why git cannot tell whether the disk is as the commit has it; it said `dirty` so far."""
    if dirty is not None or search.listed is None:
        return unknown_state(root, search)
    _, said = ask_git_why(
        root, ["status", "--porcelain", "-z", "--untracked-files=no", "--", "."]
    )()
    return _UNKNOWN.format(_why(said)) if _repository(root) is not None else ""


def not_on_disk(
    root: Path, search: Search, matters: Matters, gate: Sequence[str] = ()
) -> tuple[Fault, ...]:
    """What cannot be looked at since it is not on the disk as the commit has it, of the files that
    `matters`; and submodules below the folders `gate` that are not checked out.

    What git itself calls modified or deleted is none of it.
    """
    if why := unknown_state(root, search):
        return ((".git", why),)
    if search.listed is None:
        return ()
    faults = [
        *_closed_folders(root, search, matters),
        *((path, _SPECIAL) for path in search.listing.special if matters(path)),
        *_flagged(root, search, matters),
        *_converted(root, search, matters),
        *_pointers(root, search, matters),
        *_submodules(root, search, folders(gate)),
    ]
    return tuple(sorted({(readable_name(path), why) for path, why in faults}))


def _why(said: Sequence[str]) -> str:
    """What git gives as its reason, of all that it complained of."""
    fatal = [line for line in said if line.startswith("fatal:")]
    why = next(iter((*fatal, *said)), "it fails and does not say why")
    return why.removeprefix("fatal:").strip()


def _repository(root: Path) -> Path | None:
    """The nearest folder, `root` or above it, with a `.git`."""
    return next((f for f in (root, *root.parents) if os.path.lexists(f / ".git")), None)


def _closed_folders(root: Path, search: Search, matters: Matters) -> Iterator[Fault]:
    """Folders whose new files git could not list."""
    top = _repository(root) or root
    below = f"{root.relative_to(top).as_posix()}/".removeprefix("./")
    for line in search.listing.said:
        found = _CLOSED.match(line)
        if found is not None:
            folder = found["path"].removeprefix(below).rstrip("/")
            if matters(f"{folder}/any.ts"):
                yield folder, found["why"]


def _flagged(root: Path, search: Search, matters: Matters) -> Iterator[Fault]:
    paths = {path for path in search.listing.flagged if matters(path)}
    if not paths:
        return
    hashes = _index(root, paths)
    absent: dict[str, list[str]] = {}
    for path in sorted(paths):
        tag = search.listing.flagged[path]
        skipped = tag in "Ss"
        try:
            versions = _versions(root / path)
        except (FileNotFoundError, NotADirectoryError):
            why = (
                "a sparse checkout or skip-worktree keeps it off the disk; check it out "
                "(`git sparse-checkout disable`, `git update-index --no-skip-worktree`)"
                if skipped
                else "it is not on the disk, and assume-unchanged hides that from git; run "
                "`git update-index --no-assume-unchanged`"
            )
            absent.setdefault(why, []).append(path)
            continue
        except OSError as error:
            yield path, error.strerror or str(error)
            continue
        own = hashes.get(path, "")
        if not any(_blob_hash(data, len(own)) == own for data in versions):
            flag = "skip-worktree" if skipped else "assume-unchanged"
            yield (
                path,
                f"it differs from the index, and {flag} hides that from git; run "
                f"`git update-index --no-{flag}`",
            )
    for why, gone in absent.items():
        yield from _by_folder(root, gone, why)


def _converted(root: Path, search: Search, matters: Matters) -> Iterator[Fault]:
    """Files whose content is another one than git has of them, though git calls them unchanged."""
    other = []
    able = _convertible(root)
    asked = able if able is not None else search.listed or ()
    asked = [path for path in asked if search.reads(path) and matters(path)]
    for path, own in _index(root, asked).items() if asked else ():
        try:
            if os.lstat(f"{root}/{path}").st_size > SIZE:
                continue  # told where it is to be looked at
            with open(f"{root}/{path}", "rb") as file:  # noqa: PTH123
                same = _blob_hash(file.read(), len(own)) == own
            if not same and not any(
                _blob_hash(data, len(own)) == own for data in _versions(root / path)
            ):
                other.append(path)
        except OSError:
            continue  # told where it is to be read
    if not other:
        return
    try:
        changed = frozenset(changed_files(root) or ())
    except FleetmodError:
        changed = frozenset()
    yield from ((path, _CONVERTED) for path in other if path not in changed)


def _convertible(root: Path) -> list[str] | None:
    """The tracked files that git may write otherwise than it has them; None where that may be any:
    one of its objects stands for another, or it cannot tell."""
    replaced = ask_git(root, ["for-each-ref", "--count=1", "refs/replace"])
    asked = [
        ask_git(
            root, ["--no-literal-pathspecs", "ls-files", "-z", "--", f":(exclude,attr:!{name})"]
        )
        for name in ("filter", "working-tree-encoding")
    ]
    found = [answer() for answer in asked]
    if replaced() != [] or None in found:
        return None
    return sorted({path for paths in found for path in paths or ()})


def _index(root: Path, paths: Iterable[str]) -> dict[str, str]:
    """The hash of the content that the index has of each path."""
    wanted = frozenset(paths)
    out = {}
    for entry in run_git(root, ["ls-files", "-sz"]) or ():
        about, _, path = entry.partition("\t")
        if path in wanted:
            out[path] = about.split(" ")[1]
    return out


def _versions(file: Path) -> list[bytes]:
    """What git may have in its index for a file: the bytes as they are, and as the conversions
    that need no program make them (gitattributes(5): eol, ident, working-tree-encoding, and
    git-lfs)."""
    if file.is_symlink():
        return [os.fsencode(file.readlink())]
    data = file.read_bytes()
    versions = [data, data.replace(b"\r\n", b"\n")]
    versions += [_IDENT.sub(b"$Id$", each) for each in versions]
    pointer = f"oid sha256:{hashlib.sha256(data).hexdigest()}\nsize {len(data)}\n"
    versions.append(LFS + b"\n" + pointer.encode())
    if data.startswith(UTF16):  # without the mark, nothing tells that it is
        with suppress(UnicodeError):
            text = data.decode("utf-16").encode()
            versions += [text, text.replace(b"\r\n", b"\n")]
    return list(dict.fromkeys(versions))


def _blob_hash(data: bytes, digits: int) -> str:
    """The name that git gives a content, in a repository whose names have so many digits."""
    whole = b"blob %d\0" % len(data) + data
    return (
        hashlib.sha256(whole) if digits == 64 else hashlib.sha1(whole, usedforsecurity=False)
    ).hexdigest()


def _by_folder(root: Path, paths: Sequence[str], why: str) -> Iterator[Fault]:
    """Each path; where a whole folder is not there, the topmost such folder with a count."""
    there: dict[str, bool] = {}
    tops = []
    for path in paths:
        parts = path.split("/")
        for folder in ("/".join(parts[:depth]) for depth in range(1, len(parts))):
            if folder not in there:
                there[folder] = os.path.lexists(root / folder)
            if not there[folder]:
                tops.append(folder)
                break
        else:
            tops.append(path)
    for top, count in Counter(tops).items():
        yield top, why if count == 1 else f"{count} of its files are missing: {why}"


def _pointers(root: Path, search: Search, matters: Matters) -> Iterator[Fault]:
    """Files that git-lfs has not fetched: what is on the disk only names the content."""
    hits = search.hits([LFS])
    listed = search.listed or ()
    for path in listed if hits is None else hits:
        if not matters(path) or (hits is None and not search.reads(path)):
            continue
        try:
            with open(root / path, "rb") as file:  # noqa: PTH123 (pathlib takes as long again)
                data = file.read(_LFS_MOST + 1)
        except OSError:
            continue  # told where it is to be read
        if is_pointer(data):
            yield path, POINTER


def is_pointer(data: bytes) -> bool:
    """Whether a content only names one that git-lfs keeps elsewhere."""
    return data.startswith(LFS) and len(data) <= _LFS_MOST


def _submodules(root: Path, search: Search, gate: Sequence[str]) -> Iterator[Fault]:
    for path in search.listing.submodules:
        concerned = inside(path, gate) or any(f.startswith(f"{path}/") for f in gate)
        if concerned and not checked_out(root / path):
            yield path, "a submodule that is not checked out; run `git submodule update --init`"


def checked_out(submodule: Path) -> bool:
    """Whether a submodule's folder holds more than the place for it."""
    return os.path.lexists(submodule / ".git")


def folders(configured: Sequence[str]) -> tuple[str, ...]:
    """Folders of the configuration as paths begin with them; "." is the root."""
    return tuple(re.sub(r"^(?:\./)+", "", folder).rstrip("/") or "." for folder in configured)


def inside(path: str, folders: Sequence[str]) -> bool:
    """Whether a path is one of some folders, or below one."""
    return any(f == "." or path == f or path.startswith(f"{f}/") for f in folders)
