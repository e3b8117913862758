"""Every way in which a text spells a user's home, to move all of them to another user's at once.

`/Users/sam`, `-Users-sam-code`, `%2FUsers%2Fsam`, `project:/Users/sam` and `users-sam-code` are one
home in tests: an input and what the code under test makes of it.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from fleetmod.places import FOREIGN, Places, slug, whole_path
from fleetmod.regex import lazy

# what stands between the folder's name and the user's: slashes, escaped or not, and what takes
# their place in names of folders, keys and addresses
_BETWEEN = r"(?P<between>(?:\\{0,2}/){1,2}|\\{1,4}|(?:%(?:25)?2[Ff])+|%5[Cc]|~1|[-_.:+=]{1,2})"
_TOP = (
    r"(?:(?<![A-Za-z0-9])|(?<=%2[Ff])|(?<=%252[Ff])|(?<=\\[nrt]))(?P<word>[Uu]sers|USERS|[Hh]ome)"
)
_TOKEN = lazy(r"[^\s\"'`<>,;|()=\0]*\Z")
_BELOW = lazy(r"(?:\\{0,2}/|\\{1,4}|(?:%(?:25)?2[Ff])|%5[Cc]|~1|[-_.:+=])+(?P<name>[A-Za-z0-9]+)")
_DIGEST = lazy(r"(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,128}")

# names of users that are words of other meaning as well
WORDS = frozenset("admin demo dev example guest host me person root test user you".split())
_HOLE = "\0"  # stands for a value that is not known
PART = _HOLE  # ends a path whose last name goes on in a way that is not known
COMPARED = "="  # stands before a home that code compares others with
SURE, PERHAPS, OTHER = "sure", "perhaps", "other"


@dataclass(frozen=True)
class Mention:
    """A user's name behind a folder of homes: `start`..`end` is the name.

    `below` is the first folder below the home in small letters, or empty. `kind` is SURE for a home
    whatever stands beside it, PERHAPS for a text that may be made of one (`users-sam-x`), OTHER for
    another host's folder or a route, which is a home's only where both go on alike.
    """

    start: int
    end: int
    user: str
    below: str
    kind: str
    plain: bool  # a path of this host; it begins at `begin`
    begin: int


@dataclass(frozen=True)
class Names:
    """How users are renamed: the `neutral` name of each, the first folders below each one's homes
    (an empty one for the home itself), and whose name is one by itself, too."""

    neutral: tuple[tuple[str, str], ...]
    below: frozenset[tuple[str, str]]
    alone: frozenset[str] = frozenset()

    def moves(self, mention: Mention) -> bool:
        """Whether a mention is one of the homes that are renamed."""
        return mention.kind == SURE or (mention.user, mention.below) in self.below


def mentions(text: str, places: Places) -> list[Mention]:
    """Every mention of a configured user's home in a text, left to right."""
    small = text.lower()
    if not any(user.lower() in small or slug(user).lower() in small for user in places.users):
        return []
    own = {path.start: path for path in places.find(text)}
    out: dict[int, Mention] = {}
    for user in sorted(places.users, key=len, reverse=True):
        for name in dict.fromkeys((user, slug(user))):
            for match in _pattern(name).finditer(text):
                found = _mention(text, match, user, own)
                if found is not None:
                    out.setdefault(found.start, found)
    return sorted(out.values(), key=lambda mention: mention.start)


