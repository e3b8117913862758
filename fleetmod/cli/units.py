"""`fleetmod units`"""

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
    help="Write the units there; by default they are printed.",
)
@click.option("--check", is_flag=True, help="Write nothing; fail where --output is not up to date.")
@click.option(
    "--checkout",
    default="",
    metavar="PATH",
    help="Where the checkout is on the node (default: below the home, as in home.root).",
)
@click.option(
    "--home",
    default="",
    metavar="PATH",
    help="The home folder on the node, for services of the system; other units say %h.",
)
@click.pass_obj
def command(root: Path, output: Path | None, check: bool, checkout: str, home: str) -> int:
    """Convert the repository's launchd plists into systemd units.

    Each job becomes a service, and a timer or a path unit where it has triggers. What cannot be
    converted is said for each key, here and on top of the unit. A folder `systemd` beside that of
    the plists is where the process-manager package finds them. Daemons become units for the manager
    of the system, in the folder `system` of --output; what installs them is printed. A unit that no
    plist makes any more is removed. Exit 1 when a plist is refused or, with --check, a unit is not
    up to date.
    """
    from fleetmod.cli.output import echo, echo_text, save
    from fleetmod.fleet.units.convert import Node
    from fleetmod.fleet.units.installed import file_of, install_commands, left_over
    from fleetmod.fleet.units.plists import convert_repository
    from fleetmod.project import open_project

    for option, value in (("--checkout", checkout), ("--home", home)):
        if value and (not value.startswith("/") or not value.isprintable()):
            raise FleetmodError(f"{option} is no absolute path", todo="Give one like /srv/acme")
    if check and output is None:
        raise FleetmodError("--check needs --output", todo="Give the folder of the units")
    project = open_project(root)
    done = convert_repository(
        project.root, project.config, Node(checkout.rstrip("/"), home.rstrip("/"))
    )
    stale = 0
    if output is not None and not check:
        _make(output)
    for each in done:
        for unit in each.units:
            if output is None:
                echo_text(f"# ==> {one_line(unit.name)}\n{unit.text}\n")
                continue
            file = file_of(output, each, unit)
            if not check:
                _make(file.parent)
                save(file, unit.text)
            elif not _is(file, unit.text):
                stale += 1
                echo(f"{file} is not what {each.source} makes")
        for what, lines in (
            ("refused", [each.refused] if each.refused else []),
            ("not converted", each.lost),
            ("mind", each.differs),
        ):
            for line in lines if not check or what == "refused" else ():
                echo(f"{each.source}: {what}: {line}", err=output is None)
    if output is not None:
        for file in left_over(output, done, project.root):
            stale += 1
            if check:
                echo(f"{file} is what no plist makes any more")
            else:
                _remove(file)
                echo(f"{file} is removed: no plist makes it any more")
        if not check:
            for line in install_commands(output, done):
                echo(line)
    refused = sum(1 for each in done if each.refused)
    count = sum(len(each.units) for each in done)
    echo(f"{count} unit(s) of {len(done)} plist(s), {refused} refused", err=output is None)
    return DEBT if refused or (stale and check) else CLEAN


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FleetmodError(
            f"cannot be made: {error.strerror}", where=str(folder), todo="Choose another folder"
        ) from error


def _remove(file: Path) -> None:
    try:
        file.unlink()
    except OSError as error:
        raise FleetmodError(
            f"cannot be removed: {error.strerror}", where=str(file), todo="Remove it by hand"
        ) from error


def _is(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False
