"""Units as data, and their text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fleetmod.printed import one_line

Setting = tuple[str, str]  # a key and its value, escaped and quoted as the unit file wants it


@dataclass(frozen=True)
class Unit:
    """One unit file: its name, the comment on top, and the settings of each section in order."""

    name: str
    comment: tuple[str, ...]
    sections: dict[str, tuple[Setting, ...]]

    @property
    def text(self) -> str:
        return "\n".join([*(f"# {one_line(line)}" for line in self.comment), *self._lines()]) + "\n"

    def _lines(self) -> Iterator[str]:
        for section, settings in self.sections.items():
            if settings:
                yield from ("", f"[{section}]", *(f"{key}={value}" for key, value in settings))


@dataclass(frozen=True)
class Converted:
    """What became of one plist: its units, or why there are none, and what to know of its keys.

    `is_system` units are for the system's manager, not a user's; `disabled` ones start by nothing.
    """

    source: str
    units: tuple[Unit, ...] = ()
    refused: str = ""
    lost: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    is_system: bool = False
    disabled: bool = False


class Unconvertible(Exception):
    """A plist that no unit can stand for; the message is the reason."""


@dataclass
class Draft:
    """The units of one job while its keys are read."""

    service: list[Setting] = field(default_factory=list)
    conditions: list[Setting] = field(default_factory=list)
    timer: list[Setting] = field(default_factory=list)
    path: list[Setting] = field(default_factory=list)
    socket: list[Setting] = field(default_factory=list)
    # What a path unit looks at again when a run has ended, as a test of sh(1) on `$P` and a word.
    level: list[tuple[str, str]] = field(default_factory=list)
    watched: list[str] = field(default_factory=list)  # words
    absent: list[str] = field(default_factory=list)  # paths that keep it alive while not there
    restart: str = "no"
    restarts: bool = False
    at_load: bool = False
    gate: bool = False
    once: bool = False
    lost: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    def lose(self, key: str, why: str) -> None:
        """Tell that a key is not converted."""
        self.lost.append(one_line(f"{key}: {why}"))

    def differ(self, key: str, how: str) -> None:
        """Tell that a key is converted, and what is not the same."""
        self.differs.append(one_line(f"{key}: {how}"))
