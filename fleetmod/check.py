"""New debt of some files, or of a whole repository, beyond what the baseline holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from fleetmod.audit import Audit
from fleetmod.baseline import FILE, Baseline, Compared, StableId, compare, parse_baseline
from fleetmod.bounds import RECORD
from fleetmod.edits import render
from fleetmod.errors import CLEAN, DEBT, UNPROVEN, FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.grepped import grep, unexplained, with_lines
from fleetmod.lower.imports import RULE as IMPORT
from fleetmod.lower.specifier import specifiers
from fleetmod.model import REWRITE, Edit, FileResult, Finding, digest_of
from fleetmod.project import Project
from fleetmod.scan import scan_all, scan_some
from fleetmod.settings import Settings
from fleetmod.sources import Sources, read_sources
from fleetmod.syntax.source import Text, open_source
from fleetmod.workspace.disk import is_file, read_plain
from fleetmod.workspace.tree_state import Fault

_SHOWN = 10_000  # bytes of the lines that a replacement shows; each finding on them has its own


@dataclass(frozen=True)
class Replacement:
    """The lines `first..last` as they are and as they are to be, and the imports they need."""

    first: int
    last: int
    before: str
    after: str
    imports: tuple[str, ...]


@dataclass(frozen=True)
class Checked:
    """`audit` has all findings, with what is known marked, and no counts of text; `stale` entries
    are told of a whole repository only."""

    audit: Audit
    sources: Sources
    new: tuple[Finding, ...]
    replacements: Mapping[Finding, Replacement]
    stale: tuple[StableId, ...]
    unproven: tuple[str, ...]
    format: int  # of the baseline

    @property
    def exit_code(self) -> int:
        return DEBT if self.new else UNPROVEN if self.unproven else CLEAN


def check(
    project: Project,
    contents: Mapping[str, bytes] | None = None,
    exists: Callable[[str], bool] | None = None,
    unseen: Iterable[Fault] = (),
    recorded: Baseline | None = None,
) -> Checked:
    """Look for new debt in files given by path and content, or in the whole repository.

    `exists` tells whether a file is there where the disk does not, `unseen` what is not there as
    the commit has it; `recorded` is what counts as known, if that is not the repository's baseline.

    Paths that an audit leaves out are left out here too. Raises FleetmodError for a baseline that
    cannot be read.
    """
    if contents is None:
        sources = read_sources(project)
        results = scan_all(project, sources)
    else:
        sources, results = scan_some(project, contents, unseen)
    lines = unexplained(project, grep(project, contents), results)
    results = with_lines(project, sources, results, lines, contents)
    found = [f for result in results for f in result.findings]
    of_past, recorded = recorded is not None, recorded or read_baseline(project)
    compared = against_baseline(project, found, sources.contents, recorded, exists)
    unproven = [f"{path} cannot be read: {reason}" for path, reason in sources.unreadable]
    unproven += [line for result in results for line in result.unproven]
    of_them = (entry for entry in compared.stale if of_past and entry.path in (contents or ()))
    looked = [path for path in sources.discovered if is_code(path)]
    marked = _marked(results, compared)
    return Checked(
        audit=Audit(marked, (), (), (), sources.unreadable, len(looked)),
        sources=sources,
        new=compared.new,
        replacements=_replacements(project, sources, results, compared.new),
        stale=compared.stale if contents is None else tuple(of_them),
        unproven=tuple(unproven),
        format=recorded.version,
    )


def _marked(results: Iterable[FileResult], compared: Compared) -> tuple[FileResult, ...]:
    """Results whose findings say whether they are known."""
    by_path: dict[str, list[Finding]] = defaultdict(list)
    for finding in compared.findings:
        by_path[finding.path].append(finding)
    return tuple(replace(result, findings=tuple(by_path[result.path])) for result in results)


def mark_known(project: Project, audit: Audit, contents: Mapping[str, bytes]) -> Audit:
    """An audit whose findings say whether the baseline holds them; `contents` are their files'."""
    compared = against_baseline(project, audit.findings, contents, read_baseline(project))
    return with_known(audit, compared)


