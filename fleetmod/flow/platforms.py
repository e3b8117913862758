"""What names of platforms mean, the words that ask for a tool, and what a condition tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
MANAGERS = {"launchd": "darwin", "systemd": "linux"}  # each runs on one platform only
_ASKS = re.compile(
    r"\w*(?:[wW]hich|[eE]xists?|[hH]as|[hH]ave|[aA]vailable|[iI]nstalled|[sS]upports|[eE]xecutable)"
    r"(?![a-z])\w*|(?:is|has|check)_?(?:[cC]ommand|[cC]md)\w*"
)


@dataclass(frozen=True)
class Fact:
    """What a condition tells: the platforms on which it can hold, and those on which it can fail.

    `given` where it asks for a platform that it is given, which need not be the one it runs on.
    """

    holds: frozenset[str] = EVERY
    fails: frozenset[str] = EVERY
    given: bool = False

    def __invert__(self) -> Fact:
        return Fact(self.fails, self.holds, self.given)

    def __and__(self, other: Fact) -> Fact:
        given = self.given or other.given
        return Fact(self.holds & other.holds, self.fails | other.fails, given)

    def __or__(self, other: Fact) -> Fact:
        return ~(~self & ~other)

    def either(self, other: Fact) -> Fact:
        """What a name tells that holds the one answer or the other."""
        given = self.given or other.given
        return Fact(self.holds | other.holds, self.fails | other.fails, given)


UNKNOWN = Fact()
ALWAYS = Fact(EVERY, frozenset())


def on(*platforms: str, given: bool = False) -> Fact:
    """It runs on one of these; nothing is told where none is named."""
    found = frozenset(platforms)
    return Fact(found, EVERY - found, given) if found and found != EVERY else UNKNOWN


def there(platform: str) -> Fact:
    """A tool of a platform is there: elsewhere it never is, and on the platform it may not be."""
    return Fact(frozenset({platform}), EVERY)


def asks_for_a_tool(name: str) -> bool:
    """Whether a function or a command by its name tells if a program is there."""
    return _ASKS.fullmatch(name) is not None


def helper(name: str, bare: bool = False) -> Fact:
    """What a name of a function or a variable tells: `isMacOS`, `IS_LINUX`.

    `bare` takes `darwin` for `is_darwin`, as scripts call what holds true or false.
    """
    plain = re.sub(r"[_\s]", "", name).lower()
    plain = plain if plain.startswith(("is", "on")) or not bare else f"is{plain}"
    return on(*(platform for platform, e in HELPERS.items() if e.fullmatch(plain)))


def platform_of(value: str) -> str:
    """`darwin` for "Darwin", `darwin*`, `^darwin`, "macOS"; "" for no platform."""
    plain = value.strip("\"'^*$. ").lower()
    return next((p for p, e in _VALUES.items() if e.fullmatch(plain)), "")


def only(platforms: frozenset[str], own: str) -> bool:
    """Whether no node of a fleet but those of the platform `own` is among `platforms`.

    Behind `if (process.platform === "darwin") return;` people write what is for Linux.
    """
    return platforms & (NODES | {own}) <= {own}