def _mention(
    text: str, match: re.Match[str], user: str, own: Mapping[int, object]
) -> Mention | None:
    between, word = match["between"], match["word"]
    plain = between == "/"
    following = text[match.end() : match.end() + 1]
    if following and (following.isalnum() or (plain and following in "-_")):
        return None  # another name: `/Users/sam-old`
    if plain and re.match(r"\.\w", text[match.end() :]):
        return None
    below = _BELOW.match(text, match.end())
    path = own.get(match.start() - 1) if plain else None
    why = getattr(path, "why", "")
    begins = path is not None and not why
    exact = word == "Users" and match["user"] in (user, slug(user))
    kind = SURE if begins or exact else PERHAPS
    slashes = "/" in between or "\\" in between
    if slashes and not begins and (why in ("", FOREIGN)):
        before = text[: match.start()].removesuffix("/")
        token = _TOKEN.search(before)
        if not exact or (token is not None and "/" in token[0]):
            kind = OTHER
    name = below["name"].lower() if below is not None else ""
    begin = match.start() - 1 if begins else match.start()
    return Mention(match.start("user"), match.end(), user, name, kind, begins, begin)


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(f"{_TOP}{_BETWEEN}(?P<user>(?i:{re.escape(name)}))")


def words(text: str, user: str) -> list[tuple[int, int]]:
    """Where a user's name stands in a text as a word by itself."""
    found = re.finditer(rf"(?<![\w.@/-]){re.escape(user)}(?![\w@/-]|\.\w)", text)
    return [match.span() for match in found]


def hides(text: str, user: str) -> bool:
    """Whether a text holds a user's home in base64 (of either alphabet) or in hexadecimal."""
    home = f"Users/{user}".encode()
    if home.hex() in text.lower():
        return True
    plain = text.replace("-", "+").replace("_", "/")
    for before in range(3):  # three bytes are four letters, so a text has three forms
        whole = base64.b64encode(bytes(before) + home).decode().rstrip("=")
        first = (0, 2, 3)[before]
        last = (before + len(home)) * 8 // 6  # the letters that hold these bytes alone
        if whole[first:last] in plain:
            return True
    return False


def is_digest(text: str) -> bool:
    """Whether a text looks like a hash, which may be made of a path."""
    return _DIGEST.fullmatch(text) is not None


def named(found: Collection[Mention], texts: Iterable[str], places: Places, fixture: str) -> Names:
    """The neutral homes of all users whose homes some texts spell, `found` in them; each is one
    that none of the texts spells yet. `fixture` is the neutral home of home.fixture."""
    first = fixture.rpartition("/")[2]
    whole = "\n".join(texts)
    users = {mention.user for mention in found}
    taken = {n for n in _neutral(first) if re.search(rf"(?:Users|home)\W{{1,4}}{n}\b", whole)}
    free = (name for name in _neutral(first) if name not in taken)
    neutral = tuple((user, next(free)) for user in places.users if user in users)
    below = frozenset((m.user, m.below) for m in found if m.kind == SURE)
    return Names(neutral, below)


def _neutral(first: str) -> list[str]:
    return [first, *(f"{first}{n}" for n in range(2, 100))]


def renamed(text: str, names: Names, places: Places) -> Iterator[tuple[int, int, str]]:
    """The parts of a text to write anew, each with its new text; they do not overlap."""
    neutral = dict(names.neutral)
    known = [m for m in mentions(text, places) if m.user in neutral and names.moves(m)]
    parts = {(m.start, m.end): neutral[m.user] for m in known}
    inside = [(m.start, m.end) for m in mentions(text, places)]
    for user in sorted(names.alone):
        for start, end in words(text, user):
            if not any(first < end and start < last for first, last in inside):
                parts[start, end] = neutral[user]
    yield from ((start, end, name) for (start, end), name in sorted(parts.items()))


def spelled_in(text: str, places: Places) -> Iterator[str]:
    """The home paths in a text where a NUL is a value that is not known, in full, below /Users."""
    for path in places.find(text):
        if path.base:
            yield path_at(text, path.start)


def path_at(text: str, start: int) -> str:
    """The home path that begins at a place of a text, as far as it is known."""
    return canonical(_cut(whole_path(text, start)))


def canonical(path: str) -> str:
    """A home path as macOS has it: the same home on Linux is no other one."""
    return "/Users/" + path.removeprefix("/home/") if path.startswith("/home/") else path


def _cut(path: str) -> str:
    known, hole, _ = path.partition(_HOLE)
    return known + PART if hole and not known.endswith("/") else known.rstrip("/")
