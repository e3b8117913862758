"""Finds the modules that are a repository's own adapter of the tool, behind its own boundary."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from fleetmod.workspace.evidence import Evidence

_TOOL = re.compile(r"launchd|launchctl", re.I)
_OTHERS = re.compile(r"systemd|systemctl|schtasks|windows|win32|openrc", re.I)


def best_adapters(paths: Iterable[str]) -> tuple[tuple[str, ...], Evidence]:
    """Globs of the files and folders called after the tool that have a fellow for another platform.

    `service/launchd.ts` beside `service/systemd.ts` is one; a lone `launchd.ts` is not.
    """
    names: dict[str, set[str]] = defaultdict(set)
    for path in paths:
        if not re.search(r"\.[cm]?tsx?$", path):
            continue
        parts = path.split("/")
        for depth, name in enumerate(parts):
            names["/".join(parts[:depth])].add(name)
    found = {
        f"{folder}/{name}".lstrip("/")
        for folder, inside in names.items()
        if any(_OTHERS.search(name) for name in inside)
        for name in inside
        if _TOOL.search(name)
    }
    outer = sorted(p for p in found if not any(p.startswith(f"{other}/") for other in found))
    why = "beside another platform's; calls there are left" if outer else ""
    return tuple(outer), Evidence(", ".join(outer), why)
