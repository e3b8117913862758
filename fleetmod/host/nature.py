"""Files that are for one platform by their nature, and say so: by their name or their folder's, or
since a Dockerfile runs them in its image."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fleetmod.flow.platforms import only
from fleetmod.host.tools import PLATFORMS, Tool

_NAMES = {
    "darwin": frozenset("mac macos osx darwin ios xcode dmg homebrew launchd".split()),
    "linux": frozenset("linux ubuntu debian fedora alpine raspberry rpi systemd termux".split()),
}
_WORD = re.compile(r"[a-z]+|\d+")
_FUNCTION = re.compile(rb"^\s*(?:function\s+)?([\w-]+)\s*\(\)", re.M)
_COPIED = re.compile(r"^\s*(?:COPY|ADD|RUN|ENTRYPOINT|CMD)\b.*(?:\\\n.*)*", re.M | re.I)


@dataclass(frozen=True)
class Surroundings:
    """What a repository says of its files: the names of those that Dockerfiles put into images, the
    functions that scripts define, which others may read, and the platforms that a package.json
    installs on, by its folder."""

    in_images: frozenset[str] = frozenset()
    functions: frozenset[str] = frozenset()
    systems: Mapping[str, frozenset[str]] = field(default_factory=dict)


NOTHING = Surroundings()


def is_dockerfile(path: str) -> bool:
    name = path.rpartition("/")[2].lower()
    return name.startswith(("dockerfile", "containerfile")) or name.endswith(
        (".dockerfile", ".containerfile")
    )


def surroundings(dockerfiles: Iterable[str], scripts: Iterable[bytes]) -> Surroundings:
    """What the texts of the repository's Dockerfiles and of its shell scripts say."""
    words: set[str] = set()
    for text in dockerfiles:
        for instruction in _COPIED.findall(text):
            words |= {w.rpartition("/")[2] for w in re.split(r"[\s\"'\[\],;&|]+", instruction)}
    functions = {m.decode("utf-8", "replace") for data in scripts for m in _FUNCTION.findall(data)}
    return Surroundings(frozenset(w for w in words if "." in w), frozenset(functions))


def platform_of_file(path: str, tool: Tool, around: Surroundings) -> str:
    """Why a whole file is for the tool's platform; "" where it is for every one."""
    words = set(_WORD.findall(re.sub(r"([a-z])([A-Z])", r"\1 \2", path).lower()))
    others = [p for p, names in _NAMES.items() if p != tool.platform and words & names]
    if words & _NAMES.get(tool.platform, frozenset()) and not others:
        return f"the file is named for {PLATFORMS[tool.platform]}"
    if tool.platform == "linux" and path.rpartition("/")[2] in around.in_images:
        return "a Dockerfile runs the file in an image"
    return platform_of_package(path, tool, around)


def platform_of_package(path: str, tool: Tool, around: Surroundings) -> str:
    """Why the package of a file is for the tool's platform; "" where it is for others as well."""
    folder = path.rpartition("/")[0]
    while folder and folder not in around.systems:
        folder = folder.rpartition("/")[0]
    systems = around.systems.get(folder, frozenset())
    if systems and only(systems, tool.platform):
        return f"its package.json installs on {PLATFORMS[tool.platform]} only"
    return ""


def systems_of(manifests: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The platforms that each package.json installs on, by its folder; none where it installs
    everywhere (docs.npmjs.com, package.json, os)."""
    found = {}
    for path, text in manifests.items():
        try:
            listed = json.loads(text).get("os")
        except (ValueError, AttributeError, RecursionError):
            listed = None
        names = [listed] if isinstance(listed, str) else listed if isinstance(listed, list) else []
        plain = frozenset(n for n in names if isinstance(n, str))
        barred = any(name.startswith("!") for name in plain)
        found[path.rpartition("/")[0]] = frozenset() if barred else plain
    return found
