"""What the fleet commands tell: the edges of the network, and the files they write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fleetmod.fleet.network.mermaid import diagram
from fleetmod.fleet.network.model import WORLD, Edge, Graph
from fleetmod.fleet.specs.redis_sites import Site
from fleetmod.model import FileChange

_SHOWN = 3


def print_graph(console: Console, graph: Graph) -> None:
    """The edges as a table, each with its first places of evidence, and below it the notes."""
    table = Table(title="Who talks to whom", title_justify="left")
    for column in ("from", "to", "port", "how", "evidence"):
        table.add_column(column, overflow="fold")
    for edge in graph.edges:
        table.add_row(*(escape(cell) for cell in _cells(edge)))
    console.print(table)
    for note in graph.notes:
        console.print(f"  {note}", markup=False, soft_wrap=True)


def graph_markdown(graph: Graph) -> str:
    """The picture, and every edge with all of its evidence."""
    lines = ["# Who talks to whom", "", diagram(graph), "", "| from | to | port | how | evidence |"]
    lines.append("|---|---|---|---|---|")
    for edge in graph.edges:
        source, target, port, how, _ = _cells(edge)
        places = "<br>".join(_cell(str(each)) for each in edge.evidence)
        lines.append(f"| {source} | {target} | {port} | {how} | {places} |")
    if graph.notes:
        lines += ["", "To decide or to know:", "", *(f"- {note}" for note in graph.notes)]
    return "\n".join(lines) + "\n"


def _cells(edge: Edge) -> tuple[str, str, str, str, str]:
    shown = ", ".join(str(each.place) for each in edge.evidence[:_SHOWN])
    more = len(edge.evidence) - _SHOWN
    how = edge.via or ("host name" if edge.target.kind == WORLD else "in the cluster")
    return (
        f"{edge.source.name} ({edge.source.kind})",
        f"{edge.target.name} ({edge.target.kind})",
        str(edge.port) if edge.protocol == "TCP" else f"{edge.port}/{edge.protocol}",
        f"{how}, assumed" if edge.assumed else how,
        shown + (f" and {more} more" if more > 0 else ""),
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def print_written(console: Console, planned: Sequence[FileChange], unchanged: int) -> None:
    """Which files are new, which changed, and how many were right already."""
    for change in planned:
        verb = "changed" if change.sha256 else "created"
        console.print(f"{verb} {change.path}", markup=False, soft_wrap=True)
    if unchanged:
        console.print(f"{unchanged} file(s) were up to date")
    if planned:
        console.print("read them, then `fleetmod review FILE --by NAME`")


def print_clients(console: Console, sites: Sequence[Site]) -> None:
    """The ioredis clients, and how many of each kind there are."""
    if not sites:
        console.print("no ioredis client in the code")
        return
    table = Table(title="ioredis clients", title_justify="left")
    for column in ("where", "verdict", "is given"):
        table.add_column(column, overflow="fold")
    for site in sites:
        table.add_row(escape(f"{site.path}:{site.line}"), site.verdict, escape(site.how))
    console.print(table)
    counts = Counter(site.verdict for site in sites)
    console.print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
