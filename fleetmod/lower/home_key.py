"""Writes keys and escaped addresses that are made of a home: `-Users-x-code`, `%2FUsers%2Fx`."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.home_forms import HomeForm
from fleetmod.lower.draft import Refused
from fleetmod.lower.home import HomePaths
from fleetmod.places import HOME, ROOT, VAULT, Places, slug
from fleetmod.syntax.cooked import cook

_NOTE = (
    "a key made of the home: where the home differs, what was stored under the old key is not "
    "found; tools differ in what else than `/` they replace"
)


def home_key(paths: HomePaths, form: HomeForm, node: Node, rule: str) -> tuple[str, ...]:
    """Make the key of the node's own folder where its value stays the same on this host; returns
    notes, raises Refused elsewhere."""
    paths.check_position(node)
    cooked = cook(node, paths.source)
    encoded = list(paths.places.encoded(cooked.text))
    if not any(found.user == form.found.user for found in encoded):
        raise Refused(reasons.HOME_KEY)  # in parts
    places, notes = [], set()
    for found in encoded:
        before = cooked.text[: found.start]
        if cooked.text[found.start] == "-":
            base, end = _base(paths.places, cooked.text, found.start, found.end)
            if slug(found.user) != found.user:
                raise Refused(reasons.HOME_KEY)
            code = f'{paths.member(base)}.replace(/\\//g, "-")'
            start = found.start
            notes.add(_NOTE)
        elif before.endswith(("%2F", "%2f")):
            code, start, end = (
                f"encodeURIComponent({paths.member(HOME)})",
                found.start - 3,
                found.end,
            )
        else:
            raise Refused(reasons.HOME_KEY)
        places.append((*cooked.span(start, end), code))
    paths.put(node, sorted(places), rule)
    return tuple(sorted(notes))


def _base(places: Places, text: str, start: int, end: int) -> tuple[str, int]:
    """The base that a key names in full, and where its name ends; a home below a longer key."""
    for base, path in ((ROOT, places.root), (VAULT, places.vault)):
        name = path.replace("/", "-")
        whole = name == slug(path) and places.home_of(path) and text.startswith(name, start)
        if whole and text[start + len(name) :].partition("/")[0] in ("", "--"):
            return base, start + len(name)
    return HOME, end
