"""`fleetmod audit`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, DEBT, UNPROVEN


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("--only", "rules", multiple=True, metavar="RULE", help="Only this rule (repeatable).")
@click.pass_obj
def command(root: Path, form: str, rules: tuple[str, ...]) -> int:
    """Show the host-bound debt, as grep sees it and as the syntax tree does.

    Every line that grep counts is explained by a finding; a line that is not is shown, and makes
    the audit unproven (exit 3). Exit 1 means that debt was found.
    """
    from fleetmod.audit import audit
    from fleetmod.model import EXEMPT
    from fleetmod.project import open_project

    project = open_project(root, rules)
    if form == "json":
        from fleetmod.report.jsonreport import audit_document, dumps

        report = audit(project)
        click.echo(dumps(audit_document(report)))
    else:
        from fleetmod.cli.progress import progress_bar
        from fleetmod.report.text import make_console, print_audit
        from fleetmod.workspace.manifest import packages

        console = make_console()
        with progress_bar("auditing") as progress:
            report = audit(project, progress)
        folders = [p.path for p in packages(project.root, project.config)]
        print_audit(console, report, folders)
        if not project.configured:
            console.print("No fleetmod.toml here: this used what `fleetmod init` would propose.")
    if any(f.action != EXEMPT for f in report.findings):
        return DEBT
    proven = not (report.unparsed or report.unreadable or (report.unexplained and not rules))
    return CLEAN if proven else UNPROVEN
