"""The files of a repository analysed, each by the engine, and what its place there rules out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count

from fleetmod import families, reasons
from fleetmod.bounds import Stop, ask
from fleetmod.browser import BY_IMPORTER, browser_importer
from fleetmod.cache import Keys
from fleetmod.checked_in import Spelled, checks
from fleetmod.earned import unearned
from fleetmod.elsewhere import Everywhere
from fleetmod.fates import Fate
from fleetmod.filekinds import is_code, shipped_from
from fleetmod.literals import Literals
from fleetmod.model import REFUSE, REWRITE, FileResult, Finding, refuse
from fleetmod.others import Others
from fleetmod.parted import Joints, above, parted
from fleetmod.project import Project
from fleetmod.refusal import Reason
from fleetmod.settings import Settings
from fleetmod.sources import (
    Sources,
    looks_at,
    make_settings,
    not_the_text,
    read_sources,
    texts_read,
    with_contents,
)
from fleetmod.together import RULE, Fates
from fleetmod.workers import shared
from fleetmod.workspace.discover import select
from fleetmod.workspace.disk import readable_name
from fleetmod.workspace.search import Search
from fleetmod.workspace.tree_state import Fault

_ITSELF = (
    "stands in the {} package itself, which cannot import itself; "
    "keep its defaults as data, in a JSON file"
)
TOOL = b"launchctl"
_SHIPPED = (
    "stands in `{}/`, from where it is shipped as it is: no package stands beside it there, so "
    "look it up without one"
)
_MOVING = (RULE, "home-comment")  # a test's data, and the comments that go with it
Progress = Callable[[int, int], None]


def scan_all(
    project: Project,
    sources: Sources,
    progress: Progress | None = None,
    only: Collection[str] | None = None,
) -> list[FileResult]:
    """Analyse every file that holds a trigger, or `only` some of them, with the same result."""
    return scan_whole(project, sources, progress, only)[0]


def scan_whole(
    project: Project,
    sources: Sources,
    progress: Progress | None = None,
    only: Collection[str] | None = None,
    stop: Stop | None = None,
    planned: bool = False,
) -> tuple[list[FileResult], Settings]:
    """The same, and the settings by which each result is found again. Where it is `planned` to
    change `only` some files, texts stay that speak of calls in others.

    Raises bounds.Stopped once `stop` says that nobody wants the answer any more.
    """
    paths = sorted(sources.contents if only is None else only)
    done = count(1)

    def told() -> None:
        if progress is not None:
            progress(next(done), len(paths))
        ask(stop)

    ask(stop)
    results = _first(project, sources, paths, told, stop)
    if kept := _compared(project, sources, results):
        # the files that a script compares these homes with keep them
        sources = replace(sources, settings=replace(sources.settings, kept=kept))
        stay = _scan_part(project, sources, list(kept), lambda: None, "kept")
        results |= {path: _possible(project, result) for path, result in stay.items()}
    results |= _held(project, sources, results)
    sources = _kept_together(project, sources, results, only if planned else None)
    settings = sources.settings
    others, alone = partial(_others, project, sources), only if planned else None
    everywhere = Everywhere(project, sources, results, others, alone)
    around = {path: everywhere.around(path) for path in paths}
    if spoken := {path: each for path, each in around.items() if each is not None}:
        # texts go with the calls that they speak of, also those of other files
        settings = replace(settings, elsewhere=spoken)
        informed = replace(sources, settings=settings)
        again = _scan_part(project, informed, list(spoken), lambda: None, "words")
        results |= {path: _possible(project, result) for path, result in again.items()}
    rest = sorted(sources.contents.keys() - results.keys())
    others = partial(_first, project, sources, rest, lambda: None)
    if lacking := unearned(project, results, others):
        settings = replace(settings, unearned=lacking)
        users = [path for path, found in results.items() if _ports(found) & lacking.keys()]
        again = _scan_part(
            project, replace(sources, settings=settings), users, lambda: None, "unearned"
        )
        results |= {path: _possible(project, result) for path, result in again.items()}
    if only is not None and (group := _moving(sources, results) - results.keys()):
        results |= _first(project, sources, sorted(group), lambda: None)
    _agree(settings.fates, results)
    found = [*(results[path] for path in paths), *sources.unseen]
    every = [result for result in found if result.findings or result.errors]
    return sorted(every, key=lambda result: result.path), settings


def scan_some(
    project: Project, contents: Mapping[str, bytes], unseen: Iterable[Fault] = ()
) -> tuple[Sources, list[FileResult]]:
    """Those of some files that an audit would analyse, and its results of them.

    What it must know of other files is read from the disk where one of these holds a trigger; what
    these hold counts. `unseen` is what is not there as the commit has it.
    """
    holds, unreadable = looks_at(project), set(unseen)
    paths = select(project.root, project.config, contents)
    held = {}
    for path in filter(is_code, paths):
        if why := not_the_text(project, path, contents[path]):
            unreadable.add((readable_name(path), why))
        elif holds(contents[path]):
            held[path] = contents[path]
    if not held:
        sources = Sources(make_settings(project, {}, ()), {}, (), (), Search(project.root))
        results = []
    else:
        sources = with_contents(project, read_sources(project), held)
        sources = replace(sources, unseen=())  # what is too large is told anew
        results = scan_all(project, sources, only=held)
    told = tuple(sorted(unreadable))
    return replace(sources, contents=held, discovered=tuple(paths), unreadable=told), results


def _first(
    project: Project,
    sources: Sources,
    paths: Sequence[str],
    told: Callable[[], None],
    stop: Stop | None = None,
) -> dict[str, FileResult]:
    """The results of files by themselves, without what their texts may speak of elsewhere."""
    alone = replace(sources, settings=replace(sources.settings, imported={}))
    code = [path for path in paths if not sources.settings.is_test(path)]
    found = _scan_part(project, alone, code, told, stop=stop)
    # what a test may expect hangs on what the code spells
    tests = [path for path in paths if path not in found]
    found |= _scan_part(project, alone, tests, told, stop=stop)
    found |= _by_other_modules(project, sources, found)
    return {path: _possible(project, found[path]) for path in paths}


def _by_other_modules(
    project: Project, sources: Sources, results: Mapping[str, FileResult]
) -> dict[str, FileResult]:
    """The results of the files that give a command to functions of other modules, once those are
    known to run it."""
    asking = {path: result.asks for path, result in results.items() if result.asks}
    imported, others = sources.settings.imported, Others(project, sources.contents)
    for path, asks in asking.items():
        if known := others.run(path, asks):
            imported[path] = known
    again = [path for path in asking if path in imported]
    return _scan_part(project, sources, again, lambda: None, "imported")


def _compared(
    project: Project, sources: Sources, results: Mapping[str, FileResult]
) -> dict[str, dict[str, Reason]]:
    """The homes that scripts compare with files that keep them, by the path of the script."""
    contents, settings, out = sources.contents, sources.settings, {}
    comparing = [
        path
        for path, result in results.items()
        if any(
            families.of(f).homes and f.cls != "comment" and f.action == REWRITE
            for f in result.findings
        )
        and not settings.is_test(path)
        and checks(contents[path])
    ]
    if not comparing:
        return {}
    large = {result.path for result in sources.unseen}

    def read(path: str) -> bytes:
        data = contents.get(path)
        return data if data is not None else project.read(path)

    texts = texts_read(project, sources.discovered, sources.search)
    spelled = Spelled(texts, {*contents, *large}, read, project.graph, project.places)
    for path in comparing:
        if kept := spelled.kept(path, contents[path]):
            out[path] = kept
    return out


def _kept_together(
    project: Project,
    sources: Sources,
    results: dict[str, FileResult],
    planned: Collection[str] | None,
) -> Sources:
    """Analyse anew the files of which calls stay since others of their service do elsewhere, until
    that changes nothing; gives the sources with settings that say so."""
    known, may = dict(results), None if planned is None else frozenset(planned)
    if not any(acts.runs or acts.names for result in results.values() for acts in result.acts):
        return sources  # nothing is asked of the graph
    asked = set[str]()
    while acting := {path for path, result in known.items() if result.acts} - asked:
        # one function may run helpers of several files, and stand in none of them
        asked |= acting
        near = project.graph.reached({*acting, *above(acting, project.graph)})
        rest = sorted(near & sources.contents.keys() - known.keys())
        known |= _first(project, sources, rest, lambda: None)
    joints = Joints(project, sources.contents)
    while True:
        settings = sources.settings
        held = {path: dict(each) for path, each in settings.parted.items()}
        for path, each in parted(known, project.graph, joints, may).items():
            held.setdefault(path, {}).update(each)
        if held == settings.parted:
            return sources
        changed = [path for path, each in held.items() if each != settings.parted.get(path)]
        sources = replace(sources, settings=replace(settings, parted=held))
        again = _scan_part(project, sources, changed, lambda: None, "parted")
        known |= {path: _possible(project, result) for path, result in again.items()}
        results |= {path: known[path] for path in changed if path in results}


def _held(
    project: Project, sources: Sources, results: Mapping[str, FileResult]
) -> dict[str, FileResult]:
    """The results of the tests that expect a home which the code under them keeps."""
    fates, again = sources.settings.fates, set[str]()
    if not isinstance(fates, Fates):
        return {}
    known = dict(results)
    for path, result in results.items():
        if (
            path in again
            or not sources.settings.is_test(path)
            or not any(map(_follows, result.findings))
        ):
            continue
        code = fates.code_of(path) & sources.contents.keys()
        known |= _first(project, sources, sorted(code - known.keys()), lambda: None)
        for each in sorted(code):
            if reason := _keeps(fates, path, known[each], sources.contents[each]):
                fates.hold(path, reason)
                again |= fates.group(path) & results.keys()
                break
    found = _scan_part(project, sources, sorted(again), lambda: None, "held")
    return {path: _possible(project, result) for path, result in found.items()}


def _follows(finding: Finding) -> bool:
    """Whether a home of a test is looked up, as in the code under it."""
    return families.of(finding).homes and finding.rule != RULE and finding.action == REWRITE


def _keeps(fates: Fates, test: str, code: FileResult, data: bytes) -> Reason | None:
    """Why a file of code keeps a home that a test expects of it; None where it keeps none."""
    for finding in code.findings:
        stays = finding.action == REFUSE or finding.suppressed
        if not families.of(finding).homes or finding.cls == "comment" or not stays:
            continue
        text = data[finding.start : finding.end].decode("utf-8", "replace")
        homes = set(fates.places.spelled(text))
        homes |= {text[key.start : key.end] for key in fates.places.encoded(text)}
        if homes and fates.spells(test, homes):
            why = f"suppressed: {finding.suppressed}" if finding.suppressed else finding.reason
            return reasons.TEST_DATA(f"{code.path}:{finding.line} keeps it: {why}")
    return None


def _moving(sources: Sources, results: Mapping[str, FileResult]) -> set[str]:
    """The files with whose homes those of some tests move, as far as they are analysed."""
    fates, out = sources.settings.fates, set[str]()
    if isinstance(fates, Fates):
        for path, result in results.items():
            if sources.settings.is_test(path) and any(
                finding.rule == RULE for finding in result.findings
            ):
                out |= fates.group(path) & sources.contents.keys()
    return out


def _agree(fates: Mapping[str, Fate], results: dict[str, FileResult]) -> None:
    """Where a home of a test stays, all that would move with it stay, for that reason."""
    if not isinstance(fates, Fates):
        return
    for path, result in list(results.items()):
        reason = next(filter(None, map(_stays, result.findings)), None)
        if reason is None or not fates.settings.is_test(path):
            continue
        fates.hold(path, reason)  # for whoever looks at one of them anew
        for each in fates.group(path) & results.keys():
            results[each] = _without_homes(results[each], reason)


def _stays(finding: Finding) -> Reason | None:
    """Why a home of a test stays where it is; None where it does not."""
    if finding.rule != RULE or finding.action == REWRITE:
        return None
    place = f"{finding.path}:{finding.line}"
    why = f"{place} keeps it: {finding.reason}" if finding.suppressed else finding.reason
    return reasons.named(finding.reason_code, reasons.TEST_DATA)(why)


def _without_homes(result: FileResult, reason: Reason) -> FileResult:
    findings = tuple(
        refuse(f, reason) if f.rule in _MOVING and f.action == REWRITE else f
        for f in result.findings
    )
    edits = tuple(edit for edit in result.edits if edit.rule not in _MOVING)
    return replace(result, findings=findings, edits=edits)


def _others(project: Project, sources: Sources, paths: Sequence[str]) -> dict[str, FileResult]:
    """The results of files that were not asked for, of those that name the tool."""
    known = [path for path in paths if path in sources.contents]
    found = _first(project, sources, known, lambda: None)
    for path in paths:
        if path not in found and (result := _beside(project, sources.settings, path)) is not None:
            found[path] = result
    return found


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
    from fleetmod.engine import scan

    settings = replace(settings, adapters=adapters)
    return _possible(project, scan(path, data, settings, project.rules_for(path)))


def _scan_part(
    project: Project,
    sources: Sources,
    paths: Sequence[str],
    told: Callable[[], None],
    kind: str = "result",
    stop: Stop | None = None,
) -> dict[str, FileResult]:
    contents, cache, known = sources.contents, project.cache, Keys(sources.settings)
    keys = {path: known.of(path, contents[path], project.rules_for(path)) for path in paths}
    found = {path: cache.get(kind, path, key) for path, key in keys.items()}
    left = [path for path, result in found.items() if result is None]
    for path, result in zip(left, _analyse(project, sources, left, told, stop), strict=True):
        found[path] = result
        cache.put(kind, path, keys[path], result)
    return found


def _analyse(
    project: Project,
    sources: Sources,
    paths: Sequence[str],
    told: Callable[[], None],
    stop: Stop | None,
) -> list[FileResult]:
    """The results of files, and what else their trees tell, found by as many processes as help."""
    if not paths:
        return []
    from fleetmod.engine import scan  # the parser and all that is built on it

    contents, settings = sources.contents, sources.settings
    literals = settings.production_literals

    def work(path: str) -> tuple[FileResult, frozenset[str] | None]:
        result = scan(path, contents[path], settings, project.rules_for(path), stop=stop)
        return result, literals.of(path) if isinstance(literals, Literals) else None

    done = shared(work, paths, lambda path: len(contents[path]), told)
    for path, (_, spelled) in zip(paths, done, strict=True):
        if spelled is not None and isinstance(literals, Literals):
            literals.put(path, spelled)
    return [result for result, _ in done]


def _possible(project: Project, result: FileResult) -> FileResult:
    """A result without the rewrites that its place in the repository rules out."""
    path = result.path
    if any(need.package == project.port_of(path) for need in result.needs):
        return refused(result, reasons.IN_PORT(_ITSELF.format(project.port_of(path))))
    if result.needs and not project.has_owner(path):
        return refused(result, reasons.NO_MANIFEST)
    if result.needs and (folder := shipped_from(path)):
        return refused(result, reasons.CANNOT_IMPORT(_SHIPPED.format(folder)))
    if result.needs and (importer := browser_importer(project, path)):
        return refused(result, reasons.BROWSER(BY_IMPORTER.format(importer)))
    return result


def _ports(result: FileResult) -> set[str]:
    return {need.package for need in result.needs}


def refused(result: FileResult, reason: Reason) -> FileResult:
    """A file's findings when its rewrite cannot be kept: it stays as it is."""
    findings = (refuse(f, reason) if f.action == REWRITE else f for f in result.findings)
    return replace(result, findings=tuple(findings), edits=(), needs=())
