"""Which calls stay since others of their service do in other files.

A function that stops a service by itself, and starts it by a helper of another module, does both
through the port or neither: on another platform half of it would fail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fleetmod import families, reasons
from fleetmod.model import EXEMPT, REWRITE, Acts, FileResult
from fleetmod.refusal import Reason
from fleetmod.workspace.graph import ModuleGraph

_STAYS = (
    "{}:{} stays, and may be about the same service; the calls of one service move together, also "
    "those that `{}` runs"
)
_FAR = 3  # modules that hand on what another one does


def parted(
    results: Mapping[str, FileResult], graph: ModuleGraph, planned: frozenset[str] | None = None
) -> dict[str, dict[int, Reason]]:
    """Why calls that would move stay, by the path of their file and where each begins. `planned`
    are the files that may change, all where it is None."""
    out: dict[str, dict[int, Reason]] = {}
    for path, mine, other, theirs, name in _linked(results, graph):
        sides = ((path, mine), (other, theirs))
        for (here, acts), (there, others) in (sides, sides[::-1]):
            moving = _calls(results[here], acts, planned, moves=True)
            staying = _calls(results[there], others, planned, moves=False)
            for start, label, _ in moving:
                for _, kept, line in staying:
                    if not label or not kept or label == kept:
                        why = reasons.SERVICE_STAYS(_STAYS.format(there, line, name))
                        out.setdefault(here, {}).setdefault(start, why)
                        break
    return out


def _linked(
    results: Mapping[str, FileResult], graph: ModuleGraph
) -> Iterator[tuple[str, Acts, str, Acts, str]]:
    """What runs what in another file, and by which name."""
    for path, result in sorted(results.items()):
        for mine in result.acts:
            for module, name in mine.runs:
                for other in _files(graph, path, module):
                    for theirs in results[other].acts if other in results else ():
                        if name in theirs.names and other != path:
                            yield path, mine, other, theirs, name


def _files(graph: ModuleGraph, path: str, module: str) -> Iterator[str]:
    """The file that a module's name means, and those that it may hand on."""
    waiting, seen = set(graph.named(path).get(module, ())), set[str]()
    for _ in range(_FAR):
        yield from sorted(waiting - seen)
        seen |= waiting
        waiting = {each for known in waiting for each in graph.imports(known)} - seen


def _calls(
    result: FileResult, acts: Acts, planned: frozenset[str] | None, moves: bool
) -> list[tuple[int, str, int]]:
    """The calls that move, or those that stay: where each begins, its label, its line. What is no
    debt (an adapter's) does neither."""
    may = planned is None or result.path in planned
    told = {
        f.start: (may and f.action == REWRITE, f.line)
        for f in result.findings
        if families.of(f).services and f.cls == "call" and (f.action != EXEMPT or f.suppressed)
    }
    return [
        (start, label, told[start][1])
        for start, label in acts.calls
        if start in told and told[start][0] is moves
    ]
