"""`fleetmod plists`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, DEBT, FleetmodError
from fleetmod.printed import one_line


@click.command()
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Write the lists there; by default they are printed.",
)
@click.option("--home", default="", metavar="PATH", help="The node's home (default: your own).")
@click.option(
    "--checkout", default="", metavar="PATH", help="The node's checkout (default: this repository)."
)
@click.option(
    "--vault",
    default="",
    metavar="PATH",
    help="The node's vault (default: where home.vault is below the home).",
)
@click.pass_obj
def command(root: Path, output: Path | None, home: str, checkout: str, vault: str) -> int:
    """Render the repository's property lists for the node that this runs on, or another.

    `migrate --all-languages` puts placeholders (`__HOME__`, `__REPO_ROOT__`, `__VAULT__`) where a
    list spelled the folders of one Mac, for launchd expands nothing. Install what this renders.
    Exit 1 when a list is refused.
    """
    from fleetmod.cli.output import echo, echo_text, save
    from fleetmod.languages.render import folders_for, render_repository
    from fleetmod.project import open_project

    for option, value in (("--home", home), ("--checkout", checkout), ("--vault", vault)):
        if value and (not value.startswith("/") or not value.isprintable()):
            raise FleetmodError(f"{option} is no absolute path", todo="Give one like /srv/acme")
    project = open_project(root)
    own = str(Path.home())
    folders = folders_for(project, home or own, checkout or str(project.root), vault)
    folders = {base: folder.rstrip("/") for base, folder in folders.items()}
    if output is not None:
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FleetmodError(
                f"cannot be made: {error.strerror}", where=str(output), todo="Choose another folder"
            ) from error
    done = list(render_repository(project, folders))
    taken: set[str] = set()
    for each in done:
        name = each.source.rpartition("/")[2]
        if each.refused:
            echo(f"{each.source}: refused: {each.refused}", err=True)
        elif output is None:
            echo_text(f"<!-- ==> {one_line(each.source)} -->\n{each.data.decode()}\n")
        elif name in taken:
            raise FleetmodError("two lists have this name", where=each.source, todo="Rename one")
        else:
            taken.add(name)
            save(output / name, each.data.decode())
    refused = sum(1 for each in done if each.refused)
    echo(f"{len(done) - refused} list(s), {refused} refused", err=output is None)
    return DEBT if refused else CLEAN
