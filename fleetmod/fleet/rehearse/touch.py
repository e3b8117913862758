"""What of the old machine a call reached for. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fleetmod.host.tools import Tool
from fleetmod.workspace.schema import Home

LAUNCHD = ("launchctl", "launchd")


@dataclass(frozen=True)
class Old:
    """The old machine: its places, each with what it is, and the tools of other platforms.

    `links` are the links of the checkout that lead there, with their targets. `unguarded` are the
    tools that the code is seen to run with no check around.
    """

    places: tuple[tuple[str, str], ...]
    tools: Mapping[str, str]
    links: Mapping[str, str]
    unguarded: frozenset[str] = frozenset()

    def place(self, path: str, follow: bool = True) -> tuple[str, str]:
        """What of the old machine a path is at or in, and that path; ("", "") for nothing.

        Compared by whole components: `/Users/al` holds nothing of `/Users/alice`. A call that does
        not `follow` a link looks at the link itself.
        """
        path = posixpath.normpath(re.sub("^//", "/", path))
        for link, target in self.links.items():
            if (path == link and follow) or path.startswith(f"{link}/"):
                path = target + path[len(link) :]
        for place, kind in self.places:
            if path == place or path.startswith(f"{place}/"):
                return kind, path
        return "", ""

    def needles(self) -> tuple[str, ...]:
        """Texts of which a line of a trace holds one if it reaches for a place."""
        names = {posixpath.basename(place) for place, _ in self.places}
        return tuple(sorted(names | {posixpath.basename(link) for link in self.links}))


def old_places(home: Home) -> tuple[tuple[str, str], ...]:
    """The configured places with what they are, the innermost first."""
    found = {f"/{top}/{user}": "the old home" for user in home.users for top in ("Users", "home")}
    if home.vault:
        found[home.vault] = "the old vault"
    if home.root:
        found[home.root] = "the old checkout"
    return tuple(sorted(found.items(), key=lambda each: (-len(each[0]), each)))


def foreign_tools(tools: Iterable[Tool]) -> dict[str, str]:
    """The tools that a Linux node must not run, with the system that has them."""
    found = {tool.name: tool.where for tool in tools if tool.platform != "linux"}
    return {**found, **dict.fromkeys(LAUNCHD, "macOS")}
