"""The ids of the baseline, as the hexadecimal digits that reports want."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fleetmod.baseline import stable_ids
from fleetmod.model import Finding


def fingerprints(findings: Sequence[Finding]) -> tuple[str, ...]:
    """32 digits for each finding, in the order given; they outlive moved and wrapped lines."""
    ids = {finding: own for own, finding in stable_ids(findings)}
    keys = ("\0".join(map(str, ids[finding][:5])) for finding in findings)
    return tuple(hashlib.sha256(key.encode()).hexdigest()[:32] for key in keys)
