"""Annotations of a GitHub Actions step, worst first, and its summary.

Commands and escapes: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
Limits, 10 errors and 10 warnings a step: https://github.com/orgs/community/discussions/26680
Summary, 1 MiB a step: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from fleetmod.printed import inert
from fleetmod.report import markdown
from fleetmod.report.report import ERROR, WARNING, Report
from fleetmod.syntax.lines import Lines

A_STEP = 10  # annotations of each level; five such steps fill a job's 50
DOUBTS = 5  # of the errors, at most so many are for what is unproven
SUMMARY_BYTES = 1024 * 1024


def render(report: Report) -> str:
    """The commands for standard output, and a last line on what they leave out."""
    new = [entry for entry in report.debt if not entry.finding.known]
    lines = {path: Lines(data) for path, data in report.contents.items()}
    out = []
    shown = 0
    budget = {ERROR: A_STEP, WARNING: A_STEP}
    for unproven in report.unproven[:DOUBTS]:
        budget[ERROR] -= 1
        where = {"file": unproven.path, "line": str(unproven.line or 1)} if unproven.path else {}
        out.append(_command(ERROR, {**where, "title": "fleetmod: unproven"}, unproven.reason))
    for failure in report.failures[:DOUBTS]:
        budget[ERROR] -= 1
        out.append(_command(ERROR, {"title": "fleetmod: a gate failed"}, failure))
    for entry in new:
        if not budget[entry.level]:
            continue
        budget[entry.level] -= 1
        shown += 1
        f = entry.finding
        where = {"file": f.path, "line": str(f.line)}
        if f.path in lines and f.end > f.start:
            last, after = lines[f.path].position(f.end)
            where["endLine"] = str(last)
            if last == f.line:  # columns are for annotations of one line only
                where |= {"col": str(f.col), "endColumn": str(after)}
        out.append(_command(entry.level, {**where, "title": f"fleetmod: {f.rule}"}, entry.message))
    left = len(new) - shown + max(0, len(report.unproven) - DOUBTS)
    left += max(0, len(report.failures) - DOUBTS)
    if left:
        out.append(f"fleetmod: {left} more are not annotated, for GitHub shows {A_STEP} a level.")
    for group in report.apart:
        if group.named:
            out.append(_command("notice", {"title": "fleetmod: not looked at"}, str(group)))
    if not out:
        out.append(f"fleetmod: no new host-bound debt in {report.scanned} file(s).")
    return "\n".join(out) + "\n"


def summary(report: Report, taken: int = 0) -> str:
    """Markdown for the file that GITHUB_STEP_SUMMARY names, of which `taken` bytes are used."""
    return markdown.limited(report, SUMMARY_BYTES - taken, lambda text: len(text.encode()))


def _command(name: str, properties: dict[str, str], message: str) -> str:
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_data(message)}"


def _data(text: str) -> str:
    """What the runner decodes, and nothing that a terminal obeys."""
    text = inert(text, "\r\n")
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
