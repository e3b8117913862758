"""`fleetmod worklist`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "json"]),
    default="markdown",
    show_default=True,
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the list there."
)
@click.option("--service", metavar="LABEL", help="Only what is about this service.")
@click.option(
    "--path",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Only files that match, e.g. 'packages/cli/*' (repeatable).",
)
@click.pass_obj
def command(
    root: Path, form: str, output: Path | None, service: str | None, globs: tuple[str, ...]
) -> int:
    """Write a brief for each finding that `migrate` refuses, for a person or a coding agent.

    Each has the code around it, why it stays, the port calls that may take its place, what must
    hold, and the command that accepts the change. Those of one service stand together: its calls
    move together.
    """
    from fleetmod.audit import audit
    from fleetmod.baseline import FILE
    from fleetmod.check import mark_known
    from fleetmod.cli.output import echo, echo_report, make_room, save
    from fleetmod.project import open_project
    from fleetmod.report.jsonreport import dumps
    from fleetmod.report.worklist import document, markdown, worklist
    from fleetmod.sources import read_sources
    from fleetmod.workspace.disk import is_file
    from fleetmod.workspace.globs import matcher

    make_room(output)
    project = open_project(root, cached=True)
    sources = read_sources(project)
    audited = audit(project, sources=sources)
    project.cache.save(whole=True)
    if is_file(project.root / FILE):
        audited = mark_known(project, audited, sources.contents)
    wanted = matcher(globs) if globs else lambda _: True
    items = [
        item
        for item in worklist(audited.findings, sources.contents)
        if wanted(item.path) and service in (None, item.service)
    ]
    text = markdown(items) if form == "markdown" else dumps(document(items)) + "\n"
    if output is None:
        echo_report(text)
    else:
        save(output, text)
        echo(f"wrote {output}: {len(items)} finding(s) for a person")
    return CLEAN
