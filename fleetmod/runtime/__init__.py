"""Installs the runtime packages that the migrated code imports into the target repository."""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from fleetmod.errors import FleetmodError
from fleetmod.importers import is_apart, is_development
from fleetmod.model import FileChange, Need
from fleetmod.project import Project
from fleetmod.runtime.exports import check_exports
from fleetmod.runtime.images import Needs, images
from fleetmod.runtime.linters import ignored
from fleetmod.runtime.ports import (
    Standing,
    new_file,
    one_file,
    package_files,
    standing_file,
    standing_package,
)
from fleetmod.runtime.programs import Programs
from fleetmod.workspace.disk import is_file
from fleetmod.workspace.graph import packages_of
from fleetmod.workspace.inlined import Inline, placed, shipped_too
from fleetmod.workspace.managers import linked_globs
from fleetmod.workspace.manifest import PackageInfo
from fleetmod.workspace.manifest import owner as owner_of
from fleetmod.workspace.wiring import Local, wire


@dataclass(frozen=True)
class Needed:
    """What a rewritten file imports, and the package that it belongs to."""

    owner: PackageInfo
    needs: tuple[Need, ...]
    path: str


@dataclass(frozen=True)
class Installed:
    """The files of ports to create and to bring up to date, other files that change with their old
    and new text, and what to know."""

    created: tuple[FileChange, ...]
    updated: tuple[FileChange, ...]
    texts: dict[str, tuple[str, str]]
    notes: tuple[str, ...]


@dataclass
class _Wanted:
    """The ports whose packages are wanted, who depends on them, and those that stand in one file,
    with their owners."""

    ports: set[str]
    locals: dict[PackageInfo, set[Local]]
    inlined: dict[tuple[Inline, str], PackageInfo]
    importers: dict[PackageInfo, set[str]]  # of ports in one file


def install(
    project: Project, needed: Iterable[Needed], rewritten: Collection[str] = ()
) -> Installed:
    """What must be written so that each file finds what it imports.

    A port that an earlier fleetmod installed and nobody changed is brought up to date, unless one
    of its files is `rewritten`. Another package of its name is used as it is. Raises FleetmodError
    where that does not export what is needed, where another thing stands in the way, and for a
    manifest that cannot take a dependency.
    """
    names: dict[str, set[str]] = defaultdict(set)
    importers: dict[tuple[PackageInfo, str], list[str]] = defaultdict(list)
    wanted = _Wanted(set(), defaultdict(set), {}, defaultdict(set))
    for each in needed:
        for need in each.needs:
            inline = project.inline_of(each.path)
            if inline is not None:
                wanted.inlined.setdefault((inline, need.package), each.owner)
                wanted.importers[each.owner].add(each.path)
            elif each.owner.path != project.port_folder(need.package):
                importers[each.owner, need.package].append(each.path)
            if inline is None:
                names[need.package].add(need.name)
    wanted.ports = set(names)
    notes: list[str] = []
    for (owner, port), paths in importers.items():
        dev = all(is_development(project, owner, path) for path in paths)
        apart = [path for path in sorted(paths) if dev and is_apart(project, owner, path)]
        if apart:
            notes.append(
                f"nothing that {owner.manifest} names loads {' or '.join(apart)}: "
                f"{project.packages[port]} stands in devDependencies"
            )
        wanted.locals[owner].add(_local(project, port, dev))
    made = _put_in(project, wanted)
    notes += made.notes
    updated: list[FileChange] = []
    for place, port, standing in _standing(project, wanted):
        if standing.version and not standing.edited:
            within = [path for path in rewritten if path == place or path.startswith(f"{place}/")]
            updated += () if within else standing.changes
        elif port in names and place == project.port_folder(port):
            notes.append(check_exports(project, port, names[port]))
        if standing.edited:
            notes.append(
                f"{' and '.join(standing.edited)} was changed since fleetmod installed it, and is "
                f"used as it is; `fleetmod install {port}` shows what is new"
            )
    told = tuple(dict.fromkeys(notes))
    return Installed(made.created, tuple(updated), made.texts, told)


def put_in(project: Project, ports: Collection[str], owners: Iterable[PackageInfo]) -> Installed:
    """What must be written so that the `owners` can import the `ports`: each is created where it is
    not there yet. Raises FleetmodError as `install` does."""
    wanted = _Wanted(set(), defaultdict(set), {}, {})
    for owner in owners:
        inline = project.inline_of(owner.manifest)
        for port in ports:
            if inline is not None:
                wanted.inlined[inline, port] = owner
            elif owner.path != project.port_folder(port):
                wanted.locals[owner].add(_local(project, port))
    wanted.ports = set() if wanted.inlined and not wanted.locals else set(ports)
    return _put_in(project, wanted)


