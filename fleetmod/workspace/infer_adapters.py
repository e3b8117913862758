"""Finds the modules that are a repository's own adapter of the tool, behind its own boundary."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fleetmod.regex import lazy
from fleetmod.testfiles import is_test

_BESIDE, _LEFT = "beside another platform's", "; calls there are left"
_SUFFIX = lazy(r"\.[cm]?tsx?$")
_TEST = lazy(r"\.(?:test|spec|e2e)$")
_TOOL = lazy(r"launchd|launchctl", re.I)
_MAC = lazy(r"(?:^|[-._])(?:darwin|macos|mac)(?=[-._]|$)", re.I)
_OTHERS = lazy(
    r"systemd|systemctl|schtasks|windows|win32|openrc|(?:^|[-._])(?:linux|freebsd)(?=[-._]|$)", re.I
)


@dataclass(frozen=True)
class Adapters:
    """The globs of a repository's own adapters, and the remark that says what was seen."""

    globs: tuple[str, ...]
    why: str


def best_adapters(
    paths: Iterable[str],
    naming: Collection[str] = (),
    shaped: Mapping[str, str] = MappingProxyType({}),
    named: bool = True,
) -> Adapters:
    """Globs of the files and folders called after the tool that have a fellow for another platform.

    `service/launchd.ts` beside `service/systemd.ts` is one; a lone `launchd.ts` is not. What is
    called after macOS alone must also hold one of `naming`, the paths that name the tool; so must
    all of them where the tool is not `named` so. A test is one only when it is called after one.
    `shaped` are modules that are adapters by what they do, each with the reason.
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
        if (named and _TOOL.search(name))
        or ((_TOOL.search(name) or _MAC.search(name)) and _holds(f"{folder}/{name}", naming))
    }
    beside = set(found)
    found |= shaped.keys()
    outer = _outer(found)
    outer = _outer({*outer, *_tests(code, outer)})
    reasons: dict[str, list[str]] = defaultdict(list)
    for path in outer:
        reasons[shaped[path] if path in shaped and path not in beside else _BESIDE].append(path)
    told = [
        f"{reason} ({', '.join(places)})" if len(reasons) > 1 else reason
        for reason, places in reasons.items()
    ]
    return Adapters(tuple(outer), "; ".join(told) + _LEFT if told else "")


def _holds(place: str, naming: Collection[str]) -> bool:
    place = place.lstrip("/")
    return any(path == place or path.startswith(f"{place}/") for path in naming)


def _outer(places: Collection[str]) -> list[str]:
    return sorted(p for p in places if not any(p.startswith(f"{other}/") for other in places))


def _tests(code: Iterable[str], adapters: Collection[str]) -> Iterable[str]:
    """The tests called after an adapter, as `launchd.test.ts` and `lib-launchd.test.ts` are. Many
    files may be called `manager`: a test of one whose name tells no platform stands near it."""
    stems = {path: _stem(path) for path in adapters}
    for path in filter(is_test, code):
        stem = _stem(path)
        for adapter, name in stems.items():
            near = path.startswith(adapter.rpartition("/")[0]) or _TOOL.search(name)
            if (near or _MAC.search(name)) and (stem == name or stem.endswith(f"-{name}")):
                yield path


def _stem(path: str) -> str:
    return _TEST.sub("", _SUFFIX.sub("", path.rpartition("/")[2]))
