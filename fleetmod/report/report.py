"""What every printer prints: one plain report of a command, whichever it was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fleetmod.audit import Audit, TextCount
from fleetmod.fixes import edits_alone
from fleetmod.gates.check import Verdict
from fleetmod.gates.not_looked_at import Group
from fleetmod.grepped import RULE as GREP
from fleetmod.headline import headline
from fleetmod.model import EXEMPT, REFUSE, Edit, Finding, is_debt
from fleetmod.project import Project
from fleetmod.report.fingerprint import fingerprints
from fleetmod.rules import Rule
from fleetmod.since import Since
from fleetmod.sources import Sources
from fleetmod.suppress import RULE
from fleetmod.trend import Point
from fleetmod.workspace.owners import owners_of

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True)
class Entry:
    """A finding, its stable id, and the edits that mend it alone (none where it is not asked)."""

    finding: Finding
    id: str
    fix: tuple[Edit, ...] = ()

    @property
    def level(self) -> str:
        """`error` for what a person must mend, `warning` for what `fleetmod migrate` does."""
        return ERROR if self.finding.action == REFUSE else WARNING

    @property
    def message(self) -> str:
        """One line: what stands there, and what becomes of it."""
        return headline(self.finding)


@dataclass(frozen=True)
class Unproven:
    """Something that could not be judged; `path` is "" where it is no file's, `line` 0 likewise."""

    path: str
    line: int
    last: int
    reason: str

    def __str__(self) -> str:
        lines = f":{self.line}" if self.line else ""
        lines += f"-{self.last}" if self.last > self.line else ""
        return f"{self.path}{lines} {self.reason}".strip()


@dataclass(frozen=True)
class Report:
    """`contents` are the files of the findings; `packages` the workspace's folders, "" the root.

    `commit` is "" outside of git; `source` is a URL template with {commit}, {path} and {line}.
    """

    command: str
    name: str
    commit: str
    scanned: int
    texts: tuple[TextCount, ...]
    entries: tuple[Entry, ...]
    unproven: tuple[Unproven, ...]
    rules: tuple[Rule, ...]
    packages: tuple[str, ...]
    contents: Mapping[str, bytes]
    verdicts: tuple[Verdict, ...] = ()
    baseline: bool = False
    history: tuple[Point, ...] = ()
    source: str = ""
    apart: tuple[Group, ...] = ()  # what the gates did not look at
    since: Since | None = None
    owners: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # of the findings' files

    @property
    def failures(self) -> list[str]:
        """What made a phase fail that is no finding, each with its phase."""
        return [f"{v.phase}: {reason}" for v in self.verdicts for reason in v.failures]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(entry.finding for entry in self.entries)

    @property
    def debt(self) -> list[Entry]:
        """What is left to mend, worst first."""
        return sorted((e for e in self.entries if is_debt(e.finding)), key=_badness)


def report_of(
    project: Project,
    audit: Audit,
    sources: Sources,
    command: str,
    *,
    commit: str = "",
    packages: Sequence[str] = (),
    verdicts: tuple[Verdict, ...] = (),
    fixes: bool = False,
    baseline: bool = False,
    history: tuple[Point, ...] = (),
    apart: tuple[Group, ...] = (),
    since: Since | None = None,
) -> Report:
    """The report of an audit or a gate. `fixes` asks for each finding's edits, which cost a scan;
    `baseline` says that there is one, which the findings' `known` was read from.

    A gate speaks of its own phases' findings, and of the lines that its grep passes over.
    """
    # ids count twins among all findings, so that each is the same in every command's report
    everything = (*audit.findings, *_of_strict_gates(audit, verdicts))
    asked = {RULE.family, *(verdict.family for verdict in verdicts)}
    passed = {(v.family, p.path, p.line) for v in verdicts for p in v.passed_over}
    entries = []
    for finding, name in zip(everything, fingerprints(everything), strict=True):
        told = finding.action != EXEMPT or bool(finding.suppressed)
        told |= any((finding.family, finding.path, line) in passed for line in finding.lines)
        if verdicts and not (told and finding.family in asked):
            continue
        entries.append(Entry(finding, name))
    if fixes:
        edits = edits_alone(project, sources, [entry.finding for entry in entries])
        entries = [replace(entry, fix=edits.get(entry.finding, ())) for entry in entries]
    entries.sort(key=lambda e: (e.finding.path, e.finding.line, e.finding.start))
    paths, owners = {e.finding.path for e in entries}, owners_of(project.root)
    return Report(
        command=command,
        name=project.root.name,
        commit=commit,
        scanned=audit.scanned,
        texts=audit.texts,
        entries=tuple(entries),
        unproven=tuple(_unproven(audit, verdicts)),
        rules=(*project.rules, RULE, GREP),
        packages=tuple(packages),
        contents={path: data for path, data in sources.contents.items() if path in paths},
        verdicts=verdicts,
        baseline=baseline,
        history=history,
        apart=apart,
        since=since,
        owners={path: own for path in sorted(paths) if (own := owners(path))},
    )


def _of_strict_gates(audit: Audit, verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    """What a strict gate minds and an audit does not."""
    known = {f for f in audit.findings if f.rule == GREP.id}
    for verdict in verdicts:
        yield from (f for f in verdict.findings if f.rule == GREP.id and f not in known)


def _unproven(audit: Audit, verdicts: Sequence[Verdict]) -> Iterator[Unproven]:
    known = [Unproven(p, a, b, why) for p, (a, b), why in audit.doubts]
    known += [Unproven(p, 0, 0, f"cannot be read: {reason}") for p, reason in audit.unreadable]
    yield from known
    told = {_phrase(each) for each in known}
    for reason in dict.fromkeys(r for verdict in verdicts for r in verdict.unproven):
        if reason not in told:
            yield Unproven("", 0, 0, reason)


def _phrase(each: Unproven) -> str:
    """As the gates word it, who name both lines always."""
    lines = f":{each.line}-{each.last}" if each.line else ""
    return f"{each.path}{lines} {each.reason}"


def _badness(entry: Entry) -> tuple[bool, bool, bool, str, int, int]:
    f = entry.finding
    return (f.known, f.action != REFUSE, f.test, f.path, f.line, f.col)
