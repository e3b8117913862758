"""The gate `host`: no tool of one platform is run without a platform check around it."""

from __future__ import annotations

from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.host.plan import scan_repository, unparsed
from fleetmod.model import EXEMPT
from fleetmod.project import Project

TITLE = "no tool of one platform is run without a platform check"

_BY_NATURE = "{} call(s) in {} file(s) that are for one platform, by their name or by a Dockerfile"


def verdict(project: Project) -> Verdict:
    """The verdict on TypeScript, JavaScript, shell scripts, Python and scripts of manifests."""
    results, unreadable = scan_repository(project)
    every = [f for result in results for f in result.findings]
    findings = tuple(f for f in every if f.action != EXEMPT)
    unproven = (*unreadable, *unparsed(results))
    verdict = FAILED if findings else UNPROVEN_VERDICT if unproven else PASSED
    accepted = tuple(f for f in every if f.suppressed)
    apart = [f for f in every if f.action == EXEMPT and not f.suppressed]
    rows = (_BY_NATURE.format(len(apart), len({f.path for f in apart})),) if apart else ()
    return Verdict("host", TITLE, verdict, (), findings, unproven, accepted, evidence=rows)
