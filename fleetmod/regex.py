"""Regular expressions that are compiled when they are first used.

A run needs few of some two hundred, and compiling all of them takes as long as reading a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, AnyStr, cast

_MANY = 24  # texts; fewer are found faster one after another


class _Lazy:
    """Stands for a pattern; its methods become those of the compiled one at the first call."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._given = (pattern, flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        compiled = re.compile(*self._given)  # type: ignore[type-var]
        found = getattr(compiled, name)
        setattr(self, name, found)
        return found


def lazy(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The pattern, compiled at its first use; a malformed one raises re.error then."""
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))


def any_of(texts: Iterable[bytes]) -> Callable[[bytes], bool]:
    """A test whether a content holds one of some texts; many are looked for in one pass over it."""
    every = set(texts)
    fewest = sorted(t for t in every if not any(o != t and o in t for o in every))
    if len(fewest) < _MANY:
        return lambda data: any(text in data for text in fewest)
    search = re.compile(b"|".join(map(re.escape, fewest))).search
    return lambda data: search(data) is not None
