"""Which calls stay since another one of their service stays: in one function a service's calls move
together or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.lift.operation import QUERIES
from fleetmod.lift.site import Site
from fleetmod.syntax.source import FUNCTIONS, ancestors, contains

_STAYS = "line {} stays, and may be about the same service; the calls of one service move together"


def staying(
    sites: Mapping[int, Site], refused: Iterable[int], moved: Iterable[int], values: Values
) -> dict[int, str]:
    """Why calls that could move stay, by where each begins. `sites` are by the id of their call,
    `refused` and `moved` are where calls begin.

    A call that only asks holds back no other but those that ask as well.
    """
    by_start = {site.call.start_byte: site for site in sites.values()}
    kept = [by_start[start] for start in refused if start in by_start]
    out = {}
    for start in moved if kept else ():
        site = by_start.get(start)
        if site is None:
            continue
        holding = (each for each in kept if _acts(each) or not _acts(site))
        other = next((each for each in holding if _beside(each, site, values)), None)
        if other is not None:
            out[start] = _STAYS.format(values.source.line_of(other.call.start_byte))
    return out


def _acts(site: Site) -> bool:
    return any(o.verb not in QUERIES for o in site.operations) or not site.operations


def _beside(kept: Site, site: Site, values: Values) -> bool:
    one, other = _function(kept.call), _function(site.call)
    if one is None or other is None:
        together = one is other
    else:
        together = contains(one, site.call) or contains(other, kept.call)
    return together and _may_be_one(set(_services(kept, values)), set(_services(site, values)))


def _function(node: Node) -> Node | None:
    return next((a for a in ancestors(node) if a.type in FUNCTIONS), None)


def _may_be_one(some: set[str], others: set[str]) -> bool:
    """Whether two calls may be about one service; "" is one that is not known."""
    return "" in some | others or bool(some & others)


def _services(site: Site, values: Values) -> Iterator[str]:
    """The labels that a call names; "" for one that is not known."""
    if not site.operations:
        words = (word for word in site.command.split() if "$" not in word)
        names = [word.strip("\"'").rpartition("/")[2].removesuffix(".plist") for word in words]
        yield from [name for name in names if "." in name] or [""]
    for operation in site.operations:
        pieces = values.expand(operation.label)
        known = bool(pieces) and all(isinstance(piece, str) for piece in pieces)
        yield "".join(map(str, pieces)).rpartition("/")[2] if known else ""
