"""`fleetmod review`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN, FleetmodError


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--by", "who", required=True, metavar="NAME", help="Who has read the files.")
@click.pass_obj
def command(root: Path, files: tuple[str, ...], who: str) -> int:
    """Record in generated files that a person has read them.

    The record is the file's first line: name, date, and a hash of the content. A change of the
    content makes it void, and the gates of the phases 3 and 4 fail until it is reviewed again.
    FILE is relative to the repository's root.
    """
    import hashlib
    from datetime import UTC, datetime

    from fleetmod.apply import recover, write
    from fleetmod.cli.output import echo
    from fleetmod.fleet.review import reviewed
    from fleetmod.model import Edit, FileChange

    day = datetime.now(UTC).date().isoformat()
    top = root.resolve()
    changes = []
    for file in dict.fromkeys(files):
        try:
            data = (top / file).read_bytes()
            text = data.decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FleetmodError(f"cannot be read: {error}", where=file) from error
        new = reviewed(file, text, who, day)
        edit = Edit(0, len(data), new, "review")
        changes.append(FileChange(file, hashlib.sha256(data).hexdigest(), (edit,)))
    recover(top)
    write(top, changes)
    for change in changes:
        echo(f"reviewed {change.path}")
    return CLEAN
