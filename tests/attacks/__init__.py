"""Attacks by kind: what a hostile or unusual repository must not achieve.

They were written against commit 762b74e, where what they attack stood open. The controls, which are
tests named `test_control_…` and cases with the mark CONTROL, passed there: they hold what must stay
allowed, so that no mend goes too far. Run anew there, all of `test_staged_only` is sorted so; what
imports a module that came later cannot run there at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

CONTROL = pytest.mark.control


def cases(names: Iterable[str], controls: Collection[str]) -> list[Any]:
    """The names of some cases, those of `controls` marked as such."""
    return [pytest.param(each, marks=CONTROL) if each in controls else each for each in names]
