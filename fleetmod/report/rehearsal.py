"""Rehearsals for a terminal and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.console import Console

from fleetmod import __version__
from fleetmod.fleet.rehearse.model import Outcome, Rehearsal, Run

_TOUCHES = 12  # of one run that are shown


def print_rehearsal(console: Console, found: Rehearsal) -> None:
    """Each node with its runs and what they reached for, and the sum."""
    for outcome in found.outcomes:
        _print_outcome(console, outcome)
    if found.migrated:
        told = f"{len(found.ran)} of {len(found.migrated)} files that use the ports"
        _plain(console, f"the commands ran {told}")
    for line in found.unproven:
        _print(console, "unproven", line, "yellow")
    passed = sum(outcome.passed for outcome in found.outcomes)
    _plain(console, f"{passed} of {len(found.outcomes)} node(s) passed")


def rehearsal_json(found: Rehearsal) -> str:
    """The same as one JSON document."""
    nodes = [
        {
            "node": outcome.node.name,
            "user": outcome.node.user,
            "home": str(outcome.node.home),
            "passed": outcome.passed,
            "problems": outcome.problems,
            "workload": outcome.steps,
            "seen": outcome.seen,
            "runs": [{**asdict(run), "passed": run.passed} for run in outcome.runs],
        }
        for outcome in found.outcomes
    ]
    head = {"format": "fleetmod-rehearsal", "version": 1, "tool": f"fleetmod {__version__}"}
    document = head | {"passed": found.passed, "unproven": found.unproven}
    document |= {"migrated": found.migrated, "ran": found.ran, "nodes": nodes}
    return json.dumps(document, indent=2) + "\n"


def _print_outcome(console: Console, outcome: Outcome) -> None:
    node = outcome.node
    _plain(console, f"{node.name}: user {node.user}, home {node.home}")
    for run in outcome.runs:
        if run.passed:
            _print(console, "ok", run.what, "green")
        else:
            _print(console, "failed", run.what, "red")
            _print_run(console, run)
    if outcome.steps:
        _plain(console, f"  the service went through: {', '.join(outcome.steps)}")
    if outcome.seen:
        _plain(console, f"  probe events seen of: {', '.join(outcome.seen)}")
    for problem in outcome.problems:
        _print(console, "failed", problem, "red")
    _plain(console, "")


def _print_run(console: Console, run: Run) -> None:
    for touch in run.touches[:_TOUCHES]:
        _plain(console, f"          {touch.kind}: {touch.what} ({touch.how})")
        _plain(console, f"            in {touch.process}")
    if len(run.touches) > _TOUCHES:
        _plain(console, f"          … and {len(run.touches) - _TOUCHES} more")
    if run.code:
        _plain(console, f"          ended with {run.code}")
        for line in run.output.splitlines():
            _plain(console, f"          | {line}")


def _print(console: Console, mark: str, text: str, style: str) -> None:
    console.print(f"  {mark:6}", style=style, end="  ")
    _plain(console, text)


def _plain(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
