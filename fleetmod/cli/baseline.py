"""`fleetmod baseline`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, DEBT


@click.command()
@click.pass_obj
def command(root: Path) -> int:
    """Record today's debt in .fleetmod-baseline, so that `check` blocks new debt only.

    Once it is there, the baseline only shrinks: what is mended is taken out, and new debt is not
    taken in (exit 1). To record more, delete the file and say why in the commit.
    """
    from fleetmod.baseline import FILE, render_baseline, stable_ids
    from fleetmod.check import check
    from fleetmod.cli.output import echo, save_own
    from fleetmod.model import EXEMPT
    from fleetmod.project import open_project

    project = open_project(root)
    first = not (project.root / FILE).exists()
    checked = check(project)
    debt = {own for own, f in stable_ids(checked.audit.findings) if f.action != EXEMPT}
    kept = [
        own
        for own, finding in stable_ids(checked.audit.findings)
        if finding.action != EXEMPT and (first or finding.known)
    ]
    save_own(project.root, FILE, render_baseline(kept))
    echo(f"{FILE}: {len(kept)} finding(s), {len(checked.stale)} taken out")
    for finding in () if first else checked.new:
        echo(f"  not taken in: {finding.path}:{finding.line} {finding.rule} {finding.text}")
    return CLEAN if first or len(kept) == len(debt) else DEBT
