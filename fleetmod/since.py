"""The debt of today beside that of a commit: what is new, what is mended, and what remains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fleetmod.audit import audit
from fleetmod.baseline import Baseline, Compared, StableId, compare, stable_ids
from fleetmod.errors import FleetmodError
from fleetmod.model import EXEMPT, Finding
from fleetmod.past import past
from fleetmod.project import Project
from fleetmod.workspace.disk import is_file
from fleetmod.workspace.git import commit_of, run_git


@dataclass(frozen=True)
class Since:
    """What became of the debt since a commit: `ref` as it was given, `commit` with which its branch
    and today's have begun to differ; `mended` are findings of then that are gone."""

    ref: str
    commit: str
    new: int
    remaining: int
    mended: tuple[StableId, ...]

    def __str__(self) -> str:
        counts = f"{self.new} new, {len(self.mended)} mended, {self.remaining} remain"
        return f"Since {self.ref} ({self.commit[:10]}): {counts}."


def debt_at(project: Project, ref: str) -> tuple[Baseline, str]:
    """The debt, as a baseline holds it, of the commit where `ref` and today's branch part, and the
    commit's name.

    Raises FleetmodError where git knows no such commit, or lacks its files.
    """
    commit = forked_at(project.root, ref)
    with past(project) as at:
        found = audit(at(commit)).findings
    return Baseline(tuple(own for own, f in stable_ids(found) if f.action != EXEMPT)), commit


def compared_since(project: Project, findings: Iterable[Finding], recorded: Baseline) -> Compared:
    """Findings of the whole repository with what was debt then marked as known; what is stale is
    mended."""
    return compare(findings, recorded, lambda path: is_file(project.root / path), lambda _: "")


def told(ref: str, commit: str, compared: Compared) -> Since:
    """The comparison in figures."""
    remaining = sum(f.known for f in compared.findings)
    return Since(ref, commit, len(compared.new), remaining, compared.stale)


def mended_by_file(mended: Iterable[StableId]) -> Mapping[str, int]:
    """How many findings each file has lost."""
    counts: dict[str, int] = {}
    for each in mended:
        counts[each.path] = counts.get(each.path, 0) + 1
    return counts


def forked_at(root: Path, ref: str) -> str:
    """The newest commit that `ref` and the checked-out branch have in common.

    Raises FleetmodError where there is none.
    """
    commit = commit_of(root, ref)
    if commit is None:
        raise FleetmodError(
            f"git knows no commit `{ref}`",
            where=str(root),
            todo="Correct --since; in a shallow clone, fetch the history first (fetch-depth: 0)",
        )
    common = run_git(root, ["merge-base", commit, "HEAD"])
    if not common:
        raise FleetmodError(
            f"`{ref}` and the checked-out branch have no commit in common",
            where=str(root),
            todo="In a shallow clone, fetch the history first (fetch-depth: 0)",
        )
    return common[0].strip()
