"""Where units are written, which ones no plist makes any more, and what installs daemons."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from fleetmod.artefacts import UNIT
from fleetmod.fleet.units.model import Converted, Unit

SYSTEM = "system"  # as the process-manager package looks for it
_ETC = "/etc/systemd/system"
_KINDS = ("service", "timer", "path", "socket")
_MADE = re.compile(rf"# {re.escape(UNIT)}(.+); a change here is lost(?:\.|, write it .*)")


def file_of(output: Path, done: Converted, unit: Unit) -> Path:
    """The file of a unit: those of daemons are in a folder of their own."""
    return output / SYSTEM / unit.name if done.is_system else output / unit.name


def left_over(output: Path, done: Sequence[Converted], root: Path) -> Iterator[Path]:
    """The units in `output` that plists of this repository made, and none makes now.

    A unit by a plist that is not there any more is one of them only where `output` is in the
    repository: another repository may have written it elsewhere. A refused plist keeps its units.
    """
    made = {file_of(output, each, unit) for each in done for unit in each.units}
    refused = {each.source for each in done if each.refused}
    inside = output.resolve().is_relative_to(root.resolve())
    for folder in (output, output / SYSTEM):
        for kind in _KINDS:
            for file in sorted(folder.glob(f"*.{kind}")):
                source = _source(file)
                if file in made or not source or source in refused:
                    continue
                if inside or (root / source).is_file():
                    yield file


def install_commands(output: Path, done: Sequence[Converted]) -> Iterator[str]:
    """What root types to install the daemons that are written to `output`."""
    daemons = [each for each in done if each.is_system and each.units]
    if not daemons:
        return
    files = [str(file_of(output, each, unit)) for each in daemons for unit in each.units]
    starting = [
        unit.name
        for each in daemons
        for unit in each.units
        if not each.disabled and unit.sections.get("Install")
    ]
    yield f"{len(daemons)} daemon(s) are for the manager of the system; install them as root:"
    yield f"  cp {shlex.join(files)} {_ETC}/"
    yield "  systemctl daemon-reload"
    if starting:
        yield f"  systemctl enable --now {shlex.join(starting)}"


def _source(file: Path) -> str:
    """The plist that a unit says it was made from; "" for a unit of somebody else."""
    try:
        with file.open(encoding="utf-8") as lines:
            made = _MADE.fullmatch(lines.readline().rstrip("\n"))
    except (OSError, UnicodeDecodeError):
        return ""
    return made[1] if made else ""
