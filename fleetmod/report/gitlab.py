"""GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""

from __future__ import annotations

import hashlib
import json

from fleetmod.artefacts import ENGINE
from fleetmod.model import is_debt
from fleetmod.report.report import ERROR, Report, Unproven


def render(report: Report) -> str:
    """An array of what is left to mend and what is unproven; GitLab itself tells what is new."""
    found: list[dict[str, object]] = [
        {
            "description": entry.message,
            "check_name": entry.finding.rule,
            "engine_name": ENGINE,
            "fingerprint": entry.id,
            "severity": "major" if entry.level == ERROR else "minor",
            "location": {
                "path": entry.finding.path,
                "lines": {"begin": entry.finding.line},
            },
        }
        for entry in report.entries
        if is_debt(entry.finding)
    ]
    found += [_unproven(each) for each in report.unproven]
    found += [_about("a gate failed", each) for each in report.failures]
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _unproven(each: Unproven) -> dict[str, object]:
    return _about("unproven", str(each), each.path, each.line)


def _about(name: str, what: str, path: str = "", line: int = 1) -> dict[str, object]:
    return {
        "description": f"{name}: {what}",
        "check_name": name.replace(" ", "-"),
        "engine_name": ENGINE,
        "fingerprint": hashlib.sha256(f"{name}\0{what}".encode()).hexdigest()[:32],
        "severity": "critical",
        # what is no file's stands in the configuration
        "location": {"path": path or "fleetmod.toml", "lines": {"begin": max(line, 1)}},
    }
