"""Declares local packages as dependencies of those that import them, so that each is found."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from fleetmod.workspace.json_edit import read_object, spliced, texts_of
from fleetmod.workspace.managers import linked_globs, local_version, managed
from fleetmod.workspace.manifest import (
    PackageInfo,
    add_dependency,
    field_of,
    member_folders,
    packages,
    sibling_version,
    workspace_protocol,
)
from fleetmod.workspace.members import add_workspace_members
from fleetmod.workspace.schema import Config, Workspace

LINKED = (
    "run the package manager's install once: new workspace packages are linked, "
    "and its lock file changes"
)
_COMMAND = re.compile(r"&&|\|\||[;|]")
_LEAVES_OUT = ("tsup", "tsdown", "pkgroll")  # what dependencies name
_TAKES_IN = ("bun build", "esbuild --bundle", "ncc build")
_SHIPPED = ("bin", "main", "module", "exports")


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


def wire(
    root: Path, wanted: Mapping[PackageInfo, Collection[Local]], new: Collection[str] = ()
) -> Wired:
    """Add to each package the dependencies that it wants and does not name yet, and the `new`
    folders to the workspace.

    Within a workspace they are spelled as the repository's own siblings are. Where no workspace
    links them, they are named by their path: a package manager would ask the public registry for
    any other version. Raises FleetmodError for a manifest or a workspace that cannot take them.
    """
    globs = linked_globs(root)
    depended = {each.folder for few in wanted.values() for each in few if each.new}
    joining = sorted({*new, *depended})
    texts = add_workspace_members(root, joining) if globs else {}
    members = {"", *member_folders(root, globs), *joining} if globs else set()
    infos = packages(root, Config(workspace=Workspace(packages=globs)))
    protocol = workspace_protocol(root, infos)
    notes = [LINKED] if joining and globs and not wanted else []
    for info in sorted(wanted, key=lambda info: info.path):
        before, after = texts.get(info.manifest, (info.text, info.text))
        manager = managed(root, info.path)
        by_path = []
        published = False
        for local in sorted(wanted[info], key=lambda local: local.name):
            version = local_version(manager.name, info.path, local.folder)
            inside = info.path in members and local.folder in members
            if inside:
                version = sibling_version(protocol, info.path, local.folder)
            bundler = "" if local.dev else bundles_development(info)
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
            notes += _named_by_path(info, manager.name, by_path, bool(globs))
        if after != before:
            texts[info.manifest] = before, after
            notes += [manager.doubt] if manager.doubt else []
            notes += _published(info) if published else []
    notes += _asked_of_all(infos, joining)
    return Wired(texts, tuple(dict.fromkeys(notes)))


def _asked_of_all(infos: Iterable[PackageInfo], joining: Collection[str]) -> Iterator[str]:
    """npm ends with an error at a workspace that has no script of the name which is run in all
    (docs.npmjs.com/cli/commands/npm-run, `--if-present`); the new ones have none."""
    top = next((info for info in infos if not info.path), None)
    if not joining or top is None:
        return
    scripts = read_object(top.text, top.manifest).last("scripts")
    table = scripts.value if scripts is not None else None
    for script in table.values() if isinstance(table, dict) else ():
        for command in _COMMAND.split(str(script)):
            words = command.split()
            everywhere = {"-ws", "--ws", "--workspaces"} & {*words}
            if words[:1] != ["npm"] or not everywhere or "--if-present" in words:
                continue
            asked = [word for word in words[1:] if not word.startswith("-") and word != "run"]
            if asked and asked[0] not in ("install", "i", "ci", "exec", "version", "publish"):
                places = " and ".join(joining)
                yield (
                    f"package.json: `{' '.join(words)}` ends with an error at {places}, where "
                    f"no script is called `{asked[0]}`: add --if-present"
                )


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
        notes.append("bun copies such a package: run `bun install` after each change of it")
    return notes


def _published(info: PackageInfo) -> list[str]:
    """A warning where a package looks as if it went to a registry."""
    if not is_published(info):
        return []
    return [
        f"{info.manifest} is not private: what is published of it must bundle its new "
        "dependencies, which no registry has"
    ]


def is_published(info: PackageInfo) -> bool:
    """Whether a package looks as if it went to a registry."""
    top = read_object(info.text, info.manifest)
    private = top.last("private")
    return bool(info.name and top.last("version")) and not (private and private.value is True)


def bundles_development(info: PackageInfo) -> str:
    """The bundler that makes what a package publishes, where it takes in what devDependencies
    name; "" for another. Who installs such a package needs none of them, and could have no
    `file:` among its dependencies.

    tsup, tsdown and pkgroll leave out what dependencies name (tsup.egoist.dev, "External
    dependencies"; tsdown.dev, "Dependencies"; pkgroll's readme). The others take in every package
    unless an option says otherwise (bun.sh/docs/bundler, esbuild.github.io/api, ncc's readme).
    """
    top = read_object(info.text, info.manifest)
    scripts = top.last("scripts")
    if not is_published(info) or scripts is None or not isinstance(scripts.value, dict):
        return ""
    shipped = [
        path for field in _SHIPPED if (item := top.last(field)) for path in texts_of(item.value)
    ]
    if any(path.endswith((".ts", ".tsx")) and ".d." not in path for path in shipped):
        return ""  # the sources themselves
    for command in (c for script in scripts.value.values() for c in _COMMAND.split(str(script))):
        words = command.split()
        name = next((each for each in _LEAVES_OUT if each in words), "")
        whole = next((each for each in _TAKES_IN if set(each.split()) <= set(words)), "")
        if name or (whole and _takes_all(words) and _makes(words, shipped)):
            return name or whole
    return ""


def _takes_all(words: list[str]) -> bool:
    """Whether no option of a bundler leaves packages out."""
    options = " ".join(words).replace("=", " ").split()
    return not {"--external", "-e", "--packages"} & {option.partition(":")[0] for option in options}


def _makes(words: list[str], shipped: list[str]) -> bool:
    """Whether what is shipped stands where a bundler is told to write; where it is not told, it is
    taken to be."""
    options = " ".join(words).replace("=", " ").split()
    out = next(
        (b for a, b in pairwise(options) if a in ("--outdir", "--outfile", "--out", "-o")), ""
    )
    place = posixpath.normpath(out)
    made = (f"{posixpath.normpath(path)}/".startswith(f"{place}/") for path in shipped)
    return place == "." or any(made)
