"""The mending of one finding alone, for reports and editors; `migrate` mends whole files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fleetmod.edits import render
from fleetmod.engine import scan
from fleetmod.model import REWRITE, Edit, Finding, Need
from fleetmod.rules import Rule
from fleetmod.settings import Settings


@dataclass(frozen=True)
class Fix:
    """Edits of one file, imports included, and the port members that they import."""

    edits: tuple[Edit, ...]
    needs: tuple[Need, ...]


def fix_of(finding: Finding, data: bytes, settings: Settings, rules: Sequence[Rule]) -> Fix | None:
    """What mends one finding of a file with the content `data`.

    None where the finding is not rewritten, goes with another one's rewrite, or would leave a file
    that does not parse.
    """
    if finding.action != REWRITE or finding.suppressed:
        return None
    itself = (finding.rule, finding.start, finding.end)
    own = [rule for rule in rules if rule.id == finding.rule]
    result = scan(finding.path, data, settings, own, lambda *match: match == itself)
    if not result.edits or scan(finding.path, render(data, result.edits), settings, ()).errors:
        return None
    return Fix(result.edits, result.needs)
