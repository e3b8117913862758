"""`fleetmod verify`"""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--typecheck", metavar="CMD", help="The type check's command ('' for none).")
@click.option("--test", metavar="CMD", help="The tests' command ('' for none).")
@click.option("--timeout", default=900, show_default=True, help="Seconds for each run.")
@click.pass_obj
def command(root: Path, typecheck: str | None, test: str | None, timeout: int) -> int:
    """Run the repository's own type check and tests before and after the migration.

    Both runs happen in a scratch copy; the repository is not touched. Type errors are compared by
    file, code and message, tests by name; a test that fails only once of two times is called flaky.
    The commands come from package.json, its workspaces and lock file, unless they are given.

    Exit 1 when something is worse after the migration, 3 when not enough could be compared.
    """
    from fleetmod.cli.progress import progress_bar
    from fleetmod.migrate import plan as make_plan
    from fleetmod.project import open_project
    from fleetmod.report.text import make_console
    from fleetmod.report.verdict import print_verdict
    from fleetmod.verify.run import verify

    project = open_project(root)
    with progress_bar("planning") as progress:
        plan = make_plan(project, (), progress)
    console = make_console()
    verdict = verify(
        project, plan, typecheck, test, timeout, lambda text: console.print(text, markup=False)
    )
    print_verdict(console, verdict)
    return verdict.exit_code
