"""Writes the neutral homes of a test: in every literal that spells a home, in whatever way."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.fates import NEUTRAL, Fate
from fleetmod.lift.home_facts import LITERALS
from fleetmod.lift.home_kinds import HomeKinds
from fleetmod.lower.draft import Refused
from fleetmod.mentions import renamed
from fleetmod.syntax.cooked import cook


def moved_texts(
    kinds: HomeKinds, check: Callable[[Node], None], fate: Fate
) -> Iterator[tuple[int, int, str]]:
    """The bytes to write anew in a test whose homes move, each with the new text; what the test
    looks at on this host is left out. Raises Refused where its `fate` or `check` says so."""
    if fate.kind != NEUTRAL:
        raise Refused(
            fate.reason or reasons.TEST_DATA("cannot be told from other texts; move it by hand")
        )
    names, places = fate.names, kinds.settings.places
    for node in kinds.source.of(*LITERALS):
        raw = (node.text or b"").lower()
        if not any(user.lower().encode() in raw for user, _ in names.neutral):
            continue
        text = cook(node, kinds.source)
        parts = list(renamed(text.text, names, places))
        if parts and not kinds.is_used(node):
            check(node)
            for start, end, name in parts:
                yield (*text.span(start, end), name)
