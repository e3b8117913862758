"""Installs the runtime packages that the migrated code imports into the target repository."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.importers import is_apart, is_development
from fleetmod.model import Edit, FileChange, Need
from fleetmod.project import Project
from fleetmod.runtime.exports import check_exports
from fleetmod.runtime.identity import identity_json, with_identity
from fleetmod.runtime.images import Needs, images
from fleetmod.runtime.linters import ignored
from fleetmod.runtime.programs import Programs
from fleetmod.workspace.disk import is_file
from fleetmod.workspace.graph import packages_of
from fleetmod.workspace.inlined import HEADER, Inline
from fleetmod.workspace.managers import linked_globs
from fleetmod.workspace.manifest import PackageInfo
from fleetmod.workspace.wiring import Local, wire

RULE = "runtime"
_PLACEHOLDER = "@fleetmod/"
_SKIPPED = {"node_modules"}
_ESM_FOLDER = "dirname(fileURLToPath(import.meta.url))"
_BY_URL = 'import { fileURLToPath } from "node:url";\n'


@dataclass(frozen=True)
class Needed:
    """What a rewritten file imports, and the package that it belongs to."""

    owner: PackageInfo
    needs: tuple[Need, ...]
    path: str


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
    importers: dict[tuple[PackageInfo, str], list[str]] = defaultdict(list)
    inlined: dict[tuple[Inline, str], PackageInfo] = {}
    for each in needed:
        for need in each.needs:
            inline = project.inline_of(each.path)
            if inline is not None:
                inlined.setdefault((inline, need.package), each.owner)
            elif each.owner.path != project.port_folder(need.package):
                importers[each.owner, need.package].append(each.path)
            if inline is None:
                names[need.package].add(need.name)
    wanted: dict[PackageInfo, set[Local]] = defaultdict(set)
    notes: list[str] = []
    for (owner, port), paths in importers.items():
        dev = all(is_development(project, owner, path) for path in paths)
        apart = [path for path in sorted(paths) if dev and is_apart(project, owner, path)]
        if apart:
            notes.append(
                f"nothing that {owner.manifest} names loads {' or '.join(apart)}: "
                f"{project.packages[port]} stands in devDependencies"
            )
        new = port not in project.present
        wanted[owner].add(Local(project.packages[port], project.port_folder(port), new, dev))
    wired = wire(project.root, wanted)
    texts = dict(wired.texts)
    created: list[FileChange] = []
    new_ports = sorted(port for port in names if port not in project.present)
    own = {inline.folder for inline, port in inlined if inline.path(port) not in project.inlined}
    folders = {project.packages[p]: project.port_folder(p) for p in new_ports}
    fitted = _fitted(project, wanted, folders, own)
    texts.update(fitted.texts)
    notes += [*wired.notes, *fitted.notes]
    for port in sorted(names):
        if port in project.present:
            notes.append(check_exports(project, port, names[port]))
        else:
            created += _created(project, port, project.port_folder(port) in fitted.unchecked)
    for (inline, port), info in inlined.items():
        if inline.path(port) not in project.inlined:
            created.append(_one_file(project, inline, port))
            notes.append(
                f"{info.manifest} is published, and no registry has the ports: {port} stands in "
                f"{inline.path(port)}"
            )
    return Installed(tuple(created), texts, tuple(dict.fromkeys(notes)))


@dataclass(frozen=True)
class _Fitted:
    """What of the repository takes the packages in: texts that change, notes, and the folders whose
    sources a program of other options compiles."""

    texts: dict[str, tuple[str, str]]
    notes: list[str]
    unchecked: set[str]


def _fitted(
    project: Project,
    wanted: Mapping[PackageInfo, Collection[Local]],
    new: Mapping[str, str],
    own: Collection[str],
) -> _Fitted:
    """Make the repository's programs, linters, images and bundles fit for the packages.

    `new` gives the folder of each package that is created, by its npm name; `own` are the folders
    of ports in one file.
    """
    root, files = project.root, project.search.listed or ()
    texts: dict[str, tuple[str, str]] = {}
    notes: list[str] = []
    unchecked: set[str] = set()
    if new:
        programs = Programs(root, files)
        texts = programs.without([*new.values()])
        for place, folder in programs.lead_to(new):
            unchecked.add(folder)
            notes.append(
                f"`paths` of {place} lead to the sources of {folder}, which it would compile with "
                "its own options: they carry @ts-nocheck"
            )
    changed, told = ignored(root, [*new.values(), *own])
    texts, notes = texts | changed, notes + told
    if wanted:
        manifests = [path for path in files if posixpath.basename(path) == "package.json"]
        gains = {
            owner.path: {local.folder for local in locals_ if not local.dev}
            for owner, locals_ in wanted.items()
        }
        linked = bool(linked_globs(root))
        changed, told = images(root, files, Needs(packages_of(root, manifests), gains, linked))
        texts, notes = texts | changed, notes + told
    return _Fitted(texts, notes, unchecked)


def _one_file(project: Project, inline: Inline, port: str) -> FileChange:
    """A port as one file of a published package."""
    path = inline.path(port)
    if is_file(project.root / path):
        raise FleetmodError(
            f"is there already, and is no {port} of fleetmod", where=path, todo="Rename it"
        )
    text = (packaged(port) / "src" / "index.ts").read_text(encoding="utf-8")
    text = with_identity(text, project.config) if port == "node-identity" else text
    text = f"{HEADER.format(port)}\n{commonjs(text) if inline.commonjs else text}"
    return FileChange(path, "", (Edit(0, 0, text, RULE),))


def commonjs(code: str) -> str:
    """A port's one file as the source of a CommonJS module, which has no `import.meta`."""
    return code.replace(_ESM_FOLDER, "__dirname").replace(_BY_URL, "")


def _created(project: Project, port: str, unchecked: bool) -> Iterator[FileChange]:
    """The files of a runtime package, with the target's scope and its own defaults."""
    folder, target = packaged(port), project.port_folder(port)
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
        elif port == "node-identity" and path.stem == "index":
            text = with_identity(text, project.config)
        if unchecked and path.suffix == ".ts" and not path.name.endswith(".d.ts"):
            text = "// @ts-nocheck\n" + text
        yield FileChange(place, "", (Edit(0, 0, text, RULE),))


def packaged(port: str) -> Path:
    """The folder of a runtime package as it is installed: its source in one file, and what tsc
    makes of that."""
    return Path(__file__).parent / port / "package"


def _shipped(folder: Path) -> Iterable[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in found if not _SKIPPED & {*p.relative_to(folder).parts})
