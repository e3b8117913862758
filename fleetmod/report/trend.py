"""The debt over time, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from fleetmod.report.console import make_console
from fleetmod.trend import Point

_BAR = 40


def families(points: Sequence[Point]) -> list[str]:
    return sorted({family for point in points for family in point.debt})


def trend_text(points: Sequence[Point], to_file: bool = False) -> str:
    """A row a commit, oldest first, with a bar that is as long as its debt."""
    console = make_console(color=False if to_file else None)
    table = Table(title="Debt at commits of the past", title_justify="left")
    for column in ("date", "commit"):
        table.add_column(column)
    for column in (*families(points), "all", "files"):
        table.add_column(column, justify="right")
    table.add_column("")
    table.add_column("subject", overflow="ellipsis", no_wrap=True)
    most = max((sum(p.debt.values()) for p in points), default=0)
    for p in points:
        total = sum(p.debt.values())
        bar = "█" * (round(_BAR * total / most) if most else 0)
        counts = [str(p.debt.get(family, 0)) for family in families(points)]
        about = (p.date[:10], p.commit[:10])
        table.add_row(*about, *counts, str(total), str(p.files), bar, escape(p.subject))
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def trend_markdown(points: Sequence[Point]) -> str:
    """The same table without its bars."""
    return "\n".join([*_rows(points), ""])


def _rows(points: Sequence[Point]) -> Iterator[str]:
    names = families(points)
    yield "# Host-bound debt over time"
    yield ""
    yield f"| date | commit | {' | '.join([*names, 'all', 'files'])} |"
    yield f"|---|---|{'---:|' * (len(names) + 2)}"
    for p in points:
        counts = [p.debt.get(family, 0) for family in names]
        figures = " | ".join(map(str, [*counts, sum(counts), p.files]))
        yield f"| {p.date[:10]} | `{p.commit[:10]}` | {figures} |"
