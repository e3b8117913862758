"""The verdict of `verify`, for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from fleetmod.verify.run import Verdict

_WORDS = {0: "clean: nothing is worse", 1: "worse", 3: "unproven"}


def print_verdict(console: Console, verdict: Verdict) -> None:
    """What ran, what it counted before and after, and everything that is worse."""
    table = Table(title="Before and after", title_justify="left")
    for column in ("what", "command"):
        table.add_column(column)
    for column in ("type errors", "passed", "failed", "exit", "worse", "flaky"):
        table.add_column(column, justify="right")
    for c in verdict.comparisons:
        table.add_row(
            c.command.kind,
            c.command.line,
            f"{c.before.errors.total()} → {c.after.errors.total()}",
            f"{len(c.before.passed)} → {len(c.after.passed)}",
            f"{len(c.before.failed)} → {len(c.after.failed)}",
            f"{c.before.code} → {c.after.code}",
            str(len(c.worse)),
            str(len(c.flaky)),
        )
    console.print(table)
    for c in verdict.comparisons:
        for each in c.worse:
            console.print(f"  {each.kind}: {each.what}", style="red", markup=False, soft_wrap=True)
        for name in c.flaky:
            console.print(f"  flaky: {name}", style="yellow", markup=False, soft_wrap=True)
    for reason in verdict.unproven:
        console.print(f"  unproven: {reason}", style="yellow", markup=False, soft_wrap=True)
    console.print(f"Verdict: {_WORDS[verdict.exit_code]}.")
