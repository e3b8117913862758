"""`fleetmod migrate --branch-per`: a migration as several small branches."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from fleetmod.edits import render
from fleetmod.migrate import plan as make_plan
from fleetmod.model import REFUSE, REWRITE, FileChange, Plan
from fleetmod.printed import one_line
from fleetmod.report.summary import counted
from fleetmod.report.text import package_of
from fleetmod.workspace.branch import commit_branch
from fleetmod.workspace.manifest import packages
from fleetmod.workspace.owners import owners_of

if TYPE_CHECKING:
    from rich.console import Console

    from fleetmod.project import Project

PACKAGE, OWNER = "package", "owner"
_NOBODY = "nobody"
_PORTS = "fleetmod/ports"


def branch_per(
    console: Console, project: Project, kind: str, globs: tuple[str, ...], dry_run: bool
) -> Plan:
    """Commit the migration of each package, or of each owner's files, on a branch of its own.

    The ports and what installs them are the first branch, and the others stand on it. What moves
    only together with another group's files is in none, and told. Gives the plan of the whole.
    """
    whole = make_plan(project, globs)
    rewritten = [f for f in whole.findings if f.action == REWRITE]
    group_of, groups = _groups(project, kind), defaultdict[str, set[str]](set)
    for finding in rewritten:
        groups[group_of(finding.path)].add(finding.path)
    if not groups:
        return whole
    names, parent = _names(sorted(groups)), "HEAD"
    plans = {g: make_plan(project, paths=frozenset(paths)) for g, paths in sorted(groups.items())}
    changed = Counter(change.path for plan in plans.values() for change in plan.changes)
    own = frozenset[str]().union(*groups.values())
    # whatever several groups need, and the root's files, which they would change in their own ways
    shared = {path for path, count in changed.items() if count > 1 or "/" not in path} - own
    ports = {c.path: c for c in whole.changes if c.path in shared or not c.sha256}
    if ports:
        if not dry_run:
            message = "Install the ports\n\nThe code that uses them follows in other branches.\n"
            parent = commit_branch(
                project.root, _PORTS, _contents(project, ports.values()), message
            )
        _tell(console, f"{_PORTS}: the ports in {counted(len(ports), 'file')}; merge it first")
    moved: set[tuple[str, int, str]] = set()
    for group, plan in plans.items():
        done = [f for f in plan.findings if f.action == REWRITE and f.path in groups[group]]
        changes = [change for change in plan.changes if change.path not in ports]
        if not changes:
            continue
        if not dry_run:
            places = counted(len(done), "place")
            whose = "the root" if group == "." else group
            message = f"Move {whose} off one host\n\n{places} by fleetmod migrate.\n"
            contents = _contents(project, changes)
            commit_branch(project.root, names[group], contents, message, parent)
        moved |= {(f.path, f.start, f.rule) for f in done}
        files = counted(len(changes), "file")
        _tell(console, f"{names[group]}: {counted(len(done), 'finding')} in {files} ({group})")
    if left := [f for f in rewritten if (f.path, f.start, f.rule) not in moved]:
        where = f"{left[0].path}:{left[0].line}"
        what = f"{counted(len(left), 'finding')} (e.g. {where}) go with files of several branches"
        _tell(console, f"{what}: merge the branches, then run `fleetmod migrate`.")
    refused = sum(f.action == REFUSE for f in whole.findings)
    if refused:
        told = f"`fleetmod worklist` tells what a person does about the {refused} refused"
        _tell(console, f"{told}, which are in no branch.")
    return whole


def _contents(
    project: Project, changes: Iterable[FileChange]
) -> dict[str, tuple[bytes | None, bytes]]:
    """What stands on the disk and what a plan makes of it, by path."""
    out: dict[str, tuple[bytes | None, bytes]] = {}
    for change in changes:
        old = (project.root / change.path).read_bytes() if change.sha256 else None
        out[change.path] = (old, render(old or b"", change.edits))
    return out


def _tell(console: Console, line: str) -> None:
    console.print(one_line(line), markup=False, soft_wrap=True)


def _groups(project: Project, kind: str) -> Callable[[str], str]:
    if kind == OWNER:
        owners = owners_of(project.root)
        return lambda path: " ".join(owners(path)) or _NOBODY
    folders = [package.path for package in packages(project.root, project.config)]
    return lambda path: package_of(path, folders)


def _names(groups: list[str]) -> dict[str, str]:
    """A branch's name for each group; no two are the same."""
    out = {"": _PORTS}
    for group in groups:
        name = re.sub(r"[^A-Za-z0-9]+", "-", group).strip("-").lower() or "root"
        while f"fleetmod/{name}" in out.values():
            name += "-2"
        out[group] = f"fleetmod/{name}"
    return out
