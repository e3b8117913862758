"""`fleetmod trend`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN
from fleetmod.printed import json_text


@click.command()
@click.option(
    "--commits",
    "most",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    help="At most N commits, evenly apart, the newest among them.",
)
@click.option(
    "--since", default="", metavar="DATE", help="Only commits since then, as git log takes it."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown", "html"]),
    default="text",
    show_default=True,
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report there."
)
@click.pass_obj
def command(root: Path, most: int, since: str, form: str, output: Path | None) -> int:
    """Show the debt at commits of the past, by today's rules and configuration.

    It follows the first parents of the checked-out commit and reads git's objects: nothing is
    checked out, and a file that did not change is analysed once. `audit --format html --history`
    draws what --format json writes.
    """
    from fleetmod.cli.output import echo_report, make_room, save
    from fleetmod.cli.progress import progress_bar
    from fleetmod.project import open_project
    from fleetmod.trend import document, trend

    make_room(output)
    project = open_project(root)
    with progress_bar("looking back") as progress:
        points = trend(project, most, since, progress)
    if form == "json":
        from fleetmod.report.jsonreport import dumps

        text = json_text(dumps(document(points))) + "\n"
    elif form == "markdown":
        from fleetmod.report.trend import trend_markdown

        text = trend_markdown(points)
    elif form == "html":
        from fleetmod.report.html.page import trend_page

        text = trend_page(project.root.name, points)
    else:
        from fleetmod.report.trend import trend_text

        text = trend_text(points, to_file=output is not None)
    if output is None:
        echo_report(text)
    else:
        save(output, text)
    return CLEAN
