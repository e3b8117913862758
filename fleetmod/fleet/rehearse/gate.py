"""Phase 5: a second node runs the repository, as a rehearsal of exactly these files saw it."""

from __future__ import annotations

from dataclasses import replace

from fleetmod.fleet.rehearse.cluster import ask_cluster
from fleetmod.fleet.rehearse.kubectl import Kubectl
from fleetmod.fleet.rehearse.record import recall, tree_hash
from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.project import Project
from fleetmod.workspace.copy import own_files

# a rehearsal is of the repository, and not of what a cluster's nodes can pull and reach
_UNASKED = "no cluster asked (fleetmod gate --phase 5 --context NAME asks one)"
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
        evidence=(f"rehearsed {record.day}, {_UNASKED}", *record.evidence),
    )


def on_cluster(project: Project, context: str, node: str, seconds: int) -> Verdict:
    """The same, and what a workload on the nodes of a cluster saw; it does not stand for a
    rehearsal, since it runs nothing of the repository.

    Raises FleetmodError where the cluster cannot be asked.
    """
    seen = ask_cluster(Kubectl(context), project.config, node, seconds)
    known = verdict(project)
    failures = (*known.failures, *seen.failures)
    unproven = (*known.unproven, *seen.unproven)
    return replace(
        known,
        verdict=FAILED if failures else UNPROVEN_VERDICT if unproven else PASSED,
        unproven=unproven,
        failures=failures,
        evidence=(*(each.replace(f", {_UNASKED}", "") for each in known.evidence), *seen.evidence),
    )


def _unproven(why: str) -> Verdict:
    return Verdict("5", TITLE, UNPROVEN_VERDICT, (), (), (why,))
