"""Stable ids of findings: they outlive moved lines and reformatting, and tell twins apart."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from fleetmod.model import Finding


def fingerprint(finding: Finding, ordinal: int) -> str:
    """32 hexadecimal digits; `ordinal` counts the equal findings before it in the file, from 0."""
    parts = (*_identity(finding), str(ordinal))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def fingerprints(findings: Sequence[Finding]) -> tuple[str, ...]:
    """The id of each finding, in the order given, which within a file is that of the file."""
    seen: Counter[tuple[str, ...]] = Counter()
    ids = []
    for finding in findings:
        identity = _identity(finding)
        ids.append(fingerprint(finding, seen[identity]))
        seen[identity] += 1
    return tuple(ids)


def _identity(finding: Finding) -> tuple[str, ...]:
    return finding.rule, finding.path, finding.symbol, " ".join(finding.text.split())
