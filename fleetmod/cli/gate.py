"""`fleetmod gate`"""

from __future__ import annotations

import importlib
from pathlib import Path

import click

# The phases of the fleet, each with the module whose `verdict(project)` decides it.
FLEET = {"3": "fleetmod.fleet.specs.gate", "4": "fleetmod.fleet.network.gate"}


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
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the residual-debt certificate, as --format json prints it.",
)
@click.pass_obj
def command(root: Path, phases: str, form: str, certificate: Path | None) -> int:
    """Prove that a phase's debt is gone, by grep and by syntax, or that its files can be trusted.

    \b
    1a  no launchctl in the gate's folders, the process-manager adapter aside
    1b  no hardcoded home path in the gate's folders, node-identity included
    3   specs for highly available state: as the manifests say, valid, reviewed
    4   network policies: every edge that is used is allowed, nothing else; valid, reviewed

    The plain grep looks in the gate's folders, the syntax tree in the whole scanned repository;
    both must be empty. Exit 1 when a phase failed, 3 when all
    that is left stands where a file could not be parsed or read: nothing is proven then.
    """
    from fleetmod.audit import audit
    from fleetmod.cli.output import save
    from fleetmod.gates.certificate import certify, document
    from fleetmod.gates.check import check, exit_code, parse_phases
    from fleetmod.project import open_project
    from fleetmod.report.jsonreport import dumps

    wanted = parse_phases(phases, tuple(FLEET))
    project = open_project(root)
    audited = audit(project)
    verdicts = check(project, audited, wanted)
    for phase in wanted:
        if phase in FLEET:
            verdicts += (importlib.import_module(FLEET[phase]).verdict(project),)
    text = dumps(document(certify(project, audited, verdicts)))
    if certificate is not None:
        save(certificate, text + "\n")
    if form == "json":
        click.echo(text)
    else:
        from fleetmod.report.text import make_console, print_verdicts

        print_verdicts(make_console(), verdicts)
    return exit_code(verdicts)
