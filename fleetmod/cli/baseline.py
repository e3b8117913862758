"""`fleetmod baseline`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, DEBT

ATTRIBUTES = ".gitattributes"


@click.command()
@click.pass_obj
def command(root: Path) -> int:
    """Record today's debt in .fleetmod-baseline, so that `check` blocks new debt only.

    Once it is there, the baseline only shrinks: what is mended is taken out, and new debt is not
    taken in (exit 1). To record more, delete the file and say why in the commit.

    The first time, a line in .gitattributes asks git to keep the lines of both sides where two
    branches changed the baseline: no merge stops at it, and the next run takes out what is stale.
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
    if first and _merges_by_lines(project.root):
        echo(f"{ATTRIBUTES}: asks git to merge {FILE} by lines")
    for finding in () if first else checked.new:
        echo(f"  not taken in: {finding.path}:{finding.line} {finding.rule} {finding.text}")
    if first or len(kept) == len(debt):
        echo("Commit it: `fleetmod check` lets pass what it holds, and nothing more.")
        return CLEAN
    echo("Next: `fleetmod check` shows the new debt, and what to write instead.")
    return DEBT


def _merges_by_lines(root: Path) -> bool:
    """Ask git to merge the baseline by lines, unless something says how already; tells whether the
    file of attributes was written."""
    from fleetmod.baseline import FILE
    from fleetmod.cli.output import save_own
    from fleetmod.errors import FleetmodError
    from fleetmod.workspace.git import run_git

    said = run_git(root, ["check-attr", "-z", "merge", "--", FILE])
    if said is None or said[-1:] != ["unspecified"]:
        return False
    file = root / ATTRIBUTES
    try:
        text = "" if not file.exists() else file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise FleetmodError(
            f"cannot be read: {error}", where=str(file), todo=f"Add `{FILE} merge=union` to it"
        ) from error
    text += "" if not text or text.endswith("\n") else "\n"
    save_own(root, ATTRIBUTES, f"{text}{FILE} merge=union\n")
    return True