def with_known(audit: Audit, compared: Compared) -> Audit:
    """An audit with its findings as they are compared."""
    return replace(audit, results=_marked(audit.results, compared))


def against_baseline(
    project: Project,
    findings: Iterable[Finding],
    contents: Mapping[str, bytes],
    recorded: Baseline,
    exists: Callable[[str], bool] | None = None,
) -> Compared:
    """Findings of this repository against its baseline; without a file, all of them are new."""
    there = exists or (lambda path: is_file(project.root / path))

    def former(finding: Finding) -> str:
        spelled = contents.get(finding.path, b"")[finding.start : finding.end]
        return digest_of(spelled.decode("utf-8", "replace"))

    return compare(findings, recorded, there, former)


def read_baseline(project: Project) -> Baseline:
    """The recorded debt; raises FleetmodError where the file is no baseline."""
    try:
        return parse_baseline(read_plain(project.root / FILE, RECORD).decode("utf-8"))
    except FileNotFoundError:
        return Baseline()
    except UnicodeDecodeError as error:
        raise FleetmodError("is not UTF-8 text", where=FILE, todo="Save it as UTF-8") from error
    except OSError as error:
        raise FleetmodError(f"cannot be read: {error.strerror}", where=FILE) from error


def _replacements(
    project: Project, sources: Sources, results: Iterable[FileResult], new: Iterable[Finding]
) -> dict[Finding, Replacement]:
    by_path = {result.path: result for result in results}
    files: dict[str, _Edited] = {}
    out = {}
    for finding in new:
        if finding.action == REWRITE:
            if (path := finding.path) not in files:
                files[path] = _Edited(
                    by_path[path], sources.contents[path], project, sources.settings
                )
            if (made := files[path].replacement(finding)) is not None:
                out[finding] = made
    return out


class _Edited:
    """A file and its edits, of which each finding asks for those that touch it."""

    def __init__(
        self, result: FileResult, data: bytes, project: Project, settings: Settings
    ) -> None:
        self._text = Text(result.path, data)
        inline = settings.inlined.get(result.path)
        source = open_source(result.path, data)
        self._packages = specifiers(source, project.packages, inline)
        self._needs = tuple(dict.fromkeys(result.needs))
        # they do not overlap, so that their ends are in order, too
        own = (edit for edit in result.edits if edit.rule != IMPORT)
        self._edits = sorted(own, key=lambda e: (e.start, e.end))
        self._starts = [e.start for e in self._edits]
        self._ends = [e.end for e in self._edits]

    def replacement(self, finding: Finding) -> Replacement | None:
        """What to write in place of a finding; None where its edits stand elsewhere, or in lines
        that are too long to be shown."""
        data = self._text.data
        touching = self._between(finding.start, finding.end)
        if not touching:
            return None
        start = data.rfind(b"\n", 0, min(finding.start, touching[0].start)) + 1
        end = max(finding.end, touching[-1].end)
        stop = data.find(b"\n", end, start + _SHOWN)
        if stop < 0:
            if len(data) > start + _SHOWN:
                return None
            stop = len(data)
        inside = [
            replace(e, start=e.start - start, end=e.end - start)
            for e in self._between(start, stop)
            if start <= e.start and e.end <= stop
        ]
        before = data[start:stop]
        after = render(before, inside).decode()
        first = self._text.line_of(start)
        imports = tuple(
            f'import {{ {need.name} }} from "{self._packages[need.package]}";'
            for need in self._needs
            if need.name in after
        )
        last = first + before.count(b"\n")
        return Replacement(first, last, before.decode(), after, imports)

    def _between(self, start: int, end: int) -> list[Edit]:
        """The edits that hold or touch some of `start..end`."""
        return self._edits[bisect_left(self._ends, start) : bisect_right(self._starts, end)]
