"""The residual-debt certificate: what was looked at, by which rules, and which debt is left."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from fleetmod import __version__
from fleetmod.audit import Audit
from fleetmod.gates.check import Verdict
from fleetmod.gates.not_looked_at import Group
from fleetmod.model import EXEMPT, finding_document
from fleetmod.project import Project
from fleetmod.workspace.changes import head
from fleetmod.workspace.config import load_text
from fleetmod.workspace.tree_state import unknown_changes

VERSION = 2


@dataclass(frozen=True)
class Certificate:
    """`commit` is "" outside of git; `dirty` says that tracked files differ from it, and is None
    where git cannot tell."""

    project: Project
    audit: Audit
    verdicts: tuple[Verdict, ...]
    commit: str
    dirty: bool | None
    apart: tuple[Group, ...]


def certify(
    project: Project,
    audit: Audit,
    verdicts: tuple[Verdict, ...],
    apart: tuple[Group, ...] = (),
    at: tuple[str, bool | None] | None = None,
) -> Certificate:
    """What the gates may claim of the repository as it is on the disk now, `at` a commit (see
    `head`); they did not look at what is `apart`."""
    commit, dirty = at or head(project.root)
    if dirty is None and not unknown_changes(project.root, project.search, dirty):
        dirty = False  # no repository: there is no commit to differ from
    return Certificate(project, audit, verdicts, commit, dirty, apart)


def document(certificate: Certificate) -> dict[str, Any]:
    """The certificate as plain data in a stable order; see reports/certificate.schema.json."""
    project, audit = certificate.project, certificate.audit
    exempt = [f for f in audit.findings if f.action == EXEMPT and not f.suppressed]
    return {
        "format": "fleetmod-certificate",
        "version": VERSION,
        "tool": f"fleetmod {__version__}",
        "commit": certificate.commit,
        "dirty": certificate.dirty,
        "configuration": _configuration(project),
        "rules": {rule.id: rule.sha256 for rule in project.rules},
        "scanned": audit.scanned,
        "not_parsed": [
            {
                "path": r.path,
                "lines": [list(lines) for lines in r.errors],
                "with_trigger": [list(lines) for lines in r.unparsed],
            }
            for r in audit.results
            if r.errors
        ],
        "not_read": [{"path": path, "reason": reason} for path, reason in audit.unreadable],
        "not_looked_at": [
            {"kind": g.kind, "why": g.why, "files": g.files, "named": list(g.named)}
            for g in certificate.apart
        ],
        "exempt": [
            {"path": f.path, "line": f.line, "rule": f.rule, "reason": f.reason} for f in exempt
        ],
        "suppressions": [
            {"path": f.path, "line": f.line, "rule": f.rule, "text": f.text, "reason": f.suppressed}
            for f in audit.suppressed
        ],
        "phases": [_phase(verdict) for verdict in certificate.verdicts],
    }


def _configuration(project: Project) -> dict[str, Any]:
    """The values that decided, by table; proposed ones where there is no fleetmod.toml."""
    data = load_text(project.root)
    tables = asdict(project.config)
    del tables["version"]
    return {"sha256": hashlib.sha256(data).hexdigest(), "file": project.configured, **tables}


def _phase(verdict: Verdict) -> dict[str, Any]:
    return {
        "phase": verdict.phase,
        "title": verdict.title,
        "verdict": verdict.verdict,
        "strict": verdict.strict,
        "grep": [{"path": p, "line": n, "text": t} for p, n, t in verdict.grep],
        "passed_over": [asdict(line) for line in verdict.passed_over],
        "findings": [finding_document(f) for f in verdict.findings],
        "unproven": list(verdict.unproven),
        "failures": list(verdict.failures),
        "evidence": list(verdict.evidence),
    }
