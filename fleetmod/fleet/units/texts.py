"""The texts of a plist as they stand in a unit: without the home folder of one Mac."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fleetmod.fleet.units.model import Draft, Unconvertible
from fleetmod.fleet.units.words import argument, is_whole_line, literal, quoted
from fleetmod.places import HOME, ROOT, Places

_MACOS = re.compile(
    r"(?<![\w.~-])/(?:opt/homebrew|Library|System|Applications|Volumes|private|Users/Shared)(?![\w-])"
)


@dataclass(frozen=True)
class Texts:
    """Where the home and the checkout are on the node; `home` is "" where no unit can tell."""

    places: Places
    home: str
    checkout: str
    draft: Draft

    def text(self, key: str, value: object, escape: Callable[[str], str] = literal) -> str:
        """A value of `key`, escaped; raises Unconvertible for no string and for another's home."""
        if not isinstance(value, str) or "\0" in value:
            raise Unconvertible(f"{key} holds what is no text")
        for place in sorted(set(_MACOS.findall(value))):
            self.draft.differ(key, f"names {place}, a folder of macOS; see where it is on the node")
        done, at = "", 0
        for found in self.places.find(value):
            if not found.base:
                why = found.why or f"{found.user} is not among home.users"
                raise Unconvertible(f"{key} names /Users/{found.user}: {why}")
            done += escape(value[at : found.start]) + self._base(found.base, key)
            at = found.end
        return done + escape(value[at:])

    def path(self, key: str, value: object) -> str | None:
        """An absolute path that is a setting's whole value; else None, and the key is lost."""
        text = self.text(key, value)
        if text.startswith(("/", "%h")) and is_whole_line(text):
            return text
        self.draft.lose(key, "is no absolute path that a unit can hold")
        return None

    def word(self, key: str, value: object) -> str:
        """A value of `key` as one word of a command line; raises Unconvertible as `text` does."""
        return quoted(self.text(key, value, argument))

    def _base(self, base: str, key: str) -> str:
        if base == ROOT and self.checkout:
            return literal(self.checkout)
        if not self.home:
            raise Unconvertible(
                f"{key} names a home folder, and a system service has no specifier for it; "
                "give the folder on the node with --home"
            )
        below = "" if base == HOME else self.places.below_home(base)
        return f"{self.home}/{below}" if below else self.home
