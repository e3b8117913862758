"""Home paths inside literals: which base they lie under, and where they begin and end."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from fleetmod import reasons
from fleetmod.regex import lazy
from fleetmod.workspace.mounts import is_mounted
from fleetmod.workspace.placeholders import stands_for_nobody as stands_for_nobody

HOME, ROOT, VAULT = "homeDir", "repoRoot", "vaultPath"  # members of NodeIdentity
SHARED = {"Shared", "Guest", "Deleted Users", ".localized"}
# folders beside people's on Windows, and accounts of a system or a builder, in small letters
_OF_WINDOWS = frozenset(
    "public default all defaultuser0 administrator runneradmin containeradministrator".split()
)
_NEUTRAL = lazy(r"fixture\d*")
# letters of names, those with accents and the accents that stand by themselves among them
_LETTER = "A-Za-z0-9_\u00c0-\u024f\u0300-\u036f-"
_NAME = rf"[{_LETTER}.]*[{_LETTER}]"
_HOME = lazy(rf"(?<![\w.~$}}\])\0-])(?P<home>/(?:Users|home)/(?P<user>{_NAME}))(?![{_LETTER}\w])")
# what follows another folder's name: `acme-wiki`, `acme backup/x`, a value not known here
_END = lazy(r"(?![\w.@+~\0-]| [\w(][^/\n\"'&|;<>]*/|/\.\.(?:/|$))")
_DRIVE = lazy(r"(?:^|[^\w/$])[A-Za-z]:$")
# a NUL is a value that is not known
_USER = rf"(?P<user>\0(?![\w.\0-])|{_NAME}(?![{_LETTER}\w]))"
# macOS' disk tells no case and has a second name for it all; no system counts slashes or `/./`
_POSIX = lazy(
    r"(?<![\w.~$}\])\0@#*%\\-])(?P<head>(?:/System/Volumes/Data)?/{1,9}(?:\./{1,9}){0,9})"
    r"(?P<word>(?i:users)|home)"
    rf"(?P<between>/{{1,9}}(?:\./{{1,9}}){{0,9}}){_USER}"
)
_WINDOWS = lazy(
    r"(?<![\w.~$}\])\0@#*%-])(?P<drive>[A-Za-z]:)?(?P<head>[\\/]{1,9})(?P<word>(?i:users))"
    rf"[\\/]{{1,9}}{_USER}"
)
# a folder's name made of a path, and a path in an address
_KEY = r"(?<![A-Za-z0-9])-(?P<word>Users)-(?P<user>{})(?![A-Za-z0-9])"
_ESCAPED = r"(?:(?<![A-Za-z0-9])|(?<=%2[Ff]))(?P<word>Users)%2[Ff](?P<user>{})(?![\w-])"
# the same of anybody: a key ends a name at a dash, and only a whole path is told by an address
_ANY_KEY = lazy(_KEY.format(r"[A-Za-z0-9_]+"))
_ANY_ESCAPED = lazy(rf"(?<=%2[Ff])(?P<word>Users)%2[Ff](?P<user>{_NAME})(?![\w-])")
# a word and a colon: another host if the word can be one only, or if a program that goes there runs
_LABEL = lazy(r"(?P<word>[A-Za-z][\w.-]*@?[\w.-]+):")
_HOST = lazy(r"\w@|\w\.\w")
_TRANSFER = lazy(r"\b(?:scp|rsync|sftp|ssh|sshfs|mount|mount_\w+|nfs|rclone)\b")
_URL = lazy(r"(?P<scheme>[a-z][\w+.-]{0,30})://[^\s/\"'`]+[^\s\"'`]*$|[?&=][\w-]*=$")
# in an address's path it is a route; a parameter, and what an editor opens, is a file of this host
_ROUTED = lazy(r"https?|wss?|ftps?|git|ssh|sftp|s3|gs|smb|nfs|afp|rsync|docker|\w+\+\w+")
_OPENED = lazy(r"[?&][\w.-]+=$|\w://file$|^/(?:System/Volumes/Data|private)$")
_REMOTE = lazy(r"(?:^|[\s;&|(\"'`])(?:ssh|mosh|rsh)[^\S\n]", re.M)
_PATH = lazy(r"[^\s\"'`<>,;:|()]{0,1024}")  # no system takes a longer one of people's
_BEFORE = 1000  # characters in front of a path that tell whose it is

# how a home may be spelled: as it is; with other slashes or case; for Windows; in a key or address
PLAIN, RESPELLED, WINDOWS, ENCODED = "plain", "respelled", "windows", "encoded"
FOREIGN = "a URL, another host or a folder of that name; not this host's home"
ON_WINDOWS = "a home on Windows; not this host's"
LABELLED = "behind a label or in an address, so perhaps of another host"
UNKNOWN = reasons.ANOTHER_HOST(
    "the path stands behind a value that is only known at run time; spell the home where that "
    "value is made"
)


@dataclass(frozen=True)
class HomePath:
    """One path in a text: `start`..`end` is its base, `base` the NodeIdentity member it is.

    `base` is empty for what is no home of this host: `why` says so for a configured user's name,
    and is empty for a user who is not configured.
    """

    start: int
    end: int
    base: str
    user: str
    why: str = ""


@dataclass(frozen=True)
class Spelled:
    """A home in a text that is put together: `start`..`end`, its folder's name up to `word`, its
    user (a NUL for a value that is not known) and its form (a constant above)."""

    start: int
    end: int
    word: int
    user: str
    form: str


@dataclass(frozen=True)
class Places:
    """The configured users, and the literal root and vault of the repository ("" = none)."""

    users: tuple[str, ...]
    root: str = ""
    vault: str = ""

    def find(self, text: str, before: str = "", by_line: bool = True) -> Iterator[HomePath]:
        """Every home path of a text, left to right; a NUL in it is a value that is not known.

        `before` is what the program puts in front of the text. Without `by_line`, the caller tells
        by a syntax tree whether a command or a label in front of a path names another host.
        """
        whole, size = before + text, len(before)
        every = (*self._homes(whole, size, by_line), *self._others(whole, size))
        for path in sorted(every, key=lambda path: path.start):
            yield replace(path, start=path.start - size, end=path.end - size)

    def _homes(self, text: str, first: int, by_line: bool) -> Iterator[HomePath]:
        for match in _HOME.finditer(text, first):
            user, start = match["user"], match.start()
            if user in SHARED or _NEUTRAL.fullmatch(user):
                continue
            if user not in self.users:
                if match["home"].startswith("/Users/"):
                    yield HomePath(start, match.end(), "", user)
                continue
            if why := self._elsewhere(text, start, by_line):
                yield HomePath(start, match.end(), "", user, why)
                continue
            base, length = self._base(text, start, len(match["home"]))
            yield HomePath(start, start + length, base, user)

    def forms(self, text: str) -> Iterator[Spelled]:
        """Every home of a text in any form, unless it is another host's or stands in an address.

        On Windows those of users who are not configured stand behind a drive's letter.
        """
        for match in _POSIX.finditer(text):
            start, head = match.start(), match["head"]
            address = text.endswith(":", 0, start) and head == "//"  # `https://Users/x`
            if text.endswith("file:", 0, start):
                start -= len("file:")
            if address or self._elsewhere(text, start) not in ("", LABELLED):
                continue
            plain = head == match["between"] == "/" and match["word"] in ("Users", "home")
            yield _spelled(match, PLAIN if plain else RESPELLED)
        for match in _WINDOWS.finditer(text):
            known = "\\" in match["head"] and match["user"] in self.users
            if match["drive"] or known:
                yield _spelled(match, WINDOWS)
        keys = list(self.encoded(text))
        yield from keys
        told = {key.start for key in keys}  # `-Users-ann-lee` of a configured `ann-lee`
        for pattern in (_ANY_KEY, _ANY_ESCAPED) if "Users" in text else ():
            for match in pattern.finditer(text):
                if match.start() not in told:
                    yield _spelled(match, ENCODED)

    def encoded(self, text: str) -> Iterator[Spelled]:
        """The configured users' homes in keys made of paths and in escaped addresses."""
        for user in self.users if "Users" in text else ():
            for match in re.finditer(_KEY.format(re.escape(slug(user))), text):
                yield _spelled(match, ENCODED)
            for match in re.finditer(_ESCAPED.format(re.escape(user)), text):
                yield _spelled(match, ENCODED)

    def _elsewhere(self, text: str, start: int, by_line: bool = True) -> str:
        """Why a home path behind these words is not this host's; empty when it is."""
        line = text[max(start - _BEFORE, 0) : start].rpartition("\n")[2]
        if _DRIVE.search(line):
            return ON_WINDOWS
        if by_line and _on_line(_REMOTE, text, start):
            return FOREIGN
        if url := _URL.search(line):
            routed = url["scheme"] is None or _ROUTED.fullmatch(url["scheme"])
            return FOREIGN if routed and not _OPENED.search(line) else LABELLED
        if is_mounted(line, text, start):
            return LABELLED
        label = _LABEL.fullmatch(_last_word(line)) if by_line and line.endswith(":") else None
        if label is None:
            return ""
        elsewhere = _HOST.search(label["word"]) or _on_line(_TRANSFER, text, start)
        return FOREIGN if elsewhere else LABELLED

    def _others(self, text: str, first: int) -> Iterator[HomePath]:
        """The configured homes' names where they are no path that begins there."""
        respelled: set[int] | None = None  # where homes in other forms end
        for user in self.users:
            named = re.compile(rf"/(?:Users|home)/{re.escape(user)}(?![\w-])")
            for match in named.finditer(text, first):
                if _HOME.match(text, match.start()) is None:
                    before = text[max(match.start() - _BEFORE, 0) : match.start()]
                    if before.endswith("/."):
                        if respelled is None:
                            respelled = {f.end for f in self.forms(text) if f.form == RESPELLED}
                        if match.end() in respelled:
                            continue  # `/./Users/x` is the home itself
                    why = LABELLED if _OPENED.search(before) else FOREIGN
                    why = UNKNOWN if before.endswith("\0") else why
                    yield HomePath(match.start(), match.end(), "", user, why)

    def _base(self, text: str, start: int, home: int) -> tuple[str, int]:
        candidates = sorted(
            ((self.root, ROOT), (self.vault, VAULT)), key=lambda c: len(c[0]), reverse=True
        )
        for literal, base in candidates:
            if (
                literal
                and text.startswith(literal, start)
                and _END.match(text, start + len(literal))
            ):
                return base, len(literal)
        return HOME, home

    @property
    def outside(self) -> tuple[str, ...]:
        """The root and the vault where they lie in no configured home: `find` finds none of them,
        so the gate's grep has to."""
        return tuple(path for path in (self.root, self.vault) if path and not self.home_of(path))

    def spells(self, text: str, path: str) -> bool:
        """Whether a text spells a path, and not another one that begins or ends with it."""
        found = re.finditer(rf"(?<![\w.~$}}\])-]){re.escape(path)}", text)
        return any(_END.match(text, match.end()) for match in found)

    def names_user(self, data: bytes) -> bool:
        """Whether a file names a configured user anywhere."""
        return any(user.encode() in data or slug(user).encode() in data for user in self.users)

    def below_home(self, base: str) -> str:
        """A base's path below its home folder, e.g. `Code/acme`; empty when there is none."""
        literal = {ROOT: self.root, VAULT: self.vault}.get(base, "")
        match = _HOME.match(literal)
        return literal[match.end() :].strip("/") if match else ""

    def spellings(self) -> Iterator[str]:
        """What a file must hold one of to look for the root or the vault below the home:
        `Code/acme`, `"Code"`."""
        for base in (ROOT, VAULT):
            first, *others = self.below_home(base).split("/")
            if others:
                yield f"{first}/{others[0]}"
                yield from (f"{quote}{first}{quote}" for quote in "\"'`")
            elif first:
                yield from (f"{before}{first}" for before in "/\"'`")

    def of_another(self, text: str, start: int, whole: str = "") -> str:
        """The home at a place of a text, where it is of the other kind (`/home`, `/Users`) than the
        root and the vault, or, where they tell of neither, than another home in the `whole` text;
        "" else."""
        match = _HOME.match(text, start)
        if match is None:
            return ""
        own = {home.split("/")[1] for home in map(self.home_of, (self.root, self.vault)) if home}
        if not own:
            every = "|".join(map(re.escape, self.users))
            spelled = {
                m[1] for m in re.finditer(rf"/(Users|home)/(?:{every})(?![\w-])", whole or text)
            }
            return match["home"] if len(spelled) > 1 else ""
        return "" if match["home"].split("/")[1] in own else match["home"]

    def home_of(self, path: str) -> str:
        """The configured home that a path lies in; empty for none."""
        match = _HOME.match(path)
        return match["home"] if match is not None and match["user"] in self.users else ""

    def spelled(self, text: str) -> frozenset[str]:
        """The paths of the configured homes, in full, that a text of any language spells."""
        homes = "|".join(map(re.escape, self.users))
        found = re.finditer(rf"/(?:Users|home)/(?:{homes})(?![\w-])", text) if homes else ()
        return frozenset(whole_path(text, match.start()) for match in found)


