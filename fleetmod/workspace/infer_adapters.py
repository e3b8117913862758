"""Finds the modules that are a repository's own adapter of the tool, behind its own boundary."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace.evidence import Evidence

_SUFFIX = lazy(r"\.[cm]?tsx?$")
_TEST = lazy(r"\.(?:test|spec|e2e)$")
_TOOL = lazy(r"launchd|launchctl", re.I)
_MAC = lazy(r"(?:^|[-._])(?:darwin|macos|mac)(?=[-._]|$)", re.I)
_OTHERS = lazy(
    r"systemd|systemctl|schtasks|windows|win32|openrc|(?:^|[-._])(?:linux|freebsd)(?=[-._]|$)", re.I
)


def best_adapters(
    paths: Iterable[str], naming: Collection[str] = ()
) -> tuple[tuple[str, ...], Evidence]:
    """Globs of the files and folders called after the tool that have a fellow for another platform.

    `service/launchd.ts` beside `service/systemd.ts` is one; a lone `launchd.ts` is not. What is
    called after macOS alone must also hold one of `naming`, the paths that name the tool. A test is
    one only when it is called after one.
    """
    code = [path for path in paths if _SUFFIX.search(path)]
    names: dict[str, set[str]] = defaultdict(set)
    for path in code:
        if is_test(path):
            continue
        parts = path.split("/")
        for depth, name in enumerate(parts):
            names["/".join(parts[:depth])].add(name)
    found = {
        f"{folder}/{name}".lstrip("/")
        for folder, inside in names.items()
        if any(_OTHERS.search(name) for name in inside)
        for name in inside
        if _TOOL.search(name) or (_MAC.search(name) and _holds(f"{folder}/{name}", naming))
    }
    found |= set(_tests(code, {_stem(path) for path in found}))
    outer = sorted(p for p in found if not any(p.startswith(f"{other}/") for other in found))
    why = "beside another platform's; calls there are left" if outer else ""
    return tuple(outer), Evidence(", ".join(outer), why)


def _holds(place: str, naming: Collection[str]) -> bool:
    place = place.lstrip("/")
    return any(path == place or path.startswith(f"{place}/") for path in naming)


def _tests(code: Iterable[str], adapters: Collection[str]) -> Iterable[str]:
    """The tests called after an adapter, as `launchd.test.ts` and `lib-launchd.test.ts` are."""
    for path in code:
        stem = _stem(path)
        if is_test(path) and any(stem == name or stem.endswith(f"-{name}") for name in adapters):
            yield path


def _stem(path: str) -> str:
    return _TEST.sub("", _SUFFIX.sub("", path.rpartition("/")[2]))
