"""Which package manager installs a folder, and how it is told of a package by its path.

The folder itself is asked first, then each one above it. In one folder counts, in this order: what
`packageManager` names, the lock file, and settings. Between several lock files decide the installs
that CI, images and scripts run, then the workspace that is declared. What contradicts is told.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.regex import lazy
from fleetmod.workspace.disk import is_file, read_plain, read_start
from fleetmod.workspace.members import NPM, PNPM, declared_globs

_LOCKS = {
    "pnpm-lock.yaml": "pnpm",
    "bun.lock": "bun",
    "bun.lockb": "bun",
    "yarn.lock": "yarn",
    "package-lock.json": "npm",
    "npm-shrinkwrap.json": "npm",
}
_SETTINGS = {PNPM: "pnpm", ".yarnrc.yml": "yarn"}
# a link, so that Node strips the types: it never does in a copy below node_modules. npm makes one
# of `file:`; pnpm and yarn copy there, and link for `link:`; older buns know no path in `link:`,
# and run TypeScript from a copy, too.
_PROTOCOLS = {"npm": "file:", "bun": "file:", "pnpm": "link:", "yarn": "link:"}
_WORKFLOWS = (".github/workflows", ".gitlab-ci.yml", ".circleci", "azure-pipelines.yml")
_BREAK = lazy(r"&&|\|\||[;|\n\"']")
_INSTALLS = ("ci", "install", "i", "clean-install")
_BARE = ("--frozen-lockfile", "--immutable")  # with one of these, `yarn` alone installs


@dataclass(frozen=True, slots=True)
class Managed:
    """The package manager of a folder: its `name` (npm, pnpm, yarn or bun), whether it knows the
    versions `workspace:`, and what a maintainer must know where files contradict each other ("" for
    nothing)."""

    name: str
    knows_workspace: bool
    doubt: str = ""


def managed(root: Path, folder: str) -> Managed:
    """The package manager of a folder, by the nearest folder above it that shows one; else npm."""
    for place in folders_above(folder):
        if found := _judged(root / place, posixpath.join(place, "")):
            return found
    name = next(iter(_installed_by(root, ())), "npm")
    return Managed(name, _knows_workspace(root, name, ""))


def manager_of(root: Path, folder: str) -> str:
    """`npm`, `pnpm`, `yarn` or `bun`: see `managed`."""
    return managed(root, folder).name


def linked_globs(root: Path) -> tuple[str, ...]:
    """The workspace globs of the file that the repository's package manager reads; () where it
    links no workspace, though another one's file may declare one.

    Raises FleetmodError for a package.json that is no JSON object.
    """
    declared = declared_globs(root)
    return declared.get(_declares(manager_of(root, "")), ())


def local_version(manager: str, folder: str, package: str) -> str:
    """The version to write in `folder` for a package that is known by its folder only."""
    return _PROTOCOLS[manager] + posixpath.relpath(package or ".", folder or ".")


def folders_above(folder: str) -> Iterator[str]:
    """The folder, and each one above it, up to the root's ""."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def _declares(manager: str) -> str:
    """The file that declares a workspace to a manager: pnpm reads no `workspaces`, and the others
    no pnpm-workspace.yaml (pnpm.io/workspaces)."""
    return PNPM if manager == "pnpm" else NPM


def _judged(folder: Path, below: str) -> Managed | None:
    """What a folder shows of its manager; None where that is nothing. `below` begins its paths."""
    manifest = _manifest(folder)
    declared: dict[str, tuple[str, ...]] = {}
    with suppress(FleetmodError):  # told where it is read to be changed
        declared = declared_globs(folder)
    locks = {manager: file for file, manager in _LOCKS.items() if is_file(folder / file)}
    if PNPM in declared:
        locks.setdefault("pnpm", PNPM)
    named = _named(manifest)
    name, why = named, "packageManager"
    if not name and len(locks) == 1:
        name, why = next(iter(locks)), ""
    if not name and locks:
        name, why = _of_several(folder, locks, declared)
    if not name:
        # without `packages:`, pnpm's file holds settings, and may lie beside another's workspace
        settings = [file for file in _SETTINGS if file != PNPM or NPM not in declared]
        name = next((_SETTINGS[file] for file in settings if is_file(folder / file)), "")
    if not name:
        return None
    doubt = _doubt(name, why, locks, declared, below)
    return Managed(name, _knows_workspace(folder, name, str(manifest.get("packageManager"))), doubt)


