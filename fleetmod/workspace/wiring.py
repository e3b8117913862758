"""Declares local packages as dependencies of those that import them, so that each is found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from fleetmod.workspace.json_edit import read_object, spliced
from fleetmod.workspace.managers import local_version, manager_of
from fleetmod.workspace.manifest import (
    PackageInfo,
    add_dependency,
    field_of,
    member_folders,
    packages,
    sibling_version,
    workspace_protocol,
)
from fleetmod.workspace.members import add_workspace_members, declared_globs
from fleetmod.workspace.schema import Config, Workspace

LINKED = (
    "run the package manager's install once: new workspace packages are linked, "
    "and its lock file changes"
)


@dataclass(frozen=True, slots=True)
class Local:
    """A package that others import: its npm name, its folder, and whether it is a new one.

    A new one joins the workspace, where there is one; what exists stays as it is. `dev` tells that
    only what runs in development imports it.
    """

    name: str
    folder: str
    new: bool
    dev: bool = False


@dataclass(frozen=True, slots=True)
class Wired:
    """Each file that changes, with its old and new text, and what a maintainer must know."""

    texts: dict[str, tuple[str, str]]
    notes: tuple[str, ...]


def wire(root: Path, wanted: Mapping[PackageInfo, Collection[Local]]) -> Wired:
    """Add to each package the dependencies that it wants and does not name yet.

    Within a workspace they are spelled as the repository's own siblings are. Where no workspace
    links them, they are named by their path: a package manager would ask the public registry for
    any other version. Raises FleetmodError for a manifest or a workspace that cannot take them.
    """
    globs = tuple(glob for declared in declared_globs(root).values() for glob in declared)
    joining = sorted({each.folder for few in wanted.values() for each in few if each.new})
    texts = add_workspace_members(root, joining) if globs else {}
    members = {"", *member_folders(root, globs), *joining} if globs else set()
    infos = packages(root, Config(workspace=Workspace(packages=globs)))
    protocol = workspace_protocol(root, infos)
    notes: list[str] = []
    for info in sorted(wanted, key=lambda info: info.path):
        before, after = texts.get(info.manifest, (info.text, info.text))
        manager = manager_of(root, info.path)
        by_path = []
        published = False
        for local in sorted(wanted[info], key=lambda local: local.name):
            version = local_version(manager, info.path, local.folder)
            inside = info.path in members and local.folder in members
            if inside:
                version = sibling_version(protocol, info.path, local.folder)
            bundler = "" if local.dev else _bundles_development(info)
            field = "devDependencies" if local.dev or bundler else "dependencies"
            edit = add_dependency(after, local.name, version, info.manifest, field)
            if edit is None:
                there = field_of(after, local.name, info.manifest)
                if (there, field) == ("devDependencies", "dependencies"):
                    notes.append(
                        f"{info.manifest} names {local.name} for development, and code that runs "
                        "imports it now: move it to dependencies"
                    )
                continue
            after = spliced(after, edit)
            if bundler:
                notes.append(
                    f"{info.manifest} is published and built with {bundler}: {local.name} stands "
                    "in devDependencies, which that bundles"
                )
            published |= field == "dependencies"
            if inside:
                notes.append(LINKED)
            else:
                by_path.append(f"{local.name} as {version}")
        if by_path:
            notes += _named_by_path(info, manager, by_path, bool(globs))
        if after != before:
            texts[info.manifest] = before, after
            notes += _published(info) if published else []
    return Wired(texts, tuple(dict.fromkeys(notes)))


def _named_by_path(
    info: PackageInfo, manager: str, named: Collection[str], workspace: bool
) -> list[str]:
    why = "it is no member of the workspace" if workspace else "no workspace is declared"
    place = info.path or "the root"
    notes = [
        f"{info.manifest} names {' and '.join(named)}, for {why}: run `{manager} install` in "
        f"{place} once"
    ]
    if manager == "bun":
        notes.append(
            "bun copies such a package: run `bun install` after each change of it; Node runs no "
            "TypeScript from a copy, Bun does"
        )
    return notes


def _published(info: PackageInfo) -> list[str]:
    """A warning where a package looks as if it went to a registry."""
    if not _is_published(info):
        return []
    return [
        f"{info.manifest} is not private: what is published of it must bundle its new "
        "dependencies, which no registry has"
    ]


def _is_published(info: PackageInfo) -> bool:
    top = read_object(info.text, info.manifest)
    private = top.last("private")
    return bool(info.name and top.last("version")) and not (private and private.value is True)


def _bundles_development(info: PackageInfo) -> str:
    """The bundler of a published package that takes in what devDependencies name, and leaves out
    what dependencies name (tsup.egoist.dev, tsdown.dev: "Dependencies"); "" for another."""
    scripts = read_object(info.text, info.manifest).last("scripts")
    if not _is_published(info) or scripts is None or not isinstance(scripts.value, dict):
        return ""
    words = {word for script in scripts.value.values() for word in str(script).split()}
    return next((name for name in ("tsup", "tsdown") if name in words), "")
