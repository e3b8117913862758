"""Home folders that are spelled out, and the checkout and the vault that lie in no home."""

from __future__ import annotations

from collections.abc import Iterator

from fleetmod.families.family import Family
from fleetmod.places import HOME, ROOT, VAULT, Places
from fleetmod.workspace.config import Config

_LINUX = "/home/"


def _needles(config: Config) -> Iterator[str]:
    home = config.home
    for parent in ("/Users", "/home"):
        yield from (f"{parent}/{user}" for user in home.users)
    yield from Places(home.users, home.root, home.vault).outside


def _counts(places: Places, line: str, needle: str) -> bool:
    """`/home/x` is not a home wherever it stands, as `/Users/x` is: a NAS has `/volume1/home/x`."""
    if needle in places.outside:
        return places.spells(line, needle)
    return not needle.startswith(_LINUX) or any(path.base for path in places.find(line))


def lookup(_: str, understood: str) -> str:
    """What to look up in place of a path; "" for what is no member of NodeIdentity."""
    return f"use nodeIdentity.{understood}" if understood in (HOME, ROOT, VAULT) else ""


HOMES = Family(
    id="home",
    phase="1b",
    proves="no hardcoded home path (node-identity is not exempt)",
    title="home paths",
    port="node-identity",
    needles=_needles,
    counts=_counts,
    shown=lambda config, needle: (
        not needle.startswith(_LINUX) or config.home.fixture.startswith(_LINUX)
    ),
    predicate="home?",
    classify=lambda analysis, node: analysis.home_kinds.kind(node),
    problems={
        "path": "Hard-coded home path",
        "comment": "Home path in a comment",
        "test data": "Home path in test data",
        "elsewhere": "Path that looks like a home",
    },
    remedy=lookup,
    strict=True,
    homes=True,
)