def _of_several(
    folder: Path, locks: Mapping[str, str], declared: Collection[str]
) -> tuple[str, str]:
    """Which of the managers with a lock file here installs it, and by what."""
    for name in _installed_by(folder, locks):
        return name, "the installs that CI, images and scripts run"
    if len(declared) == 1:
        [file] = declared
        reading = [manager for manager in locks if _declares(manager) == file]
        if len(reading) == 1:
            return reading[0], f"{'`workspaces` of ' if file == NPM else ''}{file}"
    return next(manager for manager in dict.fromkeys(_LOCKS.values()) if manager in locks), ""


def _doubt(
    name: str, why: str, locks: Mapping[str, str], declared: Collection[str], below: str
) -> str:
    """What contradicts the manager that was found; "" for nothing."""
    files = " and ".join(f"{below}{file}" for file in locks.values())
    if locks.keys() - {name}:
        many = f"{files} stand side by side" if name in locks else f"{files} is not {name}'s"
        return (
            f"{many}: {name} is taken as the package manager, by {why or 'the usual order'}; "
            "delete what is stale, or name one in packageManager"
        )
    if declared and _declares(name) not in declared:
        return (
            f"{name} reads no workspace of {below}{' or '.join(declared)}: declare it in "
            f"{below}{_declares(name)}, or correct packageManager"
        )
    return ""


def _installed_by(folder: Path, among: Collection[str]) -> Iterator[str]:
    """The managers whose install CI, images and scripts of a folder run, most often first; of
    `among` alone where that names any."""
    found: Counter[str] = Counter()
    for text in _automation(folder):
        for command in _BREAK.split(text):
            words = [word.rsplit("/", 1)[-1] for word in command.split()]
            at = next((i for i, word in enumerate(words) if word in _PROTOCOLS), len(words))
            rest = words[at + 1 :]
            asked = next((word for word in rest if not word.startswith("-")), "")
            installs = asked in _INSTALLS or (not asked and {*_BARE} & {*rest})
            if installs and not {"-g", "--global"} & {*rest}:
                found[words[at]] += 1
    ranked = sorted(found, key=lambda name: (-found[name], name))
    return (name for name in ranked if not among or name in among)


def _automation(folder: Path) -> Iterator[str]:
    """The texts of what installs a folder by itself: workflows, Dockerfiles, scripts."""
    places = [folder / place for place in _WORKFLOWS]
    files = [path for place in places for path in (place.glob("*.y*ml"))] + places
    files += [*folder.glob("Dockerfile*"), *folder.glob("*/Dockerfile*")]
    for path in sorted(files):
        if is_file(path):
            with suppress(OSError):
                yield path.read_text(encoding="utf-8", errors="replace")
    scripts = _manifest(folder).get("scripts")
    yield from map(str, scripts.values() if isinstance(scripts, dict) else ())


def _knows_workspace(folder: Path, name: str, named: str) -> bool:
    """Whether a manager knows `workspace:*`; Yarn does from 2 on (yarnpkg.com/protocol/workspace),
    whose lock file begins with `__metadata`."""
    if name != "yarn":
        return name in ("pnpm", "bun")
    if match := re.match(r"yarn@(\d+)", named):
        return int(match[1]) > 1
    if is_file(folder / ".yarnrc.yml"):
        return True
    try:
        return b"\n__metadata:" in read_start(folder / "yarn.lock", 4096)
    except OSError:
        return False


def _named(manifest: Mapping[str, Any]) -> str:
    """The manager that `packageManager`, or devEngines (docs.npmjs.com/cli/configuring-npm/
    package-json), names; "" for none, and for one that is not known here."""
    engines = manifest.get("devEngines")
    engine = engines.get("packageManager") if isinstance(engines, dict) else None
    named = engine.get("name") if isinstance(engine, dict) else None
    match = re.match(r"\w+", str(manifest.get("packageManager") or named or ""))
    return match[0] if match and match[0] in _PROTOCOLS else ""


def _manifest(folder: Path) -> dict[str, Any]:
    """A folder's package.json; {} for none, and for one that cannot be read."""
    try:
        found = json.loads(read_plain(folder / NPM).removeprefix(b"\xef\xbb\xbf"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
