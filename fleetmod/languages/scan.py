"""One file in the way of its language, and its result. Pure."""

from __future__ import annotations

from dataclasses import replace

from fleetmod.edits import render
from fleetmod.filekinds import language_of
from fleetmod.languages import other, plist, shell
from fleetmod.languages.findings import Context, Result
from fleetmod.model import EXEMPT, REFUSE, REWRITE
from fleetmod.project import PORTABLE_RULES
from fleetmod.suppress import Suppressions, comments_of, may_hold
from fleetmod.syntax.source import Text, is_text


def scan(path: str, data: bytes, context: Context, used_by: str = "") -> Result:
    """What one file holds; its edits are kept only where they come to rest."""
    if not is_text(data):
        return Result(path, data, "other", problem="is no UTF-8 text")
    result = _accepted(_scan(path, data, context, used_by), context)
    result.edits.sort()
    if result.edits:
        again = _accepted(_scan(path, render(data, result.edits), context, used_by), context)
        if again.edits or (again.problem and not result.problem):
            return _taken_back(result)
    return result


def _scan(path: str, data: bytes, context: Context, used_by: str) -> Result:
    language = language_of(path, data)
    if language == "shell":
        return shell.scan(path, data, context)
    if language == "python":
        from fleetmod.languages import python

        return python.scan(path, data, context)
    if language == "plist":
        return plist.scan(path, data, context, used_by)
    return other.scan(path, data, context)


def _accepted(result: Result, context: Context) -> Result:
    """The result with what a directive accepts told as no debt, and left as it is."""
    if not may_hold(result.data):
        return result
    source = Text(result.path, result.data)
    comments = comments_of(language_of(result.path, result.data), source)
    suppressions = Suppressions(source, context.known, comments)
    findings, edits = [], result.edits
    for f in result.findings:
        if f.action != EXEMPT and (reason := suppressions.apply(f)):
            why = f"suppressed: {reason}"
            edits = [e for e in edits if e.end <= f.start or f.end <= e.start]
            f = replace(f, action=EXEMPT, reason=why, suppressed=reason, notes=())
        findings.append(f)
    if all(f.action != REWRITE for f in findings):
        edits = []  # an import that nothing needs
    findings += suppressions.findings(PORTABLE_RULES)
    return replace(result, findings=findings, edits=edits)


def _taken_back(result: Result) -> Result:
    what = "the file once rewritten would not come to rest, which is a fault of fleetmod: report it"
    findings = [
        replace(f, action=REFUSE, reason=what, notes=()) if f.action == REWRITE else f
        for f in result.findings
    ]
    return replace(result, findings=findings, edits=[])
