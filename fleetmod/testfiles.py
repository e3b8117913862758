"""Tells tests and test data from the code that runs, by the usual names."""

from __future__ import annotations

import re

_TEST = re.compile(
    r"(?:^|/)(?:__tests__|__mocks__|__fixtures__|__snapshots__|tests?|e2e|spec|fixtures?)/"
    r"|[._-](?:tests?|specs?|e2e|bench)\.[\w.]*$"
)


def is_test(path: str) -> bool:
    """Whether a path (POSIX, relative to the repository) is a test, a mock or test data."""
    return _TEST.search(path) is not None
