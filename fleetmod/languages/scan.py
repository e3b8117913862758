"""One file in the way of its language, and its result. Pure."""

from __future__ import annotations

from fleetmod.apply import render
from fleetmod.filekinds import language_of
from fleetmod.languages import other, plist, shell
from fleetmod.languages.findings import Context, Result
from fleetmod.model import REFUSE, REWRITE
from fleetmod.syntax.source import is_text


def scan(path: str, data: bytes, context: Context, used_by: str = "") -> Result:
    """What one file holds; its edits are kept only where they come to rest."""
    if not is_text(data):
        return Result(path, data, "other", problem="is no UTF-8 text")
    result = _scan(path, data, context, used_by)
    result.edits.sort()
    if result.edits:
        again = _scan(path, render(data, result.edits), context, used_by)
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


def _taken_back(result: Result) -> Result:
    from dataclasses import replace

    what = "the file once rewritten would not come to rest, which is a fault of fleetmod: report it"
    findings = [
        replace(f, action=REFUSE, reason=what, notes=()) if f.action == REWRITE else f
        for f in result.findings
    ]
    return replace(result, findings=findings, edits=[])
