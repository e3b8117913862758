"""The gate `portable`: no home path and no call of launchctl in files outside TypeScript."""

from __future__ import annotations

from fleetmod import families
from fleetmod.filekinds import language_of
from fleetmod.gates.check import FAILED, PASSED, UNPROVEN_VERDICT, Verdict
from fleetmod.host.nature import NOTHING, platform_of_file
from fleetmod.languages.launchctl import LAUNCHCTL
from fleetmod.languages.plan import problems, scan_repository, table
from fleetmod.model import EXEMPT
from fleetmod.project import Project

TITLE = "no home path and no launchctl outside TypeScript, documents aside"


def verdict(project: Project) -> Verdict:
    """The verdict on every file that is no TypeScript, with a line for each language."""
    results, unreadable = scan_repository(project)
    findings = tuple(f for r in results for f in r.findings if f.action != EXEMPT)
    unproven = (*unreadable, *problems(results))
    verdict = FAILED if findings else UNPROVEN_VERDICT if unproven else PASSED
    rows = tuple(
        f"{kind}, {family}: {count} finding(s) in {files} file(s), {refused} to mend by hand"
        for kind, family, count, refused, files in table(results)
    )
    named = {
        f.path
        for r in results
        for f in r.findings
        if families.of(f).services and f.action == EXEMPT and not f.suppressed
        if language_of(f.path, r.data) in ("shell", "python")
        if platform_of_file(f.path, LAUNCHCTL, NOTHING)
    }
    if named:
        rows = (*rows, f"{len(named)} file(s) are for one platform, by their name")
    accepted = tuple(f for r in results for f in r.findings if f.suppressed)
    return Verdict("portable", TITLE, verdict, (), findings, unproven, accepted, evidence=rows)
