"""Installs the runtime packages that the migrated code imports into the target repository."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.model import Edit, FileChange, Need
from fleetmod.project import Project
from fleetmod.runtime.exports import check_exports
from fleetmod.runtime.fit import fit_notes
from fleetmod.runtime.identity import identity_json
from fleetmod.workspace.disk import is_file
from fleetmod.workspace.manifest import PackageInfo
from fleetmod.workspace.wiring import Local, wire

RULE = "runtime"
_PLACEHOLDER = "@fleetmod/"
_SKIPPED = {"node_modules"}


@dataclass(frozen=True)
class Needed:
    """What a rewritten file imports, and the package that it belongs to."""

    owner: PackageInfo
    needs: tuple[Need, ...]


@dataclass(frozen=True)
class Installed:
    """The files to create, those that change with their old and new text, and what to know."""

    created: tuple[FileChange, ...]
    texts: dict[str, tuple[str, str]]
    notes: tuple[str, ...]


def install(project: Project, needed: Iterable[Needed]) -> Installed:
    """What must be written so that each file finds what it imports.

    A package of a port's name that the repository has already is used as it is. Raises
    FleetmodError where that does not export what is needed, where another thing stands in the way,
    and for a manifest that cannot take a dependency.
    """
    names: dict[str, set[str]] = defaultdict(set)
    wanted: dict[PackageInfo, set[Local]] = defaultdict(set)
    for each in needed:
        for need in each.needs:
            port = need.package
            names[port].add(need.name)
            folder = project.port_folder(port)
            if each.owner.path != folder:
                new = port not in project.present
                wanted[each.owner].add(Local(project.packages[port], folder, new))
    wired = wire(project.root, wanted)
    created: list[FileChange] = []
    created_in = {project.port_folder(port) for port in names if port not in project.present}
    notes = [*wired.notes, *fit_notes(project.root, created_in, wanted)]
    for port in sorted(names):
        if port in project.present:
            notes.append(check_exports(project, port, names[port]))
        else:
            created += _created(project, port)
    return Installed(tuple(created), wired.texts, tuple(notes))


def _created(project: Project, port: str) -> Iterator[FileChange]:
    """The files of a runtime package, with the target's scope and its own defaults."""
    folder, target = Path(__file__).parent / port, project.port_folder(port)
    shipped = {f"{target}/{path.relative_to(folder).as_posix()}": path for path in _shipped(folder)}
    for place in (target, *shipped):
        if is_file(project.root / place):
            raise FleetmodError(
                f"is there already, but {target} is no package named {project.packages[port]}",
                where=place,
                todo="Choose another runtime.dir or runtime.scope in fleetmod.toml",
            )
    for place, path in shipped.items():
        text = path.read_text(encoding="utf-8")
        text = text.replace(_PLACEHOLDER, project.config.runtime.scope + "/")
        if path.name == "identity.json":
            text = identity_json(project.config)
        yield FileChange(place, "", (Edit(0, 0, text, RULE),))


def _shipped(folder: Path) -> Iterable[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in found if not _SKIPPED & {*p.relative_to(folder).parts})
