"""`fleetmod network`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, UNPROVEN, FleetmodError


@click.command()
@click.option("--dry-run", is_flag=True, help="Print the graph and the diff, and write nothing.")
@click.option(
    "--report",
    "report_to",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the graph with all its evidence as Markdown, with a picture.",
)
@click.pass_obj
def command(root: Path, dry_run: bool, report_to: Path | None) -> int:
    """Find who talks to whom, and write network policies and the way from flannel to Cilium.

    The graph comes from the manifests and from the addresses in the code. Values and runbook stand
    in the first folder of cluster.manifests, policies and pools in cluster.specs, where nothing
    deploys them; what you write outside of their marked block is kept.
    Nothing is deployed. Exit 3 when something could not be read, so that edges may be missing.
    """
    from fleetmod.cli.output import make_room, save
    from fleetmod.fleet.network.generate import generate, left_behind
    from fleetmod.fleet.network.survey import survey
    from fleetmod.fleet.talos_nodes import in_containers
    from fleetmod.fleet.write import as_plan, changes, write_all
    from fleetmod.project import open_project
    from fleetmod.report.console import make_console
    from fleetmod.report.diff import unified
    from fleetmod.report.fleet import graph_markdown, print_graph, print_written
    from fleetmod.report.text import print_diff

    if report_to is not None and report_to.suffix.lower() not in (".md", ".markdown"):
        raise FleetmodError(
            f"{report_to}: the graph is written as Markdown",
            todo=f"Give --report {report_to.with_suffix('.md')}",
        )
    make_room(report_to)
    console = make_console()
    project = open_project(root)
    cluster, graph = survey(project)
    settings = project.config.cluster
    files = generate(cluster, graph, settings, in_containers(project))
    planned = changes(project.root, files)
    print_graph(console, graph)
    for reason in cluster.unread:
        console.print(f"unproven: {reason}", style="yellow", markup=False, soft_wrap=True)
    for path in left_behind(project.root, settings):
        console.print(
            f"{path} would be deployed from there: move what you added to {settings.specs}/, and "
            "delete it",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )
    if report_to is not None:
        save(report_to, graph_markdown(graph))
    if dry_run:
        print_diff(console, unified(*as_plan(project.root, planned)))
        return UNPROVEN if cluster.unread else CLEAN
    if message := write_all(project.root, planned):
        console.print(message)
    print_written(console, planned, len(files) - len(planned))
    return UNPROVEN if cluster.unread else CLEAN
