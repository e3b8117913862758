"""The verdict of `verify`, for a terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fleetmod.verify.coverage import Coverage
from fleetmod.verify.outcome import Outcome
from fleetmod.verify.run import Comparison, Verdict
from fleetmod.verify.style import Told

_WORDS = {0: "clean: nothing is worse", 1: "worse", 3: "unproven"}
_SHOWN = 10  # of each list; the rest is counted


def print_verdict(console: Console, verdict: Verdict) -> None:
    """What ran, what it counted before and after, what it saw, and everything that is worse."""
    if verdict.comparisons:
        console.print(_table(verdict.comparisons))
    if verdict.coverage is not None:
        for line in _coverage(verdict.coverage):
            console.print(line, markup=False, soft_wrap=True)
    for told in verdict.style:
        for line in _style(told):
            console.print(f"  {line}", markup=False, soft_wrap=True)
    for note in verdict.left:
        console.print(f"  left behind: {note}", style="yellow", markup=False, soft_wrap=True)
    if failing := sum(len(c.before.failed) for c in verdict.comparisons):
        are = "test fails" if failing == 1 else "tests fail"
        console.print(f"{failing} {are} before the migration already, and can show nothing of it.")
    for c in verdict.comparisons:
        for each in c.worse:
            console.print(f"  {each.kind}: {each.what}", style="red", markup=False, soft_wrap=True)
        for name in c.flaky:
            console.print(f"  flaky: {name}", style="yellow", markup=False, soft_wrap=True)
    for reason in verdict.unproven:
        for line in f"  unproven: {reason}".split("\n"):  # below it, a command's last lines
            console.print(line, style="yellow", markup=False, soft_wrap=True)
    if verdict.comparisons:
        for trouble in verdict.told:
            console.print(f"  all the same: {trouble}", markup=False, soft_wrap=True)
    console.print(f"Verdict: {_WORDS[verdict.exit_code]}.")


def _table(comparisons: Sequence[Comparison]) -> Table:
    table = Table(title="Before and after", title_justify="left")
    for column in ("what", "command"):
        table.add_column(column)
    for column in ("type errors", "passed", "failed", "exit", "worse", "flaky"):
        table.add_column(column, justify="right")
    groups: dict[tuple[str, str], list[Comparison]] = defaultdict(list)
    for c in comparisons:
        groups[c.command.kind, c.command.line].append(c)
    for (kind, line), group in groups.items():
        # the counts are of what was compared, where anything was
        compared = [c for c in group if c.after is not None]
        few = f", {len(compared)} compared" if 0 < len(compared) < len(group) else ""
        places = f" ({len(group)} packages{few})" if len(group) > 1 else ""
        if len(group) == 1 and group[0].command.folder:
            places = f" ({group[0].command.folder})"
        table.add_row(
            kind,
            escape(line + places),
            _change([(c.before.errors.total(), _errors(c.after)) for c in compared or group]),
            _change([(c.before.passed.total(), _passed(c.after)) for c in compared or group]),
            _change([(len(c.before.failed), _failed(c.after)) for c in compared or group]),
            _codes(compared or group),
            str(sum(len(c.worse) for c in group)),
            str(sum(len(c.flaky) for c in group)),
        )
    return table


def _errors(outcome: Outcome | None) -> int | None:
    return None if outcome is None else outcome.errors.total()


def _passed(outcome: Outcome | None) -> int | None:
    return None if outcome is None else outcome.passed.total()


def _failed(outcome: Outcome | None) -> int | None:
    return None if outcome is None else len(outcome.failed)


def _change(counts: Sequence[tuple[int, int | None]]) -> str:
    after = [count for _, count in counts if count is not None]
    return f"{sum(before for before, _ in counts)} → {sum(after) if after else 'not run'}"


def _codes(group: Sequence[Comparison]) -> str:
    before = max((c.before.code for c in group), key=abs)
    after = [c.after.code for c in group if c.after is not None]
    return f"{before} → {max(after, key=abs) if after else 'not run'}"


def _coverage(coverage: Coverage) -> Iterator[str]:
    count = len(coverage.rewritten)
    if not count:
        return
    reached = "which of them a test imports is not known"
    if coverage.reached is not None:
        reached = f"a test imports {len(coverage.reached)}"
    yield (
        f"Of {count} rewritten {'file' if count == 1 else 'files'}, {len(coverage.typed)} "
        f"{'is' if len(coverage.typed) == 1 else 'are'} type-checked and {len(coverage.tested)} "
        f"{'is' if len(coverage.tested) == 1 else 'are'} in packages whose tests ran; {reached}."
    )
    for what, seen in (
        ("not type-checked", coverage.typed),
        ("in no package whose tests ran", coverage.tested),
    ):
        missed = [path for path in coverage.rewritten if path not in seen]
        yield from _short(f"  {what}: ", missed)


def _short(start: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        yield start + ", ".join(names[:_SHOWN]) + more


def _style(told: Told) -> Iterator[str]:
    if told.silent:
        yield f"{told.tool}: could not check the files that change: {told.silent}"
    elif not told.new:
        yield f"{told.tool}: nothing new in {told.files} files that change"
    else:
        total = sum(count for *_, count in told.new)
        yield f"{told.tool}: {total} new in {told.files} files that change"
        for place, rule, text, count in told.new[:_SHOWN]:
            yield f"  {place}: {rule}: {text}" + (f" ({count} times)" if count > 1 else "")
        if len(told.new) > _SHOWN:
            yield f"  and {len(told.new) - _SHOWN} more places and rules"
        if told.mend:
            yield f"  to mend them: {told.mend}"
