"""The files of a repository analysed, each by the engine, and what its place there rules out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

from fleetmod.cache import Keys
from fleetmod.model import REFUSE, REWRITE, FileResult
from fleetmod.project import Project, Sources
from fleetmod.settings import Settings
from fleetmod.workers import shared

_ITSELF = (
    "stands in the {} package itself, which cannot import itself; "
    "keep its defaults as data, in a JSON file"
)
UNOWNED = (
    "no package.json stands above the file, so nothing can declare the package that the rewritten "
    "code imports; write one there"
)
Progress = Callable[[int, int], None]


def scan_all(
    project: Project, sources: Sources, progress: Progress | None = None
) -> list[FileResult]:
    """Analyse every file that holds a trigger."""
    cache, settings = project.cache, sources.settings
    known = Keys(settings)
    keys = {
        path: known.of(path, data, project.rules_for(path))
        for path, data in sorted(sources.contents.items())
    }
    found: dict[str, FileResult | None] = {
        path: cache.get("result", path, key) for path, key in keys.items()
    }
    left = [path for path, result in found.items() if result is None]
    if left:
        for path, result in zip(left, _scan_files(project, sources, left, progress), strict=True):
            found[path] = result
            cache.put("result", path, keys[path], result)
    results = [_possible(project, result) for result in found.values() if result is not None]
    return [result for result in results if result.findings or result.errors]


def _scan_files(
    project: Project, sources: Sources, paths: Sequence[str], progress: Progress | None
) -> list[FileResult]:
    from fleetmod.engine import scan  # the parser and all that is built on it

    contents, done = sources.contents, count(1)

    def work(path: str) -> FileResult:
        return scan(path, contents[path], sources.settings, project.rules_for(path))

    def told() -> None:
        if progress is not None:
            progress(next(done), len(paths))

    return shared(work, paths, lambda path: len(contents[path]), told)


def scan_file(project: Project, path: str, data: bytes, settings: Settings) -> FileResult:
    """Analyse one file of the repository, whatever its content on the disk is."""
    from fleetmod.engine import scan

    return _possible(project, scan(path, data, settings, project.rules_for(path)))


def _possible(project: Project, result: FileResult) -> FileResult:
    """A result without the rewrites that its place in the repository rules out."""
    path = result.path
    if any(need.package == project.port_of(path) for need in result.needs):
        return refused(result, _ITSELF.format(project.port_of(path)))
    if result.needs and not project.has_owner(path):
        return refused(result, UNOWNED)
    return result


def refused(result: FileResult, reason: str) -> FileResult:
    """A file's findings when its rewrite cannot be kept: it stays as it is."""
    findings = (
        replace(f, action=REFUSE, reason=reason) if f.action == REWRITE else f
        for f in result.findings
    )
    return replace(result, findings=tuple(findings), edits=(), needs=())
