"""Phase 5: a second node runs the repository, as a rehearsal of exactly these files saw it."""

from __future__ import annotations

from fleetmod.fleet.rehearse.record import recall, tree_hash
from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.project import Project
from fleetmod.workspace.copy import own_files

TITLE = "a second node runs the repository and needs nothing of the first"


def verdict(project: Project) -> Verdict:
    """The outcome of the last rehearsal; unproven where there is none of the files as they are."""
    record = recall(project.root)
    if record is None:
        return _unproven("nothing was rehearsed here. Run: fleetmod rehearse")
    if record.tree != tree_hash(project.root, own_files(project.root, "gate 5")):
        return _unproven(f"files changed since the rehearsal of {record.day}. Run it again")
    outcome = FAILED if record.failures else UNPROVEN_VERDICT if record.unproven else PASSED
    return Verdict(
        *("5", TITLE, outcome, (), (), record.unproven),
        failures=record.failures,
        evidence=(f"rehearsed {record.day}", *record.evidence),
    )


def _unproven(why: str) -> Verdict:
    return Verdict("5", TITLE, UNPROVEN_VERDICT, (), (), (why,))
