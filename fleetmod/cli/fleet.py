"""`fleetmod fleet`"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

from fleetmod.errors import CLEAN, DEBT

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `1d`; raises BadParameter for anything else, and for none at all."""
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if not found or not int(found[1]):
        raise click.BadParameter(f"{text!r} is no time like 90s, 15m, 2h or 1d")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def moment(text: str) -> datetime:
    """A time in ISO 8601; without an offset it is UTC."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(f"{text!r} is no time like 2026-03-01T12:00:00Z") from error


@click.group()
def command() -> None:
    """See how the nodes of a fleet do."""


@command.command()
@click.argument("events", nargs=-1, required=True, metavar="EVENTS...")
@click.option(
    "--silent-after",
    type=duration,
    metavar="TIME",
    default="1h",
    show_default=True,
    help="How long a node may send no event before it counts as silent.",
)
@click.option(
    "--now",
    type=moment,
    metavar="TIME",
    help="The time that silence is measured to, in ISO 8601 (default: the newest event's).",
)
@click.option(
    "--min-rate",
    type=click.FloatRange(0, 100),
    default=95,
    show_default=True,
    metavar="PERCENT",
    help="A node whose pass rate is below this fails.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
def status(
    events: tuple[str, ...],
    silent_after: timedelta,
    now: datetime | None,
    min_rate: float,
    form: str,
) -> int:
    """Show the pass rate by node, platform, endpoint class and adapter, worst first.

    EVENTS are files of JSON lines as the ports write them with FLEET_EVENTS=FILE, or globs of
    such; compressed ones end in .gz or .zst. Objects are named s3://BUCKET/PATH*.jsonl, or as
    another library of fsspec names them. A node fails when the newest call of an operation
    that is still called failed, or its pass rate is too low; it is silent when it sent nothing
    for a while. Lines that hold no event are counted and left out. Exit 1 when a node
    fails or is silent, 3 when the files cannot be read or hold no event.
    """
    from fleetmod.fleet.status.model import PASSING, Limits
    from fleetmod.fleet.status.query import read_status

    found = read_status(events, Limits(silent_after, min_rate / 100, now))
    if form == "json":
        from fleetmod.cli.output import echo_report
        from fleetmod.printed import json_text
        from fleetmod.report.fleet_status import status_json

        echo_report(json_text(status_json(found)))
    else:
        from fleetmod.report.console import make_console
        from fleetmod.report.fleet_status import print_status

        print_status(make_console(), found)
    return CLEAN if all(node.state == PASSING for node in found.nodes) else DEBT
