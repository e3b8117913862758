"""A report as the page shows it: files with findings, each with its diff or its source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from fleetmod import families
from fleetmod.model import REFUSE, REWRITE, Finding, is_debt
from fleetmod.report.html.changes import AROUND, Line, diff, lines_of
from fleetmod.report.report import Entry, Report
from fleetmod.report.text import package_of

_WORDS = {REWRITE: "can be rewritten", REFUSE: "needs a person"}
_ORDER = (REFUSE, REWRITE, "suppressed")  # what needs a person first
# the design's later phases, which are not about the code
_LATER = {
    "2": "images for every platform",
    "3": "specs for highly available state",
    "4": "network policy",
    "5": "a second node",
}


@dataclass(frozen=True)
class Item:
    """One finding. `blocks` are lines that are shown together: those that change, or one other."""

    entry: Entry
    href: str
    package: str
    state: str  # rewrite, refuse, suppressed or exempt
    word: str
    blocks: tuple[tuple[Line, ...], ...]

    @property
    def is_open(self) -> bool:
        """Whether it is shown at once: new debt that a person mends."""
        return self.state == REFUSE and not self.finding.known

    @property
    def finding(self) -> Finding:
        return self.entry.finding

    @property
    def words(self) -> str:
        """What the page's filter searches."""
        f = self.finding
        parts = (f.path, f.rule, f.cls, f.symbol, f.text, f.understood, f.why)
        return " ".join(parts).casefold()


@dataclass(frozen=True)
class Phase:
    """A phase's card: how much is left, and how much of it a person must mend."""

    phase: str
    family: str
    title: str
    left: int
    by_hand: int
    verdict: str


@dataclass(frozen=True)
class Step:
    """A phase on the way: `state` is a verdict, `left`, `done` or `not asked`."""

    phase: str
    title: str
    state: str


def items(report: Report) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """The findings by file. What needs a person comes first, in a file and among the files."""
    entries = sorted(report.entries, key=lambda e: (e.finding.path, e.finding.line, e.finding.col))
    groups = [
        (path, sorted((_item(entry, report) for entry in group), key=_rank))
        for path, group in groupby(entries, key=lambda e: e.finding.path)
    ]
    for path, inside in sorted(groups, key=lambda group: _rank(group[1][0])):
        yield path, tuple(inside)


def _rank(item: Item) -> int:
    return _ORDER.index(item.state) if item.state in _ORDER else len(_ORDER)


def _item(entry: Entry, report: Report) -> Item:
    f = entry.finding
    state = "suppressed" if f.suppressed else f.action
    word = _WORDS.get(state, "suppressed" if f.suppressed else "no debt")
    data = report.contents.get(f.path, b"")
    blocks = diff(data, entry.fix) if entry.fix else ((line,) for line in _excerpt(data, f))
    return Item(
        entry,
        link(report, f.path, f.line),
        package_of(f.path, report.packages),
        state,
        ("known, " if f.known and is_debt(f) else "") + word,
        tuple(blocks),
    )


def link(report: Report, path: str, line: int) -> str:
    """Where the source of a finding can be read."""
    values: Mapping[str, str] = {
        "{commit}": report.commit or "HEAD",
        "{path}": quote(path),
        "{line}": str(line),
    }
    out = report.source
    for name, value in values.items():
        out = out.replace(name, value)
    return out


def phases(report: Report) -> Iterator[Phase]:
    verdicts = {v.phase: v.verdict for v in report.verdicts}
    for family in families.every():
        phase = family.phase
        if verdicts and phase not in verdicts:
            continue
        debt = [e.finding for e in report.debt if families.of(e.finding) is family]
        by_hand = sum(f.action == REFUSE for f in debt)
        yield Phase(phase, family.id, family.proves, len(debt), by_hand, verdicts.get(phase, ""))


def roadmap(report: Report) -> Iterator[Step]:
    """All phases in order, and how far each is."""
    verdicts = {v.phase: v.verdict for v in report.verdicts}
    debt = Counter(entry.finding.family for entry in report.debt)
    for family in families.every():
        left = debt[family.id]
        known = "not asked" if verdicts else f"{left} left" if left else "done"
        yield Step(family.phase, family.title, verdicts.get(family.phase, known))
    for phase, title in _LATER.items():
        yield Step(phase, title, verdicts.get(phase, "not asked"))


def matrix(report: Report) -> tuple[tuple[str, tuple[tuple[str, int], ...]], ...]:
    """How much debt of each family each package has, by package; families without any are out."""
    counts = Counter((package_of(f.path, report.packages), f.family) for f in _debt(report))
    used = [family.id for family in families.every() if any(f == family.id for _, f in counts)]
    packages = sorted({package for package, _ in counts})
    return tuple((p, tuple((family, counts[p, family]) for family in used)) for p in packages)


def _debt(report: Report) -> Iterator[Finding]:
    return (entry.finding for entry in report.debt)


def _excerpt(data: bytes, finding: Finding) -> Iterator[Line]:
    lines = lines_of(data)
    last = finding.line + data.count(b"\n", finding.start, finding.end)
    for number in range(max(1, finding.line - AROUND), min(len(lines), last + AROUND) + 1):
        kind = "hit" if finding.line <= number <= last else "same"
        yield kind, str(number), ((lines[number - 1], False),), 1
