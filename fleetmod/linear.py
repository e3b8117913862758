"""Regular expressions of other people's rules, in a time that the length of the text bounds.

Python's engine goes back and tries anew wherever a repeat might have ended elsewhere: `a.*b` takes
the square of a long line, and a repeat within another one doubles with each character. Here all the
ways to go on are followed at once, from one character to the next (Thompson 1968).
"""

from __future__ import annotations

import re
import re._compiler as compiler  # type: ignore[import-not-found]
import re._constants as ops  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterable
from functools import lru_cache
from math import inf
from typing import Any

_MOST = 1_000  # states of a pattern; each character may ask all of them
_WAYS = 100  # to go on from one place: so few, and Python's engine may try them all
_KNOWN = 10_000  # steps of a search that are kept
_REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT)
_ONE = (ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN)  # these take one character
_REFUSED = {
    ops.GROUPREF: "refers back to a group",
    ops.GROUPREF_EXISTS: "refers back to a group",
    ops.ASSERT: "looks around",
    ops.ASSERT_NOT: "looks around",
    ops.ATOMIC_GROUP: "holds a group that gives nothing back",
    ops.POSSESSIVE_REPEAT: "holds a repeat that gives nothing back",
}


class Unbounded(ValueError):
    """Why a pattern cannot be searched for in such a time."""


class Pattern:
    """A pattern, as the states that a search can be in; each has the number of its place here.

    Raises Unbounded for what no such states stand for, and re.error for what is no pattern.
    """

    def __init__(self, pattern: str) -> None:
        try:
            parsed = parser.parse(pattern)
        except (RecursionError, OverflowError) as error:
            raise Unbounded("nests too deeply") from error
        # what has to hold at a place, whether that takes a character, and the states after it
        self._states: list[tuple[Any, bool, list[int]]] = [(None, True, [])]
        self._pieces = 0
        self._start = self._all(parsed, 0, parsed.state.flags)
        self._plain = re.compile(pattern) if _ways(parsed) <= _WAYS else None
        self._steps: dict[tuple[frozenset[int], str, str, bool], frozenset[int] | None] = {}

    def found_in(self, text: str) -> bool:
        """Whether it is somewhere in a text."""
        if self._plain is not None:
            return self._plain.search(text) is not None
        waiting, before, last = frozenset[int](), "", len(text) - 1
        for at in range(len(text) + 1):
            here = text[at : at + 1]
            step = (waiting, before, here, at >= last)  # all that the next one depends on
            if step not in self._steps:
                if len(self._steps) >= _KNOWN:
                    self._steps.clear()
                self._steps[step] = self._after(waiting, text, at)
            known = self._steps[step]
            if known is None:
                return True
            waiting, before = known, here
        return False

    def _after(self, waiting: frozenset[int], text: str, at: int) -> frozenset[int] | None:
        """The states behind the character at a place; None where the whole pattern is found."""
        states, now = self._states, self._reached({self._start, *waiting}, text, at)
        if 0 in now:
            return None
        fitting = (states[each] for each in now if states[each][0](text, at) is not None)
        return frozenset(after for _, _, behind in fitting for after in behind)

    def _reached(self, waiting: Iterable[int], text: str, at: int) -> set[int]:
        """The states that take a character here, by way of those that take none."""
        seen, open_ones = set(waiting), list(waiting)
        found = set()
        while open_ones:
            state = open_ones.pop()
            holds, takes, after = self._states[state]
            if takes:
                found.add(state)
            elif holds is None or holds(text, at) is not None:
                open_ones += [each for each in after if each not in seen]
                seen.update(after)
        return found

    def _all(self, items: Any, after: int, flags: int) -> int:
        for op, value in reversed(list(items)):
            after = self._piece(op, value, after, flags)
        return after

    def _piece(self, op: Any, value: Any, after: int, flags: int) -> int:
        """The state before a piece of a pattern, if `after` is the one behind it."""
        self._pieces += 1
        if self._pieces > _MOST:
            raise Unbounded(f"stands for more than {_MOST:,} characters")
        if op in _REFUSED:
            raise Unbounded(_REFUSED[op])
        if op in _ONE or op is ops.AT:
            piece = parser.SubPattern(_state(flags), [(op, value)])
            return self._add(compiler.compile(piece, flags).match, op is not ops.AT, [after])
        if op is ops.BRANCH:
            return self._add(None, False, [self._all(each, after, flags) for each in value[1]])
        if op is ops.SUBPATTERN:
            return self._all(value[3], after, (flags | value[1]) & ~value[2])
        if op in _REPEATS:
            low, high, body = value
            return self._repeat((low, high), body, after, flags)
        raise Unbounded(f"holds {op}, which is not known")

    def _repeat(self, times: tuple[int, int], body: Any, after: int, flags: int) -> int:
        if not len(body):
            return after
        (low, high), start = times, after
        if high is ops.MAXREPEAT:
            start = self._add(None, False, [after])
            self._states[start][2].append(self._all(body, start, flags))
        else:
            for _ in range(high - low):
                start = self._add(None, False, [self._all(body, start, flags), after])
        for _ in range(low):
            start = self._all(body, start, flags)
        return start

    def _add(self, holds: Any, takes: bool, after: list[int]) -> int:
        self._states.append((holds, takes, after))
        return len(self._states) - 1


def _ways(items: Any) -> float:
    """How many ways there are to go through a pattern, its repeats and alternatives."""
    ways = 1.0
    for op, value in items:
        if op is ops.BRANCH:
            ways *= sum(map(_ways, value[1]))
        elif op is ops.SUBPATTERN:
            ways *= _ways(value[3])
        elif op in _REPEATS:
            low, high, body = value
            once = _ways(body)
            ways *= (
                inf if high > _WAYS or once > _WAYS else sum(once**n for n in range(low, high + 1))
            )
    return ways


def _state(flags: int) -> Any:
    state = parser.State()
    state.flags = flags
    return state


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """The pattern, made once."""
    return Pattern(pattern)
