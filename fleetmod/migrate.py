"""From findings to a plan: edits of the code, manifests, workspace members, runtime packages."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from fleetmod.apply import render
from fleetmod.audit import Progress, scan_all
from fleetmod.engine import scan
from fleetmod.errors import FleetmodError
from fleetmod.model import REFUSE, REWRITE, Edit, FileChange, FileResult, Finding, Need, Plan
from fleetmod.project import Project, Sources, read_sources
from fleetmod.rules import Rule
from fleetmod.runtime import install_changes
from fleetmod.settings import Settings
from fleetmod.workspace import manifest
from fleetmod.workspace.members import add_workspace_members

_CYCLES = 4  # an edit may uncover another one inside the text it replaced; more is a fault


def plan(project: Project, globs: tuple[str, ...] = (), progress: Progress | None = None) -> Plan:
    """Plan the migration of every file whose path matches `globs` (all, when there are none)."""
    sources = read_sources(project)
    if globs:
        wanted = {p: d for p, d in sources.contents.items() if _matches(p, globs)}
        sources = Sources(sources.settings, wanted, sources.discovered, sources.unreadable)
    results = scan_all(project, sources, progress)
    changes: list[FileChange] = []
    needed: dict[str, set[str]] = {}
    for index, result in enumerate(results):
        if not result.edits:
            continue
        try:
            settled = settle(result, sources.contents[result.path], sources.settings, project.rules)
        except FaultyRewriteError as fault:
            results[index] = _refused(result, fault.what)
            continue
        changes.append(settled.change)
        needed[result.path] = {need.package for need in settled.needs}
    changes += _manifests(project, needed)
    ports = set().union(*needed.values()) if needed else set()
    installed = install_changes(project, ports)
    changes += installed
    findings = tuple(f for result in results for f in result.findings)
    unproven = [f"{path} cannot be read: {reason}" for path, reason in sources.unreadable]
    unproven += [
        f"{r.path}:{first}-{last} does not parse and holds a trigger"
        for r in results
        for first, last in r.unparsed
    ]
    notes = _notes(findings, bool(installed))
    return Plan(tuple(_merged(changes)), findings, notes, tuple(unproven))


class FaultyRewriteError(FleetmodError):
    """A rewrite that does not parse or does not come to rest: a fault of fleetmod, not of the file.

    It never reaches the disk.
    """


@dataclass(frozen=True)
class Settled:
    """A file's edits when nothing more changes, and the imports that they need."""

    change: FileChange
    needs: tuple[Need, ...]


def settle(result: FileResult, data: bytes, settings: Settings, rules: tuple[Rule, ...]) -> Settled:
    """A file's edits, repeated until a further cycle changes nothing; raises FaultyRewriteError."""
    content = render(data, result.edits)
    edits, needs = result.edits, result.needs
    for _ in range(_CYCLES):
        again = scan(result.path, content, settings, rules)
        if again.errors:
            raise FaultyRewriteError("would not parse any more", where=result.path)
        if not again.edits:
            break
        content = render(content, again.edits)
        edits, needs = _difference(data, content), (*needs, *again.needs)
    else:
        raise FaultyRewriteError("does not come to rest", where=result.path)
    return Settled(FileChange(result.path, result.sha256, edits), needs)


def _refused(result: FileResult, what: str) -> FileResult:
    """A file's findings when its rewrite turned out to be faulty: it stays as it is."""
    reason = f"the file once rewritten {what}, which is a fault of fleetmod: report it"
    findings = (
        replace(f, action=REFUSE, reason=reason) if f.action == REWRITE else f
        for f in result.findings
    )
    return replace(result, findings=tuple(findings), edits=(), needs=())


def _difference(before: bytes, after: bytes) -> tuple[Edit, ...]:
    """Edits of whole lines that turn `before` into `after`."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    out = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, low, high, new_low, new_high in matcher.get_opcodes():
        if tag != "equal":
            text = b"".join(new[new_low:new_high]).decode("utf-8")
            out.append(Edit(starts[low], starts[high], text, "several"))
    return tuple(out)


def _manifests(project: Project, needed: dict[str, set[str]]) -> list[FileChange]:
    """Dependencies of each package on the ports that its files import, and workspace members."""
    members = manifest.packages(project.root, project.config)
    protocol = manifest.workspace_protocol(project.root, members)
    wanted: dict[str, set[str]] = {}
    for path, ports in needed.items():
        owner = manifest.owner(path, members)
        if owner is not None and ports:
            wanted.setdefault(owner.manifest, set()).update(ports)
    changes = []
    by_manifest = {info.manifest: info for info in members}
    for name, ports in sorted(wanted.items()):
        info = by_manifest[name]
        text = info.text
        for port in sorted(ports - {p for p, n in project.packages.items() if n == info.name}):
            version = manifest.sibling_version(protocol, info.path, project.port_folder(port))
            edit = manifest.add_dependency(text, project.packages[port], version, name)
            if edit is not None:
                text = render(text.encode(), (edit,)).decode()
        if text != info.text:
            before = info.text.encode()
            digest = hashlib.sha256(before).hexdigest()
            changes.append(FileChange(name, digest, _difference(before, text.encode())))
    used = sorted(set().union(*wanted.values())) if wanted else []
    folders = [project.port_folder(port) for port in used]
    if folders:
        changes += add_workspace_members(project.root, project.config, folders)
    return changes


def _merged(changes: list[FileChange]) -> list[FileChange]:
    """One change a file: manifests may get dependencies and workspace members both."""
    out: dict[str, FileChange] = {}
    for change in changes:
        if change.path in out:
            first = out[change.path]
            edits = sorted({*first.edits, *change.edits})
            out[change.path] = FileChange(change.path, first.sha256, tuple(edits))
        else:
            out[change.path] = change
    return [out[path] for path in sorted(out)]


def _notes(findings: tuple[Finding, ...], installed: bool) -> tuple[str, ...]:
    """What a maintainer must do after the migration."""
    notes = []
    if installed:
        notes.append(
            "run the package manager's install once: new workspace packages are linked, "
            "and its lock file changes"
        )
    if any(f.action == REWRITE and f.rule.endswith("-log") for f in findings):
        notes.append(
            "log lines name the service manager now: alerts that match the old words must follow"
        )
    refused = sum(f.action == REFUSE for f in findings)
    if refused:
        notes.append(f"{refused} finding(s) stay as debt; each has its reason")
    return tuple(notes)


def _matches(path: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, glob) or path.startswith(glob.rstrip("/") + "/") for glob in globs)
