"""Finds home folders that are spelled out, and whose they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace.mounts import is_mounted
from fleetmod.workspace.placeholders import SPECIMENS, stands_for_nobody

_QUOTES = "\"'`"
_NEAR = 500  # characters in front of a path that may say what it is
CODE, TESTS, COMMENTS, PROSE = "code", "tests", "comments", "documents and data"

# no letter, digit, `.`, bracket or drive before it: no URL, no relative import, no folder of a
# router (`[id]/home/x`), no path on a NAS; a name with a hole (`dev-${id}`, `<you>`) is none
_HOLE = r"(?![\w.@+${*-]|<(?!/))"
_LITERAL = lazy(
    r"(?<![\w.~@/}\])-])(?<!\b[A-Za-z]:)/(Users|home)/([A-Za-z0-9_][A-Za-z0-9._-]*)"
    rf"{_HOLE}((?:/[\w.@+-]+{_HOLE})*)"
)
# what runs on a host; Rust and Swift are left out, for their tests stand among the sources
_SCRIPT = lazy(r"\.[cm]?[jt]sx?$")
_OTHER_CODE = lazy(r"\.(?:sh|bash|zsh|fish|py|plist|service)$")
_DOCKERFILE = lazy(r"(?:^|/)(?:Docker|Container)file[^/]*$|\.(?:docker|container)file$")
_IMAGE_USER = lazy(r"^USER\s+([a-z_][\w-]*)", re.M)  # docs.docker.com/reference/dockerfile/#user
# an account that the repository itself makes, of an image or a server: useradd(8), adduser(8)
_MAKES = lazy(r"\b(?:useradd|adduser)\b((?:[^\n;&|]|\\\n)*)")
# where a line tells of a container or another host: by a program, or by what the path is called
_GOES_IN = lazy(r"\b(?:docker|podman|nerdctl|kubectl|lxc|incus|putArchive|getArchive)\b")
_CALLED = lazy(r"(\w+)[\"'\]]?\s*(?::\s*string\s*)?[:=][^\n;,{}]{0,60}$")
_WORD = lazy(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_GUESTS = {"container", "docker", "podman", "sandbox", "guest", "remote", "vm", "pod"}
_SCRIPT_COMMENT = lazy(r"^\s*(?://|/?\*)|\s//\s")
_OTHER_COMMENT = lazy(r"^\s*(?:#(?!!)|<!--)")
_FALLBACK = lazy(
    r"\b(?:HOME|USERPROFILE|homedir\(\))(?:\?\.trim\(\))?[\"'\])\s]*(?:\|\||\?\?|,)[\s(]*[\"'`]$"
)
_CONSTANT = lazy(r"\b(?:const|let|var)\s+(\w+)\s*(?::\s*string\s*)?=\s*[\"'`]$")
# what a form shows while it is empty is an example, and nobody's home
_EXAMPLE = lazy(r"[pP]laceholder\w*[\"']?\s*[:=]\s*\{?[\"'`][^\n]*$")
_BELOW_HOME = {
    *("Code", "code", "src", "dev", "Developer", "projects", "Projects", "work", "repos", "git"),
    *("Documents", "Downloads", "Desktop", "Library", "bin", "snap"),
}


@dataclass(frozen=True, slots=True)
class Literal:
    """One home path in one file: whose, what stands below it, and where it is spelled.

    `sure` says that it is a home's folder for certain: `/home/x` may be a web site's route.
    `loaded` says that modules are loaded from there, so that it is no mere data of a test, `made`
    that the file makes the account, or describes an image.
    """

    parent: str  # "/Users" or "/home"
    user: str
    below: tuple[str, ...]
    path: str
    kind: str
    sure: bool
    loaded: bool = False
    made: bool = False

    @property
    def home(self) -> str:
        return f"{self.parent}/{self.user}"


def find(path: str, text: str, known: Collection[str]) -> Iterator[Literal]:
    """Every home path in the `text` of the file `path`; in a Dockerfile, the user's homes, too.

    A user whose name stands for nobody is somebody only below /Users, where code falls back to
    that home; a person of examples is, where the home begins a text. `known` are the repository's
    files and folders.
    """
    image = _DOCKERFILE.search(path) is not None
    if image:
        for user in _IMAGE_USER.findall(text):
            yield Literal("/home", user, (), path, _kind(path, ""), False, made=True)
    runs = _kind(path, "") != PROSE
    makes = _MAKES.findall(text) if runs else ()
    accounts_made = {word for words in makes for word in words.split()}
    quotes = _SCRIPT.search(path) is not None
    for match in _LITERAL.finditer(text):
        user = match[2].rstrip(".")
        below = tuple(part for part in match[3].rstrip(".").split("/") if part)
        nobody = stands_for_nobody(user)
        if (nobody and match[1] == "home") or {".", ".."} & {*below}:
            continue
        if _EXAMPLE.search(text, max(match.start() - _NEAR, 0), match.start()):
            continue
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        falls_back = _FALLBACK.search(text[max(match.start() - 80, 0) : match.start()])
        # a list of the accounts that a program may run under, on whatever host
        accounts = match[1] == "home" and below and f"/root/{'/'.join(below)}" in text
        sure = falls_back is not None or (
            not nobody
            and not accounts
            and not (user in SPECIMENS and quotes and text[match.start() - 1] not in _QUOTES)
            and bool(
                match[1] == "Users"
                or (below and (below[0] in _BELOW_HOME or below[0].startswith(".")))
                or next(inside(below, known), None)
            )
        )
        loaded = _is_loaded(text, match)
        made = match[1] == "home" and (
            image or user in accounts_made or (runs and _is_of_guest(text, before, match))
        )
        yield Literal(f"/{match[1]}", user, below, path, _kind(path, before), sure, loaded, made)


def _is_of_guest(text: str, before: str, home: re.Match[str]) -> bool:
    """Whether a home is a container's or another host's, by the line `before` it or by who gets it.

    A folder of this host in front of a colon is what a container gets, and not where it has it.
    """
    if is_mounted(before, text, home.start()):
        return True
    called = _CALLED.search(before)
    words = {word.lower() for word in _WORD.findall(called[1])} if called else set()
    given = text.startswith(":/", home.end()) or text.startswith(":$", home.end())
    if words & _GUESTS or (_GOES_IN.search(before) and not given):
        return True
    user = re.escape(home[2])
    return re.search(rf"\bchown\s+(?:-\w+\s+)*{user}(?::\w+)?\s+/home/{user}\b", text) is not None


def _is_loaded(text: str, home: re.Match[str]) -> bool:
    """Whether `import()` or `require()` takes the constant that a home path is the value of, or
    one that is made of it."""
    constant = _CONSTANT.search(text[max(home.start() - 80, 0) : home.start()])
    if constant is None:
        return False
    name = re.escape(constant[1])
    made = re.findall(rf"\b(?:const|let|var)\s+(\w+)\s*=\s*`\$\{{{name}\}}", text)
    names = "|".join([name, *map(re.escape, made)])
    return re.search(rf"\b(?:import|require)\(\s*(?:`\$\{{)?(?:{names})\b", text) is not None


def inside(below: tuple[str, ...], known: Collection[str]) -> Iterator[int]:
    """Where `below` can be cut so that the rest is a path of this repository.

    A single name in the rest is no evidence: every other checkout has a `src` or a `docs`, too.
    """
    return (cut for cut in range(1, len(below) - 1) if "/".join(below[cut:]) in known)


def users(literals: Sequence[Literal], called: Collection[str] = ()) -> tuple[str, ...]:
    """Whose home the code spells most; () where it spells none.

    A user called like the repository, which is `called` so, whose home stands there alone is made
    up for a server's answer or a test, where documents spell the checkout in somebody's home.

    A second name may be another person's: a node has one home, so a person says whether it is that
    one, too (see `remark`).
    """
    votes = Counter(literal.user for literal in electing(literals))
    owners = Counter(
        literal.user
        for literal in literals
        if not stands_for_nobody(literal.user)
        and any(part.casefold() in called for part in literal.below)
    )
    bare = all(not literal.below for literal in literals if literal.user in votes)
    if owners and bare and all(user.casefold() in called for user in votes) and votes:
        votes = owners
    return tuple(sorted(votes, key=lambda user: (-votes[user], user)))[:1]


def mostly_linux(literals: Sequence[Literal]) -> bool:
    """Whether the homes that elect lie below /home more often than not."""
    votes = Counter(literal.parent for literal in electing(literals))
    return votes["/home"] > votes["/Users"]


def electing(literals: Sequence[Literal]) -> Iterator[Literal]:
    """The literals that make their user one whose home is debt.

    A home that a Dockerfile spells is a folder of the image, and the same on every host; so is
    that of an account which the repository makes.
    """
    made = {each.home for each in literals if each.made}
    for each in literals:
        code = each.kind == CODE and each.sure
        loaded = each.kind == TESTS and each.loaded
        if (code or loaded) and each.home not in made:
            yield each


def remark(literals: Sequence[Literal], chosen: Collection[str]) -> str:
    """What was seen of the users that are proposed, and of others; "" for nothing."""
    seen = Counter(literal.user for literal in literals)
    code = {literal.user for literal in literals if literal.kind == CODE and not chosen}
    people = {literal.user for literal in literals if not stands_for_nobody(literal.user)}
    told_of = code | people
    other = [u for u, _ in seen.most_common() if u in told_of and u not in chosen]
    told = [_told(literals, user) for user in [*chosen, *other[:3]]]
    if not told:
        return ""
    elected = {literal.user for literal in electing(literals)}
    if asked := [user for user in other if user in elected]:
        told.append(f"add {' and '.join(asked)} only if that is another name of the same home")
    return "; ".join(told if chosen else ["no home is known to be a person's", *told])


def _told(literals: Sequence[Literal], user: str) -> str:
    """`/Users/x: 2 in code, 1 in tests`"""
    own = [literal for literal in literals if literal.user == user]
    homes = ", ".join(sorted({literal.home for literal in own}))
    kinds = Counter(literal.kind for literal in own)
    where = (f"{kinds[kind]} in {kind}" for kind in (CODE, TESTS, COMMENTS, PROSE) if kinds[kind])
    return f"{homes}: {', '.join(where)}"


def _kind(path: str, before: str) -> str:
    if is_test(path):
        return TESTS
    for code, comment in ((_SCRIPT, _SCRIPT_COMMENT), (_OTHER_CODE, _OTHER_COMMENT)):
        if code.search(path):
            return COMMENTS if comment.search(before) else CODE
    return PROSE