def names_nobody(user: str, form: str) -> bool:
    """Whether what stands in the place of a user's name in a home of some form is no person's."""
    small = user.lower()
    if form == WINDOWS and (small in _OF_WINDOWS or len(user) == 1):  # `\\w` is of a pattern
        return True
    nobody = stands_for_nobody(small) or stands_for_nobody(user)
    return user in SHARED or nobody or _NEUTRAL.fullmatch(user) is not None


def slug(path: str) -> str:
    """A path as a part of a folder's name, as tools make that: `-Users-x-code`."""
    return re.sub(r"[^A-Za-z0-9]", "-", path)


def _spelled(match: re.Match[str], form: str) -> Spelled:
    return Spelled(match.start(), match.end(), match.end("word"), match["user"], form)


def _last_word(line: str) -> str:
    """What stands behind the last blank, quote or equals sign of a line."""
    return line[max(line.rfind(mark) for mark in " \t\r\f\v\"'`=") + 1 :]


def _on_line(pattern: re.Pattern[str], text: str, start: int) -> bool:
    """Whether a pattern fits between the beginning of a line and a place on it."""
    ends = _ends(pattern, text)
    index = bisect_right(ends, start) - 1
    return index >= 0 and ends[index] > text.rfind("\n", 0, start) + 1


@lru_cache(maxsize=4)
def _ends(pattern: re.Pattern[str], text: str) -> list[int]:
    """Where the matches of a pattern end; a long text is read once, and not for each path."""
    return [match.end() for match in pattern.finditer(text)]


def whole_path(text: str, start: int) -> str:
    """The path that begins at a place of a text, up to a blank, a quote or the like."""
    match = _PATH.match(text, start)
    return match[0].rstrip("/.") if match is not None else ""
