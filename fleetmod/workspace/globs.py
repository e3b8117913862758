"""Globs as in an ignore file: `**`, `*`, `?`, `[a-z]`, a `/` anchors, a `!` takes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence


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


def glob_regex(pattern: str) -> re.Pattern[str]:
    """The expression that a whole path must match to fit the workspace glob `pattern`."""
    cleaned = pattern.removeprefix("./").rstrip("/")
    return re.compile("|".join(f"(?:{_translate(one)})" for one in _braces(cleaned)))


def _ignore_regex(pattern: str) -> re.Pattern[str]:
    folder = pattern.endswith("/")
    body = pattern.strip("/") if folder else pattern.lstrip("/")
    anchored = "/" in pattern.rstrip("/")
    start = "" if anchored else r"(?:.*/)?"
    return re.compile(start + _translate(body) + (r"/.*\Z" if folder else r"(?:/.*)?\Z"), re.S)


def _translate(glob: str) -> str:
    out, i = "", 0
    while i < len(glob):
        if glob.startswith("**/", i) and (i == 0 or glob[i - 1] == "/"):
            out, i = out + r"(?:.*/)?", i + 3
        elif glob.startswith("**", i):
            out, i = out + ".*", i + 2
        elif glob[i] == "*":
            out, i = out + "[^/]*", i + 1
        elif glob[i] == "?":
            out, i = out + "[^/]", i + 1
        elif glob[i] == "[" and (end := glob.find("]", i + 2)) > 0:
            inside = glob[i + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            negated = inside.startswith(("!", "^"))
            out += f"(?!/)[{'^' if negated else ''}{inside[negated:]}]"
            i = end + 1
        elif glob[i] == "\\" and i + 1 < len(glob):
            out, i = out + re.escape(glob[i + 1]), i + 2
        else:
            out, i = out + re.escape(glob[i]), i + 1
    return out


def _braces(glob: str) -> list[str]:
    """`a/{b,c}` as `a/b` and `a/c`."""
    match = re.search(r"\{([^{}]*,[^{}]*)\}", glob)
    if match is None:
        return [glob]
    head, tail = glob[: match.start()], glob[match.end() :]
    return [out for middle in match[1].split(",") for out in _braces(head + middle + tail)]
