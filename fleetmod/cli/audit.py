"""`fleetmod audit`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.cli.reports import Wanted, deliver, report_options
from fleetmod.errors import CLEAN, DEBT, UNPROVEN


@click.command()
@report_options
@click.option("--only", "rules", multiple=True, metavar="RULE", help="Only this rule (repeatable).")
@click.pass_obj
def command(root: Path, wanted: Wanted, rules: tuple[str, ...]) -> int:
    """Show the host-bound debt, as grep sees it and as the syntax tree does.

    Every line that grep counts is explained by a finding; one that no rule explains is debt by
    itself (gate-grep). Exit 1 means that debt was found, 3 that some code could not be judged.
    """
    from fleetmod.audit import audit
    from fleetmod.baseline import FILE
    from fleetmod.cli.progress import progress_bar
    from fleetmod.model import is_debt
    from fleetmod.project import open_project, read_sources
    from fleetmod.workspace.disk import is_file

    project = open_project(root, rules, cached=True)
    sources = read_sources(project)
    if wanted.has("text"):
        with progress_bar("auditing") as progress:
            report = audit(project, progress, sources)
    else:
        report = audit(project, None, sources)
    project.cache.save(whole=True)
    recorded = is_file(project.root / FILE)
    if recorded:
        from fleetmod.check import mark_known

        report = mark_known(project, report, sources.contents)

    def text(to_file: bool) -> str:
        from fleetmod.report.text import audit_text
        from fleetmod.workspace.manifest import packages

        folders = [p.path for p in packages(project.root, project.config)]
        return audit_text(report, folders, project.configured, to_file)

    def document(_: bool) -> str:
        from fleetmod.report.jsonreport import audit_document, dumps

        return dumps(audit_document(report)) + "\n"

    own = {"text": text, "json": document}
    deliver(wanted, own, project, report, sources, "audit", baseline=recorded)
    if any(is_debt(f) for f in report.findings):
        return DEBT
    return UNPROVEN if report.unparsed or report.unreadable else CLEAN
