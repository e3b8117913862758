"""The command line. Each command lives in its own module and is imported when it is called."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from fleetmod import __version__
from fleetmod.cli.as_owner import work_as_owner
from fleetmod.cli.output import echo
from fleetmod.errors import UNPROVEN, FleetmodError, did_you_mean
from fleetmod.printed import one_line
from fleetmod.workspace.above import configured_at

COMMANDS = {
    "init": "Propose a fleetmod.toml from what the repository spells.",
    "audit": "Show the host-bound debt, as grep sees it and as the syntax tree does.",
    "migrate": "Rewrite the debt into calls of the ports, all or nothing.",
    "install": "Put the ports in without a migration, or bring them up to date.",
    "worklist": "Write a brief for each finding that is left to a person or an agent.",
    "verify": "Run the repository's type check and tests before and after, and compare.",
    "gate": "Prove that a phase is done.",
    "check": "Block new debt in the files of a commit, and show what to write.",
    "baseline": "Record today's debt, which may only shrink from then on.",
    "trend": "Show the debt at commits of the past.",
    "units": "Convert launchd plists into systemd units.",
    "plists": "Render launchd plists for one node.",
    "images": "Make the publish scripts and Dockerfiles fit every platform.",
    "specs": "Write specs for highly available state from what the manifests run today.",
    "network": "Find who talks to whom; write network policies and the way to Cilium.",
    "review": "Record that a person has read generated files.",
    "rehearse": "Run the repository on nodes made for it here, and see what it reaches for.",
    "bootstrap": "Make this host a node of the fleet, step by step.",
    "fleet": "See how the nodes of a fleet do, from their probe events.",
    "lsp": "Serve findings and fixes to an editor, over standard input and output.",
    "mcp": "Serve audit, explain, worklist, check and verify to coding agents.",
    "rules": "Begin rules of your own, and run their examples.",
    "explain": "Tell what a rule looks for and what it makes of it.",
    "demo": "Run audit, migrate, gate and report on a bundled monorepo.",
}

# `rehearse` needs root's rights, and reads a copy; `bootstrap` sets up the user who runs it, and
# refuses by itself; the others read no repository, but what the caller names
_OF_THE_HOST = ("rehearse", "bootstrap", "fleet", "demo")


_OF_A_FOLDER = ("init", "demo")  # every other command works on the whole configured repository


class Lazy(click.Group):
    """A group that imports a command's module only when it runs; `--help` imports none."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"fleetmod.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            todo = did_you_mean(args[0], COMMANDS)
            ctx.fail(f"No such command '{args[0]}'. {todo}".rstrip())
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands, in the order of a migration"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="fleetmod")
@click.option(
    "-C",
    "--root",
    type=click.Path(path_type=Path),
    default=Path(),
    help="The repository to work on, or a folder of it (default: the current folder).",
)
@click.pass_context
def cli(ctx: click.Context, root: Path) -> None:
    """Find what ties a TypeScript monorepo to one Mac, rewrite it, and prove that none is left.

    \b
    A first migration:
      fleetmod init                  propose a fleetmod.toml; read it
      fleetmod audit                 see the debt
      fleetmod migrate --dry-run     see the diff
      fleetmod migrate               write it, all or nothing
      fleetmod gate --phase 1a,1b    prove that none is left

    \b
    Exit codes: 0 clean, 1 debt is left or a gate failed, 2 wrong usage or configuration,
    3 unproven: something could not be parsed or read.
    """
    if ctx.invoked_subcommand not in (*_OF_A_FOLDER, None):
        root = configured_at(root)
    ctx.obj = root
    if ctx.invoked_subcommand not in _OF_THE_HOST:
        work_as_owner(root)


def main() -> None:
    """The entry point: a FleetmodError is one line on standard error, never a traceback."""
    try:
        status = cli(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except FleetmodError as error:
        echo(f"fleetmod: {error}", err=True)
        sys.exit(error.exit_code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:  # no command: its message is the help
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        told = one_line(error.format_message())  # it quotes arguments
        click.UsageError(told, getattr(error, "ctx", None)).show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        echo("fleetmod: stopped; nothing was left half done", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:  # a full disk, as a rule; what a file is to blame for is told above
        what = f"{error.filename}: " if error.filename else ""
        echo(f"fleetmod: {what}{error.strerror or error}", err=True)
        sys.exit(UNPROVEN)
