"""Where the homes in tests may move to: a neutral home, the node's own, or nowhere.

What is judged is a group: a test, the helpers and the data that it reads, and other tests that read
the same. All homes of a group move in one plan, or none does, for one reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from fleetmod import reasons
from fleetmod.mentions import (
    COMPARED,
    OTHER,
    PART,
    SURE,
    Mention,
    Names,
    hides,
    is_digest,
    mentions,
    named,
    path_at,
    spelled_in,
)
from fleetmod.places import Places
from fleetmod.refusal import Reason
from fleetmod.regex import lazy

NEUTRAL, FOLLOW, STAY, NONE = "neutral", "follow", "stay", "none"
_BY_HAND = "move them by hand"
_PATH = lazy(r"[\w./@-]+")
_FILLED = lazy(r" {2,}\S| *[│┃║]")  # columns of a table


@dataclass(frozen=True)
class Facts:
    """What one file of a group says of homes: a test's, or (`code` is False) a data file's.

    `texts` are its literals but for the `used` ones, `patterns` those that are regular
    expressions, `used` the paths that it looks at on this host, `expected` the literals that it
    expects of the code, `given` the others, `made` those expected that no call
    beside is given, `lengths` the numbers that a home's length may decide. `looks_up` tells whether
    it asks for the node's identity, `snapshot` whether it compares with a file that the runner
    keeps, `parted` whether it spells a home in parts. `words` are the users whose names it looks
    for in a home, and that may be words of another meaning as well, `sought` those whose home it
    looks for in what comes from elsewhere.
    """

    path: str
    texts: tuple[str, ...]
    code: bool = True
    patterns: tuple[str, ...] = ()
    used: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()
    made: frozenset[str] = frozenset()
    lengths: tuple[int, ...] = ()
    looks_up: bool = False
    snapshot: bool = False
    parted: bool = False
    words: frozenset[str] = frozenset()
    sought: frozenset[str] = frozenset()

    def mentions(self, places: Places) -> Iterator[tuple[str, Mention]]:
        """Each text with each mention of a home in it."""
        for text in (*self.texts, *self.patterns):
            yield from ((text, mention) for mention in mentions(text, places))


NO_NAMES = Names((), frozenset())


@dataclass(frozen=True)
class Fate:
    """What happens to the homes of a group: `kind` is NEUTRAL, FOLLOW (the node's own, as in the
    code under test), STAY (for `reason`) or NONE. `gate` tells whether a file of it that names a
    home lies where the gates look; `files` are all that name one."""

    kind: str
    reason: Reason | None = None
    names: Names = NO_NAMES
    spelled: frozenset[str] = frozenset()
    gate: bool = True
    files: tuple[str, ...] = ()


def judge(
    group: Sequence[Facts],
    spelled: frozenset[str],
    places: Places,
    fixture: str,
    in_gate: Callable[[str], bool],
    held: Reason | None = None,
) -> Fate:
    """What happens to a group's homes. `spelled` are the homes of the code under test, `held` says
    why something that nobody reads here keeps them."""
    found = [(facts, text, m) for facts in group for text, m in facts.mentions(places)]
    if not any(m.kind == SURE for _, _, m in found):
        return Fate(NONE, spelled=spelled)
    texts = [text for facts in group for text in (*facts.texts, *facts.patterns)]
    names = named([m for _, _, m in found], texts, places, fixture)
    files = tuple(dict.fromkeys(facts.path for facts, _, m in found if names.moves(m)))
    gate = any(in_gate(facts.path) for facts in group if facts.code and facts.path in files)
    fate = Fate(NEUTRAL, None, names, spelled, gate, files)
    ours = [(facts, text, m) for facts, text, m in found if names.moves(m)]
    judged = _Judged(group, ours, spelled, places)
    if judged.follows_all():
        reason = held or judged.cannot_follow()
        return replace(fate, kind=STAY if reason else FOLLOW, reason=reason)
    alone = frozenset(
        user for user, _ in names.neutral if any(user in facts.made for facts in group)
    )
    fate = replace(fate, names=replace(names, alone=alone))
    reason = held or judged.cannot_move(found, fate.names)
    return replace(fate, kind=STAY, reason=reason) if reason else fate


class _Judged:
    def __init__(
        self,
        group: Sequence[Facts],
        ours: Sequence[tuple[Facts, str, Mention]],
        spelled: frozenset[str],
        places: Places,
    ) -> None:
        self.group, self.ours, self.spelled, self.places = group, ours, spelled, places
        # what a test looks at on this host is this host's in the whole group
        used = (path for facts in group for text in facts.used for path in spelled_in(text, places))
        self.own = spelled | {path for path in used if path.count("/") > 2}
        self.bare = frozenset(filter(self._expects_more, {m.user for _, _, m in ours}))
        self.flags = [self._is_spelled(text, mention) for _, text, mention in ours]

    def follows_all(self) -> bool:
        return all(self.flags)

    def _is_spelled(self, text: str, mention: Mention) -> bool:
        """Whether the code under test spells a home, or a folder that it lies in."""
        home = f"/Users/{mention.user}"
        if mention.user in self.bare or f"{COMPARED}{home}" in self.own:
            return True  # and the code may make any other spelling of it
        longer = self.own - {home}
        if mention.plain:
            return lies_in(path_at(text, mention.begin), longer)
        if any(text[k.start : k.end] in self.own for k in self.places.encoded(text)):
            return True
        below = {each.split("/")[3].lower() for each in self.own if each.startswith(f"{home}/")}
        return mention.below in {re.split(r"[^a-z0-9]+", name.lstrip("._-"))[0] for name in below}

    def _expects_more(self, user: str) -> bool:
        """Whether a test expects a home of a user's that is not made of what it gives, and the code
        under test has that home by itself."""
        if f"/Users/{user}" not in self.own:
            return False
        mine = [(f, t, m) for f, t, m in self.ours if m.user == user]
        given = {path_at(t, m.begin) for f, t, m in mine if m.plain and t in f.given}
        for facts, text, mention in mine:
            if text in facts.given:
                continue
            path = path_at(text, mention.begin) if mention.plain else ""
            if not any(
                each == path or _inside(path, each) or _inside(each, path) for each in given
            ):
                return True
        return False

    def cannot_follow(self) -> Reason | None:
        """Why the homes cannot all be looked up, as the code under test does it."""
        if reason := self._of_data():
            return reason
        users = sorted({m.user for _, _, m in self.ours})
        if len(users) > 1:
            return reasons.TEST_DATA(
                f"the homes of {' and '.join(users)} would become one; {_BY_HAND}"
            )
        for facts, text, mention in self.ours:
            if text in facts.patterns:
                what = f"a regular expression of {facts.path} does, too"
                return reasons.TEST_DATA(
                    f"the code under test spells this home, and {what}; {_BY_HAND}"
                )
            keys = (k for k in self.places.encoded(text) if k.end == mention.end)
            key = any(text[k.start : k.end] in self.spelled for k in keys)
            if not (mention.plain or key):
                made = "made of a home that the code under test spells"
                return reasons.TEST_DATA(f"{_spells(facts, text, mention)}, {made}; {_BY_HAND}")
        return self._looked_up()

    def cannot_move(
        self, found: Sequence[tuple[Facts, str, Mention]], names: Names
    ) -> Reason | None:
        """Why the homes cannot all move to a neutral one."""
        if reason := self._of_data():
            return reason
        if any(self.flags):
            return reasons.TEST_DATA(
                "some of it the code under test spells as well; move all of it by hand"
            )
        parts = {text for _, text, _ in self.ours}
        for facts, text, mention in found:
            if names.moves(mention):
                continue
            if mention.kind != OTHER:
                return reasons.TEST_DATA(
                    f"{_spells(facts, text, mention)}, which may be made of it; {_BY_HAND}"
                )
            if any(part in text for part in parts if part != text):
                what = "which is another host's, and a text of the test is a part of it"
                return reasons.TEST_DATA(f"{_spells(facts, text, mention)}, {what}; {_BY_HAND}")
        if reason := self._of_names(names) or self._in_parts():
            return reason
        return self._sought() or self._made_of() or self._looked_up()

    def _sought(self) -> Reason | None:
        """What a test looks for and gives to nothing: what holds it does not move."""
        for facts in self.group:
            others = {m.user for at, _, m in self.ours if at.path != facts.path}
            for user in sorted(facts.sought - others):
                what = f"looks for the home of `{user}` in what it does not make"
                return reasons.TEST_DATA(f"{facts.path} {what}; {_BY_HAND}")
        return None

    def _of_data(self) -> Reason | None:
        """Why a data file holds the rest: the code under test spells a home in it as well."""
        for (facts, _, _), flag in zip(self.ours, self.flags, strict=True):
            if flag and not facts.code:
                return reasons.TEST_DATA(
                    f"{facts.path} spells what the code under test does; {_BY_HAND}"
                )
        return None

    def _of_names(self, names: Names) -> Reason | None:
        for user in sorted(names.alone):
            if user in self.spelled:
                return reasons.TEST_DATA(
                    f"a test expects `{user}`, which the code under test spells; {_BY_HAND}"
                )
        return None

    def _in_parts(self) -> Reason | None:
        users = {mention.user for _, _, mention in self.ours}
        for facts in self.group:
            if facts.parted:
                return reasons.TEST_DATA(f"{facts.path} spells a home in parts as well; {_BY_HAND}")
            for user in sorted(facts.words & users):
                what = "which may mean something else"
                return reasons.TEST_DATA(
                    f"{facts.path} looks for `{user}` in it, {what}; {_BY_HAND}"
                )
        return None

    def _made_of(self) -> Reason | None:
        """What a test expects that may be made of a home: a hash, or its length."""
        users = sorted({mention.user for _, _, mention in self.ours})
        for facts in self.group:
            if any(hides(text, user) for text in facts.texts for user in users):
                return reasons.TEST_DATA(
                    f"{facts.path} spells it in base64 or hexadecimal, too; {_BY_HAND}"
                )
            here = [text for at, text, _ in self.ours if at.path == facts.path]
            if not here:
                continue
            for text in facts.expected:
                once = sum(each.count(text) for each in facts.texts) == 1
                if once and is_digest(text):
                    return reasons.TEST_DATA(
                        f"{facts.path} expects `{text}`, perhaps a hash of it; {_BY_HAND}"
                    )
                if shown := _cut(text, facts.given, self.places):
                    why = "a home that is cut or padded to a length"
                    return reasons.TEST_DATA(f"{facts.path} expects `{shown}`, {why}; {_BY_HAND}")
            shortest = min(m.end - m.begin for at, _, m in self.ours if at.path == facts.path)
            if lengths := [number for number in facts.lengths if number >= shortest]:
                return reasons.TEST_DATA(
                    f"{facts.path} expects {min(lengths)}, which its length decides; {_BY_HAND}"
                )
        return None

    def _looked_up(self) -> Reason | None:
        for facts in self.group:
            if facts.looks_up and any(at.path == facts.path for at, _, _ in self.ours):
                return reasons.TEST_DATA(
                    "the file also looks this host's home up; move the rest of it by hand"
                )
        return None


def lies_in(path: str, spelled: Collection[str]) -> bool:
    """Whether a path is one of some others, or lies in one."""
    return any(
        (each.endswith(PART) and path.startswith(each.removesuffix(PART)))
        or path == each
        or path.startswith(each + "/")
        for each in spelled
    )


def _cut(text: str, given: Collection[str], places: Places) -> str:
    """The home in a text that something shortened to a length, or filled up to one; empty for none.
    What the code was `given` in these words was not."""
    if text in given:
        return ""
    for mention in mentions(text, places):
        path = _PATH.match(text, mention.begin)
        if not mention.plain or path is None:
            continue
        shown, behind = path[0], text[path.end() :]
        dots = behind.startswith("…") or shown.endswith("...")
        longer = (each for each in given if shown in each and not _ends(each, shown))
        known = any(shown in each and _ends(each, shown) for each in given)
        if dots or _FILLED.match(behind) or (not known and any(longer)):
            return shown
    return ""


def _ends(text: str, path: str) -> bool:
    """Whether a path of a text ends where another one does, or between two of its names."""
    behind = text[text.index(path) + len(path) :]
    return path.endswith("/") or not behind or not (behind[0].isalnum() or behind[0] in "_-.")


def _inside(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")


def _spells(facts: Facts, text: str, mention: Mention) -> str:
    start = max(0, mention.start - 12)
    spelled = text[start : mention.end].split()[-1] if text[start : mention.end].split() else text
    return f"{facts.path} spells `{spelled}`"
