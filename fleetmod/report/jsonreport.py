"""Audits and verdicts as JSON (schema: reports/audit.schema.json)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from fleetmod import __version__
from fleetmod.audit import Audit
from fleetmod.gates.check import Verdict

VERSION = 1


def audit_document(audit: Audit) -> dict[str, Any]:
    """The audit as plain data, in a stable order."""
    return {
        "format": "fleetmod-audit",
        "version": VERSION,
        "tool": f"fleetmod {__version__}",
        "scanned": audit.scanned,
        "text": [asdict(count) for count in audit.texts],
        "other_languages": [asdict(count) for count in audit.others],
        "findings": [_finding(asdict(finding)) for finding in audit.findings],
        "unexplained": [
            {"path": path, "line": line, "text": text} for path, line, text in audit.unexplained
        ],
        "unparsed": [
            {"path": path, "first": first, "last": last} for path, (first, last) in audit.unparsed
        ],
        "unreadable": [{"path": path, "reason": reason} for path, reason in audit.unreadable],
    }


def verdict_document(verdicts: tuple[Verdict, ...]) -> dict[str, Any]:
    """The gates' verdicts as plain data."""
    return {
        "format": "fleetmod-gate",
        "version": VERSION,
        "tool": f"fleetmod {__version__}",
        "phases": [
            {
                "phase": v.phase,
                "title": v.title,
                "verdict": v.verdict,
                "grep": [{"path": p, "line": n, "text": t} for p, n, t in v.grep],
                "findings": [_finding(asdict(f)) for f in v.findings],
                "unproven": list(v.unproven),
            }
            for v in verdicts
        ],
    }


def dumps(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)


def _finding(raw: dict[str, Any]) -> dict[str, Any]:
    raw["class"] = raw.pop("cls")
    return raw
