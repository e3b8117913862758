"""The families of debt: what each looks for, which phase proves it gone, and which port answers.

A family is a value in a file of its own, and everything outside asks this registry for it: gates,
audit, reports, charts, rules, `init`, the analysis. To add one, write a module with a `Family`,
add it to `_BUNDLED`, and give it rules (`family = "ID"`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from fleetmod.families.below_home import BELOW_HOME
from fleetmod.families.colima import COLIMA
from fleetmod.families.family import Family
from fleetmod.families.homes import HOMES
from fleetmod.families.launchctl import LAUNCHCTL
from fleetmod.model import Finding

if TYPE_CHECKING:
    from tree_sitter import Node

    from fleetmod.analysis import Analysis

_BUNDLED = (LAUNCHCTL, HOMES, COLIMA, BELOW_HOME)
_NONE = Family(id="", phase="", proves="", title="")
_KNOWN: dict[str, Family] = {family.id: family for family in _BUNDLED}


def every() -> tuple[Family, ...]:
    """All families, in the order of their phases."""
    return tuple(sorted(_KNOWN.values(), key=lambda family: family.phase))


def named(family: str) -> Family:
    """The family with an id; one that knows nothing for an id of no family."""
    return _KNOWN.get(family, _NONE)


def of(finding: Finding) -> Family:
    """The family of a finding."""
    return named(finding.family)


def of_phase(phase: str) -> Family:
    """The family that a phase proves gone; one that knows nothing for another phase."""
    return next((family for family in _KNOWN.values() if family.phase == phase), _NONE)


def of_port(port: str) -> Family:
    """The family that a port answers for; one that knows nothing where there is no port."""
    found = (family for family in every() if port and family.port == port)
    return next(found, _NONE)


def phases() -> tuple[str, ...]:
    """The phases of the families, in order."""
    return tuple(family.phase for family in every())


def predicates() -> dict[str, Callable[[Analysis, Node], str | None]]:
    """What answers each predicate that queries may ask of a node, by its name."""
    return {each.predicate: each.classify for each in every() if each.classify is not None}


def with_tool() -> Iterator[Family]:
    """The families of a tool that one platform has, in the order of their phases."""
    return (family for family in every() if family.tool is not None)


def register(family: Family) -> None:
    """Add a family; raises ValueError where its id or its phase is another one's."""
    if family.id in _KNOWN or of_phase(family.phase) is not _NONE:
        raise ValueError(f"there is a family `{family.id}`, or one of phase {family.phase}")
    _KNOWN[family.id] = family


def unregister(family: Family) -> None:
    """Take a family out again."""
    del _KNOWN[family.id]
