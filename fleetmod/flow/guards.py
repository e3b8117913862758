"""On which platforms a piece of code can run, by the conditions around it, and what stands in its
place on the others: one algorithm for every language.

A place is *guarded* where no other platform of a fleet reaches it: a branch, an early return, a
`case`, a predicate, a test for the tool itself, a test that is skipped, or a function that only
such places call. It has a *sibling* where the same condition leads the other platforms somewhere
else: the `else`, another `case`, the branch that returned before. What a sibling does is asked in
`siblings`.

A language tells, as a `Language`, what its statements are; what its conditions tell is a `Fact`.
`branches` does for TypeScript, and `host` for shell scripts and for Python.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fleetmod.flow.platforms import EVERY, Fact, only

N = TypeVar("N")
_DEPTH = 4  # functions that call functions


@dataclass(frozen=True)
class Step(Generic[N]):
    """One condition on the way to a place: the platforms that it lets through, and what the others
    come to instead. `given` where it asks for a platform that need not be the one it runs on."""

    platforms: frozenset[str]
    others: tuple[N, ...] = ()
    given: bool = False


def holding(fact: Fact, others: Iterable[N] = ()) -> Step[N]:
    """The step behind a condition that holds."""
    return Step(fact.holds, tuple(others), fact.given)


class Language(Protocol[N]):
    """What a language's syntax says of places of one file."""

    def outwards(self, node: N) -> Iterable[N]:
        """What stands around a node, the nearest first."""

    def around(self, outer: N, inner: N) -> Iterable[Step[N]]:
        """The conditions that a node puts on a part of it."""

    def block(self, outer: N, inner: N) -> tuple[Hashable, Sequence[N], int] | None:
        """The statements among which a part stands, with a key and its place; None for no block."""

    def leaves(self, statement: N) -> Iterable[Step[N]]:
        """The conditions that a statement puts on those behind it."""

    def uses(self, outer: N, inner: N) -> Sequence[N] | None:
        """Where a function is called or handed on from; None for no function, or one that others
        may call."""


@dataclass(frozen=True)
class _Passed(Generic[N]):
    """What the statements of a block leave: where each that leaves less stands, its step, and the
    platforms behind it."""

    places: list[int]
    steps: list[Step[N]]
    behind: list[frozenset[str]]


class Guards(Generic[N]):
    """Judges places of one file, for a tool of one platform."""

    def __init__(self, language: Language[N], platform: str) -> None:
        self.language, self.platform = language, platform
        self._blocks: dict[Hashable, _Passed[N]] = {}

    def guarded(self, node: N) -> bool:
        """Whether `node` runs on no platform of a fleet but the tool's."""
        return only(self.platforms_at(node), self.platform)

    def platforms_at(self, node: N, depth: int = _DEPTH) -> frozenset[str]:
        """The platforms on which `node` can run; those of its callers where all are known."""
        found, inner = EVERY, node
        for outer in self.language.outwards(node):
            for step in self.language.around(outer, inner):
                found &= step.platforms
            passed, count = self._before(outer, inner)
            found &= passed.behind[count - 1] if passed is not None and count else EVERY
            if depth and (uses := self.language.uses(outer, inner)):
                called = (self.platforms_at(use, depth - 1) for use in uses)
                found &= frozenset().union(*called)
            inner = outer
        return found

    def alternatives(self, node: N, depth: int = _DEPTH) -> list[N]:
        """What runs in the place of a guarded node on the other platforms. A sibling that one call
        of a function has counts only where each has one."""
        return [
            other
            for step in self._steps(node, depth)
            if only(step.platforms, self.platform)
            for other in step.others
        ]

    def is_given(self, node: N) -> bool:
        """Whether the nearest condition for the tool's platform asks for one that it is given."""
        steps = self._steps(node, depth=0)
        return next((s.given for s in steps if only(s.platforms, self.platform)), False)

    def _steps(self, node: N, depth: int) -> Iterator[Step[N]]:
        inner = node
        for outer in self.language.outwards(node):
            yield from self.language.around(outer, inner)
            passed, count = self._before(outer, inner)
            if passed is not None:
                yield from passed.steps[:count]
            if depth and (uses := self.language.uses(outer, inner)):
                called = (self.platforms_at(use, depth - 1) for use in uses)
                others = [self.alternatives(use, depth - 1) for use in uses]
                every = tuple(node for nodes in others for node in nodes) if all(others) else ()
                yield Step(frozenset().union(*called), every)
            inner = outer

    def _before(self, outer: N, inner: N) -> tuple[_Passed[N] | None, int]:
        """What the statements before a part leave, and how many of them leave less."""
        block = self.language.block(outer, inner)
        if block is None:
            return None, 0
        key, statements, place = block
        if key not in self._blocks:
            passed: _Passed[N] = _Passed([], [], [])
            for index, statement in enumerate(statements):
                for step in self.language.leaves(statement):
                    if step.platforms != EVERY:
                        left = passed.behind[-1] if passed.behind else EVERY
                        passed.places.append(index)
                        passed.steps.append(step)
                        passed.behind.append(left & step.platforms)
            self._blocks[key] = passed
        return self._blocks[key], bisect_left(self._blocks[key].places, place)
