"""A fleet's status as text and as JSON."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fleetmod.fleet.status.model import FAILING, PASSING, SILENT, Group, Node, Status

_COLOURS = {FAILING: "red", SILENT: "yellow", PASSING: "green"}
_TITLES = {"platform": "platform", "endpoint_class": "endpoint class", "adapter_type": "adapter"}
_SHOWN = 3


def print_status(console: Console, status: Status) -> None:
    """A table of the nodes, one of the other dimensions, and a line that counts."""
    nodes = _table("Nodes", "node", "state", "pass rate", "failed", "last event", "failing now")
    for node in status.nodes:
        colour = _COLOURS[node.state]
        nodes.add_row(
            escape(node.name),
            f"[{colour}]{node.state}[/]",
            *_numbers(node),
            _ago(status.now - node.last),
            escape(_down(node)),
        )
    console.print(nodes)
    rest = _table("All nodes", "by", "", "pass rate", "failed")
    for dimension, groups in status.by.items():
        for group in groups:
            rest.add_row(_TITLES[dimension], escape(group.name), *_numbers(group))
    console.print(rest)
    counts = {state: sum(n.state == state for n in status.nodes) for state in _COLOURS}
    console.print(", ".join(f"{count} {state}" for state, count in counts.items()))
    clock = f", the newest event, of {status.clock}" if status.clock else ""
    console.print(f"as of {_iso(status.now)}{clock}", markup=False, soft_wrap=True)
    if status.broken or status.foreign:
        console.print(f"{status.broken} broken line(s), {status.foreign} event(s) of other kinds")


def status_json(status: Status) -> str:
    """All of the status; times are ISO 8601, rates shares from 0 to 1."""
    document = {
        "now": _iso(status.now),
        "newest_event_of": status.clock or None,
        "nodes": [
            {
                **_fields(node),
                "state": node.state,
                "last_event": _iso(node.last),
                "failing_now": list(node.down),
            }
            for node in status.nodes
        ],
        **{f"by_{name}": [_fields(g) for g in groups] for name, groups in status.by.items()},
        "broken_lines": status.broken,
        "foreign_events": status.foreign,
    }
    return json.dumps(document, indent=2) + "\n"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        right = column in ("pass rate", "failed", "last event")
        table.add_column(column, overflow="fold", justify="right" if right else "left")
    return table


def _numbers(group: Group) -> tuple[str, str]:
    # never rounded up to a hundred
    percent = int(group.rate * 10_000) / 100
    return f"{percent:.2f} %", f"{group.failed} of {group.probes}"


def _down(node: Node) -> str:
    more = len(node.down) - _SHOWN
    return ", ".join(node.down[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _ago(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 0:
        return "in the future"
    for name, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {name} ago"
    return f"{seconds} s ago"


def _fields(group: Group) -> dict[str, object]:
    return {
        "name": group.name,
        "pass_rate": round(group.rate, 6),
        "probes": group.probes,
        "failed": group.failed,
    }


def _iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
