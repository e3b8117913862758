"""A report as Markdown, for a pull request's comment or a wiki."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from fleetmod.headline import problem, remedy
from fleetmod.model import EXEMPT, REFUSE, REWRITE
from fleetmod.printed import one_line
from fleetmod.reasons import todo
from fleetmod.report.report import Entry, Report
from fleetmod.report.summary import counted
from fleetmod.since import Since, mended_by_file

# GitHub: "Body is too long (maximum is 65536 characters)"
CHARACTERS = 65536 - 536  # room for what a comment says around it
_TITLES = (
    (REFUSE, "Debt that a person must mend"),
    (REWRITE, "Debt that `fleetmod migrate` rewrites"),
    ("suppressed", "Suppressed"),
    (EXEMPT, "No debt"),
)
_ROWS = ("| where | rule | what | why |", "|---|---|---|---|")
_NOTE = 100  # room for the line that says what was left out


def render(report: Report) -> str:
    """The report as a comment takes it, worst first."""
    return limited(report, CHARACTERS, len)


def limited(report: Report, limit: int, size: Callable[[str], int]) -> str:
    """The whole report, or as many of its lines as fit, and how many findings were left out."""
    lines = list(_lines(report))
    whole = "\n".join([*lines, ""])
    if size(whole) <= limit:
        return whole
    kept, used = [], _NOTE
    for line in lines:
        used += size(line) + 1
        if used > limit:
            break
        kept.append(line)
    left = sum(line.startswith("| ") and line != _ROWS[0] for line in lines[len(kept) :])
    return "\n".join([*kept, "", f"… and {left} more row(s), which do not fit here.", ""])


def _lines(report: Report) -> Iterator[str]:
    debt = [e.finding for e in report.debt]
    files = counted(len({f.path for f in debt}), "file")
    yield f"# Host-bound debt: {counted(len(debt), 'finding')} in {files}"
    yield ""
    if report.since is not None:
        yield from _since(report.since)
    if report.verdicts:
        yield from ("| phase | condition | grep | syntax | verdict |", "|---|---|---:|---:|---|")
        for v in report.verdicts:
            counts = f"{len(v.grep)} | {len(v.findings)}"
            yield f"| {v.phase} | {_text(v.title)} | {counts} | **{v.verdict}** |"
    else:
        yield "| text | lines | files |"
        yield "|---|---:|---:|"
        for count in report.texts:
            yield f"| `{one_line(count.needle)}` | {count.lines} | {count.files} |"
    if report.unproven:
        yield from ("", "## Unproven", "", *(f"- {_text(str(each))}" for each in report.unproven))
    if report.failures:
        yield from ("", "## Failed", "", *(f"- {_text(each)}" for each in report.failures))
    told = report.entries
    if report.since is not None:  # what remains is none of a pull request's
        told = tuple(entry for entry in told if not entry.finding.known)
    yield from _reasons(told)
    for action, title in _TITLES:
        found = [e for e in told if _group(e) == action]
        if found:
            yield from ("", f"## {title} ({len(found)})", "", *_ROWS, *map(_row, found))
    if report.apart:
        yield from ("", "## Not looked at, in files", "")
        yield from (f"- {_text(str(group))}" for group in report.apart)


def _reasons(told: Sequence[Entry]) -> Iterator[str]:
    """How much debt is refused for each reason, and what to do about it."""
    codes = (e.finding.reason_code for e in told if e.finding.action == REFUSE)
    if counts := Counter(filter(None, codes)).most_common():
        yield from ("", "## Refused, by reason", "")
        yield from ("| reason | findings | what to do |", "|---|---:|---|")
        yield from (f"| `{code}` | {count} | {_text(todo(code))} |" for code, count in counts)


def _since(since: Since) -> Iterator[str]:
    """What a pull request did to the debt."""
    figures = f"| {since.new} | {len(since.mended)} | {since.remaining} |"
    yield from (f"Since `{one_line(since.ref)}` ({since.commit[:10]}):", "")
    yield from ("| new | mended | remaining |", "|---:|---:|---:|", figures, "")
    if since.mended:
        counts = mended_by_file(since.mended)
        files = ", ".join(f"{_text(path)} ({count})" for path, count in counts.items())
        yield from (f"Mended in {files}.", "")


def _group(entry: Entry) -> str:
    return "suppressed" if entry.finding.suppressed else entry.finding.action


def _row(entry: Entry) -> str:
    f = entry.finding
    what, why = _text(problem(f)), _text(remedy(f))
    why = ": ".join(filter(None, ("known" if f.known else "", why))) or "—"
    return f"| {_text(f.path)}:{f.line} | {f.rule} | {what} | {why} |"


def _text(text: str) -> str:
    """Text that stands in a table's cell as it is (GitHub Flavored Markdown, 4.10 and 2.4)."""
    text = one_line(" ".join(text.split("\n")))
    for special in "\\`*_{}[]<>|#$":
        text = text.replace(special, "\\" + special)
    return text
