"""What made the gates weaker since a commit: values of fleetmod.toml that narrow what they look at
or look for, rules of the repository's own that are gone, and directives that accept more."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from fleetmod.audit import Audit
from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.model import Finding
from fleetmod.past import past
from fleetmod.project import Project
from fleetmod.scan import scan_some
from fleetmod.workspace.config import FILE, Config, parse_config
from fleetmod.workspace.discover import looked_at
from fleetmod.workspace.disk import is_file
from fleetmod.workspace.git import blob_at, commit_of, run_git
from fleetmod.workspace.schema import TABLES
from fleetmod.workspace.tree_state import folders, inside

PHASE = "since"
TITLE = "no less is looked at, and for, than at {}"

_FOLDERS = ("workspace.scan", "workspace.gate")  # fewer of them narrow
_ADDED = ("workspace.exclude", "process.adapters", "container.adapters")  # more globs narrow
_REMOVED = ("workspace.rules", "home.users", "container.vm_addresses")  # fewer narrow
_CHANGED = ("home.root", "home.vault")  # another value is not looked for any more


def since(project: Project, audit: Audit, ref: str) -> Verdict:
    """The verdict on the configuration and the directives, against those at the commit `ref`.

    Whatever narrows fails, for the gates would pass over debt without a word; what changed
    otherwise and new directives are told. Raises FleetmodError where git knows no such commit, or
    no configuration of it can be read.
    """
    sha = commit_of(project.root, ref)
    if sha is None:
        raise FleetmodError(
            f"git knows no commit `{ref}`",
            where=str(project.root),
            todo="Correct --since; in a shallow clone, fetch the history first (fetch-depth: 0)",
        )
    told = [f"compared with {sha}"]
    failures: list[str] = []
    unproven: list[str] = []
    past = _config_at(project.root, sha, ref)
    if past is None:
        told.append(f"{FILE} is not in {ref}: there is no older configuration to compare with")
    elif not project.configured:
        failures.append(f"{FILE} is gone: its values of {ref} are not kept any more")
    else:
        narrowed = dict(_narrowed(project.root, past, project.config))
        failures += narrowed.values()
        told += _other_changes(past, project.config, narrowed)
        for path, gone in _rule_files(project.root, sha, past):
            if gone:
                failures.append(f"the rule {path} is gone")
            else:
                unproven.append(f"the rule {path} changed: a person has to tell what it misses now")
    failures += _moved_out(project, sha, past or project.config)
    told += _new_suppressions(project, audit, sha)
    outcome = FAILED if failures else UNPROVEN_VERDICT if unproven else PASSED
    return Verdict(
        *(PHASE, TITLE.format(ref), outcome, (), (), tuple(unproven)),
        failures=tuple(failures),
        evidence=tuple(told),
    )


def _config_at(root: Path, sha: str, ref: str) -> Config | None:
    data = blob_at(root, sha, FILE)
    if data is None:
        listed = run_git(root, ["ls-tree", "-z", "--name-only", sha, FILE])
        if listed == []:
            return None
        raise FleetmodError(
            f"git cannot read the {FILE} of {ref}", where=str(root), todo="Fetch the history first"
        )
    try:
        return parse_config(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, FleetmodError) as error:
        raise FleetmodError(
            f"the {FILE} of {ref} cannot be compared: {error}",
            todo="Give a commit where it is valid",
        ) from error


def _narrowed(root: Path, past: Config, now: Config) -> Iterator[tuple[str, str]]:
    """The dotted keys whose values narrow, each with a line that says how."""
    old, new = values(past), values(now)
    for key in _FOLDERS:
        kept = folders(new[key])
        # a folder that is not there any more is renamed or deleted, and hides nothing
        lost = [f for f in folders(old[key]) if not inside(f, kept) and os.path.lexists(root / f)]
        if lost:
            yield key, f"{key} leaves out {_quoted(lost)}: {_change(old[key], new[key])}"
    for key in _ADDED:
        ordered = any(glob.startswith("!") for glob in (*old[key], *new[key]))
        more = [glob for glob in new[key] if glob not in old[key]]
        if more or (ordered and old[key] != new[key]):
            yield key, f"{key} passes over more: {_change(old[key], new[key])}"
    for key in _REMOVED:
        lost = [value for value in old[key] if value not in new[key]]
        if lost:
            yield key, f"{key} lacks {_quoted(lost)}: {_change(old[key], new[key])}"
    for key in _CHANGED:
        if old[key] and old[key] != new[key]:
            yield key, f"{key} is not looked for as it was: {_change(old[key], new[key])}"


def _moved_out(project: Project, sha: str, past: Config) -> Iterator[str]:
    """Code that was looked at, by another name or place where it is not any more.

    The index is compared: git runs no filter for it.
    """
    asked = ["diff", "--cached", "--name-status", "-M", "--diff-filter=R", "--relative"]
    listed = run_git(project.root, [*asked, "-z", sha])
    if listed is None:
        raise FleetmodError(
            "git cannot compare the files of the two commits",
            where=str(project.root),
            todo="Fetch the history first",
        )
    before, after = looked_at(past), looked_at(project.config)
    for old, new in zip(listed[1::3], listed[2::3], strict=True):
        seen = is_code(old) and before(old)
        if seen and not (is_code(new) and after(new)):
            yield f"{old} is {new} now, which is not looked at"


def _other_changes(past: Config, now: Config, narrowed: Mapping[str, str]) -> Iterator[str]:
    old, new = values(past), values(now)
    for key in old:
        if old[key] != new[key] and key not in narrowed:
            yield f"{key} changed: {_change(old[key], new[key])}"


def _rule_files(root: Path, sha: str, past: Config) -> Iterator[tuple[str, bool]]:
    """Files of the repository's own rules that are not as they were, and whether each is gone."""
    places = [f for f in folders(past.workspace.rules) if not f.startswith(("/", ".."))]
    if not places:
        return
    kinds = ["--name-status", "--no-renames", "--diff-filter=DMT", "--relative"]
    listed = run_git(root, ["diff", *kinds, "-z", sha, "--", *places])
    if listed is None:
        raise FleetmodError(
            "git cannot compare the folders of workspace.rules",
            where=str(root),
            todo="Fetch the history first",
        )
    for status, path in zip(listed[::2], listed[1::2], strict=True):
        yield path, status == "D"


