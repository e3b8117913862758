"""`fleetmod gate`"""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--phase",
    "phases",
    default="1a,1b",
    show_default=True,
    help="Phases to check, separated by commas.",
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.pass_obj
def command(root: Path, phases: str, form: str) -> int:
    """Prove that a phase's debt is gone, by grep and by syntax.

    \b
    1a  no launchctl in the gate's folders, the process-manager adapter aside
    1b  no hardcoded home path in the gate's folders, node-identity included

    Both the plain grep and the syntax tree must be empty. Exit 1 when a phase failed, 3 when all
    that is left stands where a file could not be parsed or read: nothing is proven then.
    """
    from fleetmod.audit import audit
    from fleetmod.gates.check import check, exit_code, parse_phases
    from fleetmod.project import open_project

    wanted = parse_phases(phases)
    project = open_project(root)
    verdicts = check(project, audit(project), wanted)
    if form == "json":
        from fleetmod.report.jsonreport import dumps, verdict_document

        click.echo(dumps(verdict_document(verdicts)))
    else:
        from fleetmod.report.text import make_console, print_verdicts

        print_verdicts(make_console(), verdicts)
    return exit_code(verdicts)
