"""Finds home folders that are spelled out, and what a repository keeps below them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fleetmod.testfiles import is_test
from fleetmod.workspace.evidence import Evidence, weight

_NOBODY = {
    *("shared", "guest", "runner", "node", "linuxbrew", "ubuntu", "root", "vscode", "app", "user"),
    *("username", "you", "me", "name", "example", "test", "fixture", "yourname", "yourusername"),
    *("your-name", "your-username", "xxx", "foo", "bar", "coder", "codespace", "circleci"),
}
# no letter, digit, `.` or drive before it: no URL, no relative import, no path on a NAS
_LITERAL = re.compile(
    r"(?<![\w.~@/}-])(?<!\b[A-Za-z]:)/(Users|home)/([A-Za-z0-9_][A-Za-z0-9._-]*)((?:/[\w.@+-]+)*)(?![\w<])"
)
_VAULT = re.compile(r"vault|notes|obsidian|brain", re.I)


@dataclass(frozen=True, slots=True)
class Literal:
    """One home path in one file: the home, the segments below it, and how much it counts."""

    home: str
    below: tuple[str, ...]
    path: str
    weight: int


def find(path: str, text: str) -> Iterator[Literal]:
    """Every home path in the `text` of the file `path`, without users that are nobody."""
    for match in _LITERAL.finditer(text):
        user = match[2].rstrip(".")
        # "/home/settings" alone is a route of a web site as often as a folder
        if user.lower() in _NOBODY or (match[1] == "home" and not match[3]):
            continue
        below = tuple(part for part in match[3].rstrip(".").split("/") if part)
        yield Literal(f"/{match[1]}/{user}", below, path, weight(path))


def best_home(literals: Sequence[Literal]) -> Evidence | None:
    """The home folder that is spelled out most; the source counts more than tests and prose."""
    votes: Counter[str] = Counter()
    for literal in literals:
        votes[literal.home] += literal.weight
    if not votes:
        return None
    best = max(votes, key=lambda home: (votes[home], home))
    seen = [literal for literal in literals if literal.home == best]
    tests = sum(is_test(literal.path) for literal in seen)
    files = len({literal.path for literal in seen})
    others = Counter(literal.home for literal in literals if literal.home != best)
    also = ", ".join(f"{home} {count} times" for home, count in others.most_common(3))
    return Evidence(
        best,
        f"{best} is spelled {len(seen)} times in {files} files, {tests} of them in tests"
        + (f"; also seen: {also}" if also else ""),
    )


def best_root(literals: Sequence[Literal], home: str, paths: Sequence[str]) -> Evidence:
    """The path below `home` whose children are most often files or folders of this repository.

    `paths` are the repository's files.
    """
    known = {folder for path in paths for folder in _with_parents(path)}
    votes: Counter[tuple[str, ...]] = Counter()
    times: Counter[tuple[str, ...]] = Counter()
    for literal in literals:
        if literal.home != home:
            continue
        for cut in range(1, len(literal.below)):
            if "/".join(literal.below[cut:]) in known:
                # a long path that exists here is no accident; a lone `docs` may be one
                votes[literal.below[:cut]] += literal.weight * (len(literal.below) - cut)
                times[literal.below[:cut]] += 1
                break
    if not votes:
        return Evidence("", "")
    best = max(votes, key=lambda below: (votes[below], below))
    return Evidence(
        "/".join([home, *best]), f"{times[best]} paths below it exist in this repository"
    )


def best_vault(literals: Sequence[Literal], home: str, root: str) -> Evidence:
    """The folder right below `home` that is called like a notes vault, and used most."""
    seen = Counter(
        literal.below[0]
        for literal in literals
        if literal.home == home
        and literal.below
        and "." not in literal.below[0]
        and _VAULT.search(literal.below[0])
        and not f"{root}/".startswith(f"{home}/{literal.below[0]}/")
    )
    if not seen:
        return Evidence("", "")
    best = max(seen, key=lambda name: (seen[name], name))
    return Evidence(f"{home}/{best}", f"spelled {seen[best]} times")


def _with_parents(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
