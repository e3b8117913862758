"""One shape before and after its migration, and what explains the difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

from tests.differential.compare import differences
from tests.differential.improvements import IMPROVEMENTS
from tests.differential.rooms import Ran, Task


@dataclass(frozen=True)
class Pair:
    """Both runs from one initial state."""

    state: str
    before: Ran
    after: Ran
    differences: tuple[str, ...]  # that no improvement explains
    improvements: tuple[str, ...]  # that explain the others


def both(run: Callable[[Task], Ran], original: Task, migrated: Task) -> Pair:
    """Run both, and look for the fewest improvements of the tool that make them do the same."""
    before, after = run(original), run(migrated)
    found = tuple(differences(before, after))
    if not found:
        return Pair(original.state, before, after, (), ())
    better = run(replace(original, improved=tuple(IMPROVEMENTS)))
    used = [name for name in IMPROVEMENTS if name in better.used]
    if len(used) == 1 and not any(differences(better, after)):
        return Pair(original.state, before, after, (), tuple(used))
    for count in range(1, len(used) + 1):
        for names in combinations(used, count):
            ideal = run(replace(original, improved=names))
            if not any(differences(ideal, after)):
                return Pair(original.state, before, after, (), names)
    return Pair(original.state, before, after, found, ())
