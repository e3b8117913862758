"""From findings to a plan: edits of the code, manifests, workspace members, runtime packages."""

from __future__ import annotations

import difflib
import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import pairwise

from fleetmod import families, reasons
from fleetmod.edits import moved, render
from fleetmod.engine import scan
from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.grepped import grep, unexplained, with_lines
from fleetmod.mocks import MODULE_TRIGGERS, TRIGGERS, fakes_of, stale_mocks
from fleetmod.model import REFUSE, REWRITE, Edit, FileChange, FileResult, Finding, Need, Plan
from fleetmod.project import PORTS, PROCESS_MANAGER, Project
from fleetmod.refusal import Reason
from fleetmod.rules import Rule
from fleetmod.runtime import Needed, install
from fleetmod.scan import Progress, refused, scan_whole
from fleetmod.settings import Settings
from fleetmod.snapshots import left_behind
from fleetmod.sources import Sources, read_sources
from fleetmod.testfiles import is_test
from fleetmod.together import RULE, Fates
from fleetmod.workspace import manifest
from fleetmod.workspace.discover import candidates

_CYCLES = 4  # an edit may uncover another one inside the text it replaced; more is a fault
_COMPARED = 250_000  # lines of one text, times those of the other


def plan(
    project: Project,
    globs: tuple[str, ...] = (),
    progress: Progress | None = None,
    paths: frozenset[str] = frozenset(),
    declined: Mapping[str, frozenset[int]] | None = None,
) -> Plan:
    """Plan the migration of every file that is one of `paths` or matches one of `globs`.

    Without either, that is every file. What stands at a `declined` place (where it begins, by the
    path of the file) stays, and so does all that moves with it alone.
    """
    sources = read_sources(project)
    if declined:
        sources = replace(sources, settings=replace(sources.settings, declined=declined))
    only = None
    if globs or paths:
        only = {path for path in sources.contents if path in paths or _matches(path, globs)}
    results, settings = scan_whole(project, sources, progress, only, planned=True)
    changes: list[FileChange] = _moved_along(sources, results, only)
    needed: list[Needed] = []
    for index, result in enumerate(results):
        if not result.edits:
            continue
        data, rules = sources.contents[result.path], project.rules_for(result.path)
        try:
            settled = settle(result, data, settings, rules)
        except FaultyRewriteError as fault:
            what = f"the file once rewritten {fault.what}, which is a fault of fleetmod: report it"
            results[index] = refused(result, reasons.FAULT(what))
            continue
        if settled.needs:
            owner = manifest.owner(project.root, result.path)
            if owner is None:
                results[index] = refused(result, reasons.NO_MANIFEST)
                continue
            needed.append(Needed(owner, settled.needs, result.path))
        changes.append(settled.change)
    installed = install(project, needed, {change.path for change in changes})
    for path, texts in installed.texts.items():
        before, after = (text.encode() for text in texts)
        digest = hashlib.sha256(before).hexdigest()
        changes.append(FileChange(path, digest, difference(before, after)))
    changes += (*installed.created, *installed.updated)
    findings = tuple(f for result in results for f in result.findings)
    told = findings
    if project.whole and not (globs or paths):
        # what only a gate's grep finds stays, and is told here as an audit tells it
        lines = unexplained(project, grep(project), results)
        told = tuple(f for r in with_lines(project, sources, results, lines) for f in r.findings)
    unproven = [f"{path} cannot be read: {reason}" for path, reason in sources.unreadable]
    unproven += [line for result in results for line in result.unproven]
    changed = {c.path for c in changes}
    callers = {
        port: {r.path for r in results if any(n.package == port for n in r.needs)} & changed
        for port in PORTS
        if families.of_port(port).may_name
    }
    notes = (*installed.notes, *_notes(findings), *_stale_mocks(project, sources, callers))
    left = left_behind(project, sources, findings, changed)
    notes += tuple(each.note(project.config.home.fixture) for each in left)
    changes.sort(key=lambda change: change.path)
    return Plan(tuple(changes), told, notes, tuple(unproven))


