"""`fleetmod audit`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, DEBT, UNPROVEN


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report there."
)
@click.option("--only", "rules", multiple=True, metavar="RULE", help="Only this rule (repeatable).")
@click.pass_obj
def command(root: Path, form: str, output: Path | None, rules: tuple[str, ...]) -> int:
    """Show the host-bound debt, as grep sees it and as the syntax tree does.

    Every line that grep counts is explained by a finding; a line that is not is shown, and makes
    the audit unproven (exit 3). Exit 1 means that debt was found.
    """
    from fleetmod.audit import audit
    from fleetmod.cli.output import save
    from fleetmod.cli.progress import progress_bar
    from fleetmod.model import EXEMPT
    from fleetmod.project import open_project

    project = open_project(root, rules)
    if form == "json":
        from fleetmod.report.jsonreport import audit_document, dumps

        report = audit(project)
        text = dumps(audit_document(report)) + "\n"
    elif form == "markdown":
        from fleetmod.report.markdown import audit_markdown

        report = audit(project)
        text = audit_markdown(report)
    else:
        from fleetmod.report.text import audit_text
        from fleetmod.workspace.manifest import packages

        with progress_bar("auditing") as progress:
            report = audit(project, progress)
        folders = [p.path for p in packages(project.root, project.config)]
        text = audit_text(report, folders, project.configured, to_file=output is not None)
    if output is None:
        click.echo(text, nl=False)
    else:
        save(output, text)
    if any(f.action != EXEMPT for f in report.findings):
        return DEBT
    proven = not (report.unparsed or report.unreadable or (report.unexplained and not rules))
    return CLEAN if proven else UNPROVEN
