"""The mending of one finding alone, for reports and editors; `migrate` mends whole files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fleetmod import families
from fleetmod.cache import FIXES, Keys, digest
from fleetmod.engine import Only, scan_each
from fleetmod.fates import FOLLOW
from fleetmod.model import REWRITE, Edit, FileResult, Finding, Need
from fleetmod.project import Project
from fleetmod.rules import Rule
from fleetmod.settings import Settings
from fleetmod.sources import Sources
from fleetmod.syntax.source import open_source, parses_with
from fleetmod.together import RULE, Fates
from fleetmod.workers import shared


@dataclass(frozen=True)
class Fix:
    """Edits of one file, imports included, and the port members that they import.

    `along` are the bytes and the edits of other files, for the homes of tests move together.
    """

    edits: tuple[Edit, ...]
    needs: tuple[Need, ...]
    along: Mapping[str, tuple[bytes, tuple[Edit, ...]]] = field(default_factory=dict)


def fixes_of(
    findings: Sequence[Finding], data: bytes, settings: Settings, rules: Sequence[Rule]
) -> Iterator[Fix | None]:
    """What mends each of some findings of one file with the content `data`, that one alone.

    None where a finding is not rewritten, goes with another one's rewrite, or would leave a file
    that does not parse.
    """
    mended = [f for f in findings if f.action == REWRITE and not f.suppressed]
    ids = {finding.rule for finding in mended}
    own = [rule for rule in rules if rule.id in ids]
    if not own:
        return (None for _ in findings)
    path = findings[0].path
    choices = [_choice(finding, settings) for finding in mended]
    results = zip(mended, scan_each(path, data, settings, own, choices), strict=True)
    fixes = {finding: _fix(finding, data, result, settings) for finding, result in results}
    return (fixes.get(finding) for finding in findings)


def edits_alone(
    project: Project, sources: Sources, findings: Sequence[Finding]
) -> dict[Finding, tuple[Edit, ...]]:
    """The edits that mend each finding of the project by itself; a finding is left out that nothing
    mends, and one with which another file must change."""
    settings, cache, known = sources.settings, project.cache, Keys(sources.settings)
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        mended = finding.action == REWRITE and not finding.suppressed
        if mended and finding.path in sources.contents and not not_alone(finding, settings):
            by_path[finding.path].append(finding)

    def key(path: str) -> str:
        asked = repr([(f.rule, f.start, f.end, _follows(f, settings)) for f in by_path[path]])
        data = sources.contents[path]
        return digest(known.of(path, data, project.rules_for(path)).encode(), asked)

    def work(path: str) -> tuple[tuple[Edit, ...], ...]:
        data, rules = sources.contents[path], project.rules_for(path)
        found = fixes_of(by_path[path], data, settings, rules)
        return tuple(fix.edits if fix is not None and not fix.along else () for fix in found)

    keys = {path: key(path) for path in by_path}
    edits = {path: cache.get(FIXES, path, key) for path, key in keys.items()}
    left = [path for path, kept in edits.items() if kept is None]
    done = shared(work, left, lambda path: len(sources.contents[path]), lambda: None)
    for path, made in zip(left, done, strict=True):
        edits[path] = made
        cache.put(FIXES, path, keys[path], made)
    return {
        finding: each
        for path, inside in by_path.items()
        for finding, each in zip(inside, edits[path], strict=True)
        if each
    }


def _choice(finding: Finding, settings: Settings) -> Only:
    """The match of a finding; all of its rule where all homes of a test move, or none."""
    itself, together = (finding.rule, finding.start, finding.end), _follows(finding, settings)
    return lambda *match: match[0] == finding.rule if together else match == itself


def _fix(finding: Finding, data: bytes, result: FileResult, settings: Settings) -> Fix | None:
    if not result.edits or not parses_with(open_source(finding.path, data), result.edits):
        return None
    along: dict[str, tuple[bytes, tuple[Edit, ...]]] = {}
    if finding.rule == RULE and isinstance(settings.fates, Fates):
        along = settings.fates.moves(finding.path)
        along.pop(finding.path, None)
    return Fix(result.edits, result.needs, along)


def not_alone(finding: Finding, settings: Settings) -> str:
    """The file that must change in the same step as a home, for a test expects what code spells;
    empty where there is none, or where a fix takes the others along."""
    fates, path = settings.fates, finding.path
    if not families.of(finding).homes or finding.rule == RULE or not isinstance(fates, Fates):
        return ""
    if finding.test:
        follows = _follows(finding, settings)
        others = {*fates[path].files, *fates.spelling(path)} if follows else set[str]()
    else:
        others = set(fates.following(path))
    return min(others - {path}, default="")


def _follows(finding: Finding, settings: Settings) -> bool:
    fate = settings.fates.get(finding.path) if families.of(finding).homes else None
    return fate is not None and fate.kind == FOLLOW
