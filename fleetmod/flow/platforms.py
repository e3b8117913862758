"""What names of platforms mean, and the words that ask for a platform or a tool."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
EVERY = frozenset({"darwin", "linux", "win32"})
NODES = frozenset({"darwin", "linux"})  # what a node of a fleet can be
HELPERS = {  # a name that says it all: `isMacOS()`, `$IS_LINUX`; in small letters, without `_`
    "darwin": re.compile(r"(?:is|on)(?:mac|macos|macosx|osx|darwin)(?:host|platform)?"),
    "linux": re.compile(r"(?:is|on)linux(?:host|platform)?"),
    "win32": re.compile(r"(?:is|on)(?:win|win32|windows)(?:host|platform)?"),
}
_VALUES = {  # what `uname`, OSTYPE, `ID` of os-release(5) and people call a platform
    "darwin": re.compile(r"(?:darwin|mac ?os(?: ?x)?|mac|osx)(?:[\W\d].*)?"),
    "linux": re.compile(
        r"(?:(?:gnu/)?linux|ubuntu|debian|raspbian|fedora|rhel|centos|rocky|almalinux|amzn|arch"
        r"|manjaro|alpine|opensuse|sles|suse|nixos)(?:[\W\d].*)?"
    ),
    "win32": re.compile(r"(?:windows(?:_nt)?|win32|msys|mingw|cygwin)(?:[\W\d].*)?"),
}


def helper(name: str, bare: bool = False) -> frozenset[str] | None:
    """The platform that a name of a function or a variable tells; None where it tells none.

    `bare` takes `darwin` for `is_darwin`, as scripts call what holds true or false.
    """
    plain = re.sub(r"[_\s]", "", name).lower()
    plain = plain if plain.startswith(("is", "on")) or not bare else f"is{plain}"
    return next((frozenset({p}) for p, e in HELPERS.items() if e.fullmatch(plain)), None)


def platform_of(value: str) -> str:
    """`darwin` for "Darwin", `darwin*`, `^darwin`, "macOS"; "" for no platform."""
    plain = value.strip("\"'^*$. ").lower()
    return next((p for p, e in _VALUES.items() if e.fullmatch(plain)), "")


def only(platforms: frozenset[str], own: str) -> bool:
    """Whether no node of a fleet but those of the platform `own` is among `platforms`.

    Behind `if (process.platform === "darwin") return;` people write what is for Linux.
    """
    return platforms & (NODES | {own}) <= {own}


class Passed(Generic[T]):
    """What the statements of a block leave in front of each one, found once from the first on."""

    def __init__(self, statements: Sequence[T], leaves: Callable[[T], frozenset[str]]) -> None:
        self._statements, self._leaves = statements, leaves
        self._left = [EVERY]

    def before(self, index: int) -> frozenset[str]:
        while len(self._left) <= index:
            done = len(self._left) - 1
            left = self._left[done] & self._leaves(self._statements[done])
            if len(self._left) == done + 1:  # `leaves` may have asked, too
                self._left.append(left)
        return self._left[index]
