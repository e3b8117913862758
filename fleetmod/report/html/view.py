"""A report as the page shows it: files with findings, each with its diff or its source."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import quote

from fleetmod import families
from fleetmod.edits import render
from fleetmod.model import REFUSE, REWRITE, Edit, Finding, is_debt
from fleetmod.report.report import Entry, Report
from fleetmod.report.text import package_of

_AROUND = 2  # lines of context
_LOOKED = _AROUND + 1  # lines around a change that are compared: it may be told one line up or down
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
    lines = _diff(data, entry.fix) if entry.fix else _excerpt(data, f)
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


def _diff(data: bytes, edits: Sequence[Edit]) -> Iterator[tuple[str, str, str]]:
    """What edits change, with some lines around; far apart ones have a gap between them."""
    shown = False
    for hunk in _hunks(data, edits):
        start, end = _line_start(data, hunk[0].start), _line_end(data, hunk[-1].end)
        part, first = data[start:end], data.count(b"\n", 0, start)
        moved = [replace(e, start=e.start - start, end=e.end - start) for e in hunk]
        old, new = _lines(part), _lines(render(part, moved))
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for group in matcher.get_grouped_opcodes(_AROUND):
            if shown:
                yield "gap", "", ""
            shown = True
            for tag, low, high, new_low, new_high in group:
                kind = "same" if tag == "equal" else "del"
                yield from ((kind, str(first + at + 1), old[at]) for at in range(low, high))
                if tag != "equal":
                    yield from (("add", "", line) for line in new[new_low:new_high])


def _hunks(data: bytes, edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Edits in source order, those together whose lines around would touch."""
    hunk: list[Edit] = []
    for edit in edits:
        if hunk and data.count(b"\n", hunk[-1].end, edit.start) > 2 * _LOOKED:
            yield hunk
            hunk = []
        hunk.append(edit)
    yield hunk


def _line_start(data: bytes, at: int) -> int:
    """Where the lines around a place begin."""
    for _ in range(_LOOKED + 1):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _line_end(data: bytes, at: int) -> int:
    """Where the lines around a place end, their line end excluded."""
    at -= 1
    for _ in range(_LOOKED + 1):
        at = data.find(b"\n", at + 1)
        if at < 0:
            return len(data)
    return at


def _excerpt(data: bytes, finding: Finding) -> Iterator[tuple[str, str, str]]:
    lines = _lines(data)
    last = finding.line + data.count(b"\n", finding.start, finding.end)
    for number in range(max(1, finding.line - _AROUND), min(len(lines), last + _AROUND) + 1):
        kind = "hit" if finding.line <= number <= last else "same"
        yield kind, str(number), lines[number - 1]


def _lines(data: bytes) -> list[str]:
    return [line.rstrip("\r") for line in data.decode("utf-8", "replace").split("\n")]
