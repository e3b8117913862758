"""The debt of a repository outside TypeScript: what is found, and the plan that mends it."""

from __future__ import annotations

import hashlib
import plistlib
import re
from dataclasses import replace

from fleetmod.artefacts import by_people
from fleetmod.filekinds import is_code, language_of
from fleetmod.languages.findings import TOOL, Context, Result
from fleetmod.languages.roots import NEEDLES, run_by_root
from fleetmod.languages.scan import scan
from fleetmod.model import EXEMPT, REFUSE, FileChange, Plan
from fleetmod.places import HOME, ROOT, VAULT
from fleetmod.project import PORTABLE_RULES, Project
from fleetmod.workspace.discover import candidates, discover
from fleetmod.workspace.globs import matcher
from fleetmod.workspace.schema import FILE

_DOCUMENTS = (".md", ".mdx", ".txt")


def context_of(project: Project) -> Context:
    identity = project.config.identity
    env = {HOME: "HOME", ROOT: identity.root_env, VAULT: identity.vault_env}
    return Context(project.places, env, project.known_rules)


def scan_repository(
    project: Project, globs: tuple[str, ...] = ()
) -> tuple[tuple[Result, ...], tuple[str, ...]]:
    """The files with debt, and why others could not be read."""
    discovered = discover(project.root, project.config)
    paths = [
        path
        for path in discovered
        if not (is_code(path) or project.is_setting(path) or project.port_of(path))
    ]
    if globs:
        paths = list(filter(matcher(globs), paths))
    users = project.config.home.users
    parents = ("/Users/", "/home/", "\\/Users\\/", "\\/home\\/")  # the slashes may be escaped
    needles = [TOOL, *(f"{parent}{user}" for parent in parents for user in users)]
    found = candidates(project.root, paths, [needle.encode() for needle in needles])
    unreadable = [f"{path} cannot be read: {why}" for path, why in found.unreadable]
    results, context = [], context_of(project)
    roots = _roots(project, discovered)
    for path in found.hits:
        try:
            data = by_people(path, (project.root / path).read_bytes())
        except OSError as error:
            unreadable.append(f"{path} cannot be read: {error.strerror or error}")
            continue
        used_by = ""
        if language_of(path, data) == "plist":
            used_by = _user_of(project, path, data, discovered)
        as_root = roots.get(path.rpartition("/")[2], "")
        result = scan(path, data, replace(context, as_root=as_root), used_by)
        if result.findings or result.problem:
            results.append(result)
    return tuple(results), tuple(unreadable)


def _roots(project: Project, discovered: list[str]) -> dict[str, str]:
    """Why root runs a script of the repository, by the script's name."""

    def read(path: str) -> bytes:
        return by_people(path, (project.root / path).read_bytes())

    code = [path for path in discovered if not path.endswith(_DOCUMENTS)]
    hits = candidates(project.root, code, list(NEEDLES)).hits
    lists = [path for path in discovered if path.endswith(".plist")] if hits else []
    return run_by_root({path: read(path) for path in hits}, {path: read(path) for path in lists})


def extend(project: Project, plan: Plan, globs: tuple[str, ...] = ()) -> Plan:
    """`plan` with the files outside TypeScript, which it does not touch."""
    results, unreadable = scan_repository(project, globs)
    taken = {change.path for change in plan.changes}
    changes = [
        FileChange(r.path, hashlib.sha256(r.data).hexdigest(), tuple(r.edits))
        for r in results
        if r.edits and r.path not in taken
    ]
    findings = tuple(f for r in results for f in r.findings if f.rule in PORTABLE_RULES)
    refused = sum(f.action == REFUSE for f in findings)
    notes = (
        [f"{refused} finding(s) outside TypeScript stay; each has its reason"] if refused else []
    )
    if any(r.kind == "shell" and r.edits for r in results):
        notes.append(
            "the scripts read HOME now, and stop with a message where it is unset: what starts "
            "them without it (a daemon of the system, an empty environment) must set it"
        )
    return replace(
        plan,
        changes=tuple(sorted((*plan.changes, *changes), key=lambda change: change.path)),
        findings=(*plan.findings, *findings),
        notes=(*plan.notes, *notes),
        unproven=(*plan.unproven, *unreadable, *problems(results)),
    )


def problems(results: tuple[Result, ...]) -> tuple[str, ...]:
    return tuple(f"{r.path} {r.problem}" for r in results if r.problem)


def table(results: tuple[Result, ...]) -> list[tuple[str, str, int, int, int]]:
    """Rows of language, family, findings, refused and files, for what is debt."""
    rows = []
    found = [(r, f) for r in results for f in r.findings if f.action != EXEMPT]
    for kind, family in sorted({(r.kind, f.family) for r, f in found}):
        own = [(r, f) for r, f in found if (r.kind, f.family) == (kind, family)]
        refused = sum(f.action == REFUSE for _, f in own)
        rows.append((kind, family, len(own), refused, len({r.path for r, _ in own})))
    return rows


def _user_of(project: Project, path: str, data: bytes, discovered: list[str]) -> str:
    """A file of code that takes this list as it is: by its name, by its label and `.plist`, or as
    one of the lists of its folder."""
    folder, _, name = path.rpartition("/")
    try:
        job = plistlib.loads(data)
    # plistlib lets many errors through; the list is refused for that when it is read
    except Exception:
        return ""
    label = job.get("Label") if isinstance(job, dict) else None
    needles = [name.encode(), *([label.encode()] if isinstance(label, str) and label else [])]
    code = [p for p in discovered if not p.endswith((*_DOCUMENTS, ".plist")) and p != FILE]
    for user in candidates(project.root, code, needles).hits:
        text = by_people(user, (project.root / user).read_bytes())
        if name.encode() in text or b".plist" in text:
            return user
    every = re.escape(folder.rpartition("/")[2].encode())
    listed = re.compile(rb"(?<![\w.-])" + every + rb"[\"']?/[^\s\"']*\*[^\s\"'/]*\.plist")
    for user in candidates(project.root, code, [b".plist"]).hits if every else ():
        text = by_people(user, (project.root / user).read_bytes())
        beside = user.rpartition("/")[0] == folder and b"*.plist" in text
        if beside or listed.search(text):
            return user
    return ""
