"""Audits, migrations and verdicts for a terminal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from fleetmod import families
from fleetmod.audit import Audit
from fleetmod.gates.check import PASSED, Verdict
from fleetmod.gates.not_looked_at import Group
from fleetmod.grepped import RULE as GREP
from fleetmod.headline import problem
from fleetmod.model import EXEMPT, IGNORE, REFUSE, REWRITE, Finding, Plan
from fleetmod.printed import lines as inert_lines
from fleetmod.printed import one_line
from fleetmod.reasons import todo
from fleetmod.report.console import make_console
from fleetmod.report.summary import of_audit, of_gate
from fleetmod.since import Since

_FIGURES = ("findings", "files", "tests", "rewrite", "refused", "no debt")
_GREP_LINES = 5
_REASONS = 12  # lines of a table
_TODO = 40  # columns, so that the table has 80 at most


def audit_text(
    audit: Audit,
    packages: Sequence[str],
    configured: bool,
    to_file: bool = False,
    since: Since | None = None,
) -> str:
    """The whole audit: both views, the debt by package, every finding, other languages."""
    console = make_console(color=False if to_file else None)
    with console.capture() as captured:
        print_text_view(console, audit)
        _print_by_package(console, audit.findings, packages)
        print_findings(console, audit.findings)
        _print_reasons(console, audit.findings)
        _print_others(console, audit)
        _print_unproven(console, audit)
        for line in of_audit(audit, configured, since):
            console.print(line, markup=False, soft_wrap=True)
    return captured.get()


def print_text_view(console: Console, audit: Audit) -> None:
    table = Table(title="Plain text, as grep counts it", title_justify="left")
    table.add_column("text")
    table.add_column("lines", justify="right")
    table.add_column("files", justify="right")
    table.add_column("explained by rules", justify="right")
    for count in audit.texts:
        if count.family:
            own = sum(count.needle in text for _, _, text in audit.unexplained)
            explained = f"{count.lines - own} of {count.lines}"
        else:
            explained = "no debt by itself"
        table.add_row(escape(count.needle), str(count.lines), str(count.files), explained)
    console.print(table)


def package_of(path: str, packages: Sequence[str]) -> str:
    """The folder of the package that a path lies in; `.` for the root."""
    inside = [p for p in packages if p and path.startswith(p + "/")]
    return max(inside, key=len, default=".")


def _print_by_package(
    console: Console, findings: Sequence[Finding], packages: Sequence[str]
) -> None:
    groups: dict[str, dict[str, list[Finding]]] = defaultdict(lambda: defaultdict(list))
    for finding in findings:
        groups[finding.family][package_of(finding.path, packages)].append(finding)
    table = Table(title="Syntax, by family and package", title_justify="left")
    table.add_column("package", no_wrap=True)
    for column in _FIGURES:
        table.add_column(column, justify="right")
    room = console.width - sum(len(column) + 3 for column in _FIGURES) - 4
    for family, by_package in sorted(groups.items()):
        table.add_row(f"[bold]{families.named(family).title or family}[/bold]")
        for package, group in sorted(by_package.items()):
            table.add_row(escape(ending(package, room)), *_figures(group))
        table.add_section()
    table.add_row("all", *_figures(list(findings)))
    console.print(table)


def ending(path: str, room: int) -> str:
    """A path in at most `room` columns, of which the end tells it from its neighbours."""
    return path if len(path) <= room else f"…{path[len(path) - max(room, 8) + 1 :]}"


def _figures(group: list[Finding]) -> list[str]:
    counts = (
        len(group),
        len({f.path for f in group}),
        sum(f.test for f in group),
        sum(f.action == REWRITE for f in group),
        sum(f.action == REFUSE for f in group),
        sum(f.action == EXEMPT for f in group),
    )
    return [str(count) for count in counts]


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """One line a finding: place, rule, class, the problem, and what becomes of it."""
    for finding in findings:
        line = Text()
        line.append(one_line(f"{finding.path}:{finding.line}:{finding.col}"), style="bold")
        line.append(f" {finding.rule}", style="cyan")
        line.append(f" [{finding.cls}{', test' if finding.test else ''}] ", style="dim")
        line.append(_one_line(problem(finding)))
        line.append(*_outcome(finding))
        console.print(line, soft_wrap=True)


def _print_reasons(console: Console, findings: Sequence[Finding]) -> None:
    """How many findings are refused for each reason, and what to do about it."""
    counts = Counter(f.reason_code for f in findings if f.action == REFUSE and f.reason_code)
    if not counts:
        return
    table = Table(title="Refused, by reason", title_justify="left")
    table.add_column("reason", no_wrap=True)
    table.add_column("findings", justify="right")
    table.add_column("what to do", max_width=_TODO)
    for code, count in counts.most_common(_REASONS):
        table.add_row(code, str(count), escape(todo(code)))
    console.print(table)
    if (left := len(counts) - _REASONS) > 0:
        console.print(f"{left} more; each finding names its own.")
    console.print("`fleetmod explain REASON` tells more of one.")


def _outcome(finding: Finding) -> tuple[str, str]:
    if finding.action == REWRITE:
        remedy = families.of(finding).remedy(finding.cls, finding.understood)
        return f" → {_one_line(remedy) or 'can be rewritten'}", "green"
    if finding.action == EXEMPT:
        return f" → no debt: {_one_line(finding.reason)}", "dim"
    return f" → refused: {_one_line(finding.why)}", "yellow"


def _one_line(text: str) -> str:
    """The text without line breaks: code that a label or a reason quotes may have some."""
    return one_line(" ".join(text.split()))


def _print_others(console: Console, audit: Audit) -> None:
    if not audit.others:
        return
    table = Table(title="The same debt outside TypeScript (counted only)", title_justify="left")
    table.add_column("kind")
    table.add_column("text")
    table.add_column("lines", justify="right")
    table.add_column("files", justify="right")
    for other in audit.others:
        kind = other.suffix or "(no suffix)"
        table.add_row(escape(kind), escape(other.needle), str(other.lines), str(other.files))
    console.print(table)


def _print_unproven(console: Console, audit: Audit) -> None:
    for path, (first, last), why in audit.doubts:
        where = f"{escape(path)}:{first}-{last}"
        console.print(f"[yellow]unproven[/yellow] {where}: {escape(why)}", soft_wrap=True)
    for path, reason in audit.unreadable:
        console.print(f"[yellow]unproven[/yellow] {escape(path)}: {escape(reason)}", soft_wrap=True)


def print_diff(console: Console, lines: Iterable[str]) -> None:
    """A unified diff in the colours that people know."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        style = "bold" if line.startswith(("+++", "---")) else styles.get(line[:1], "")
        console.print(Text(inert_lines(line), style=style), soft_wrap=True)


