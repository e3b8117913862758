"""The last lines of a command: what it found, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetmod.audit import Audit
from fleetmod.gates.check import PASSED, Verdict
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Finding, Plan, is_debt
from fleetmod.since import Since

CLEAN_CHECK = "No new debt."  # fleetmod/quick.py says the same, and imports nothing


def counted(count: int, what: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def of_audit(audit: Audit, configured: bool, since: Since | None = None) -> Iterator[str]:
    """What an audit found, and the next step."""
    debt = [f for f in audit.findings if is_debt(f)]
    if not audit.scanned:
        yield "No TypeScript or JavaScript was found here, so nothing is proven."
    elif not debt:
        yield f"No debt in {counted(audit.scanned, 'file')} of code."
    else:
        files = counted(len({f.path for f in debt}), "file")
        yield f"{counted(len(debt), 'finding')} of debt in {files}: {_split(debt)}."
    if since is not None:
        yield str(since)
    elif any(f.known for f in debt):
        yield f"The baseline knows {sum(f.known for f in debt)} of them."
    if exempt := sum(f.action == EXEMPT for f in audit.findings):
        yield f"{exempt} more {'is' if exempt == 1 else 'are'} no debt."
    if not configured:
        yield "No fleetmod.toml here: this used what `fleetmod init` would propose."
    if not audit.scanned:
        return
    if not configured:
        yield "Next: fleetmod init"
    elif any(f.action == REWRITE for f in debt):
        yield "Next: `fleetmod migrate --dry-run` shows the diff; `fleetmod baseline` lets it stay."
    elif debt:
        yield "Next: `fleetmod worklist` tells what a person does about each."
    else:
        yield "Next: `fleetmod gate` proves it."


def of_check(new: Sequence[Finding], known: int, clean: bool, since: Since | None = None) -> str:
    """What `check` found; `clean` tells whether everything could be judged."""
    also = f" The baseline knows {counted(known, 'finding')}." if known else ""
    if since is not None:
        also = f" {since}"
    if new:
        return f"{counted(len(new), 'new finding')} of debt.{also}"
    return f"{CLEAN_CHECK if clean else 'Not everything could be judged.'}{also}"


def of_plan(plan: Plan, applied: bool) -> Iterator[str]:
    """The next step of a migration that was planned, or written if `applied`."""
    refused = sum(f.action == REFUSE and is_debt(f) for f in plan.findings)
    if plan.changes and not applied:
        yield "Next: `fleetmod migrate` writes it."
    elif plan.changes:
        yield "Next: look at the diff, run your tests, then `fleetmod gate`."
    if refused:
        yield f"`fleetmod worklist` tells what a person does about the {refused} refused."


def of_gate(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """How many gates passed, and the next step."""
    passed = sum(verdict.verdict == PASSED for verdict in verdicts)
    if passed == len(verdicts):
        yield f"{'The gate' if passed == 1 else f'All {passed} gates'} passed."
        return
    left = {f for verdict in verdicts for f in verdict.findings if is_debt(f)}
    yield f"{passed} of {counted(len(verdicts), 'gate')} passed."
    if any(f.action == REWRITE for f in left):
        yield "Next: `fleetmod migrate --dry-run` shows what can be rewritten."
    elif left:
        yield "Next: `fleetmod worklist` tells what a person does about each finding."


def _split(debt: Sequence[Finding]) -> str:
    rewritten = sum(f.action == REWRITE for f in debt)
    parts = []
    if rewritten:
        parts.append(f"`fleetmod migrate` rewrites {rewritten}")
    if rewritten < len(debt):
        parts.append(f"{len(debt) - rewritten} for a person")
    return ", ".join(parts)
