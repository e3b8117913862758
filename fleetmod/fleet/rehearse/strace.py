"""Reads what strace(1) writes: one process a file (`-ff`), paths of descriptors shown (`-y`)."""

from __future__ import annotations

import codecs
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

# what takes a path, a socket's included; how processes come about; a shell's word that it found
# no program, which is all that tells a call from a check for one
TRACED = "%file,fchdir,connect,bind,clone,clone3,fork,vfork,write"
OPTIONS = (
    *("-ff", "--seccomp-bpf", "--pidns-translation", "-y", "-s", "240"),
    *("-e", f"trace={TRACED}"),
)
_END = b"+++ "  # exited, killed, or superseded by another thread's execve
_LAST = 4096  # bytes, more than such a line has

_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+|\?)(?:<[^>]*>)?(?: (E[A-Z0-9]+))?")
_UNENDED = re.compile(r"(\w+)\((.*) <unfinished \.\.\.>")
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_AT = re.compile(rf"(?:(?:AT_FDCWD|\d+)<((?:[^>\\]|\\.)*)>, )?{_TEXT}")
_SOCKET = re.compile(rf"sun_path={_TEXT}")
_STRINGS = re.compile(_TEXT)
_CWD = re.compile(r"AT_FDCWD<((?:[^>\\]|\\.)*)>")
_FOLDER = re.compile(r"\d+<((?:[^>\\]|\\.)*)>")
_CHILD = re.compile(r"= \d+ /\* (\d+) in strace's PID NS \*/|= (\d+)$")
_TWO = {"rename", "renameat", "renameat2", "link", "linkat"}
_SECOND = {"symlink", "symlinkat"}  # the first is what the link says, which nobody looks at
_MAKES = {"clone", "clone3", "fork", "vfork"}
_NO_PATH = {"getcwd", "write", *_MAKES}
_STAYS = {"lstat", "readlink", "readlinkat", "unlink", "unlinkat", "rename", "renameat", *_SECOND}
_STAYS |= {"renameat2", "lchown", "lgetxattr", "llistxattr"}


@dataclass(frozen=True)
class Call:
    """One system call. `paths` are absolute where their folder is known; `words` are what `execve`
    was given; `follows` tells whether it goes through a link at the path's end."""

    name: str
    paths: tuple[str, ...]
    error: str
    words: tuple[str, ...] = ()
    text: str = ""
    child: str = ""
    follows: bool = True


def calls(lines: Iterable[str], needles: Iterable[str] = ()) -> Iterator[Call]:
    """The calls of one process; with `needles`, of those with paths only what holds one, beside
    every `execve` and what tells where the process is."""
    wanted = re.compile("|".join(map(re.escape, needles))) if needles else None
    cwd = ""
    for line in lines:
        name = line.partition("(")[0]
        if seen := _CWD.search(line):  # a thread does not see another's chdir
            cwd = _plain(seen[1])
        moves = name in ("chdir", "fchdir")
        if not moves and name not in ("execve", *_MAKES) and wanted and not wanted.search(line):
            continue
        match = _CALL.match(line) or _UNENDED.match(line)
        if match is None:
            continue
        arguments, error = match[2], (match[4] or "" if match.re is _CALL else "")
        if name in _MAKES:
            child = _CHILD.search(line.rstrip())
            yield Call(name, (), error, child=(child[1] or child[2]) if child else "")
            continue
        paths = tuple(_paths(name, arguments, cwd))
        if moves and not error:
            folder = _FOLDER.match(arguments)
            cwd = _plain(folder[1]) if folder else paths[0] if paths else cwd
        words: tuple[str, ...] = ()
        if name == "execve":
            strings = [_plain(text) for text in _STRINGS.findall(arguments)]
            words = tuple(strings[1:])
        text = _plain("".join(_STRINGS.findall(arguments))) if name == "write" else ""
        stays = name in _STAYS or "NOFOLLOW" in arguments
        yield Call(name, paths, error, words, text, follows=not stays)


def opened(files: Iterable[Path], root: str, wanted: Sequence[str]) -> list[str]:
    """Which of the `wanted` files below `root` some process opened, in their order."""
    found: set[str] = set()
    known = set(wanted)
    for file in files:
        with file.open(encoding="utf-8", errors="surrogateescape") as lines:
            for call in calls(lines, (root,)):
                if call.name.startswith("open") and not call.error:
                    found |= {
                        below
                        for path in call.paths
                        if (below := posixpath.relpath(path, root)) in known
                    }
    return [each for each in wanted if each in found]


def is_whole(file: Path) -> bool:
    """Whether the trace of a process goes to its end, which it does not where strace died first."""
    with file.open("rb") as trace:
        trace.seek(max(0, file.stat().st_size - _LAST))
        lines = trace.read().splitlines()
    return bool(lines) and lines[-1].startswith(_END)


def _paths(name: str, arguments: str, cwd: str) -> Iterator[str]:
    if name in _NO_PATH:
        return
    if name in ("connect", "bind"):
        found = [("", match[1]) for match in _SOCKET.finditer(arguments)]
    else:
        found = [(match[1] or "", match[2]) for match in _AT.finditer(arguments)]
        found = found[1:2] if name in _SECOND else found[: 2 if name in _TWO else 1]
    for folder, path in found:
        path = _plain(path)
        base = _plain(folder) or cwd
        if path.startswith("/"):
            yield path
        elif path and base:
            yield f"{base}/{path}"


def _plain(text: str) -> str:
    """A string of strace's, its escapes undone (strace(1), -x)."""
    if "\\" not in text:
        return text
    raw, _ = codecs.escape_decode(text.encode())
    return bytes(raw).decode("utf-8", "surrogateescape")
