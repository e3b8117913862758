"""`fleetmod init`"""

from __future__ import annotations

import os
from pathlib import Path

import click

from fleetmod.errors import CLEAN, FleetmodError

SCHEMA = "fleetmod.schema.json"


@click.command()
@click.option("--force", is_flag=True, help="Overwrite a fleetmod.toml that is there.")
@click.option("--full", is_flag=True, help="Write every key, also those with their defaults.")
@click.option(
    "--schema",
    "with_schema",
    is_flag=True,
    help="Also write fleetmod.schema.json, by which an editor completes the file.",
)
@click.option("--print", "only_print", is_flag=True, help="Print the proposal and write nothing.")
@click.pass_obj
def command(root: Path, force: bool, full: bool, with_schema: bool, only_print: bool) -> int:
    """Propose a fleetmod.toml from what the repository spells.

    Reads the workspace globs, package names, home folders, the checkout's own path, service labels
    and publish scripts, and writes what it found with a comment on each. Read it before you go on:
    home.root and home.vault decide what a path becomes. What has its default is left out.
    """
    from fleetmod.cli.output import echo, echo_text, save_own
    from fleetmod.proposal import propose
    from fleetmod.workspace.config import FILE, render_config
    from fleetmod.workspace.disk import is_folder

    if not is_folder(root):
        raise FleetmodError("is no folder", where=str(root), todo="Give the repository with -C")
    config, comments = propose(root.resolve())
    text = render_config(config, comments, full, f"./{SCHEMA}" if with_schema else "")
    if only_print:
        echo_text(text)
        return CLEAN
    target = root / FILE
    if os.path.lexists(target) and not force:
        raise FleetmodError("is there already", where=str(target), todo="Overwrite it with --force")
    save_own(root, FILE, text)
    if with_schema:
        from fleetmod.report.jsonreport import dumps
        from fleetmod.workspace.json_schema import json_schema

        save_own(root, SCHEMA, dumps(json_schema()) + "\n")
    if not full:
        echo("Other keys have their defaults; `fleetmod init --full --print` shows them all.")
    echo(f"wrote {target}; read it, then run `fleetmod audit`")
    return CLEAN
