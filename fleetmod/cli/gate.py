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
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the residual-debt certificate, as --format json prints it.",
)
@click.pass_obj
def command(root: Path, phases: str, form: str, certificate: Path | None) -> int:
    """Prove that a phase's debt is gone, by grep and by syntax.

    \b
    1a  no launchctl in the gate's folders, the process-manager adapter aside
    1b  no hardcoded home path in the gate's folders, node-identity included
    1c  no call, text or path of Colima and Lima, and no address of their machine, outside of
        container-runtime; asked for by --phase 1c

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

    wanted = parse_phases(phases)
    project = open_project(root)
    audited = audit(project)
    verdicts = check(project, audited, wanted)
    text = dumps(document(certify(project, audited, verdicts)))
    if certificate is not None:
        save(certificate, text + "\n")
    if form == "json":
        click.echo(text)
    else:
        from fleetmod.report.text import make_console, print_verdicts

        print_verdicts(make_console(), verdicts)
    return exit_code(verdicts)
