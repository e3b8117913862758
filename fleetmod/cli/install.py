"""`fleetmod install`"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetmod.errors import CLEAN, DEBT, FleetmodError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fleetmod.model import FileChange
    from fleetmod.project import Project
    from fleetmod.runtime import Installed
    from fleetmod.runtime.ports import Standing
    from fleetmod.workspace.manifest import PackageInfo


@click.command()
@click.argument("ports", nargs=-1, metavar="[PORT]...")
@click.option(
    "--package",
    "folders",
    multiple=True,
    metavar="FOLDER",
    help="A package that imports them, and gets the dependency (repeatable). Where no workspace is "
    "declared, the root's by default.",
)
@click.option("--dry-run", is_flag=True, help="Print the diff and write nothing.")
@click.option("--overwrite", is_flag=True, help="Give up what was changed in an installed port.")
@click.option("--allow-dirty", is_flag=True, help="Work on a git tree with uncommitted changes.")
@click.pass_obj
def command(
    root: Path,
    ports: tuple[str, ...],
    folders: tuple[str, ...],
    dry_run: bool,
    overwrite: bool,
    allow_dirty: bool,
) -> int:
    """Put the ports in without a migration, and bring those up to date that are there.

    PORT is process-manager, node-identity or container-runtime. Without one: those that are there
    already; all three where none is.

    An installed port that nobody has changed since becomes what this fleetmod installs. One that
    somebody has changed stays, and the diff to the new one is shown (exit 1). A package that
    fleetmod did not install is left alone.
    """
    from fleetmod.apply import recover, write
    from fleetmod.cli.clean_tree import refuse_dirty
    from fleetmod.model import Plan
    from fleetmod.project import PORTS, open_project
    from fleetmod.report.console import make_console
    from fleetmod.report.diff import unified
    from fleetmod.report.text import print_diff
    from fleetmod.runtime import put_in, standing

    if unknown := [port for port in ports if port not in PORTS]:
        raise click.UsageError(f"no port is called {unknown[0]}; there are {', '.join(PORTS)}")
    console = make_console()
    project = open_project(root)
    if not dry_run and (recovered := recover(project.root)):
        console.print(recovered)
    there = {*project.present, *project.inlined.values()}
    wanted = ports or tuple(port for port in PORTS if port in there) or PORTS
    missing = [port for port in wanted if port not in there]
    owners = _owners(project, folders) if folders or missing else []
    new = put_in(project, wanted if folders else missing, owners)
    changes, lines = _new(project, new, bool(owners))
    left: list[FileChange] = []
    for place, _, state in standing(project, wanted):
        changes += state.changes if (may := _may(state, overwrite)) else ()
        left += state.changes if state.edited and not may else ()
        lines += _told(place, state, may)
    shown = Plan((*(changes if dry_run else ()), *left), ())
    print_diff(console, unified(shown, _contents(project.root, shown.changes)))
    if changes and not dry_run:
        if not allow_dirty:
            refuse_dirty(project, {change.path for change in changes})
        write(project.root, changes)
    for line in (*lines, *new.notes):
        console.print(line, soft_wrap=True, markup=False)
    return DEBT if left else CLEAN


def _new(project: Project, new: Installed, owned: bool) -> tuple[list[FileChange], list[str]]:
    """What is created and changed for new ports, and what is told of that."""
    from fleetmod.migrate import difference
    from fleetmod.model import FileChange

    changes = [*new.created]
    for path, (before, after) in new.texts.items():
        digest = hashlib.sha256(before.encode()).hexdigest()
        changes.append(FileChange(path, digest, difference(before.encode(), after.encode())))
    lines = []
    for port, name in project.packages.items():
        folder = f"{project.port_folder(port)}/"
        if any(change.path.startswith(folder) for change in new.created):
            use = f"; name {name} in the dependencies of each package that imports it"
            lines.append(f"{folder[:-1]}: installed{'' if owned else use}")
    return changes, lines


def _may(state: Standing, overwrite: bool) -> bool:
    """Whether an installed port may be written anew."""
    return bool(state.version) and (overwrite or not state.edited)


def _told(place: str, state: Standing, written: bool) -> Iterator[str]:
    """What is told of a port that is there already."""
    if not state.version:
        yield (
            f"{place}: left alone, for no record tells that fleetmod installed it; to have "
            "fleetmod's, move it away and run this again"
        )
    elif not written:
        yield (
            f"{place}: left as it is, for it was changed since fleetmod {state.version} installed "
            f"it ({', '.join(state.edited)}); take over what you need of the diff, or give up the "
            "changes with --overwrite"
        )
    elif not state.changes:
        yield f"{place}: is up to date"
    else:
        yield f"{place}: brought up to date, from fleetmod {state.version}"
        yield from (f"{path}: is no part of it any more; remove it" for path in state.dropped)


def _contents(root: Path, changes: Sequence[FileChange]) -> dict[str, bytes]:
    return {c.path: (root / c.path).read_bytes() for c in changes if c.sha256}


def _owners(project: Project, folders: Sequence[str]) -> list[PackageInfo]:
    """The packages that get the ports as dependencies. Raises FleetmodError for a folder without a
    package.json."""
    from fleetmod.workspace.managers import linked_globs
    from fleetmod.workspace.manifest import package_at

    if not folders and linked_globs(project.root):
        return []
    found = []
    for folder in folders or ("",):
        place = "" if folder == "." else folder.removeprefix("./").rstrip("/")
        info = package_at(project.root, place)
        if info is not None:
            found.append(info)
        elif folders:
            raise FleetmodError("holds no package.json", where=folder)
    return found
