"""The files of a repository analysed, each by the engine, and what its place there rules out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count

from fleetmod.browser import BY_IMPORTER, browser_importer
from fleetmod.cache import Keys
from fleetmod.elsewhere import Everywhere
from fleetmod.fates import Fate
from fleetmod.literals import Literals
from fleetmod.model import REFUSE, REWRITE, FileResult, Finding
from fleetmod.project import Project, Sources
from fleetmod.settings import Settings
from fleetmod.testfiles import is_test
from fleetmod.together import RULE, Fates
from fleetmod.workers import shared

_ITSELF = (
    "stands in the {} package itself, which cannot import itself; "
    "keep its defaults as data, in a JSON file"
)
TOOL = b"launchctl"
UNOWNED = (
    "no package.json stands above the file, so nothing can declare the package that the rewritten "
    "code imports; write one there"
)
Progress = Callable[[int, int], None]


def scan_all(
    project: Project, sources: Sources, progress: Progress | None = None
) -> list[FileResult]:
    """Analyse every file that holds a trigger."""
    return scan_whole(project, sources, progress)[0]


def scan_whole(
    project: Project, sources: Sources, progress: Progress | None = None
) -> tuple[list[FileResult], Settings]:
    """The same, and the settings by which each result is found again."""
    paths = sorted(sources.contents)
    done = count(1)

    def told() -> None:
        if progress is not None:
            progress(next(done), len(paths))

    code = [path for path in paths if not is_test(path)]
    found = _scan_part(project, sources, code, told)
    # what a test may expect hangs on what the code spells
    found |= _scan_part(project, sources, [path for path in paths if path not in found], told)
    results = {path: _possible(project, found[path]) for path in paths}
    settings = sources.settings
    everywhere = Everywhere(project, sources, results, partial(_beside, project, settings))
    around = {path: everywhere.around(path) for path in paths}
    if spoken := {path: each for path, each in around.items() if each is not None}:
        # texts go with the calls that they speak of, also those of other files
        settings = replace(settings, elsewhere=spoken)
        informed = replace(sources, settings=settings)
        again = _scan_part(project, informed, list(spoken), lambda: None, "words")
        results |= {path: _possible(project, result) for path, result in again.items()}
    _agree(settings.fates, results)
    every = [result for result in results.values() if result.findings or result.errors]
    every = sorted([*every, *sources.unseen], key=lambda result: result.path)
    return every, settings


def _agree(fates: Mapping[str, Fate], results: dict[str, FileResult]) -> None:
    """Where a home of a test stays, all that would move with it stay, for that reason."""
    if not isinstance(fates, Fates):
        return
    for path, result in list(results.items()):
        reason = next(filter(None, map(_stays, result.findings)), "")
        if not reason or not is_test(path):
            continue
        for each in fates.group(path) & results.keys():
            results[each] = _without_homes(results[each], reason)


def _stays(finding: Finding) -> str:
    """Why a home of a test stays where it is; empty where it does not."""
    if finding.rule != RULE or finding.action == REWRITE:
        return ""
    place = f"{finding.path}:{finding.line}"
    return f"{place} keeps it: {finding.reason}" if finding.suppressed else finding.reason


def _without_homes(result: FileResult, reason: str) -> FileResult:
    findings = tuple(
        replace(f, action=REFUSE, reason=reason) if f.rule == RULE and f.action == REWRITE else f
        for f in result.findings
    )
    return replace(
        result, findings=findings, edits=tuple(e for e in result.edits if e.rule != RULE)
    )


def _beside(project: Project, settings: Settings, path: str) -> FileResult | None:
    """The result of a file that was not asked for, where it names the tool."""
    if project.search.lacking([TOOL])(path):
        return None
    try:
        data = (project.root / path).read_bytes()
    except OSError:
        return None
    if TOOL not in data:
        return None
    adapters = {
        family: settings.adapters.get(family, frozenset()) | frozenset(filter(own, [path]))
        for family, own in project.own_adapters.items()
    }
    return scan_file(project, path, data, replace(settings, adapters=adapters))


def _scan_part(
    project: Project,
    sources: Sources,
    paths: Sequence[str],
    told: Callable[[], None],
    kind: str = "result",
) -> dict[str, FileResult]:
    contents, cache, known = sources.contents, project.cache, Keys(sources.settings)
    keys = {path: known.of(path, contents[path], project.rules_for(path)) for path in paths}
    found = {path: cache.get(kind, path, key) for path, key in keys.items()}
    left = [path for path, result in found.items() if result is None]
    for path, result in zip(left, _analyse(project, sources, left, told), strict=True):
        found[path] = result
        cache.put(kind, path, keys[path], result)
    return found


def _analyse(
    project: Project, sources: Sources, paths: Sequence[str], told: Callable[[], None]
) -> list[FileResult]:
    """The results of files, and what else their trees tell, found by as many processes as help."""
    if not paths:
        return []
    from fleetmod.engine import scan  # the parser and all that is built on it

    contents, settings = sources.contents, sources.settings
    literals = settings.production_literals

    def work(path: str) -> tuple[FileResult, frozenset[str] | None]:
        result = scan(path, contents[path], settings, project.rules_for(path))
        return result, literals.of(path) if isinstance(literals, Literals) else None

    done = shared(work, paths, lambda path: len(contents[path]), told)
    for path, (_, spelled) in zip(paths, done, strict=True):
        if spelled is not None and isinstance(literals, Literals):
            literals.put(path, spelled)
    return [result for result, _ in done]


def scan_file(
    project: Project,
    path: str,
    data: bytes,
    settings: Settings,
    stop: Callable[[], bool] | None = None,
) -> FileResult:
    """Analyse one file of the repository, whatever its content on the disk is.

    Raises detect.Stopped once `stop` says that nobody wants the answer any more.
    """
    from fleetmod.engine import scan

    rules = project.rules_for(path)
    return _possible(project, scan(path, data, settings, rules, stop=stop))


def _possible(project: Project, result: FileResult) -> FileResult:
    """A result without the rewrites that its place in the repository rules out."""
    path = result.path
    if any(need.package == project.port_of(path) for need in result.needs):
        return refused(result, _ITSELF.format(project.port_of(path)))
    if result.needs and not project.has_owner(path):
        return refused(result, UNOWNED)
    if result.needs and (importer := browser_importer(project, path)):
        return refused(result, BY_IMPORTER.format(importer))
    return result


def refused(result: FileResult, reason: str) -> FileResult:
    """A file's findings when its rewrite cannot be kept: it stays as it is."""
    findings = (
        replace(f, action=REFUSE, reason=reason) if f.action == REWRITE else f
        for f in result.findings
    )
    return replace(result, findings=tuple(findings), edits=(), needs=())
