"""Tells tests and test data from the code that runs, by the usual names."""

from __future__ import annotations

from fleetmod.regex import lazy

_FOLDERS = (
    r"tests?|testing|testdata|test[-_](?:data|utils)|e2e|spec|fixtures?|mocks|evals"
    r"|__(?:tests?|mocks?|fixtures?|snapshots|test[-_]?(?:data|utils|fixtures)|e2e|specs?)__"
)
_NAMES = (
    r"fixtures?|mocks|setup[-.]?[tT]ests?|test_\w+(?=\.py$)"
    r"|tests?[-._](?:utils?|helpers?|data|setup)(?:\.\w+)?"
    r"|(?:vitest|jest|playwright|cypress)[-.](?:global[-.])?setup"
)
_IN_TESTS = lazy(rf"(?:^|/)(?:{_FOLDERS})/")
_TEST = lazy(
    rf"(?:^|/)(?:{_NAMES})\.\w+$"
    r"|[._-](?:tests?|specs?|e2e|bench)\.[\w.]*$|\.(?:test-d|cy|stories|story|fixtures?|mocks?)\.\w+$"
    r"|\.(?:vitest|jest|mocha|playwright|pw)\.[cm]?[jt]sx?$"
)
# the folders of a file that a router serves (Next.js, SvelteKit, Remix) are parts of an address
_SERVED = lazy(
    r"(?:^|/)(?:app|routes)/(?:.*/)?(?:route|page|layout|template|loading|error|default|\+[\w.-]+)"
    r"\.[jt]sx?$|(?:^|/)pages/api/.*\.[jt]s$"
)


def is_test(path: str) -> bool:
    """Whether a path (POSIX, relative to the repository) is a test, a mock or test data."""
    if _TEST.search(path) is not None:
        return True
    return _IN_TESTS.search(path) is not None and _SERVED.search(path) is None
