"""`fleetmod verify`"""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--typecheck", metavar="CMD", help="The type check's command ('' for none).")
@click.option("--test", metavar="CMD", help="The tests' command ('' for none).")
@click.option("--timeout", default=900, show_default=True, help="Seconds for each run.")
@click.option(
    "--require",
    metavar="SHARES",
    default="",
    help="The least share of the rewritten files that must be type-checked (types), in packages "
    "whose tests ran (tests), and imported by a test (reached): 'types=100%,tests=50%'.",
)
@click.option(
    "--anyway",
    is_flag=True,
    help="Run though dependencies are missing, or Node or the package manager is another version.",
)
@click.pass_obj
def command(
    root: Path, typecheck: str | None, test: str | None, timeout: int, require: str, anyway: bool
) -> int:
    """Run the repository's own type check and tests before and after the migration.

    Both runs happen in a scratch copy; the repository is not touched. Type errors are compared by
    file, code and message, tests by name; a test that fails only once of two times is called flaky.
    The commands come from package.json, its workspaces and lock file, unless they are given; where
    no script sees a rewritten file, the repository's TypeScript and test runner are asked. Its
    linters and formatters tell what is new in the files that change; that alone is no failure.

    Exit 1 when something is worse after the migration, 3 when not enough could be compared: a
    command that fails without a test or an error that it names proves nothing.
    """
    from fleetmod.cli.progress import progress_bar
    from fleetmod.migrate import plan as make_plan
    from fleetmod.project import open_project
    from fleetmod.report.console import make_console
    from fleetmod.report.verdict import print_verdict
    from fleetmod.verify.coverage import required
    from fleetmod.verify.run import Options, verify

    options = Options(typecheck, test, timeout, required(require), anyway)
    project = open_project(root)
    with progress_bar("planning") as progress:
        plan = make_plan(project, (), progress)
    console = make_console()
    verdict = verify(
        project, plan, options, lambda text: console.print(text, markup=False, soft_wrap=True)
    )
    print_verdict(console, verdict)
    return verdict.exit_code
