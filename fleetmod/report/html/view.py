"""A report as the page shows it: files with findings, each with its diff or its source."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from fleetmod import families
from fleetmod.edits import render
from fleetmod.model import REFUSE, REWRITE, Finding, is_debt
from fleetmod.report.report import Entry, Report
from fleetmod.report.text import package_of

_AROUND = 2  # lines of context
_WORDS = {REWRITE: "can be rewritten", REFUSE: "needs a person"}


@dataclass(frozen=True)
class Item:
    """One finding. `lines` are (kind, number, text) with a kind of `del add same gap hit`; the
    numbers are those of the file as it is."""

    entry: Entry
    href: str
    package: str
    state: str  # rewrite, refuse, suppressed or exempt
    word: str
    lines: tuple[tuple[str, str, str], ...]

    @property
    def finding(self) -> Finding:
        return self.entry.finding

    @property
    def words(self) -> str:
        """What the page's filter searches."""
        f = self.finding
        parts = (f.path, f.rule, f.cls, f.symbol, f.text, f.understood, f.reason)
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


def items(report: Report) -> Iterator[tuple[str, tuple[Item, ...]]]:
    """The findings by file, those of no debt last in each."""
    entries = sorted(report.entries, key=lambda e: (e.finding.path, e.finding.line, e.finding.col))
    for path, group in groupby(entries, key=lambda e: e.finding.path):
        yield path, tuple(_item(entry, report) for entry in group)


def _item(entry: Entry, report: Report) -> Item:
    f = entry.finding
    state = "suppressed" if f.suppressed else f.action
    word = _WORDS.get(state, "suppressed" if f.suppressed else "no debt")
    data = report.contents.get(f.path, b"")
    lines = _diff(data, render(data, entry.fix)) if entry.fix else _excerpt(data, f)
    return Item(
        entry,
        link(report, f.path, f.line),
        package_of(f.path, report.packages),
        state,
        ("known, " if f.known and is_debt(f) else "") + word,
        tuple(lines),
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


def _diff(before: bytes, after: bytes) -> Iterator[tuple[str, str, str]]:
    old, new = _lines(before), _lines(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for number, group in enumerate(matcher.get_grouped_opcodes(_AROUND)):
        if number:
            yield "gap", "", ""
        for tag, low, high, new_low, new_high in group:
            if tag == "equal":
                yield from _numbered("same", old, low, high)
            else:
                yield from _numbered("del", old, low, high)
                yield from (("add", "", line) for line in new[new_low:new_high])


def _excerpt(data: bytes, finding: Finding) -> Iterator[tuple[str, str, str]]:
    lines = _lines(data)
    last = finding.line + data.count(b"\n", finding.start, finding.end)
    for number in range(max(1, finding.line - _AROUND), min(len(lines), last + _AROUND) + 1):
        kind = "hit" if finding.line <= number <= last else "same"
        yield kind, str(number), lines[number - 1]


def _numbered(
    kind: str, lines: Sequence[str], low: int, high: int
) -> Iterator[tuple[str, str, str]]:
    return ((kind, str(number + 1), lines[number]) for number in range(low, high))


def _lines(data: bytes) -> list[str]:
    return [line.rstrip("\r") for line in data.decode("utf-8", "replace").split("\n")]