def _moved_along(
    sources: Sources, results: list[FileResult], only: Collection[str] | None
) -> list[FileChange]:
    """What moves with the homes of tests: data, snapshots, helpers in which nothing is found.

    Those that have results get the edits there. A plan for `only` some files leaves the tests alone
    whose homes other files share.
    """
    fates = sources.settings.fates
    if not isinstance(fates, Fates):
        return []
    at = {result.path: index for index, result in enumerate(results)}
    out: dict[str, FileChange] = {}
    for path, index in at.items():
        result = results[index]
        if only is not None and (apart := sorted(_expected_beside(fates, result) - set(only))):
            results[index] = refused(result, _beside(apart[0], "spells a home with it"))
            continue
        if not any(f.rule == RULE and f.action == REWRITE for f in result.findings):
            continue
        moves = fates.moves(path)
        others = sorted(moves.keys() - only) if only is not None else []
        if others:
            results[index] = refused(result, _beside(others[0], "moves along with it"))
            continue
        for each, (data, edits) in moves.items():
            if each not in at:
                out[each] = FileChange(each, hashlib.sha256(data).hexdigest(), edits)
            elif not any(edit.rule == RULE for edit in results[at[each]].edits):
                found = results[at[each]]
                results[at[each]] = replace(found, edits=tuple(sorted({*found.edits, *edits})))
    return list(out.values())


def _beside(path: str, what: str) -> Reason:
    """Why a file stays where another one, which was not named, must change with it."""
    return reasons.NOT_SELECTED(f"{path} {what}; name both")


def _expected_beside(fates: Fates, result: FileResult) -> set[str]:
    """The code whose homes a test expects, or the tests that expect those of a file of code, where
    the homes of that file are looked up."""
    looked_up = (f for f in result.findings if families.of(f).homes and f.action == REWRITE)
    if not any(f.rule != RULE and f.cls != "comment" for f in looked_up):
        return set()
    expects = result.path in fates
    return set(fates.spelling(result.path) if expects else fates.following(result.path))


class FaultyRewriteError(FleetmodError):
    """A rewrite that does not parse or does not come to rest: a fault of fleetmod, not of the file.

    It never reaches the disk.
    """


@dataclass(frozen=True)
class Settled:
    """A file's edits when nothing more changes, and the imports that they need."""

    change: FileChange
    needs: tuple[Need, ...]


def settle(result: FileResult, data: bytes, settings: Settings, rules: tuple[Rule, ...]) -> Settled:
    """A file's edits, repeated until a further cycle changes nothing; raises FaultyRewriteError."""
    content = render(data, result.edits)
    edits, needs, again = result.edits, result.needs, result
    for _ in range(_CYCLES):
        settings = _moved(settings, result.path, again.edits)
        again = scan(result.path, content, settings, rules)
        if again.errors:
            raise FaultyRewriteError("would not parse any more", where=result.path)
        if not again.edits:
            break
        content = render(content, again.edits)
        edits, needs = difference(data, content), (*needs, *again.needs)
    else:
        raise FaultyRewriteError("does not come to rest", where=result.path)
    return Settled(FileChange(result.path, result.sha256, edits), needs)


def _moved(settings: Settings, path: str, edits: Sequence[Edit]) -> Settings:
    """The same settings for a file once `edits` are made: what stays is known by its place."""
    if path in settings.parted:
        stays = {moved(at, edits): reason for at, reason in settings.parted[path].items()}
        settings = replace(settings, parted={**settings.parted, path: stays})
    if path in settings.declined:
        kept = frozenset(moved(at, edits) for at in settings.declined[path])
        settings = replace(settings, declined={**settings.declined, path: kept})
    return settings


