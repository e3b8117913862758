"""`fleetmod audit`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.cli.reports import Wanted, deliver, report_options
from fleetmod.errors import CLEAN, DEBT, UNPROVEN


@click.command()
@report_options
@click.option("--only", "rules", multiple=True, metavar="RULE", help="Only this rule (repeatable).")
@click.option(
    "--since",
    "ref",
    metavar="REF",
    help="Tell what is new, mended and left since the branch parted from this one.",
)
@click.pass_obj
def command(root: Path, wanted: Wanted, rules: tuple[str, ...], ref: str | None) -> int:
    """Show the host-bound debt, as grep sees it and as the syntax tree does.

    Every line that grep counts is explained by a finding; one that no rule explains is debt by
    itself (gate-grep). Exit 1 means that debt was found, 3 that some code could not be judged.
    """
    from fleetmod.audit import audit
    from fleetmod.baseline import FILE
    from fleetmod.cli.progress import progress_bar
    from fleetmod.model import is_debt
    from fleetmod.project import check_repository, open_project
    from fleetmod.sources import read_sources
    from fleetmod.workspace.disk import is_file

    check_repository(root)
    project = open_project(root, rules, cached=True)
    sources = read_sources(project)
    if wanted.has("text"):
        with progress_bar("auditing") as progress:
            report = audit(project, progress, sources)
    else:
        report = audit(project, None, sources)
    recorded = is_file(project.root / FILE)
    since = None
    if ref is not None:
        from fleetmod.check import with_known
        from fleetmod.since import compared_since, debt_at, told

        entries, commit = debt_at(project, ref)
        compared = compared_since(project, report.findings, entries)
        since, report = told(ref, commit, compared), with_known(report, compared)
    elif recorded:
        from fleetmod.check import mark_known

        report = mark_known(project, report, sources.contents)

    def text(to_file: bool) -> str:
        from fleetmod.report.text import audit_text
        from fleetmod.workspace.manifest import packages

        folders = [p.path for p in packages(project.root, project.config)]
        return audit_text(report, folders, project.configured, to_file, since)

    def document(_: bool) -> str:
        from fleetmod.report.jsonreport import audit_document, dumps

        return dumps(audit_document(report)) + "\n"

    own = {"text": text, "json": document}
    deliver(wanted, own, project, report, sources, "audit", baseline=recorded, since=since)
    project.cache.save(whole=True)
    if any(is_debt(f) for f in report.findings):
        return DEBT
    return UNPROVEN if report.unparsed or report.unreadable else CLEAN
