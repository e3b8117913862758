"""`fleetmod init`"""

from __future__ import annotations

import os
from pathlib import Path

import click

from fleetmod.errors import CLEAN, FleetmodError


@click.command()
@click.option("--force", is_flag=True, help="Overwrite a fleetmod.toml that is there.")
@click.option("--print", "only_print", is_flag=True, help="Print the proposal and write nothing.")
@click.pass_obj
def command(root: Path, force: bool, only_print: bool) -> int:
    """Propose a fleetmod.toml from what the repository spells.

    Reads the workspace globs, package names, home folders, the checkout's own path, service labels
    and publish scripts, and writes what it found with a comment on each. Read it before you go on:
    home.root and home.vault decide what a path becomes.
    """
    from fleetmod.cli.output import echo, echo_text, save_own
    from fleetmod.proposal import propose
    from fleetmod.workspace.config import FILE, render_config
    from fleetmod.workspace.disk import is_folder

    if not is_folder(root):
        raise FleetmodError("is no folder", where=str(root), todo="Give the repository with -C")
    config, comments = propose(root.resolve())
    text = render_config(config, comments)
    if only_print:
        echo_text(text)
        return CLEAN
    target = root / FILE
    if os.path.lexists(target) and not force:
        raise FleetmodError("is there already", where=str(target), todo="Overwrite it with --force")
    save_own(root, FILE, text)
    echo(f"wrote {target}; read it, then run `fleetmod audit`")
    return CLEAN
