"""`fleetmod migrate`"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetmod.errors import CLEAN, DEBT, UNPROVEN, FleetmodError

if TYPE_CHECKING:
    from rich.console import Console

    from fleetmod.model import Plan
    from fleetmod.project import Project


@click.command()
@click.option("--dry-run", is_flag=True, help="Print the diff and write nothing.")
@click.option(
    "--plan",
    "plan_to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Save the plan as JSON and write nothing else.",
)
@click.option(
    "--apply",
    "plan_from",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Apply a saved plan; refused where a file changed since.",
)
@click.option(
    "--interactive",
    is_flag=True,
    help="Show each rewrite and ask: yes, no, edit, skip the file, all of the rule, quit.",
)
@click.option(
    "--branch-per",
    type=click.Choice(["package", "owner"]),
    help="Commit each package's rewrites, or each owner's (CODEOWNERS), on a branch of its own.",
)
@click.option("--only", "rules", multiple=True, metavar="RULE", help="Only this rule (repeatable).")
@click.option(
    "--path",
    "globs",
    multiple=True,
    metavar="GLOB",
    help="Only files that match, e.g. 'packages/cli/*' (repeatable).",
)
@click.option(
    "--host-tools",
    is_flag=True,
    help="Also put platform checks before tools of one platform (see `gate --phase host`).",
)
@click.option(
    "--all-languages",
    is_flag=True,
    help="Also rewrite shell, Python and property lists (see `gate --phase portable`).",
)
@click.option(
    "--verify",
    "verified",
    is_flag=True,
    help="Write only if the type check and the tests are no worse after (see `fleetmod verify`).",
)
@click.option(
    "--allow-dirty",
    is_flag=True,
    help="Work on a git tree with uncommitted changes, or with some that git hides.",
)
@click.pass_obj
def command(
    root: Path,
    dry_run: bool,
    plan_to: Path | None,
    plan_from: Path | None,
    interactive: bool,
    branch_per: str | None,
    rules: tuple[str, ...],
    globs: tuple[str, ...],
    host_tools: bool,
    all_languages: bool,
    verified: bool,
    allow_dirty: bool,
) -> int:
    """Rewrite the debt into calls of the ports, all or nothing.

    What cannot be rewritten without changing what the code does is refused with a reason and stays
    as debt (exit 1). A second run changes nothing. A run that was killed is rolled back by the
    next.
    """
    if sum(map(bool, (dry_run, plan_to, plan_from))) > 1:
        raise click.UsageError("--dry-run, --plan and --apply exclude each other")
    if interactive and (plan_from or host_tools or all_languages):
        raise click.UsageError(
            "--interactive asks about a plan of its own; leave --apply, "
            "--host-tools and --all-languages away"
        )
    alone = (plan_to, plan_from, interactive, verified, host_tools, all_languages)
    if branch_per and any(alone):
        raise click.UsageError("--branch-per goes with --path, --only, --dry-run, --allow-dirty")
    if verified and (dry_run or plan_to):
        raise click.UsageError("--verify decides whether to write; --dry-run and --plan never do")
    if plan_from and (rules or globs):
        raise click.UsageError("--apply takes the whole plan; --only and --path belong to --plan")
    if (host_tools or all_languages) and (plan_from or rules):
        raise click.UsageError(
            "--host-tools and --all-languages add to a whole plan; leave --apply and --only away"
        )
    from fleetmod import planfile
    from fleetmod.apply import recover, write
    from fleetmod.cli.clean_tree import refuse_dirty
    from fleetmod.cli.output import make_room, save
    from fleetmod.cli.progress import progress_bar
    from fleetmod.migrate import plan as make_plan
    from fleetmod.model import REFUSE
    from fleetmod.project import open_project
    from fleetmod.report.console import make_console
    from fleetmod.report.diff import unified
    from fleetmod.report.summary import of_plan
    from fleetmod.report.text import print_diff, print_plan

    make_room(plan_to)
    console = make_console()
    project = open_project(root, rules)
    writes = not (dry_run or plan_to)
    if writes:
        recovered = recover(project.root)
        if recovered:
            console.print(recovered)
    if branch_per:
        from fleetmod.cli.branches import branch_per as make_branches

        if not (dry_run or allow_dirty):
            refuse_dirty(project, set())
        plan = make_branches(console, project, branch_per, globs, dry_run)
        return DEBT if any(f.action == REFUSE for f in plan.findings) else CLEAN
    if plan_from:
        plan = planfile.load(plan_from)
    elif interactive:
        from fleetmod.cli.interactive import choose

        if writes and not allow_dirty:
            refuse_dirty(project, set())  # before anybody answers for nothing
        chosen = choose(console, project, partial(make_plan, project, globs, None, frozenset()))
        if chosen is None:
            console.print("nothing was written")
            return CLEAN
        plan = chosen
    else:
        with progress_bar("planning") as progress:
            plan = make_plan(project, globs, progress)
            if host_tools:
                plan = import_module("fleetmod.host.plan").extend(project, plan, globs)
            if all_languages:
                plan = import_module("fleetmod.languages.plan").extend(project, plan, globs)
    if plan_to or dry_run:
        contents = {c.path: (project.root / c.path).read_bytes() for c in plan.changes if c.sha256}
        if plan_to:
            save(plan_to, planfile.dump(plan, contents))
            console.print(f"saved {plan_to}; apply it with `fleetmod migrate --apply {plan_to}`")
        else:
            print_diff(console, unified(plan, contents))
    elif plan.changes:
        if not allow_dirty:
            refuse_dirty(project, {change.path for change in plan.changes})
        try:
            if verified and (code := _verify(console, project, plan)):
                console.print("nothing was written")
                return code
            write(project.root, plan.changes)
        except ValueError as error:
            if not plan_from:
                raise
            raise FleetmodError(
                "has edits that do not fit the files, so nothing was written",
                where=str(plan_from),
                todo="Save a new one with `fleetmod migrate --plan FILE`",
            ) from error
    print_plan(console, plan, applied=writes)
    for reason in plan.unproven:
        console.print(f"unproven: {reason}", soft_wrap=True, markup=False)
    for line in of_plan(plan, applied=writes):
        console.print(line, soft_wrap=True, markup=False)
    if any(f.action == REFUSE for f in plan.findings):
        return DEBT
    return UNPROVEN if plan.unproven else CLEAN


def _verify(console: Console, project: Project, plan: Plan) -> int:
    from fleetmod.report.verdict import print_verdict
    from fleetmod.verify.run import Options, verify

    verdict = verify(
        project,
        plan,
        Options(),
        lambda text: console.print(text, markup=False, soft_wrap=True),
    )
    print_verdict(console, verdict)
    return verdict.exit_code
