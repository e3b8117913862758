"""What a finding says to people, in one line: the problem, the thing itself, and the remedy."""

from __future__ import annotations

from fleetmod import families
from fleetmod.model import REWRITE, Finding

_LENGTH = 80  # characters of the code that is shown
_QUOTES = ('"', "'", "`")
_NAMES = ("path", "address", "candidate", "elsewhere")  # they say what a thing is, not where
_MIGRATE = "`fleetmod migrate` rewrites it"


def headline(finding: Finding) -> str:
    """`Hard-coded home path /Users/ann/code/acme: use nodeIdentity.repoRoot`."""
    return f"{problem(finding)}: {remedy(finding)}".removesuffix(": ")


def remedy(finding: Finding) -> str:
    """`use nodeIdentity.repoRoot`; why it stays, for what is not rewritten."""
    if finding.suppressed:
        return f"suppressed: {finding.suppressed}"
    if finding.action != REWRITE:
        return finding.why
    return families.of(finding).remedy(finding.cls, finding.understood) or _MIGRATE


def problem(finding: Finding) -> str:
    """`Hard-coded home path /Users/ann/code/acme`; the code alone where its family says no more."""
    thing = " ".join(finding.text.split())
    if thing[:1] in _QUOTES and thing.endswith(thing[:1]) and len(thing) > 1:
        thing = thing[1:-1]
    if len(thing) > _LENGTH:
        thing = f"{thing[:_LENGTH].rstrip()}…"
    known = families.of(finding).problems.get(finding.cls, "")
    if not known:
        return thing or finding.understood
    return f"{known} {thing}" if finding.cls in _NAMES else f"{known} `{thing}`"
