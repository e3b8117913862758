"""Which calls stay since others of their service do in other files.

A function that stops a service by itself, and starts it by a helper of another module, does both
through the port or neither: on another platform half of it would fail. The same goes for two
helpers that one function runs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from fleetmod import families, reasons
from fleetmod.bounds import too_large
from fleetmod.filekinds import is_code
from fleetmod.model import EXEMPT, REWRITE, Acts, FileResult
from fleetmod.project import Project
from fleetmod.refusal import Reason
from fleetmod.testfiles import is_test
from fleetmod.workspace.graph import ModuleGraph

if TYPE_CHECKING:
    from fleetmod.flow.exports import Handed
    from fleetmod.syntax.scope import Scopes

_STAYS = (
    "{}:{} stays, and may be about the same service; the calls of one service move together, also "
    "those that `{}` runs"
)
_FAR = 3  # modules that hand on what another one does
Ran = tuple[str, Acts, str]  # a file, what some of its functions do, and the name they go by


class Joints:
    """What joins the acts of some files: names that modules hand on, and functions without a call
    of the tool that run those which have some. Each file is read when it is asked about."""

    def __init__(self, project: Project, contents: Mapping[str, bytes]) -> None:
        self._project, self._contents = project, contents
        self._scopes: dict[str, Scopes | None] = {}
        self._handed: dict[str, tuple[Handed, ...]] = {}
        self._acts: dict[str, tuple[Acts, ...]] = {}

    def handed(self, path: str) -> tuple[Handed, ...]:
        """What a module hands on of others."""
        from fleetmod.flow.exports import handed_on

        if path not in self._handed:
            opened = self._open(path)
            self._handed[path] = tuple(handed_on(opened)) if opened is not None else ()
        return self._handed[path]

    def acts(self, path: str) -> tuple[Acts, ...]:
        """What the functions of a file run in others; it has no call of the tool."""
        if path not in self._acts:
            from fleetmod.services import joins_of  # with the parser, which few audits need

            opened = self._open(path) if not is_test(path) else None
            self._acts[path] = tuple(joins_of(opened)) if opened is not None else ()
        return self._acts[path]

    def _open(self, path: str) -> Scopes | None:
        from fleetmod.syntax.scope import Scopes
        from fleetmod.syntax.source import is_text, open_source

        if path not in self._scopes:
            data = self._contents.get(path)
            data = self._project.read(path) if data is None else data
            readable = is_code(path) and is_text(data) and not too_large(len(data))
            self._scopes[path] = Scopes(open_source(path, data)) if readable else None
        return self._scopes[path]


def parted(
    results: Mapping[str, FileResult],
    graph: ModuleGraph,
    joints: Joints,
    planned: frozenset[str] | None = None,
) -> dict[str, dict[int, Reason]]:
    """Why calls that would move stay, by the path of their file and where each begins. `planned`
    are the files that may change, all where it is None."""
    out: dict[str, dict[int, Reason]] = {}
    calls = _Calls(results, planned)
    if not calls.parted():
        return out
    for one, two, name in _Links(results, graph, joints).all():
        for (here, acts), (there, others) in ((one, two), (two, one)):
            for start, label, _ in calls.of(here, acts, moves=True):
                for _, kept, line in calls.of(there, others, moves=False):
                    if not label or not kept or label == kept:
                        why = reasons.SERVICE_STAYS(_STAYS.format(there, line, name))
                        out.setdefault(here, {}).setdefault(start, why)
                        break
    return out


def above(acting: Collection[str], graph: ModuleGraph) -> set[str]:
    """The files that may run helpers of others, by way of some more."""
    own, found, last = set(acting), set[str](), set(acting)
    for _ in range(_FAR):
        last = {each for path in last for each in graph.importers(path)} - found - own
        found |= last
    return found


class _Links:
    """Which acts of which files one function joins."""

    def __init__(
        self, results: Mapping[str, FileResult], graph: ModuleGraph, joints: Joints
    ) -> None:
        self._results, self._graph, self._joints = results, graph, joints

    def all(self) -> Iterator[tuple[tuple[str, Acts], tuple[str, Acts], str]]:
        """Two that are joined, and by which name the other one is run."""
        acting = {path for path, result in self._results.items() if result.acts}
        for path in sorted(acting | above(acting, self._graph)):
            for mine in self._acts(path):
                ran = list(dict.fromkeys(self._ran(path, mine, _FAR)))
                for other, theirs, name in ran:
                    yield (path, mine), (other, theirs), name
                for (one, some, _), (two, others, name) in combinations(ran, 2):
                    yield (one, some), (two, others), name

    def _acts(self, path: str) -> tuple[Acts, ...]:
        result = self._results.get(path)
        return result.acts if result is not None and result.acts else self._joints.acts(path)

    def _ran(self, path: str, acts: Acts, depth: int) -> Iterator[Ran]:
        """What some functions run in other files, also through those that do nothing themselves."""
        for module, name in acts.runs:
            for other, theirs, called in self._meant(path, module, name, _FAR):
                if theirs.calls:
                    yield other, theirs, called
                elif depth:
                    yield from self._ran(other, theirs, depth - 1)

    def _meant(self, path: str, module: str, name: str, depth: int) -> Iterator[Ran]:
        """The functions that a name of a module means, which may hand on those of another one."""
        named = self._graph.named(path).get(module) or self._graph.resolved(path, module)
        for other in sorted(named) if depth else ():
            if other == path:
                continue
            for theirs in self._acts(other):
                if set(_spellings(name)) & set(theirs.names):
                    yield other, theirs, name.rpartition(".")[2]
            for handed in self._joints.handed(other):
                if there := _there(name, handed.here, handed.there):
                    yield from self._meant(other, handed.module, there, depth - 1)


def _spellings(name: str) -> Iterator[str]:
    """A name of a module's, and what else it may be there: a member of some object, or what
    CommonJS exports, which a default import holds as well."""
    yield name
    first, dot, rest = name.partition(".")
    if dot:
        yield "." + name.rpartition(".")[2]
    if dot and first == "default":
        yield rest


def _there(name: str, here: str, there: str) -> str:
    """What a name is called in the module that it is handed on from; empty for another one."""
    first, _, rest = name.partition(".")
    if here == "*":
        return name
    if here.startswith(".") and here in _spellings(name):
        return there
    if here != first:
        return ""
    return rest if there == "*" else f"{there}.{rest}" if rest else there


class _Calls:
    """The calls of some acts that move, or that stay."""

    def __init__(self, results: Mapping[str, FileResult], planned: frozenset[str] | None) -> None:
        self._results, self._planned = results, planned
        self._told: dict[str, dict[int, tuple[bool, int]]] = {}

    def parted(self) -> bool:
        """Whether some move and some stay, so that one may be held back."""
        found = {
            told[0]
            for path, result in self._results.items()
            if result.acts
            for told in self._of_file(path).values()
        }
        return len(found) > 1

    def of(self, path: str, acts: Acts, moves: bool) -> list[tuple[int, str, int]]:
        """Where each call begins, its label, its line. What is no debt (an adapter's) neither
        moves nor stays."""
        told = self._of_file(path) if acts.calls else {}
        return [
            (start, label, told[start][1])
            for start, label in acts.calls
            if start in told and told[start][0] is moves
        ]

    def _of_file(self, path: str) -> dict[int, tuple[bool, int]]:
        if path not in self._told:
            may = self._planned is None or path in self._planned
            self._told[path] = {
                f.start: (may and f.action == REWRITE, f.line)
                for f in self._results[path].findings
                if families.of(f).services
                and f.cls == "call"
                and (f.action != EXEMPT or f.suppressed)
            }
        return self._told[path]