def _new_suppressions(project: Project, audit: Audit, sha: str) -> Iterator[str]:
    """Findings that a directive accepts now and did not at the commit."""
    accepted: dict[str, list[Finding]] = {}
    for finding in audit.suppressed:
        accepted.setdefault(finding.path, []).append(finding)
    if not accepted:
        return
    with past(project) as at:
        before = at(sha)
        contents = {path: before.read(path) for path in accepted if is_file(before.root / path)}
        known = Counter(
            (finding.path, *_id(finding))
            for result in scan_some(before, contents)[1]
            for finding in result.findings
            if finding.suppressed
        )
    for path, found in accepted.items():
        for finding in found:
            if known[path, *_id(finding)]:
                known[path, *_id(finding)] -= 1
            else:
                yield (
                    f"newly accepted: {path}:{finding.line} {finding.rule}: {finding.suppressed}"
                )


def _id(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.symbol, finding.digest


def values(config: Config) -> dict[str, Sequence[str]]:
    """Every value of a configuration by its dotted key; a string or strings."""
    return {
        f"{table}.{item.name}": getattr(getattr(config, table), item.name)
        for table, kind in TABLES.items()
        for item in fields(kind)
    }


def _change(old: Sequence[str], new: Sequence[str]) -> str:
    return f"{_shown(old)} became {_shown(new)}"


def _shown(value: Sequence[str]) -> str:
    return f'"{value}"' if isinstance(value, str) else f"[{_quoted(value)}]"


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
