"""`fleetmod migrate --interactive`: a person decides on each finding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from fleetmod.edits import render
from fleetmod.fixes import edits_alone
from fleetmod.lower.imports import RULE as IMPORT
from fleetmod.migrate import difference
from fleetmod.model import REFUSE, REWRITE, Edit, FileChange, Finding, Plan
from fleetmod.printed import one_line
from fleetmod.report.diff import unified
from fleetmod.report.text import print_diff
from fleetmod.sources import read_sources
from fleetmod.syntax.source import open_source

if TYPE_CHECKING:
    from rich.console import Console

    from fleetmod.project import Project

Planned = Callable[[Mapping[str, frozenset[int]]], Plan]
_KEYS = {
    "y": "rewrite it",
    "n": "keep it as it is",
    "e": "rewrite it, and edit what is written",
    "s": "keep the rest of this file",
    "a": "rewrite all that this rule finds from here on",
    "q": "stop, and write nothing",
    "?": "show this",
}


@dataclass
class _Answers:
    """What a person has said: places that stay, rules that are always right, texts of their own."""

    declined: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    rules: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    own: list[tuple[str, bytes, bytes]] = field(default_factory=list)  # path, lines, better ones


def choose(console: Console, project: Project, planned: Planned) -> Plan | None:
    """The plan without what a person keeps, and with what they wrote; None where they stop.

    `planned` makes a plan that leaves some places as they are.
    """
    plan, sources, answers = planned({}), read_sources(project), _Answers()
    asked = [f for f in plan.findings if f.action == REWRITE]
    alone = edits_alone(project, sources, asked)
    for number, finding in enumerate(asked, 1):
        if finding.rule in answers.rules:
            continue
        if finding.path in answers.files:
            answers.declined[finding.path].add(finding.start)
            continue
        console.rule()
        where = f"{finding.path}:{finding.line}"
        told = f"{where} {finding.rule} ({number} of {len(asked)}): {finding.understood}"
        _say(console, told)
        for note in finding.notes:
            _say(console, f"  to look at: {note}")
        data = sources.contents.get(finding.path, b"")
        edits = alone.get(finding, ())
        if edits:
            _show(console, finding.path, edits, {finding.path: data})
        else:
            _say(console, "  goes with others: its change is shown there")
        if not _answer(console, finding, data, edits, answers):
            return None
    return _agreed(console, planned, plan, answers, sources.contents)


def _say(console: Console, line: str) -> None:
    """Print a line; whatever a path or the code puts into it is shown and not obeyed."""
    console.print(one_line(line), markup=False, soft_wrap=True)


def _show(console: Console, path: str, edits: tuple[Edit, ...], contents: dict[str, bytes]) -> None:
    change = FileChange(path, "-", edits)
    lines = unified(Plan((change,), (), (), ()), contents)
    print_diff(console, (line for line in lines if not line.startswith(("---", "+++"))))


def _answer(
    console: Console, finding: Finding, data: bytes, edits: tuple[Edit, ...], answers: _Answers
) -> bool:
    """Ask about one finding and keep the answer; False where the person stops."""
    while True:
        key = click.prompt("Rewrite it?", type=click.Choice(list(_KEYS)), show_choices=True)
        if key == "?":
            for each, what in _KEYS.items():
                _say(console, f"  {each}  {what}")
        elif key == "e":
            lines = _edited(finding, data, edits)
            if lines is not None:
                answers.own.append((finding.path, *lines))
                return True
            _say(console, "  nothing to edit, or it does not parse: answer again")
        else:
            break
    if key == "a":
        answers.rules.add(finding.rule)
    elif key in "ns":
        answers.declined[finding.path].add(finding.start)
        if key == "s":
            answers.files.add(finding.path)
    return bool(key != "q")


def _edited(finding: Finding, data: bytes, edits: tuple[Edit, ...]) -> tuple[bytes, bytes] | None:
    """The lines of a finding as they would be written, and as a person writes them; None where
    those do not parse."""
    start = data.rfind(b"\n", 0, finding.start) + 1
    end = data.find(b"\n", finding.end)
    end = len(data) if end < 0 else end
    inside = [e for e in edits if start <= e.start and e.end <= end and e.rule != IMPORT]
    if not inside:
        return None
    moved = [replace(e, start=e.start - start, end=e.end - start) for e in inside]
    made = render(data[start:end], moved)
    text = click.edit(f"{made.decode()}\n", extension=finding.path[finding.path.rfind(".") :])
    if text is None:
        return None
    text = text.removesuffix("\n")
    whole = render(data, [Edit(start, end, text, finding.rule)])
    return None if open_source(finding.path, whole).errors() else (made, text.encode())


def _agreed(
    console: Console,
    planned: Planned,
    first: Plan,
    answers: _Answers,
    contents: Mapping[str, bytes],
) -> Plan | None:
    """The plan that keeps what a person keeps, once they have seen what else that holds."""
    plan = first
    declined = {path: frozenset(starts) for path, starts in answers.declined.items()}
    if declined:
        plan = planned(declined)
        for finding in _held(first, plan, declined):
            line = f"  {finding.path}:{finding.line} stays, too: {finding.reason}"
            _say(console, line)
    changes = {change.path: change for change in plan.changes}
    for path, made, text in answers.own:
        data = contents.get(path, b"")
        after = render(data, changes[path].edits) if path in changes else b""
        if after.count(made) != 1:
            line = f"  {path}: your text does not fit what else changes there; the plan's stands"
            _say(console, line)
            continue
        edits = difference(data, after.replace(made, text))
        changes[path] = replace(changes[path], edits=edits)
    plan = replace(plan, changes=tuple(changes.values()))
    if not plan.changes:
        return plan
    files = sum(bool(change.sha256) for change in plan.changes)
    return plan if click.confirm(f"Write {files} changed file(s)?", default=True) else None


def _held(first: Plan, plan: Plan, declined: Mapping[str, frozenset[int]]) -> Iterator[Finding]:
    """What is not rewritten any more since something else stays."""
    before = {(f.path, f.start, f.rule) for f in first.findings if f.action == REWRITE}
    for finding in plan.findings:
        known = (finding.path, finding.start, finding.rule) in before
        chosen = finding.start in declined.get(finding.path, ())
        if finding.action == REFUSE and known and not chosen:
            yield finding
