"""An audit as Markdown, for a pull request's comment or a wiki."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fleetmod.audit import Audit
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Finding

_TITLES = (
    (REFUSE, "Debt that a person must mend"),
    (REWRITE, "Debt that `fleetmod migrate` rewrites"),
    (EXEMPT, "No debt"),
)


def audit_markdown(audit: Audit) -> str:
    """The counts of both views, what is unproven, and every finding by what becomes of it."""
    return "\n".join([*_lines(audit), ""])


def _lines(audit: Audit) -> Iterator[str]:
    debt = [f for f in audit.findings if f.action != EXEMPT]
    yield f"# Host-bound debt: {len(debt)} findings in {len({f.path for f in debt})} files"
    yield ""
    yield "| text | lines | files |"
    yield "|---|---:|---:|"
    for count in audit.texts:
        yield f"| `{count.needle}` | {count.lines} | {count.files} |"
    unproven = [
        *(f"{p}:{a}-{b} does not parse and holds a trigger" for p, (a, b) in audit.unparsed),
        *(f"{p} cannot be read: {reason}" for p, reason in audit.unreadable),
        *(f"{p}:{n} no finding explains this line" for p, n, _ in audit.unexplained),
    ]
    if unproven:
        yield from ("", "## Unproven", "", *(f"- {_text(each)}" for each in unproven))
    for action, title in _TITLES:
        found = [f for f in audit.findings if f.action == action]
        if found:
            yield from ("", f"## {title} ({len(found)})", "", *_rows(found))


def _rows(findings: Iterable[Finding]) -> Iterator[str]:
    yield "| where | rule | what | why |"
    yield "|---|---|---|---|"
    for f in findings:
        what = _text(f.understood or f.text)
        yield f"| {_text(f.path)}:{f.line} | {f.rule} | {what} | {_text(f.reason)} |"


def _text(text: str) -> str:
    """Text that stands in a table's cell as it is (GitHub Flavored Markdown, 4.10 and 2.4)."""
    for special in "\\`*_{}[]<>|#$":
        text = text.replace(special, "\\" + special)
    return text.replace("\n", " ")
