"""`fleetmod images`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, DEBT, UNPROVEN


@click.command()
@click.option("--dry-run", is_flag=True, help="Print the diff and write nothing.")
@click.option("--offline", is_flag=True, help="Do not ask registries for the base images.")
@click.option(
    "--allow-dirty",
    is_flag=True,
    help="Work on a git tree with uncommitted changes, or with some that git hides.",
)
@click.pass_obj
def command(root: Path, dry_run: bool, offline: bool, allow_dirty: bool) -> int:
    """Make the publish scripts build every platform, and mend the Dockerfiles, all or nothing.

    `docker build` and `docker push` of a script under images.publish become one `docker buildx
    build --platform … --push`. What cannot be merged without changing what the script does is
    refused with a reason (exit 1), as is what breaks a second architecture in a Dockerfile and has
    no safe fix. A second run changes nothing. `fleetmod gate --phase 2` asks the registry.
    """
    from fleetmod.apply import recover, write
    from fleetmod.cli.clean_tree import refuse_dirty
    from fleetmod.fleet.images.files import ImageFiles
    from fleetmod.fleet.images.plan import plan as make_plan
    from fleetmod.fleet.images.registry import Registry
    from fleetmod.model import REFUSE
    from fleetmod.project import open_project
    from fleetmod.report.console import make_console
    from fleetmod.report.diff import unified
    from fleetmod.report.text import print_diff, print_plan

    console = make_console()
    project = open_project(root)
    if not dry_run and (recovered := recover(project.root)):
        console.print(recovered)
    plan = make_plan(ImageFiles(project), None if offline else Registry())
    if dry_run:
        contents = {c.path: (project.root / c.path).read_bytes() for c in plan.changes}
        print_diff(console, unified(plan, contents))
    elif plan.changes:
        if not allow_dirty:
            refuse_dirty(project, {change.path for change in plan.changes})
        write(project.root, plan.changes)
    print_plan(console, plan, applied=not dry_run)
    for reason in plan.unproven:
        console.print(f"unproven: {reason}", soft_wrap=True, markup=False)
    if any(f.action == REFUSE for f in plan.findings):
        return DEBT
    return UNPROVEN if plan.unproven else CLEAN
