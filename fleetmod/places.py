"""Home paths inside literals: which base they lie under, and where they begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

HOME, ROOT, VAULT = "homeDir", "repoRoot", "vaultPath"  # members of NodeIdentity
SHARED = {"Shared", "Guest", "Deleted Users", ".localized"}
PLACEHOLDERS = frozenset(
    "you me user username name yourname your-name your-user youruser someone somebody example foo "
    "xxx USER USERNAME NAME runner node vscode ubuntu app linuxbrew".split()
)
_HOME = re.compile(
    r"(?<![\w.~$}\])-])(?P<home>/(?:Users|home)/(?P<user>[A-Za-z0-9._-]*[A-Za-z0-9_-]))(?![\w-])"
)
_END = r"(?![\w.@+~-]|\$\{)"


@dataclass(frozen=True)
class HomePath:
    """One path in a text: `start`..`end` is its base, `base` the NodeIdentity member it is.

    `base` is empty for a home of a user that is not configured.
    """

    start: int
    end: int
    base: str
    user: str


@dataclass(frozen=True)
class Places:
    """The configured users, and the literal root and vault of the repository ("" = none)."""

    users: tuple[str, ...]
    root: str = ""
    vault: str = ""

    def find(self, text: str) -> Iterator[HomePath]:
        """Every home path of a text, left to right."""
        for match in _HOME.finditer(text):
            user = match.group("user")
            if user in SHARED or user == "fixture":
                continue
            if user not in self.users:
                if match.group("home").startswith("/Users/"):
                    yield HomePath(match.start(), match.end(), "", user)
                continue
            base, length = self._base(text, match.start(), len(match.group("home")))
            yield HomePath(match.start(), match.start() + length, base, user)

    def _base(self, text: str, start: int, home: int) -> tuple[str, int]:
        candidates = sorted(
            ((self.root, ROOT), (self.vault, VAULT)), key=lambda c: len(c[0]), reverse=True
        )
        for literal, base in candidates:
            if not literal or not text.startswith(literal, start):
                continue
            if re.compile(_END).match(text, start + len(literal)):
                return base, len(literal)
        return HOME, home

    def below_home(self, base: str) -> str:
        """A base's path below its home folder, e.g. `Code/acme`; empty when there is none."""
        literal = {ROOT: self.root, VAULT: self.vault}.get(base, "")
        match = _HOME.match(literal)
        return literal[match.end() :].strip("/") if match else ""
