"""What in a Dockerfile breaks a second architecture: all the checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fleetmod.fleet.images.compiled import go, pins, targets
from fleetmod.fleet.images.dockerfile import instructions, stages
from fleetmod.fleet.images.fetched import downloads, libraries, modules, packages
from fleetmod.fleet.images.flaw import Dockerfile, Flaw

CHECKS: tuple[Callable[[Dockerfile], Iterator[Flaw]], ...] = (
    *(pins, downloads, go, targets, packages, modules, libraries),
)


def read(data: bytes, ignores_modules: bool = True) -> Dockerfile:
    """The bytes of a Dockerfile, parsed."""
    found = instructions(data)
    return Dockerfile(data, tuple(found), tuple(stages(found)), ignores_modules)


def flaws(file: Dockerfile) -> list[Flaw]:
    """All that breaks a second architecture, in source order."""
    found = [flaw for check in CHECKS for flaw in check(file)]
    return sorted(found, key=lambda flaw: (flaw.start, flaw.check))
