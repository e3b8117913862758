"""What a family of debt is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fleetmod.flow.bound import Bound
from fleetmod.places import Places
from fleetmod.workspace.config import Config

if TYPE_CHECKING:
    from tree_sitter import Node

    from fleetmod.analysis import Analysis
    from fleetmod.lift.site import Site


def _nothing(*_: Any) -> tuple[str, ...]:
    return ()


def _always(*_: Any) -> bool:
    return True


def _none(*_: Any) -> str:
    return ""


def _no_sites(_: Analysis) -> dict[int, Site]:
    return {}


@dataclass(frozen=True)
class Family:
    """One kind of debt, such as the calls of a tool.

    `needles` gives the texts that the gate's grep looks for, `counts` whether a line that holds one
    is meant, and `shown` whether a count of none is told. `sites` are the calls of the tool in a
    file, by the id of their node. `classify` says what part a node plays, for the predicate of that
    name in the queries of rules; `rewrites` are functions of its own that rules can name.
    `problems` says what is wrong with a finding, by the class of its rule, and `remedy` what to
    write in its place, from that class and from what was understood ("" where that tells nothing).
    """

    id: str
    phase: str
    proves: str  # what the phase's gate proves
    title: str  # in tables and charts
    port: str = ""  # the package that answers in its place
    tool: Bound | None = None
    needles: Callable[[Config], Iterable[str]] = _nothing
    counts: Callable[[Places, str, str], bool] = _always  # of a line and a needle
    shown: Callable[[Config, str], bool] = _always
    beside: tuple[str, ...] = ()  # words that are counted beside it, and no debt by themselves
    adapters: Callable[[Config], Iterable[str]] = _nothing  # globs of the repository's own
    named_adapters: bool = False  # whether a file's name can say that it is one
    predicate: str = ""
    classify: Callable[[Analysis, Node], str | None] | None = None
    sites: Callable[[Analysis], dict[int, Site]] = _no_sites
    rewrites: Mapping[str, Any] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)
    remedy: Callable[[str, str], str] = _none
    strict: bool = False  # whether its grep can be asked to find nothing at all
    services: bool = False  # its calls act on services, and texts speak of them
    homes: bool = False  # it stands in data, which moves together with what expects it

    @property
    def may_name(self) -> bool:
        """Whether the port's own package may hold its needles."""
        return bool(self.port) and self.tool is not None
