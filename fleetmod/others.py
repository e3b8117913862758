"""Which functions of other modules run a command that a file gives them, kept from run to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from fleetmod.cache import digest
from fleetmod.project import Project
from fleetmod.runner import Runner

if TYPE_CHECKING:
    from fleetmod.lift.exported import Exported

_MANY = 60  # modules behind one; beyond this they are read anew in each run


class Others:
    """The modules of a repository; `contents` are those of its files that are read already."""

    def __init__(self, project: Project, contents: Mapping[str, bytes]) -> None:
        self._project, self._contents = project, contents

    def run(self, path: str, asks: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Runner]:
        """Those of some functions, by module and name, that are known to run a command."""
        cache, key = self._project.cache, self._key(path, asks)
        known: dict[tuple[str, str], Runner] | None = cache.get("exports", path, key)
        if known is None:
            told = {each: self._exported.runner(path, *each) for each in asks}
            known = {each: runner for each, runner in told.items() if runner is not None}
            if key:
                cache.put("exports", path, key, known)
        return known

    @cached_property
    def _exported(self) -> Exported:
        from fleetmod.lift.exported import (
            Exported,
        )  # the parser, which a run without news is spared

        return Exported(self._project.graph.named, self._read)

    def _read(self, path: str) -> bytes:
        data = self._contents.get(path)
        return data if data is not None else self._project.read(path)

    def _key(self, path: str, asks: Sequence[tuple[str, str]]) -> str:
        """What the answer hangs on: every module behind those that are asked for, and what their
        imports mean; "" where these are too many."""
        graph = self._project.graph
        near = {file for module, _ in asks for file in graph.named(path).get(module, ())}
        behind = sorted(graph.reached(near))
        if len(behind) > _MANY:
            return ""
        names = [
            [(m, sorted(files)) for m, files in sorted(graph.named(p).items())] for p in behind
        ]
        sums = [digest(self._read(each)) for each in behind]
        return digest(repr((asks, sorted(near), behind, names, sums)).encode())