def difference(before: bytes, after: bytes) -> tuple[Edit, ...]:
    """Edits of whole lines that turn `before` into `after`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    out = []
    for low, high, new_low, new_high in _changed(old, new):
        text = b"".join(new[new_low:new_high]).decode("utf-8")
        out.append(Edit(starts[low], starts[high], text, "several"))
    return tuple(out)


def _changed(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[tuple[int, int, int, int]]:
    """The lines of each that differ. Long texts are first cut at the lines that stand once in both,
    since comparing them as a whole takes the square of their length; what cannot be cut is one."""
    cuts = [(-1, -1), (len(old), len(new))]
    if len(old) * len(new) > _COMPARED:
        cuts[1:1] = _in_both(old, new)
    for (low, new_low), (high, new_high) in pairwise(cuts):
        a, b = old[low + 1 : high], new[new_low + 1 : new_high]
        if a == b:
            continue
        if len(a) * len(b) > _COMPARED:
            yield low + 1, high, new_low + 1, new_high
            continue
        matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
        for tag, *(start, end, new_start, new_end) in matcher.get_opcodes():
            if tag != "equal":
                yield (
                    *(low + 1 + start, low + 1 + end),
                    *(new_low + 1 + new_start, new_low + 1 + new_end),
                )


def _in_both(old: Sequence[bytes], new: Sequence[bytes]) -> list[tuple[int, int]]:
    """The places of lines that stand once in either text, as many as are in the same order: a
    longest increasing sequence, by the heights of patience sorting."""
    once = [{line: at for at, line in enumerate(each)} for each in (old, new)]
    counts = [Counter(each) for each in (old, new)]
    tops: list[int] = []
    chains: list[tuple[int, int, int]] = []  # a pair, and the one of `chains` before it
    heads: list[int] = []
    for at, line in enumerate(old):
        if counts[0][line] != 1 or counts[1][line] != 1:
            continue
        place = once[1][line]
        height = bisect_left(tops, place)
        tops[height : height + 1] = [place]
        heads[height : height + 1] = [len(chains)]
        chains.append((at, place, heads[height - 1] if height else -1))
    found: list[tuple[int, int]] = []
    head = heads[-1] if heads else -1
    while head >= 0:
        at, place, head = chains[head]
        found.append((at, place))
    return found[::-1]


def _notes(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """What a maintainer must do after the migration."""
    notes = []
    if any(f.action == REWRITE and f.cls == "log" for f in findings):
        notes.append(
            "log lines name the service manager now: alerts that match the old words must follow"
        )
    refused = sum(f.action == REFUSE for f in findings)
    if refused:
        notes.append(f"{refused} finding(s) stay as debt; each has its reason")
    return tuple(notes)


def _stale_mocks(project: Project, sources: Sources, callers: dict[str, set[str]]) -> Iterator[str]:
    """Notes on the tests whose fakes the rewritten files, by their port, no longer meet."""
    if not any(callers.values()):
        return
    tests = [p for p in sources.discovered if is_test(p) and is_code(p)]
    helpers = _helpers(project, sources, callers.get(PROCESS_MANAGER, ()))
    triggers = (*TRIGGERS, *MODULE_TRIGGERS) if helpers else TRIGGERS
    texts = {}
    for path in candidates(project.root, tests, triggers).hits:
        with suppress(OSError):  # a note less; what cannot be read is told elsewhere
            texts[path] = (project.root / path).read_text(encoding="utf-8", errors="replace")
    for port, paths in callers.items():
        yield from stale_mocks(texts, paths, project.packages[port])
    yield from fakes_of(texts, helpers, project.packages[PROCESS_MANAGER])


def _helpers(project: Project, sources: Sources, rewritten: Collection[str]) -> dict[str, set[str]]:
    """The modules whose functions ran the commands of rewritten files, each with those."""
    found: dict[str, set[str]] = {}
    for path in rewritten:
        for module, _ in sources.settings.imported.get(path, {}):
            for helper in project.graph.named(path).get(module, ()):
                found.setdefault(helper, set()).add(path)
    return found


def _matches(path: str, globs: tuple[str, ...]) -> bool:
    """Whether one of the globs is the path (`[id].ts` is a name, too), its folder, or matches."""
    return any(
        path == glob or path.startswith(glob.rstrip("/") + "/") or fnmatchcase(path, glob)
        for glob in (glob.removeprefix("./") for glob in globs)
    )
