"""A repository's calls of host-bound tools, and the plan that puts checks before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache

from fleetmod.bounds import DEPTH
from fleetmod.edits import render
from fleetmod.filekinds import (
    CODE,
    JAVASCRIPT,
    is_typescript,
    language_of,
    may_be_script,
    suffix,
)
from fleetmod.flow.loaded import Loaders
from fleetmod.flow.platforms import EVERY
from fleetmod.flow.texts import Values
from fleetmod.host import manifest, python, shell
from fleetmod.host.nature import Surroundings, is_dockerfile, surroundings, systems_of
from fleetmod.host.scan import RULE, scan
from fleetmod.host.tools import Tool, load_tools
from fleetmod.importers import is_entry
from fleetmod.migrate import difference
from fleetmod.model import IGNORE, REFUSE, FileChange, FileResult, Plan
from fleetmod.project import Project
from fleetmod.syntax.built import is_built
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import deeper_than, open_source
from fleetmod.workspace.discover import candidates, discover
from fleetmod.workspace.globs import matcher
from fleetmod.workspace.manifest import owner

SCRIPTS = {"shell": shell.scan, "python": python.scan, "manifest": manifest.scan}

_RUNNERS = (
    *(b"child_process", b"execa", b"cross-spawn", b"shelljs", b"zx", b"Bun", b'"bun"', b"'bun'"),
    *(b"Deno.", b"effect/platform"),
)


def tools_of(project: Project) -> dict[str, Tool]:
    """The tools that the repository is searched for."""
    return load_tools(tuple(project.root / folder for folder in project.config.workspace.rules))


def scan_repository(
    project: Project, planned: dict[str, bytes] | None = None, globs: tuple[str, ...] = ()
) -> tuple[tuple[FileResult, ...], tuple[str, ...]]:
    """The files that run such tools, and why others could not be read.

    `planned` are the contents that another plan gives to some files. The ports' packages and the
    repository's own adapters (process.adapters) may run what they are there for.
    """
    tools = tools_of(project)
    wanted = matcher(globs) if globs else None
    discovered = discover(project.root, project.config)
    paths = [
        path
        for path in discovered
        if (suffix(path) in CODE or may_be_script(path) or is_manifest(path))
        and not project.port_of(path)
        and not any(own(path) for own in project.own_adapters.values())
        and (wanted is None or wanted(path))
    ]
    found = candidates(project.root, paths, [name.encode() for name in tools])
    plain = [name.encode() for name, tool in tools.items() if not tool.ordinary]
    plain.append(IGNORE.encode())
    results, scripts = [], []
    systems = _systems(project, discovered)
    of_packages = Surroundings(systems=systems)
    loading = _Loading(project, planned or {})
    unreadable = [f"{path} cannot be read: {why}" for path, why in found.unreadable]
    for path in found.hits:
        try:
            data = (planned or {}).get(path) or (project.root / path).read_bytes()
        except OSError as error:
            unreadable.append(f"{path} cannot be read: {error.strerror or error}")
            continue
        kind = suffix(path)
        if kind in JAVASCRIPT and not (runs_programs(data) and not is_built(path, data)):
            continue
        if is_typescript(path) and not (runs_programs(data) or any(name in data for name in plain)):
            continue  # everyday words alone, where nothing is seen to run a program
        if kind in CODE:
            loaded = loading.of(path) if is_typescript(path) else None
            results.append(scan(path, data, tools, project.known_rules, of_packages, loaded))
        elif (language := kind_of(path, data)) in SCRIPTS:
            scripts.append((path, language, data))
    around = surroundings_of(project, discovered, [data for _, _, data in scripts])
    around = replace(around, systems=systems)
    for path, language, data in scripts:
        results.append(SCRIPTS[language](path, data, tools, project.known_rules, around))
    found_in = (r for r in results if r.findings or r.unparsed)
    return tuple(sorted(found_in, key=lambda r: r.path)), tuple(unreadable)


class _Loading:
    """Where the modules of a repository are loaded, read when a call is not guarded where it
    stands."""

    def __init__(self, project: Project, planned: Mapping[str, bytes]) -> None:
        self._project, self._planned = project, planned
        self._loaders = Loaders(cache(self._opened), lambda: project.graph)

    def of(self, path: str) -> Callable[[Tool], tuple[frozenset[str], frozenset[str]]]:
        @cache
        def loaded(tool: Tool) -> tuple[frozenset[str], frozenset[str]]:
            info = owner(self._project.root, path)
            if info is None or is_entry(info, path):
                return EVERY, EVERY
            return self._loaders.platforms(path, tool)

        return loaded

    def _opened(self, path: str) -> Values | None:
        try:
            data = self._planned.get(path) or (self._project.root / path).read_bytes()
            source = open_source(path, data)
            return None if deeper_than(source.root, DEPTH) else Values(Scopes(source))
        except (OSError, RecursionError):
            return None


def is_manifest(path: str) -> bool:
    return path.rpartition("/")[2] == manifest.NAME


def kind_of(path: str, data: bytes) -> str:
    return "manifest" if is_manifest(path) else language_of(path, data)


def runs_programs(data: bytes) -> bool:
    """Whether a file names what runs child processes."""
    return any(name in data for name in _RUNNERS)


def _systems(project: Project, discovered: Sequence[str]) -> dict[str, frozenset[str]]:
    """What the repository's manifests say of the platforms that they install on."""
    texts = {}
    for path in filter(is_manifest, discovered):
        with suppress(OSError):
            texts[path] = (project.root / path).read_text("utf-8", "replace")
    return systems_of(texts)


def surroundings_of(
    project: Project, discovered: list[str], scripts: Sequence[bytes]
) -> Surroundings:
    """What the repository's Dockerfiles and scripts say; one that cannot be read says nothing."""
    dockerfiles = []
    for path in filter(is_dockerfile, discovered):
        with suppress(OSError):
            dockerfiles.append((project.root / path).read_text("utf-8", "replace"))
    return surroundings(dockerfiles, scripts)


def extend(project: Project, plan: Plan, globs: tuple[str, ...] = ()) -> Plan:
    """`plan` with the platform checks on top of what it changes."""
    changes = {change.path: change for change in plan.changes}
    before = {path: (project.root / path).read_bytes() for path, c in changes.items() if c.sha256}
    planned = {path: render(data, changes[path].edits) for path, data in before.items()}
    results, unreadable = scan_repository(project, planned, globs)
    for result in results:
        if not result.edits:
            continue
        path = result.path
        if path in planned:
            after = render(planned[path], result.edits)
            edits = difference(before[path], after)
            changes[path] = replace(changes[path], edits=edits)
        else:
            changes[path] = FileChange(path, result.sha256, result.edits)
    findings = tuple(f for result in results for f in result.findings if f.rule == RULE)
    refused = sum(f.action == REFUSE for f in findings)
    notes = (f"{refused} call(s) of host-bound tools stay as they are",) if refused else ()
    return Plan(
        tuple(changes[path] for path in sorted(changes)),
        (*plan.findings, *findings),
        (*plan.notes, *notes),
        (*plan.unproven, *unreadable, *unparsed(results)),
    )


def unparsed(results: tuple[FileResult, ...]) -> tuple[str, ...]:
    """What stands in lines that do not parse and name a tool."""
    return tuple(
        f"{r.path}:{first}-{last} {r.problem or 'does not parse'} and names a host-bound tool"
        for r in results
        for first, last in r.unparsed
    )
