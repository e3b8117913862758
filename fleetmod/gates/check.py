"""The gates: each phase's condition, by plain grep and by the syntax tree, which must agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fleetmod.audit import Audit, needles
from fleetmod.errors import CLEAN, DEBT, UNPROVEN, FleetmodError
from fleetmod.filekinds import TYPESCRIPT
from fleetmod.model import EXEMPT, Finding
from fleetmod.project import Project
from fleetmod.suppress import RULE
from fleetmod.workspace.disk import is_folder
from fleetmod.workspace.grep import grep_files

PASSED, FAILED, UNPROVEN_VERDICT = "passed", "failed", "unproven"
PHASES = {"1a": "process", "1b": "home", "1c": "container"}
TITLES = {
    "1a": "no launchctl outside the process-manager adapter",
    "1b": "no hardcoded home path (node-identity is not exempt)",
    "1c": "no container-runtime tool or machine address outside the container-runtime adapter",
}
_EXITS = {PASSED: CLEAN, FAILED: DEBT, UNPROVEN_VERDICT: UNPROVEN}


@dataclass(frozen=True)
class Verdict:
    """One phase's outcome: the grep's lines, the findings that are left, what is not proven, and
    what a directive accepts. `passed_over` are findings that are no debt for where they stand,
    though the grep sees their lines.

    `failures` and `evidence` are what a phase saw outside of the code, one line each.
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
    passed_over: tuple[Finding, ...] = ()

    @property
    def family(self) -> str:
        return PHASES.get(self.phase, "")


def parse_phases(text: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """`1a,1b` as a tuple, `all` as every phase, ours and those of `more`.

    Raises FleetmodError for a phase that is neither.
    """
    known = [*PHASES, *more]
    if text.strip() == "all":
        return tuple(known)
    phases = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    unknown = [phase for phase in phases if phase not in known]
    if unknown or not phases:
        raise FleetmodError(
            f"unknown phase `{', '.join(unknown) or text}`", todo=f"Phases: {', '.join(known)}"
        )
    return phases


def check(project: Project, audit: Audit, phases: tuple[str, ...]) -> tuple[Verdict, ...]:
    """The verdict of each phase of PHASES that is asked for, on an audited repository."""
    return tuple(_check(project, audit, phase) for phase in phases if phase in PHASES)


def exit_code(verdicts: tuple[Verdict, ...]) -> int:
    """1 when a phase failed, else 3 when one is unproven, else 0."""
    codes = {_EXITS[v.verdict] for v in verdicts}
    return DEBT if DEBT in codes else UNPROVEN if UNPROVEN in codes else CLEAN


def _check(project: Project, audit: Audit, phase: str) -> Verdict:
    family = PHASES[phase]
    unparsed = {
        (path, line) for path, (first, last) in audit.unparsed for line in range(first, last + 1)
    }
    hits = {hit for needle, of in needles(project) if of == family for hit in audit.greps[needle]}
    if own := project.own_adapters.get(family):
        hits = {hit for hit in hits if not own(hit[0])}
    aside = {(f.path, line) for f in audit.suppressed for line in f.lines}
    beside = _beside_another_platform(project, audit, family)
    aside |= {(f.path, line) for f in beside for line in f.lines}
    if family == "container":  # a grep cannot tell a comment or a test's data from a command
        aside |= _exempt_lines(audit, family)
    hits = {hit for hit in hits if hit[:2] not in aside}
    lines = tuple(sorted(hit for hit in hits if hit[:2] not in unparsed))
    # the grep looks where the gate's folders are; what the syntax tree found counts everywhere
    families = (family, RULE.family)
    findings = tuple(f for f in audit.findings if f.family in families and f.action != EXEMPT)
    unproven = [
        f"{path}:{first}-{last} does not parse and holds a trigger"
        for path, (first, last) in audit.unparsed
    ]
    unproven += [f"{path} cannot be read: {reason}" for path, reason in audit.unreadable]
    unproven += _empty_folders(project)
    verdict = FAILED if lines or findings else UNPROVEN_VERDICT if unproven else PASSED
    suppressed = tuple(f for f in audit.suppressed if f.family == family)
    return Verdict(
        phase,
        TITLES[phase],
        verdict,
        lines,
        findings,
        tuple(unproven),
        suppressed,
        passed_over=beside,
    )


def _beside_another_platform(project: Project, audit: Audit, family: str) -> tuple[Finding, ...]:
    """What is one platform's part beside another's: its rule calls it debt, its place does not."""
    always = {rule.id for rule in project.rules if rule.exempt}
    own = project.own_adapters.get(family)
    return tuple(
        f
        for f in audit.findings
        if f.family == family
        and f.action == EXEMPT
        and not f.suppressed
        and f.rule not in always
        and not (own is not None and own(f.path))
    )


def _exempt_lines(audit: Audit, family: str) -> set[tuple[str, int]]:
    exempt = (f for f in audit.findings if f.family == family and f.action == EXEMPT)
    return {(f.path, line) for f in exempt for line in f.lines}


def _empty_folders(project: Project) -> Iterator[str]:
    """Folders of the gate in which a grep that finds nothing proves nothing."""
    for folder in project.config.workspace.gate:
        if not is_folder(project.root / folder):
            yield f"the folder {folder} of workspace.gate does not exist"
            continue
        files = (path for kind in TYPESCRIPT for path in grep_files(project.root, folder, kind))
        if all(project.port_of(path) for path in files):
            yield f"the folder {folder} of workspace.gate holds no TypeScript but installed ports"
