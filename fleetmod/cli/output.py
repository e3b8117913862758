"""What a command prints, and the files that it writes because it was asked to."""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import FleetmodError
from fleetmod.printed import lines, no_command, one_line


def echo(line: str, err: bool = False) -> None:
    """Print one line; whatever a path or a tool puts into it is shown and not obeyed."""
    click.echo(no_command(one_line(line)), err=err)


def echo_text(text: str) -> None:
    """Print a text of several lines, the last with its end."""
    click.echo(lines(text), nl=False)


def echo_report(text: str) -> None:
    """Print what a console or a format has made inert already, styles and commands included."""
    click.echo(text, nl=False)


def make_room(*paths: Path | None) -> None:
    """Make the folders of files that are to be written, before the work begins.

    Raises FleetmodError where a file cannot stand there.
    """
    for path in paths:
        if path is None:
            continue
        why = "it is a folder" if path.is_dir() else ""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = error.strerror or str(error)
        if why:
            raise FleetmodError(
                f"cannot be written: {why}", where=str(path), todo="Choose another file"
            )


def save(path: Path, text: str) -> None:
    """Write a report or a plan; raises FleetmodError where the disk refuses."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FleetmodError(
            f"cannot be written: {error.strerror}", where=str(path), todo="Choose another file"
        ) from error


def save_own(root: Path, name: str, text: str) -> None:
    """Write a file that stands at the top of a repository; raises FleetmodError for a link there,
    which may lead anywhere, and where the disk refuses."""
    from fleetmod.workspace.beneath import Folder, linked

    try:
        if (root / name).is_symlink():
            raise linked(root / name)
        with Folder.open(root.resolve()) as folder:
            folder.put(name, text.encode())
    except OSError as error:
        raise FleetmodError(
            f"cannot be written: {error.strerror}",
            where=str(root / name),
            todo="Make the folder writable",
        ) from error
