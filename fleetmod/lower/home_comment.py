"""Home paths in comments: `~` where that reads as well, else a neutral home of the same shape."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache

from tree_sitter import Node

from fleetmod.lift.prose import is_directive
from fleetmod.lower.draft import Draft, Refused
from fleetmod.places import HomePath, Places
from fleetmod.regex import lazy
from fleetmod.settings import Settings
from fleetmod.syntax.scope import Scopes

_DIRECTIVE = (
    "is read by the compiler or another tool, not by people: name the file by a relative path"
)
_NAMED = "explains the name `{}` by the home; reword it by hand"
_COUNTED = "speaks of how long the path is; reword it by hand"
# what a tool reads in a longer one: types of JSDoc, the settings of a test runner
_PART = lazy(
    r"\bimport\(\s*[\"'][^\"'\n]*[\"']|@import\b[^\n]*?\bfrom\s*[\"'][^\"'\n]*[\"']"
    r"|@(?:jest|vitest)-[\w-]+[ \t]+\S+"
)
_LENGTH = lazy(
    r"\b(?:char(?:acter)?s?|bytes?|letters?|columns?|length|longer|shorter|truncat\w+|offsets?)\b",
    re.I,
)
_FOLDER = lazy(r"\bUsers\b|/home\b")
# neutral names by their length
_NEUTRAL = {len(name): name for name in ("me", "you", "user", "owner", "person", "someone")}


def home_comment(
    draft: Draft, settings: Settings, node: Node, rule: str, row: str, moved: Mapping[str, str]
) -> None:
    """Write the homes of a comment neutrally; raises Refused where its point is their spelling.

    `row` is the text of the comments that it is one with, `moved` the neutral names that the homes
    of the file's own data get.
    """
    source, places = draft.scopes.source, settings.places
    text = source.text(node)
    homes = [path for path in places.find(text) if path.base]
    read = [(m.start(), m.end()) for m in _PART.finditer(text)]
    inside = any(a <= path.start and path.end <= b for path in homes for a, b in read)
    if is_directive(text) or inside:
        raise Refused(_DIRECTIVE)
    for user in dict.fromkeys(path.user for path in homes):
        if _explains(text, user, homes, draft.scopes):
            raise Refused(_NAMED.format(user))
    fixture = settings.fixture.rpartition("/")[2]
    counted = _LENGTH.search(text) is not None
    literal = (
        counted or "~" in text or "HOME" in text or "://" in text or _names_folder(row, places)
    )
    literal |= any(path.user in moved for path in homes)
    for path in homes:
        neutral = moved.get(path.user, fixture)
        user = _NEUTRAL.get(len(path.user), "") if counted else neutral
        if not user:
            raise Refused(_COUNTED)
        name = text.index(f"/{path.user}", path.start + 1) + 1
        first, last = (name if literal else path.start), name + len(path.user)
        start = node.start_byte + len(text[:first].encode())
        end = node.start_byte + len(text[:last].encode())
        draft.replace_range(start, end, user if literal else "~", rule)


@lru_cache(maxsize=16)
def _names_folder(row: str, places: Places) -> bool:
    """Whether comments name the folder of homes by itself, as what a path spells."""
    ends = {path.start: path.end for path in places.find(row) if path.base}
    starts = sorted(ends)
    for match in _FOLDER.finditer(row):
        last = bisect_right(starts, match.start()) - 1
        if last < 0 or match.start() >= ends[starts[last]]:
            return True
    return False


def _explains(text: str, user: str, homes: list[HomePath], scopes: Scopes) -> bool:
    """Whether a comment names something called as the user is, beside the homes, which are in their
    order."""
    starts = [path.start for path in homes]
    for match in re.finditer(rf"\b{re.escape(user)}\b", text, re.I):
        last = bisect_right(starts, match.start()) - 1
        if last >= 0 and match.start() < homes[last].end:
            continue
        around = text[match.start() - 1 : match.start()] + text[match.end() : match.end() + 1]
        if around in ("``", "''", '""'):
            return True
        if match[0].lower() in scopes.words:
            return True
    return False