def standing(project: Project, ports: Collection[str]) -> list[tuple[str, str, Standing]]:
    """The place, the port and the state of each of the `ports` that the repository has, as a
    package or in one file."""
    inlined = {path: port for path, port in project.inlined.items() if port in ports}
    wanted = _Wanted(set(ports), {}, {}, {})
    found = [*_standing(project, wanted)]
    for path, port in sorted(inlined.items()):
        info = owner_of(project.root, path)
        as_commonjs = info is not None and placed(project.root, info).commonjs
        found.append((path, port, standing_file(project, path, port, as_commonjs)))
    return found


def _standing(project: Project, wanted: _Wanted) -> Iterator[tuple[str, str, Standing]]:
    """The same of those that are wanted and there already."""
    present = {
        project.packages[p]: project.port_folder(p)
        for p in sorted(wanted.ports & {*project.present})
    }
    led = {folder for _, folder in _programs(project).lead_to(present)} if present else set()
    for port in sorted(wanted.ports & {*project.present}):
        folder = project.port_folder(port)
        yield folder, port, standing_package(project, port, folder in led)
    for inline, port in wanted.inlined:
        if (path := inline.path(port)) in project.inlined:
            yield path, port, standing_file(project, path, port, inline.commonjs)


def _local(project: Project, port: str, dev: bool = False) -> Local:
    new = port not in project.present
    return Local(project.packages[port], project.port_folder(port), new, dev)


def _put_in(project: Project, wanted: _Wanted) -> Installed:
    new = sorted(wanted.ports - {*project.present})
    folders = {project.packages[port]: project.port_folder(port) for port in new}
    wired = wire(project.root, wanted.locals, [*folders.values()])
    texts = dict(wired.texts)
    own = {i.folder for i, port in wanted.inlined if i.path(port) not in project.inlined}
    fitted = _fitted(project, wanted.locals, folders, own)
    texts.update(fitted.texts)
    notes = [*wired.notes, *fitted.notes]
    for info, importers in wanted.importers.items():
        before, after = texts.get(info.manifest, (info.text, info.text))
        places = {i.folder for (i, _), owner in wanted.inlined.items() if owner == info}
        after = shipped_too(after, info, importers, sorted(places))
        if after != before:
            texts[info.manifest] = before, after
    made = [path for path in texts if not is_file(project.root / path)]
    created = [new_file(path, texts.pop(path)[1]) for path in made]
    for port in new:
        created += _created(project, port, project.port_folder(port) in fitted.unchecked)
    for (inline, port), info in wanted.inlined.items():
        if inline.path(port) not in project.inlined:
            created.append(_one_file(project, inline, port))
            notes.append(
                f"{info.manifest} is published, and no registry has the ports: {port} stands in "
                f"{inline.path(port)}"
            )
    return Installed(tuple(created), (), texts, tuple(notes))


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
        programs = _programs(project)
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


def _programs(project: Project) -> Programs:
    return Programs(project.root, project.search.listed or ())


def _one_file(project: Project, inline: Inline, port: str) -> FileChange:
    """A port as one file of a published package."""
    path = inline.path(port)
    if inline.verbatim:
        raise FleetmodError(
            "would be CommonJS under verbatimModuleSyntax, which allows no `import … from`",
            where=path,
            todo='Set "type": "module", or turn that option off',
        )
    if is_file(project.root / path):
        raise FleetmodError(
            f"is there already, and is no {port} of fleetmod", where=path, todo="Rename it"
        )
    return new_file(path, one_file(project, port, inline.commonjs))


def _created(project: Project, port: str, unchecked: bool) -> Iterator[FileChange]:
    """The files of a runtime package that is not there yet."""
    target = project.port_folder(port)
    files = package_files(project, port, unchecked)
    for place in (target, *(f"{target}/{name}" for name in files)):
        if is_file(project.root / place):
            raise FleetmodError(
                f"is there already, but {target} is no package named {project.packages[port]}",
                where=place,
                todo="Choose another runtime.dir or runtime.scope in fleetmod.toml",
            )
    for name, text in files.items():
        yield new_file(f"{target}/{name}", text)
