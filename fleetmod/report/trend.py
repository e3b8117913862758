"""The debt over time, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from fleetmod.report.console import make_console
from fleetmod.trend import Point

_BAR = 40
_COMMIT = 10
_SUBJECT = 72
_LEAST = 8  # columns, or a bar and a subject are left out


def families(points: Sequence[Point]) -> list[str]:
    return sorted({family for point in points for family in point.debt})


def trend_text(points: Sequence[Point], to_file: bool = False) -> str:
    """A row a commit, oldest first, with a bar that is as long as its debt."""
    console = make_console(color=False if to_file else None)
    names = (*families(points), "all", "files")
    table = Table(title="Debt at commits of the past", title_justify="left", box=SIMPLE_HEAD)
    table.show_edge, table.padding = False, (0, 0, 0, 0)
    for column in ("date", "commit"):
        table.add_column(column, no_wrap=True)
    for column in names:
        table.add_column(column, justify="right", no_wrap=True)
    # date, commit and figures are never cut: the bar and the subject take what they leave
    most = max((sum(p.debt.values()) for p in points), default=0)
    wide = [max(len(name), len(str(most))) for name in names]
    room = console.width - (10 + _COMMIT + sum(wide) + len(names) + 2)
    bar_room = min(_BAR, max(room // 3 - 1, 0))
    subject_room = min(_SUBJECT, room - bar_room - 2)
    for title, columns in (("", bar_room), ("subject", subject_room)):
        if columns >= _LEAST:
            table.add_column(title, overflow="ellipsis", no_wrap=True, max_width=columns)
    for p in points:
        total = sum(p.debt.values())
        counts = [str(p.debt.get(family, 0)) for family in families(points)]
        row = [p.date[:10], p.commit[:_COMMIT], *counts, str(total), str(p.files)]
        if bar_room >= _LEAST:
            row.append("█" * (round(bar_room * total / most) if most else 0))
        if subject_room >= _LEAST:
            row.append(escape(p.subject))
        table.add_row(*row)
    with console.capture() as captured:
        console.print(table)
        if points:
            last = sum(points[-1].debt.values())
            first = sum(points[0].debt.values())
            console.print(f"{first} findings at first, {last} at last.", markup=False)
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
