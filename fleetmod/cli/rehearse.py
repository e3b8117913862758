"""`fleetmod rehearse`"""

from __future__ import annotations

import signal
from pathlib import Path

import click

from fleetmod.errors import CLEAN, DEBT, UNPROVEN


@click.command()
@click.argument(
    "repository", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True)
)
@click.option(
    "--nodes",
    default=2,
    show_default=True,
    type=click.IntRange(2, 9),
    help="How many nodes run side by side.",
)
@click.option(
    "--command",
    "commands",
    multiple=True,
    metavar="CMD",
    help="What a node starts, in place of rehearse.commands; may be given several times.",
)
@click.option(
    "--install", metavar="CMD", help="Installs the dependencies, with the network ('' for nothing)."
)
@click.option(
    "--node-modules",
    "modules",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Take the installed dependencies of this checkout, not the repository's.",
)
@click.option("--timeout", default=300, show_default=True, help="Seconds for each command.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep what the nodes wrote, traces included, in this new folder.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.pass_obj
def command(
    root: Path,
    repository: Path | None,
    nodes: int,
    commands: tuple[str, ...],
    install: str | None,
    modules: Path | None,
    timeout: int,
    keep: Path | None,
    form: str,
) -> int:
    """Run the repository on nodes made for it on this machine, and see what it reaches for.

    Each node has a user, a home, a name, a network and a systemd user manager of its own, nothing
    of this machine but its programs, no /Users and no launchctl. It gets a clone of what git
    tracks or would track, takes the installed dependencies or installs them, runs a service
    through the process-manager package, and starts rehearse.commands. strace follows every
    process: one that opens, asks for or runs anything of the old home, the old checkout or a tool
    of another platform fails the rehearsal, whether it is there or not. So does a command that
    ends with another code than 0, and a node that does not see the others' probe events.

    Needs Linux, root, strace, iproute2 and systemd. It reads a copy of the files, and follows no
    link of the repository's owner; nobody else may be able to change the folder to keep. This
    machine and the repository stay as they are; the outcome is remembered for `gate --phase 5`,
    for exactly these files. Exit 1 when a node failed, 3 when nothing could be proven.
    """
    from fleetmod.cli.output import echo, echo_report
    from fleetmod.errors import FleetmodError
    from fleetmod.fleet.rehearse.means import require
    from fleetmod.fleet.rehearse.needs import Options, find_needs, old_machine
    from fleetmod.fleet.rehearse.record import remember, tree_hash
    from fleetmod.fleet.rehearse.run import Asked, rehearse
    from fleetmod.fleet.rehearse.snapshot import snapshot
    from fleetmod.printed import json_text
    from fleetmod.report.console import make_console
    from fleetmod.report.rehearsal import print_rehearsal, rehearsal_json

    if keep is not None and keep.exists():
        raise FleetmodError("is there already", where=str(keep), todo="Name a new folder")
    require()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that all is cleaned up
    asked = Asked(nodes, timeout, keep.resolve() if keep else None)
    with snapshot(repository or root) as seen:
        needs = find_needs(seen, Options(install, modules, commands))
        tree = tree_hash(seen.root, needs.paths)
        old = old_machine(seen.project)
        found = rehearse(seen.project, needs, old, asked, lambda text: echo(text, err=True))
        remember(seen.root, tree, found)
    if form == "json":
        echo_report(json_text(rehearsal_json(found)))
    else:
        print_rehearsal(make_console(), found)
    return DEBT if not found.passed else UNPROVEN if found.unproven else CLEAN
