"""A migration plan as a JSON file that a person can read and a later run can apply."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fleetmod import __version__
from fleetmod.errors import FleetmodError
from fleetmod.model import Edit, FileChange, Finding, Plan, finding_document

FORMAT = "fleetmod-plan"
VERSION = 1


def dump(plan: Plan, contents: dict[str, bytes]) -> str:
    """The plan as JSON; `contents` are the files it edits, so that each edit shows what goes."""
    changes = []
    for change in plan.changes:
        data = contents.get(change.path, b"")
        changes.append(
            {
                "path": change.path,
                "sha256": change.sha256,
                "edits": [
                    {
                        "start": edit.start,
                        "end": edit.end,
                        "line": data.count(b"\n", 0, edit.start) + 1,
                        "rule": edit.rule,
                        "before": data[edit.start : edit.end].decode("utf-8", "replace"),
                        "after": edit.text,
                    }
                    for edit in change.edits
                ],
            }
        )
    document = {
        "format": FORMAT,
        "version": VERSION,
        "tool": f"fleetmod {__version__}",
        "changes": changes,
        "findings": [finding_document(finding) for finding in plan.findings],
        "notes": list(plan.notes),
        "unproven": list(plan.unproven),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def load(path: Path) -> Plan:
    """Read a saved plan; raises FleetmodError for a file that is none."""
    try:
        document = json.loads(path.read_bytes())
        return _plan(document)
    except OSError as error:
        raise FleetmodError(
            f"cannot be read: {error.strerror}", where=str(path), todo="Save a plan with --plan"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FleetmodError(
            f"is no plan that this fleetmod can read ({error})",
            where=str(path),
            todo="Save a new one with `fleetmod migrate --plan FILE`",
        ) from error


def _plan(document: Any) -> Plan:
    if document["format"] != FORMAT or document["version"] != VERSION:
        raise ValueError(f"format {document['format']!r} version {document['version']!r}")
    changes = []
    for change in document["changes"]:
        edits = tuple(
            Edit(int(e["start"]), int(e["end"]), str(e["after"]), str(e["rule"]))
            for e in change["edits"]
        )
        path = str(change["path"])
        if path.startswith("/") or ".." in path.split("/"):
            raise ValueError(f"the path {path!r} leaves the repository")
        changes.append(FileChange(path, str(change["sha256"]), edits))
    findings = tuple(_finding(f) for f in document["findings"])
    return Plan(tuple(changes), findings, tuple(document["notes"]), tuple(document["unproven"]))


def _finding(raw: dict[str, Any]) -> Finding:
    raw = dict(raw)
    raw["cls"] = raw.pop("class")
    raw["notes"] = tuple(raw["notes"])
    raw["lines"] = tuple(raw["lines"])
    return Finding(**raw)
