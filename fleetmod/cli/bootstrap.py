"""`fleetmod bootstrap`"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fleetmod.errors import CLEAN, DEBT, UNPROVEN

if TYPE_CHECKING:
    from fleetmod.fleet.bootstrap.journal import Journal
    from fleetmod.fleet.bootstrap.model import Step
    from fleetmod.fleet.bootstrap.probe import Host

_F = TypeVar("_F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path, dir_okay=False, resolve_path=True)
_OPTIONS = (
    click.option("--node", required=True, metavar="NAME", help="What the node is called."),
    click.option(
        "--home",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Another home folder than yours, for a trial.",
    ),
    click.option(
        "--vault", default="", metavar="PATH", help="Where the vault is, if not as in home.vault."
    ),
    click.option(
        "--without", multiple=True, metavar="LABEL", help="A service that the node is not to have."
    ),
    click.option(
        "--with",
        "shared",
        multiple=True,
        metavar="LABEL",
        help="A service that runs here, too; a glob takes several. None else is started.",
    ),
    click.option("--secrets", type=_FILE, help="The existing Talos cluster's secrets.yaml."),
    click.option("--machine-config", type=_FILE, help="Or the configuration of a node of it."),
    click.option("--cluster-name", default="", metavar="NAME", help="Its name, for --secrets."),
    click.option(
        "--address", default="", metavar="IP", help="The machine that joins, in maintenance mode."
    ),
    click.option(
        "--role",
        type=click.Choice(["worker", "controlplane"]),
        default="worker",
        show_default=True,
        help="What the machine becomes.",
    ),
    click.option("--install-disk", "disk", default="", metavar="DISK", help="Where Talos goes to."),
    click.option(
        "--config-patch",
        "patches",
        type=_FILE,
        multiple=True,
        help="Settings of this machine alone: kernel modules, taints, certificate names.",
    ),
    click.option(
        "--talos-version", default="", metavar="1.2.3", help="What the cluster runs, if not asked."
    ),
    click.option("--kubernetes-version", default="", metavar="1.2.3", help="Likewise."),
    click.option(
        "--talosconfig", type=_FILE, help="Knows the existing cluster (default: ~/.talos/config)."
    ),
    click.option("--offline", is_flag=True, help="Ask no registry and no port."),
)


def _options(function: _F) -> _F:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@click.group()
def command() -> None:
    """Make this host a node of the fleet, from a clone of the repository.

    The steps: the node's identity as variables for every service, service units from the
    repository's plists, a container runtime, the images' platform, joining the Talos cluster, and
    a workload that tells who it is. What is written stands in your home folder, outside of the
    repository, and nothing is printed of what files and tools say.
    """


@command.command()
@_options
@click.pass_obj
def plan(root: Path, /, **options: Any) -> int:
    """Show what `apply` would write and run, and what is in its way; change nothing."""
    from fleetmod.fleet.bootstrap.run import look
    from fleetmod.report.bootstrap import Printer

    host, steps, journal = _open(root, options)
    printer = Printer(steps)
    for line in look(host, steps, journal):
        printer.line(line)
    printer.places(host.node.home, journal.folder)
    return DEBT if printer.failed else CLEAN


@command.command()
@_options
@click.option("--undo", "back", is_flag=True, help="Take back what earlier runs did.")
@click.pass_obj
def apply(root: Path, /, back: bool, **options: Any) -> int:
    """Do what is left to do, step by step; run it again to resume.

    A second run changes nothing. With --undo every file gets its former bytes again, and every
    command is taken back, the last one first. Exit 1 when a step failed, 3 when one cannot tell.
    """
    from fleetmod.fleet.bootstrap.run import apply as run
    from fleetmod.fleet.bootstrap.undo import undo
    from fleetmod.report.bootstrap import Printer

    host, steps, journal = _open(root, options)
    printer = Printer(steps)
    with journal.held():
        if back:
            for undone in undo(host, journal):
                printer.undone(undone)
        else:
            for line in run(host, steps, journal):
                printer.line(line)
    return _exit(printer.failed, printer.unknown)


@command.command()
@_options
@click.pass_obj
def doctor(root: Path, /, **options: Any) -> int:
    """Explain each check, and tell whether it passes or what to do; change nothing."""
    from fleetmod.fleet.bootstrap.run import examine
    from fleetmod.report.bootstrap import Printer

    host, steps, journal = _open(root, options)
    printer = Printer(steps, explain=True)
    for step in steps:
        for line in examine(host, step, journal):
            printer.line(line)
    return _exit(printer.failed, printer.unknown)


def _exit(failed: int, unknown: int) -> int:
    return DEBT if failed else UNPROVEN if unknown else CLEAN


def _open(root: Path, options: dict[str, Any]) -> tuple[Host, tuple[Step, ...], Journal]:
    from fleetmod.errors import FleetmodError
    from fleetmod.fleet.bootstrap.existing import Versions, versions
    from fleetmod.fleet.bootstrap.journal import Journal
    from fleetmod.fleet.bootstrap.model import Choice, Join
    from fleetmod.fleet.bootstrap.plan import steps, this_node
    from fleetmod.fleet.bootstrap.probe import Host
    from fleetmod.project import open_project
    from fleetmod.workspace.disk import refuse_of_another

    refuse_of_another(root, "a service of root's would run what that user may change at any time")
    if options["secrets"] and options["machine_config"]:
        raise FleetmodError("--secrets and --machine-config say the same", todo="Give one of them")
    for name in ("address", "cluster_name", "disk"):
        if options[name].startswith("-"):
            what = name.replace("_name", "-name").replace("disk", "install-disk")
            raise FleetmodError(f"--{what} cannot begin with -", todo="Correct it")
    for name in ("talos_version", "kubernetes_version"):
        if options[name] and not re.fullmatch(r"v?\d+\.\d+\.\d+", options[name]):
            raise FleetmodError(
                f"--{name.replace('_', '-')} is no version", todo="Give one like 1.12.4"
            )
    project = open_project(root)
    node = this_node(project, options["node"], options["home"], options["vault"])
    host = Host(project, node)
    asked = Versions()
    if options["secrets"] and project.config.cluster.platform == "talos":
        asked = versions(host.said)
    join = Join(
        secrets=str(options["secrets"] or ""),
        machine_config=str(options["machine_config"] or ""),
        cluster=options["cluster_name"],
        address=options["address"],
        talosconfig=str(options["talosconfig"] or node.home / ".talos/config"),
        role=options["role"],
        disk=options["disk"],
        patches=tuple(map(str, options["patches"])),
        talos=options["talos_version"].removeprefix("v") or asked.talos,
        kubernetes=options["kubernetes_version"].removeprefix("v") or asked.kubernetes,
    )
    shared = (*project.config.process.every_node, *options["shared"])
    choice = Choice(frozenset(options["without"]), shared)
    return host, steps(project, node, join, options["offline"], choice), Journal(node.state)
