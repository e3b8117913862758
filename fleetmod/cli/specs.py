"""`fleetmod specs`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN


@click.command()
@click.option("--dry-run", is_flag=True, help="Print the audit and the diff, and write nothing.")
@click.pass_obj
def command(root: Path, dry_run: bool) -> int:
    """Write specs for highly available state from what the manifests run today.

    For Redis and Typesense Helm values, for Inngest notes, each with the way there and the way
    back; and an audit of the code's ioredis clients, which of them could follow a failover. The
    files stand in the first folder of cluster.manifests; what you write outside of their marked
    block is kept. Nothing is deployed.
    """
    from fleetmod.fleet.specs.generate import cluster_of, generate, redis_clients
    from fleetmod.fleet.write import as_plan, changes, write_all
    from fleetmod.project import open_project
    from fleetmod.report.console import make_console
    from fleetmod.report.diff import unified
    from fleetmod.report.fleet import print_clients, print_written
    from fleetmod.report.text import print_diff

    console = make_console()
    project = open_project(root)
    clients = list(redis_clients(project))
    files = generate(cluster_of(project), project.config.cluster, bool(clients))
    planned = changes(project.root, files)
    print_clients(console, clients)
    if dry_run:
        print_diff(console, unified(*as_plan(project.root, planned)))
        return CLEAN
    if message := write_all(project.root, planned):
        console.print(message)
    print_written(console, planned, len(files) - len(planned))
    return CLEAN
