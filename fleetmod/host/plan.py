"""A repository's calls of host-bound tools, and the plan that puts checks before them."""

from __future__ import annotations

from dataclasses import replace

from fleetmod.edits import render
from fleetmod.host.scan import FAMILY, scan
from fleetmod.host.tools import Tool, load_tools
from fleetmod.migrate import difference
from fleetmod.model import REFUSE, FileChange, FileResult, Plan
from fleetmod.project import Project
from fleetmod.suffixes import is_typescript
from fleetmod.workspace.discover import candidates, discover
from fleetmod.workspace.globs import matcher


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
    paths = [
        path
        for path in discover(project.root, project.config)
        if is_typescript(path)
        and not project.port_of(path)
        and not any(own(path) for own in project.own_adapters.values())
        and (wanted is None or wanted(path))
    ]
    found = candidates(project.root, paths, [name.encode() for name in tools])
    results, unreadable = [], [f"{path} cannot be read: {why}" for path, why in found.unreadable]
    for path in found.hits:
        try:
            data = (planned or {}).get(path) or (project.root / path).read_bytes()
        except OSError as error:
            unreadable.append(f"{path} cannot be read: {error.strerror or error}")
            continue
        result = scan(path, data, tools, project.known_rules)
        if result.findings or result.unparsed:
            results.append(result)
    return tuple(results), tuple(unreadable)


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
    findings = tuple(f for result in results for f in result.findings if f.family == FAMILY)
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
        f"{r.path}:{first}-{last} does not parse and names a host-bound tool"
        for r in results
        for first, last in r.unparsed
    )
