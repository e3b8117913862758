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
    """The document as JSON, each entry of a list or table in a line: quick to write, and to grep.

    json's own `indent` goes through every value in Python.
    """
    members = (f"  {_encode(key)}: {_lines(value)}" for key, value in document.items())
    return "{\n" + ",\n".join(members) + "\n}"


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n    " + ",\n    ".join(map(_encode, value)) + "\n  ]"
    if isinstance(value, dict) and value:
        members = (f"{_encode(key)}: {_encode(each)}" for key, each in value.items())
        return "{\n    " + ",\n    ".join(members) + "\n  }"
    return _encode(value)


_encode = json.JSONEncoder(ensure_ascii=False).encode
