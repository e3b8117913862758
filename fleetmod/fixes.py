"""The mending of one finding alone, for reports and editors; `migrate` mends whole files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fleetmod import families
from fleetmod.edits import render
from fleetmod.engine import scan
from fleetmod.fates import FOLLOW
from fleetmod.model import REWRITE, Edit, Finding, Need
from fleetmod.rules import Rule
from fleetmod.settings import Settings
from fleetmod.together import RULE, Fates


@dataclass(frozen=True)
class Fix:
    """Edits of one file, imports included, and the port members that they import.

    `along` are the bytes and the edits of other files, for the homes of tests move together.
    """

    edits: tuple[Edit, ...]
    needs: tuple[Need, ...]
    along: Mapping[str, tuple[bytes, tuple[Edit, ...]]] = field(default_factory=dict)


def fix_of(finding: Finding, data: bytes, settings: Settings, rules: Sequence[Rule]) -> Fix | None:
    """What mends one finding of a file with the content `data`.

    None where the finding is not rewritten, goes with another one's rewrite, or would leave a file
    that does not parse.
    """
    if finding.action != REWRITE or finding.suppressed:
        return None
    itself = (finding.rule, finding.start, finding.end)
    own = [rule for rule in rules if rule.id == finding.rule]
    together = _follows(finding, settings)  # all homes of a test do, or none
    result = scan(finding.path, data, settings, own, lambda *match: together or match == itself)
    if not result.edits or scan(finding.path, render(data, result.edits), settings, ()).errors:
        return None
    along: dict[str, tuple[bytes, tuple[Edit, ...]]] = {}
    if finding.rule == RULE and isinstance(settings.fates, Fates):
        along = settings.fates.moves(finding.path)
        along.pop(finding.path, None)
    return Fix(result.edits, result.needs, along)


def not_alone(finding: Finding, settings: Settings) -> str:
    """The file that must change in the same step as a home, for a test expects what code spells;
    empty where there is none, or where a fix takes the others along."""
    fates, path = settings.fates, finding.path
    if not families.of(finding).homes or finding.rule == RULE or not isinstance(fates, Fates):
        return ""
    if finding.test:
        follows = _follows(finding, settings)
        others = {*fates[path].files, *fates.spelling(path)} if follows else set[str]()
    else:
        others = set(fates.following(path))
    return min(others - {path}, default="")


def _follows(finding: Finding, settings: Settings) -> bool:
    fate = settings.fates.get(finding.path) if families.of(finding).homes else None
    return fate is not None and fate.kind == FOLLOW
