"""Globs as in an ignore file: `**`, `*`, `?`, `[a-z]`, a `/` anchors, a `!` takes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from fleetmod.bounds import LISTED
from fleetmod.errors import FleetmodError
from fleetmod.regex import lazy

_FOLDERS, _ANYTHING = "**/", "**"
_GROUP = lazy(r"\{([^{}]*)\}")
_MOST = 1000


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A test whether a POSIX path is matched by `patterns`, the last pattern that fits deciding.

    A pattern without a slash fits at any depth, one with a slash from the root on. A pattern that
    fits a folder fits everything below it; one that ends in a slash fits folders only.
    """
    rules = [
        (not pattern.startswith("!"), _ignore_regex(pattern.removeprefix("!")))
        for pattern in patterns
    ]

    def matches(path: str) -> bool:
        for wanted, regex in reversed(rules):
            if regex.match(path):
                return wanted
        return False

    return matches


@lru_cache(maxsize=2 * LISTED)
def glob_regex(pattern: str, braces: bool = True) -> re.Pattern[str]:
    """The expression that a whole path must match to fit the workspace glob `pattern`.

    Raises FleetmodError for one whose `braces` stand for too many patterns.
    """
    cleaned = pattern.removeprefix("./").rstrip("/")
    each = _braces(cleaned) if braces else [cleaned]
    return re.compile("|".join(f"(?:{_translate(one)})" for one in each))


def _ignore_regex(pattern: str) -> re.Pattern[str]:
    folder = pattern.endswith("/")
    body = pattern.strip("/") if folder else pattern.lstrip("/")
    anchored = "/" in pattern.rstrip("/")
    start = "" if anchored else r"(?:.*/)?"
    return re.compile(start + _translate(body) + (r"/.*\Z" if folder else r"(?:/.*)?\Z"), re.S)


def _translate(glob: str) -> str:
    """A glob as an expression that takes no more than the square of a path's length.

    What stands between two `**` fits best where it first fits, and so does what stands between two
    `*`: the expression never goes back behind such a place (`(?>…)`), but for the last ones.
    """
    first, *rest = _blocks(glob)
    out = _block(first[1], last=not rest)
    for index, (wide, chunks) in enumerate(rest, 1):
        last = index == len(rest)
        block = _block(chunks, last)
        if wide == _FOLDERS:
            out += f"(?:.*/)?{block}" if last else f"(?>(?:.*?/)??{block})"
        else:
            out += f".*{block}" if last else f"(?>.*?{block})"
    return out


def _block(chunks: Sequence[str], last: bool) -> str:
    """Chunks with a `*` between each two; the last block's last chunk is held to the end."""
    first, *rest = chunks
    ends = rest[-1:] if last else []
    middle = rest[: len(rest) - len(ends)]
    inner = "".join(f"(?>[^/]*?{chunk})" for chunk in middle)
    return first + inner + "".join(f"[^/]*{chunk}" for chunk in ends)


def _blocks(glob: str) -> list[tuple[str, list[str]]]:
    """What stands between the `**` of a glob, each with the kind of the one in front of it."""
    blocks: list[tuple[str, list[list[str]]]] = [("", [[]])]
    i = 0
    while i < len(glob):
        chunks = blocks[-1][1]
        if glob.startswith("**/", i) and (i == 0 or glob[i - 1] == "/"):
            if blocks[-1] != (_FOLDERS, [[]]):  # twice is once
                blocks.append((_FOLDERS, [[]]))
            i += 3
        elif glob.startswith("**", i):
            blocks.append((_ANYTHING, [[]]))
            i += 2
        elif glob[i] == "*":
            chunks.append([])
            i += 1
        elif glob[i] == "?":
            chunks[-1].append("[^/]")
            i += 1
        elif glob[i] == "[" and (end := glob.find("]", i + 2)) > 0:
            inside = glob[i + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            negated = inside.startswith(("!", "^"))
            chunks[-1].append(f"(?!/)[{'^' if negated else ''}{inside[negated:]}]")
            i = end + 1
        elif glob[i] == "\\" and i + 1 < len(glob):
            chunks[-1].append(re.escape(glob[i + 1]))
            i += 2
        else:
            chunks[-1].append(re.escape(glob[i]))
            i += 1
    return [(wide, ["".join(chunk) for chunk in chunks]) for wide, chunks in blocks]


def _braces(glob: str) -> list[str]:
    """`a/{b,c}` as `a/b` and `a/c`."""
    patterns, more = [glob], True
    while more:
        more, expanded = False, []
        for pattern in patterns:
            match = next((m for m in _GROUP.finditer(pattern) if "," in m[1]), None)
            if match is None:
                expanded.append(pattern)
                continue
            more, head, tail = True, pattern[: match.start()], pattern[match.end() :]
            expanded += [head + middle + tail for middle in match[1].split(",")[: _MOST + 1]]
            if len(expanded) > _MOST or len(expanded) * len(pattern) > _MOST * 1000:
                raise FleetmodError(
                    f"the braces of the workspace glob {glob[:40]}… stand for more than {_MOST} "
                    "patterns",
                    todo="Write fewer of them, or use `*`",
                )
        patterns = expanded
    return patterns