def print_plan(console: Console, plan: Plan, applied: bool) -> None:
    """What was (or would be) rewritten, what is refused and why, and what to look at."""
    done = [f for f in plan.findings if f.action == REWRITE]
    refused = [f for f in plan.findings if f.action == REFUSE]
    created = sum(not c.sha256 for c in plan.changes)
    verb = "rewrote" if applied else "would rewrite"
    changed = len(plan.changes) - created
    console.print(
        f"[bold]{verb} {len(done)} finding(s)[/bold] in {changed} file(s); "
        f"{created} file(s) {'created' if applied else 'to create'}, {len(refused)} refused"
    )
    for finding in refused:
        console.print(
            f"  [yellow]refused[/yellow] {escape(finding.path)}:{finding.line}:{finding.col} "
            f"{escape(finding.text)} — {escape(_one_line(finding.why))}",
            soft_wrap=True,
        )
    _print_reasons(console, refused)
    looked = [(f, note) for f in done for note in f.notes]
    if looked:
        console.print("[bold]To look at:[/bold]")
    for finding, note in looked:
        console.print(f"  {escape(finding.path)}:{finding.line} {escape(note)}", soft_wrap=True)
    for note in plan.notes:
        console.print(f"  {escape(note)}", soft_wrap=True)


def gate_text(
    verdicts: Sequence[Verdict],
    to_file: bool = False,
    apart: Sequence[Group] = (),
    full: bool = False,
    since: Since | None = None,
) -> str:
    """The gates' verdicts, as `print_verdicts` shows them, and what they did not look at."""
    console = make_console(color=False if to_file else None)
    with console.capture() as captured:
        print_verdicts(console, verdicts, full)
        if apart:
            console.print("Not looked at, in files:")
        for group in apart:
            console.print(f"  {group}", soft_wrap=True, markup=False)
        if since is not None:
            console.print(str(since), soft_wrap=True, markup=False)
        for line in of_gate(verdicts):
            console.print(line, soft_wrap=True, markup=False)
    return captured.get()


