"""The gates: each phase's condition, by plain grep and by the syntax tree, which must agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from fleetmod import families
from fleetmod.audit import Audit
from fleetmod.errors import CLEAN, DEBT, UNPROVEN, FleetmodError
from fleetmod.families.family import Family
from fleetmod.grepped import lines_of, strictly
from fleetmod.model import EXEMPT, Finding, is_debt
from fleetmod.project import Project
from fleetmod.spans import LineRanges
from fleetmod.suppress import RULE

PASSED, FAILED, UNPROVEN_VERDICT = "passed", "failed", "unproven"
KNOWN = "the baseline holds it"
BARE, ASIDE = "; the bare grep", "; what the baseline holds aside"
_EXITS = {PASSED: CLEAN, FAILED: DEBT, UNPROVEN_VERDICT: UNPROVEN}


@dataclass(frozen=True)
class PassedOver:
    """A line that the grep finds and a finding explains as no debt."""

    path: str
    line: int
    text: str
    rule: str
    reason: str
    accepted: bool  # by a directive


@dataclass(frozen=True)
class Verdict:
    """One phase's outcome: the grep's lines, the findings that are left, what is not proven, and
    what a directive accepts.

    `failures` and `evidence` are what a phase saw outside of the code, one line each. Lines that
    the grep finds and that are no debt are `passed_over`; a `strict` gate passes over none.
    """

    phase: str
    title: str
    verdict: str
    grep: tuple[tuple[str, int, str], ...]
    findings: tuple[Finding, ...]
    unproven: tuple[str, ...]
    suppressed: tuple[Finding, ...] = ()
    failures: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    strict: bool = False

    @property
    def family(self) -> str:
        return families.of_phase(self.phase).id


def parse_phases(text: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """`1a,1b` as a tuple, `all` as every phase, ours and those of `more`.

    Raises FleetmodError for a phase that is neither.
    """
    known = [*families.phases(), *more]
    if text.strip() == "all":
        return tuple(known)
    phases = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [phase for phase in phases if phase not in known]
    if unknown or not phases:
        raise FleetmodError(
            f"unknown phase `{', '.join(unknown) or text}`", todo=f"Phases: {', '.join(known)}"
        )
    return phases


def check(
    project: Project,
    audit: Audit,
    phases: tuple[str, ...],
    strict: bool = False,
    ratchet: bool = False,
) -> tuple[Verdict, ...]:
    """The verdict of each family's phase that is asked for, on an audited repository.

    `strict` asks of the families whose grep can find nothing that it does, whatever a line means;
    `ratchet` passes over findings that are marked as known.
    """
    asked = (families.of_phase(phase) for phase in phases)
    return tuple(
        _check(project, audit, family, strict and family.strict, ratchet)
        for family in asked
        if family.id
    )


def exit_code(verdicts: tuple[Verdict, ...]) -> int:
    """1 when a phase failed, else 3 when one is unproven, else 0."""
    codes = {_EXITS[v.verdict] for v in verdicts}
    return DEBT if DEBT in codes else UNPROVEN if UNPROVEN in codes else CLEAN


def _check(project: Project, audit: Audit, of: Family, strict: bool, ratchet: bool) -> Verdict:
    family = of.id

    def fails(finding: Finding) -> bool:
        return is_debt(finding) and not (ratchet and finding.known)

    told: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for finding in audit.findings:
        if families.of(finding) is of:
            for number in finding.lines:
                told[finding.path, number].append(finding)
    unparsed = LineRanges(audit.unparsed)
    # the grep looks where the gate's folders are; what the syntax tree found counts everywhere
    own = (family, RULE.family)
    findings = [f for f in audit.findings if f.family in own and f.action != EXEMPT]
    if ratchet:
        findings = [f for f in findings if not f.known]
    lines, passed = [], []
    for line in lines_of(project, audit.greps, family):
        hit = (line.path, line.number, line.text)
        explained = told[hit[:2]]
        if strict:
            lines.append(hit)
            if not any(map(is_debt, explained)):
                findings.append(strictly(line, explained[0] if explained else None))
        elif explained and not any(map(fails, explained)):
            first = next((f for f in explained if is_debt(f)), explained[0])
            why = KNOWN if is_debt(first) else first.suppressed or first.reason
            passed.append(PassedOver(*hit, first.rule, why, bool(first.suppressed)))
        elif explained or hit[:2] not in unparsed:
            lines.append(hit)
    unproven = [line for result in audit.results for line in result.unproven]
    unproven += [f"{path} cannot be read: {reason}" for path, reason in audit.unreadable]
    return Verdict(
        phase=of.phase,
        title=of.proves + (BARE if strict else ASIDE if ratchet else ""),
        verdict=FAILED if lines or findings else UNPROVEN_VERDICT if unproven else PASSED,
        grep=tuple(lines),
        findings=tuple(findings),
        unproven=tuple(unproven),
        suppressed=tuple(f for f in audit.suppressed if families.of(f) is of),
        passed_over=tuple(passed),
        strict=strict,
    )
