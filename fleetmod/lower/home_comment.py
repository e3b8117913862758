"""Home paths in comments: `~` where a person would write that; the rest stays for a person.

A comment whose point is how the path is spelled, or what stood there once, is true of that path
alone. No other person is invented for it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.prose import is_directive
from fleetmod.lower.draft import Draft, Refused
from fleetmod.places import HomePath, Places
from fleetmod.regex import lazy
from fleetmod.syntax.scope import Scopes

_DIRECTIVE = reasons.READ_AS_IT_STANDS(
    "is read by the compiler or another tool, not by people: name the file by a relative path"
)
_NAMED = "explains the name `{}` by the home; reword it by hand"
_COUNTED = reasons.ABOUT_SPELLING("speaks of how long the path is; reword it by hand")
_SPELLED = reasons.ABOUT_SPELLING(
    "is about how the home is spelled, so `~` would be false; reword it by hand"
)
_POINT = "tells why this path stood or stands somewhere (`{}`); reword it by hand"
_DRAWN = reasons.ABOUT_SPELLING(
    "stands in a table or a drawn box, whose columns a shorter path would move; do it by hand"
)
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
# where one statement of a comment ends and the next begins: a sentence, an item, a line of code
_MARK = r"[ \t]*(?:\*(?!/)|//)?"
_BREAK = lazy(
    r"(?<=[.!?;])[\"')`]*\s+|:[ \t]*\r?\n"
    rf"|\r?\n{_MARK}[ \t]*(?=\r?\n|[-\u2022] |\d+[.)] |@\w|[\u2502\u2503\u2551|])"
    rf"|\r?\n{_MARK}(?:[ \t]{{3,}}|\t)"
)
_NEAR = 1000  # characters
_OTHER_LETTER = lazy(r"(?=[^\x00-\x7f])[^\W\d_]")
# words of a sentence that is about the path itself: what it was, why it is there, what it becomes
_ABOUT = lazy(
    r"\bhard-?\s?cod\w*|\bliteral\w*|\bspell\w*|\bused to\b|\bprevious\w*|\bformer\w*|\bearlier\b"
    r"|\bwas\b|\bwere\b|\bbefore\b|\bafter\b|\bold\b|\blegacy\b|\bhistor\w+|\bno longer\b"
    r"|\banymore\b|\binstead\b|\brather than\b|\bin place of\b|\bincidents?\b|\boutages?\b"
    r"|\bbugs?\b|\bbroke\w*|\bbreaks?\b|\bcrash\w*|\bleak\w*|\bmov(?:e|ed|es|ing)\b|\bmigrat\w+"
    r"|\bport(?:ed|able|ability)\b|\brenam\w+|\breplac\w+|\bbecomes?\b|\bbecame\b|\bwhy\b"
    r"|\bbecause\b|\busernames?\b|\bmachines?\b|\bhosts?\b|\babsolute\b|\bprefix\w*|\bregex\w*"
    r"|\bpatterns?\b|\bmatch\w*|\bpars(?:e|es|ed|ing)\b|\bstrip\w*|\bexpand\w*|\bdecod\w+"
    r"|\bencod\w+|\bslug\w*|\bnormali[sz]\w+|\bredact\w*|\bsaniti[sz]\w+|\bdefault\w*"
    r"|\bfall(?:s|ing)?[ -]?backs?\b|\bassum\w+|\b(?:19|20)\d\d-\d\d-\d\d\b"
    r"|->|=>|\u2192|\u21d2|\bvs\.?\B",
    re.I,
)
_VALUE = ('"', "'", "=", ":")  # in front of a path that is a value, which no shell expands
# behind a home that stands for all paths in it, or for what is left out
_ANY = lazy(r"/?(?:\.\.\.|\u2026|\*|<)|/(?:\.\.\.|\u2026|\*|<|\$?\{)")


def home_comment(
    draft: Draft,
    places: Places,
    node: Node,
    rule: str,
    row: tuple[str, int],
    moved: Mapping[str, str],
) -> None:
    """Write the homes of a comment as `~`; raises Refused where its point is their spelling.

    `row` is the text of the comments that it is one with, and where it begins there. `moved` are
    the neutral names that the homes of the file's own test data get, and the comment's with them.
    """
    whole, at = row
    text = draft.scopes.source.text(node)
    homes = [path for path in places.find(text) if path.base]
    read = [(m.start(), m.end()) for m in _PART.finditer(text)]
    inside = any(a <= path.start and path.end <= b for path in homes for a, b in read)
    if is_directive(text) or inside:
        raise Refused(_DIRECTIVE)
    for user in dict.fromkeys(path.user for path in homes):
        if _explains(text, user, homes, draft.scopes):
            raise Refused(reasons.ABOUT_SPELLING(_NAMED.format(user)))
    for path in homes:
        first, name = path.start, text.index(f"/{path.user}", path.start + 1) + 1
        last = name + len(path.user)
        neutral = moved.get(path.user, "")
        if neutral:
            first = name
            if len(neutral) != len(path.user) and _LENGTH.search(_sentence(whole, at + first)):
                raise Refused(_COUNTED)
        else:
            _check_point(whole, at + path.start, at + last)
            if "~" in text or "HOME" in text or _names_folder(whole, places):
                raise Refused(_SPELLED)
        start = node.start_byte + len(text[:first].encode())
        draft.replace_range(
            start, start + len(text[first:last].encode()), neutral if neutral else "~", rule
        )


def _check_point(text: str, start: int, end: int) -> None:
    """Raises Refused where a comment says what is true of the home at `start`..`end` alone."""
    line = text[text.rfind("\n", 0, start) + 1 :].split("\n", 1)[0].rstrip()
    if line[-1:] in ("\u2502", "\u2503", "\u2551", "|"):
        raise Refused(_DRAWN)
    if text.endswith(_VALUE, 0, start) or text.endswith("://", 0, start):
        raise Refused(_SPELLED)
    below = text[end:]
    if _ANY.match(below) or not re.match(r"/[\w.@+-]", below):
        raise Refused(_SPELLED)
    said = _sentence(text, start)
    if _OTHER_LETTER.search(said):
        raise Refused(reasons.OTHER_LANGUAGE)
    if _LENGTH.search(said):
        raise Refused(_COUNTED)
    if (about := _ABOUT.search(said)) is not None:
        raise Refused(reasons.ABOUT_SPELLING(_POINT.format(about[0])))


def _sentence(text: str, at: int) -> str:
    """The sentence, item or line of code of a comment that holds a place of it; of a very long one
    what stands near."""
    start, end = max(0, at - _NEAR), min(len(text), at + _NEAR)
    for match in _BREAK.finditer(text, start, end):
        if match.start() >= at:
            end = match.start()
            break
        start = match.end()
    return text[start:end]


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
