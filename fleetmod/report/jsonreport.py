"""Audits as JSON (schema: reports/audit.schema.json)."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from fleetmod import __version__
from fleetmod.audit import Audit
from fleetmod.model import finding_document

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
        "findings": [finding_document(finding) for finding in audit.findings],
        "unexplained": [
            {"path": path, "line": line, "text": text} for path, line, text in audit.unexplained
        ],
        "unparsed": [
            {"path": path, "first": first, "last": last} for path, (first, last) in audit.unparsed
        ],
        "unreadable": [{"path": path, "reason": reason} for path, reason in audit.unreadable],
    }


def dumps(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
