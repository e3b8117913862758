"""One file in the way of its language, and its result. Pure."""

from __future__ import annotations

from dataclasses import replace

from fleetmod import reasons
from fleetmod.edits import render
from fleetmod.filekinds import language_of
from fleetmod.languages import other, plist, shell
from fleetmod.languages.findings import Context, Result
from fleetmod.model import EXEMPT, REWRITE, exempt, refuse
from fleetmod.project import PORTABLE_RULES
from fleetmod.suppress import Suppressions, comments_of, may_hold
from fleetmod.syntax.source import Text, is_text

_RESTLESS = reasons.LITERAL_ONLY(
    "has no lookup that can be put in its place; spell the path in a statement of its own"
)
_TRIES = 3  # looks at a rewritten file before all of it stays


def scan(path: str, data: bytes, context: Context, used_by: str = "") -> Result:
    """What one file holds; its edits are kept only where they come to rest."""
    if not is_text(data):
        is_list = language_of(path, data) == "plist"
        return Result(path, data, "other", problem=plist.NOT_XML if is_list else "is no UTF-8 text")
    result = _accepted(_scan(path, data, context, used_by), context)
    result.edits.sort()
    for _ in range(_TRIES):
        if not result.edits:
            return result
        after = render(data, result.edits)
        again = _accepted(_scan(path, after, context, used_by), context)
        if not again.edits and (result.problem or not again.problem):
            return result
        restless = {_before(e.start, result) for e in again.edits}
        result = _without(result, restless)
    return _without(result, {f.line for f in result.findings})


def _before(at: int, result: Result) -> int:
    """The line of the original file that a byte of the rewritten one comes from."""
    moved = 0
    for edit in result.edits:
        if edit.start + moved > at:
            break
        moved += len(edit.text.encode()) - (edit.end - edit.start)
    return Text(result.path, result.data).line_of(max(min(at - moved, len(result.data)), 0))


def _without(result: Result, lines: set[int]) -> Result:
    """The result without what it rewrites on some lines; without all where that takes nothing."""
    hit = [f for f in result.findings if f.action == REWRITE and f.line in lines]
    hit = hit or [f for f in result.findings if f.action == REWRITE]
    edits = [e for e in result.edits if not any(e.start < f.end and f.start < e.end for f in hit)]
    findings = [replace(refuse(f, _RESTLESS), notes=()) if f in hit else f for f in result.findings]
    if all(f.action != REWRITE for f in findings):
        edits = []  # an import that nothing needs
    return replace(result, findings=findings, edits=edits)


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
            edits = [e for e in edits if e.end <= f.start or f.end <= e.start]
            f = replace(exempt(f, "", reason), notes=())
        findings.append(f)
    if all(f.action != REWRITE for f in findings):
        edits = []  # an import that nothing needs
    findings += suppressions.findings(PORTABLE_RULES)
    return replace(result, findings=findings, edits=edits)
