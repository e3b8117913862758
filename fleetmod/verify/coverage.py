"""Which of the rewritten files the commands saw: type-checked, in packages whose tests ran, reached
by a test."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.filekinds import CODE, suffix
from fleetmod.testfiles import is_test
from fleetmod.verify.commands import TEST, TYPECHECK, Command
from fleetmod.verify.compiler import Compiler, compilations
from fleetmod.verify.outcome import Outcome
from fleetmod.verify.packages import Package, package_of

_CODE = tuple(CODE)
_RUN = re.compile(
    r"(?:^|/)__tests__/|[._-](?:test|tests|spec|specs|e2e|vitest|jest|mocha|playwright|pw)\.[cm]?[jt]sx?$"
)
TYPES, TESTS, REACHED = "types", "tests", "reached"
Runs = Sequence[tuple[Command, Outcome]]


@dataclass(frozen=True)
class Coverage:
    """The rewritten files, and those of them that were seen. `reached` is None where imports do not
    tell, for TypeScript is not installed."""

    rewritten: tuple[str, ...]
    typed: frozenset[str] = frozenset()
    tested: frozenset[str] = frozenset()
    reached: frozenset[str] | None = None

    def share(self, what: str) -> float:
        """In percent; 100 of no files."""
        seen = {TYPES: self.typed, TESTS: self.tested, REACHED: self.reached or frozenset()}[what]
        return 100 * len(seen) / len(self.rewritten) if self.rewritten else 100.0


def required(text: str) -> dict[str, float]:
    """What `types=100%,tests=50%` asks for; raises FleetmodError for what it cannot."""
    out: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = re.fullmatch(r"(types|tests|reached)=(\d{1,3})%?", part)
        if match is None or int(match[2]) > 100:
            raise FleetmodError(
                f"--require does not know `{part}`", todo="Write it as in types=100%,tests=50%"
            )
        out[match[1]] = float(match[2])
    return out


def typed_files(
    compiler: Compiler, runs: Runs, packages: Sequence[Package], rewritten: Collection[str]
) -> frozenset[str]:
    """Those of the rewritten files that the runs type-checked."""
    found: set[str] = set()
    for command, outcome in runs:
        if command.kind != TYPECHECK:
            continue
        named = map_places(command, outcome.places, packages)
        for each in compilations(command, packages):
            if not each.asked or each.folder in named:
                found |= compiler.files(each.config) or frozenset()
        # what an error names was looked at, whatever the command is
        found |= {name.rpartition(": ")[2] for name, _, _ in outcome.errors}
    return frozenset(path for path in found & set(rewritten) if _is_checked(compiler.root / path))


def _is_checked(file: Path) -> bool:
    """Whether a file does not keep the compiler from its types, for all that its text tells."""
    try:
        return b"@ts-nocheck" not in file.read_bytes()
    except OSError:
        return True  # gone by the migration


def tested_packages(runs: Runs, packages: Sequence[Package], root: Path) -> frozenset[str]:
    """The folders of the packages in which a test passed: where all fail, none shows anything."""
    found: set[str] = set()
    for command, outcome in runs:
        if command.kind == TEST and outcome.passed:
            found |= map_places(command, outcome.tested, packages, root)
            alone = command.folder or len(packages) == 1
            if alone:
                found.add(command.folder)
    return frozenset(found)


def map_places(
    command: Command,
    places: Iterable[str],
    packages: Sequence[Package],
    root: Path | None = None,
) -> set[str]:
    """The folders of packages that an output names: by name, by folder, or by a file in it."""
    folders = {p.folder: p.folder for p in packages if p.folder}
    names = {p.name: p.folder for p in packages if p.name and p.folder}
    known = names | {name.rpartition("/")[2]: folder for name, folder in names.items()} | folders
    found = set()
    for place in places:
        if place in known:
            found.add(known[place])
        elif root is not None and suffix(place) in _CODE:
            path = f"{command.folder}/{place}" if command.folder else place
            if (root / path).is_file():
                found.add(package_of(packages, path).folder)
    return found


def test_files(paths: Iterable[str], packages: Sequence[Package]) -> Mapping[str, list[str]]:
    """The test files of each package, by its folder."""
    out: dict[str, list[str]] = {}
    for path in paths:
        if suffix(path) in _CODE and is_test(path) and _RUN.search(path):
            out.setdefault(package_of(packages, path).folder, []).append(path)
    return out
