"""Finds what a repository keeps below its users' homes: its checkout, and a notes vault."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fleetmod.regex import lazy
from fleetmod.workspace.evidence import Evidence
from fleetmod.workspace.git import run_git
from fleetmod.workspace.infer_homes import CODE, TESTS, Literal, inside

_WEIGHTS = {CODE: 10, TESTS: 2}
# a folder that any repository may stand in
_ANY = {"src", "app", "code", "repo", "root", "monorepo", "work", "workspace", "project", "main"}
_VAULT = lazy(r"vault|notes|obsidian|brain", re.I)
_FALLBACK = lazy(
    r"\benv(?:\.|\[[\"'])([A-Z][A-Z0-9_]*)[\"'\]]*(?:\?\.trim\(\))?\s*(?:\?\?|\|\|)\s*(?=([^;\n]+))"
)


@dataclass(slots=True)
class _Candidate:
    weight: int = 0
    rests: set[str] = field(default_factory=set)
    named: bool = False

    @property
    def proven(self) -> bool:
        return self.named or len(self.rests) > 1


def names(root: Path, package: str) -> set[str]:
    """What a checkout of the repository may be called: as its folder, root package or remote."""
    remote = run_git(root, ["config", "--get", "remote.origin.url"])
    url = remote[0].strip().rstrip("/").removesuffix(".git") if remote else ""
    found = (root.name, package.rpartition("/")[2], re.split(r"[/:]", url)[-1])
    return {name.casefold() for name in found} - _ANY - {""}


def best_root(
    literals: Sequence[Literal],
    users: Collection[str],
    known: Collection[str],
    called: Collection[str],
) -> Evidence:
    """The folder in a home of `users` that is this repository's checkout.

    That is one that is `called` like the repository, or below which two paths of it are spelled;
    never one in a hidden folder. `known` are the repository's files and folders.
    """
    found: dict[str, _Candidate] = defaultdict(_Candidate)
    for literal in literals:
        if literal.user in users:
            for cut, rest in _checkouts(literal, known, called):
                candidate = found["/".join([literal.home, *literal.below[:cut]])]
                depth = len(literal.below) - cut
                candidate.weight += _WEIGHTS.get(literal.kind, 1) * max(depth, 1)
                candidate.rests |= {rest} - {""}
                candidate.named |= literal.below[cut - 1].casefold() in called
    ranked = sorted(
        found, key=lambda path: (found[path].named, found[path].weight, path), reverse=True
    )
    best = next((path for path in ranked if found[path].proven), "")
    if best:
        return Evidence(best, _told(found[best]))
    if ranked:
        return Evidence("", f"perhaps {' or '.join(ranked[:3])}, but too little speaks for it")
    return Evidence("", "")


def _checkouts(
    literal: Literal, known: Collection[str], called: Collection[str]
) -> Iterator[tuple[int, str]]:
    """Where the path can be cut behind a checkout, and what of this repository stands below."""
    cuts = list(inside(literal.below, known))[:1]
    for cut in range(1, len(literal.below) + 1):
        if literal.below[cut - 1].startswith("."):
            return
        rest = literal.below[cut:]
        at_home = not rest or rest[0] in known or rest[0].startswith(".")
        if cut in cuts or (at_home and literal.below[cut - 1].casefold() in called):
            yield cut, "/".join(rest) if cut in cuts else ""


def _told(candidate: _Candidate) -> str:
    why = ["is called like this repository"] if candidate.named else []
    if candidate.rests:
        count = len(candidate.rests)
        why.append(f"{count} path{'s' * (count > 1)} below it exist{'s' * (count == 1)} here")
    return "; ".join(why)


def best_vault(literals: Sequence[Literal], users: Collection[str], root: str) -> Evidence:
    """The folder right below a home of `users` that is called like a notes vault, and used most."""
    named = [x for x in literals if x.user in users and _is_vault(x, root)]
    spelled = {_first(x) for x in named if x.kind == CODE}
    seen = Counter(path for path in map(_first, named) if path in spelled)
    if not seen:
        return Evidence("", "")
    best = max(seen, key=lambda path: (seen[path], path))
    return Evidence(best, f"is spelled {seen[best]} times")


def _is_vault(literal: Literal, root: str) -> bool:
    folder = literal.below[0] if literal.below else ""
    return (
        _VAULT.search(folder) is not None
        and "." not in folder
        and not f"{root}/".startswith(f"{_first(literal)}/")
    )


def _first(literal: Literal) -> str:
    """The folder right below the home."""
    return "/".join([literal.home, *literal.below[:1]])


def variable_before(texts: Mapping[str, str], path: str, folder: str = "") -> Evidence:
    """The variable X that is read most in `process.env.X ?? "<path>"` or, where a `folder` is
    given, `process.env.X || join(<home>, "<folder>")`."""
    wanted = [re.compile(rf"[\"'`]{re.escape(path)}[\"'`]")] if path else []
    if folder:
        quoted = re.escape(folder)
        wanted.append(re.compile(rf"[\w.]*(?:join|resolve)\([^;\n]*,\s*[\"']{quoted}[\"']\s*\)"))
        wanted.append(re.compile(rf"`\$\{{[^`]*\}}/{quoted}`"))
    votes = Counter(
        match[1]
        for text in texts.values()
        for match in _FALLBACK.finditer(text)
        if any(regex.match(match[2]) for regex in wanted)
    )
    if not votes:
        return Evidence("", "")
    best = max(votes, key=lambda name: (votes[name], name))
    return Evidence(best, f"stands before it {votes[best]} time{'s' * (votes[best] > 1)}")
