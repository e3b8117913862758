"""Attacks by kind: what a hostile or unusual repository must not achieve.

Each test failed on commit 762b74e, before any of this was mended, but for the controls: tests named
`test_control_…` and cases with the mark CONTROL, which passed there. They hold what must stay
allowed, so that no mend goes too far.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

CONTROL = pytest.mark.control


def cases(names: Iterable[str], controls: Collection[str]) -> list[Any]:
    """The names of some cases, those of `controls` marked as such."""
    return [pytest.param(each, marks=CONTROL) if each in controls else each for each in names]