def print_verdicts(console: Console, verdicts: Sequence[Verdict], full: bool = False) -> None:
    """The gates as a table, and below it what stands in the way; all of its lines if `full`."""
    table = Table(title="Gates", title_justify="left")
    table.add_column("phase")
    table.add_column("condition")
    table.add_column("grep", justify="right")
    table.add_column("syntax", justify="right")
    table.add_column("unproven", justify="right")
    table.add_column("verdict")
    for verdict in verdicts:
        style = "green" if verdict.verdict == PASSED else "red"
        table.add_row(
            verdict.phase,
            verdict.title,
            f"{len(verdict.grep)} line(s)",
            f"{sum(f.rule != GREP.id for f in verdict.findings)} finding(s)",
            str(len(verdict.unproven)),
            f"[{style}]{verdict.verdict}[/{style}]",
        )
    console.print(table)
    for verdict in verdicts:
        for f in verdict.suppressed:
            console.print(
                f"  {verdict.phase} suppressed {escape(f.path)}:{f.line} {f.rule}: "
                f"{escape(f.suppressed)}",
                soft_wrap=True,
            )
        for line in (*_passed_over(verdict), *_failing(verdict, full)):
            console.print(f"  {verdict.phase} {escape(line)}", soft_wrap=True)
        for seen in verdict.evidence:
            console.print(f"  {verdict.phase} {escape(seen)}", soft_wrap=True)
        for reason in verdict.failures:
            console.print(f"  {verdict.phase} failed: {escape(reason)}", soft_wrap=True)
        for reason in verdict.unproven:
            console.print(f"  {verdict.phase} unproven: {escape(reason)}", soft_wrap=True)


def _passed_over(verdict: Verdict) -> Iterator[str]:
    """The lines of the grep that are no debt, by rule and reason; a directive's are told apart."""
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for line in verdict.passed_over:
        if not line.accepted:
            groups[line.rule, line.reason].append(f"{line.path}:{line.line}")
    for (rule, reason), places in groups.items():
        yield f"no debt by {rule} ({_one_line(reason)}): {', '.join(places)}"


def _failing(verdict: Verdict, full: bool) -> Iterator[str]:
    """What fails a gate with what to do about it: the first lines, or all of them if `full`."""
    by_line = {(f.path, line): f for f in reversed(verdict.findings) for line in f.lines}
    grepped = {hit[:2] for hit in verdict.grep}
    shown: list[tuple[str, Finding | None]] = [
        (f"{path}:{number}: {text.strip()}", by_line.get((path, number)))
        for path, number, text in verdict.grep
    ]
    shown += [
        (f"{f.path}:{f.line}: {_one_line(f.why or f.text)}", f)
        for f in verdict.findings
        if not any((f.path, line) in grepped for line in f.lines)
    ]
    most = len(shown) if full else _GREP_LINES
    for number, (line, finding) in enumerate(shown[:most]):
        yield line
        if finding is not None and number < len(verdict.grep):
            outcome = _one_line(finding.why) or "`fleetmod migrate` rewrites it"
            yield f"  {finding.rule}: {outcome}"
    if len(shown) > most:
        yield f"… and {len(shown) - most} more line(s): --full lists them"
    if not verdict.strict:
        for rule in dict.fromkeys(f.rule for _, f in shown[:most] if f and _acceptable(f)):
            yield f"to accept a line that stays, write above it: // {IGNORE} {rule}: why"


def _acceptable(finding: Finding) -> bool:
    """Whether a directive of TypeScript can accept it, and its own reason does not say so."""
    return finding.action == REFUSE and families.of(finding).phase != "" and finding.rule != GREP.id
