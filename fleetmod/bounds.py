"""How much of one file is looked at; what is past a bound is told as unproven. And the way to end
a look that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable

SIZE = 4_000_000  # bytes; the largest file that people wrote, TypeScript's checker, has 3.2 million
CONFIG = 256_000  # bytes of fleetmod.toml or of a rule; the largest here has 20,000
LISTED = 2_000  # globs or names in one list of a configuration; each file is held against each
RECORD = 64_000_000  # bytes of a baseline; half a million entries
DEPTH = 400  # of nodes in a syntax tree; code that people write stays below 80
FINDINGS = 20_000  # in one file
LEVELS = 400_000  # of all findings of a file together: each asks what stands around it
PIECES = (
    5_000  # side by side in one place that does not parse; looking from one to the next is slow
)


def too_large(size: int, most: int = SIZE) -> str:
    """Why a file of so many bytes is not looked at; empty where it is."""
    return f"has {size:,} bytes, and files of more than {most:,} are not looked at" * (size > most)


def too_many(count: int, what: str) -> str:
    """Why a list of so many globs or the like is not read; empty where it is."""
    return f"lists {count:,} {what}, and more than {LISTED:,} are not read" * (count > LISTED)


TOO_DEEP = f"nests deeper than {DEPTH} levels, so nothing in it is looked at"
TOO_MANY_LEVELS = (
    f"holds findings that nest {LEVELS:,} levels in all, so nothing in it is looked at"
)
SEARCHED = 20_000_000  # characters of one file that patterns of rules are held against, in all
TOO_LONG = (
    f"holds nodes of more than {SEARCHED:,} characters in all for the patterns of rules, so "
    "nothing in it is looked at"
)
TOO_MANY = f"holds more than {FINDINGS:,} findings, so nothing in it is looked at"
NO_TEXT = "is no UTF-8 text; save it as UTF-8"

Stop = Callable[[], bool]


class PastBound(Exception):
    """A file is more than the analysis takes on; the message says in what."""


class Stopped(Exception):
    """Nobody wants the answer any more."""


def ask(stop: Stop | None) -> None:
    """Raises Stopped where `stop` says so."""
    if stop is not None and stop():
        raise Stopped
