"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).

Exempt findings are no results: what reads SARIF shows each result as something to mend. Those that
a gate's grep finds and passes over are notes of the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fleetmod import __version__
from fleetmod.gates.check import PassedOver
from fleetmod.model import REFUSE, REWRITE, Edit
from fleetmod.report.report import Entry, Report, Unproven
from fleetmod.rules import Rule
from fleetmod.syntax.lines import Lines

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
ROOT = "SRCROOT"
FINGERPRINT = "fleetmodFinding/v1"


def render(report: Report) -> str:
    entries = [e for e in report.entries if e.finding.action in (REWRITE, REFUSE)]
    passed = [p for v in report.verdicts for p in v.passed_over]
    used = {e.finding.rule for e in entries}
    rules = [rule for rule in report.rules if rule.id in used]
    index = {rule.id: number for number, rule in enumerate(rules)}
    lines = {path: Lines(data) for path, data in report.contents.items()}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "fleetmod",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "automationDetails": {"id": f"fleetmod/{report.command}/"},
        "originalUriBaseIds": {ROOT: {"description": {"text": "the root of the repository"}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                # a file that cannot be judged is told of; the run itself went through
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    *map(_notification, report.unproven),
                    *(_note("error", f"Failed: {each}") for each in report.failures),
                    *(_note("note", f"Not looked at: {group}") for group in report.apart),
                    *map(_passed, passed),
                ],
            }
        ],
        "results": [_result(e, index[e.finding.rule], lines, report.baseline) for e in entries],
    }
    return json.dumps(_document(run), indent=2, ensure_ascii=False) + "\n"


def _document(run: dict[str, Any]) -> dict[str, Any]:
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    prose = " ".join(rule.prose.split())
    example = next((e for e in rule.examples if e.after is not None), None)
    markdown = rule.prose
    if example is not None and example.after is not None:
        before, after = example.before.strip("\n"), example.after.strip("\n")
        markdown += f"\n\nBefore:\n\n```ts\n{before}\n```\n\nAfter:\n\n```ts\n{after}\n```"
    return {
        "id": rule.id,
        "name": "".join(word.capitalize() for word in rule.id.split("-")),
        "shortDescription": {"text": _sentence(rule.title)},
        "fullDescription": {"text": prose},
        "help": {"text": prose, "markdown": markdown},
        "defaultConfiguration": {"level": "warning" if rule.rewrite or rule.template else "error"},
        "properties": {"tags": [t for t in (rule.family, rule.cls) if t]},
    }


def _result(entry: Entry, index: int, lines: Mapping[str, Lines], baseline: bool) -> dict[str, Any]:
    f = entry.finding
    where = lines.get(f.path)
    result: dict[str, Any] = {
        "ruleId": f.rule,
        "ruleIndex": index,
        "level": entry.level,
        "message": {"text": _sentence(entry.message)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _file(f.path),
                    "region": {
                        **(
                            _region(where, f.start, f.end)
                            if where and f.end > f.start
                            else {"startLine": f.line}
                        ),
                        "snippet": {"text": f.text},
                    },
                },
                **({"logicalLocations": [{"fullyQualifiedName": f.symbol}]} if f.symbol else {}),
            }
        ],
        "partialFingerprints": {FINGERPRINT: entry.id},
    }
    if f.reason_code:
        result["properties"] = {"reasonCode": f.reason_code}
    if entry.fix and where:
        result["fixes"] = [_fix(f.path, entry.fix, where)]
    # a result whose list is missing may be suppressed or not; an empty one says that it is not
    # (3.27.23)
    result["suppressions"] = (
        [{"kind": "inSource", "status": "accepted", "justification": f.suppressed}]
        if f.suppressed
        else []
    )
    if baseline:
        result["baselineState"] = "unchanged" if f.known else "new"
    return result


def _fix(path: str, edits: tuple[Edit, ...], lines: Lines) -> dict[str, Any]:
    replacements = [
        {
            "deletedRegion": _region(lines, edit.start, edit.end),
            **({"insertedContent": {"text": edit.text}} if edit.text else {}),
        }
        for edit in edits
    ]
    change = {"artifactLocation": _file(path), "replacements": replacements}
    return {
        "description": {"text": "What fleetmod migrate writes for this finding alone."},
        "artifactChanges": [change],
    }


def _region(lines: Lines, start: int, end: int) -> dict[str, int]:
    """The end column is the one after the last character (3.30.8)."""
    line, column = lines.position(start)
    last, after = lines.position(end)
    return {"startLine": line, "startColumn": column, "endLine": last, "endColumn": after}


def _file(path: str) -> dict[str, str]:
    """A relative URI (RFC 3986); its colons are encoded, for one could name a scheme."""
    encoded = quote(path, safe="/~!$&'()*+,;=@")
    return {"uri": encoded, "uriBaseId": ROOT}


def _note(level: str, text: str) -> dict[str, Any]:
    return {"level": level, "message": {"text": _sentence(text)}}


def _passed(line: PassedOver) -> dict[str, Any]:
    word = "Accepted finding of" if line.accepted else "No debt by"
    where: dict[str, Any] = {"artifactLocation": _file(line.path)}
    if line.line:
        where["region"] = {"startLine": line.line}
    out = _note("note", f"{word} {line.rule}: {line.reason}")
    return {**out, "locations": [{"physicalLocation": where}]}


def _notification(unproven: Unproven) -> dict[str, Any]:
    out = _note("warning", f"Unproven: {unproven}")
    if unproven.path:
        where: dict[str, Any] = {"artifactLocation": _file(unproven.path)}
        if unproven.line:
            where["region"] = {"startLine": unproven.line, "endLine": unproven.last}
        out["locations"] = [{"physicalLocation": where}]
    return out


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].removesuffix(".") + "."
