"""Tests that fake the process calls of a module which, once migrated, makes them no more."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping

from fleetmod.regex import lazy

# what a file that fakes a process call spells; the regex decides
TRIGGERS = (b"child_process", b"spyOn(", b"Bun.spawn", b"#!/")
_FAKE = lazy(
    # vitest, jest, bun:test and node:test, in this order
    r"\.(?:mock|doMock|unstable_mockModule|setMock|module|mockModule)\(\s*"
    r"[\"'`](?:node:)?child_process[\"'`]"
    r"|\bspyOn\(\s*(?:Bun|child_?[pP]rocess|cp)\b"
    r"|\bBun\.(?:spawn|spawnSync|\$)\s*=[^=]"
    # a script on PATH that is called as the tool
    r"|[\"'`/](?:launchctl|colima)[\"'`]\)?,\s*\[?\s*[\"'`]#!/"
)
_MODULE = lazy(
    r"\.(?:mock|doMock|unstable_mockModule|setMock|module|mockModule)\(\s*"
    r"[\"'`](\.[^\"'`\n]*)[\"'`]"
)
MODULE_TRIGGERS = (b"ock(", b"ock.module(", b"ockModule(")
_IMPORT = lazy(r"(?:\bfrom|\bimport|\brequire|\bimport\(|\brequire\()\s*[\"'](\.[^\"']*)[\"']")
_SUFFIX = lazy(r"\.[cm]?[jt]sx?$")


def stale_mocks(
    tests: Mapping[str, str], rewritten: Collection[str], package: str
) -> Iterator[str]:
    """A note for each test that fakes process calls and imports a module of `rewritten`.

    `tests` are the texts of test files by path, `package` the name that the port is installed
    under.
    """
    modules = {_SUFFIX.sub("", path): path for path in rewritten}
    for path, text in sorted(tests.items()):
        fake = _FAKE.search(text)
        if fake is None:
            continue
        line = text.count("\n", 0, fake.start()) + 1
        for module in sorted({modules[m] for m in _imported(path, text) if m in modules}):
            yield (
                f"{path}:{line} fakes process calls, and {module} leaves them to {package} now: "
                "fake that instead (its nullAdapter records calls)"
            )


def fakes_of(
    tests: Mapping[str, str], helpers: Mapping[str, Collection[str]], package: str
) -> Iterator[str]:
    """A note for each test that fakes a module whose functions ran the commands of a rewritten one.

    `helpers` are the rewritten modules by the path of such a module; `tests` and `package` are as
    for `stale_mocks`.
    """
    known = {_SUFFIX.sub("", path): path for path in helpers}
    for path, text in sorted(tests.items()):
        folder = posixpath.dirname(path)
        for fake in _MODULE.finditer(text):
            faked = _SUFFIX.sub("", posixpath.normpath(posixpath.join(folder, fake[1])))
            helper = known.get(faked) or known.get(f"{faked}/index")
            line = text.count("\n", 0, fake.start()) + 1
            for module in sorted(helpers[helper]) if helper is not None else ():
                yield (
                    f"{path}:{line} fakes {helper}, and {module} leaves its commands to {package} "
                    "now: fake that instead (its nullAdapter records calls)"
                )


def _imported(path: str, text: str) -> Iterator[str]:
    """The modules that a file imports by a relative path, without a suffix."""
    folder = posixpath.dirname(path)
    for match in _IMPORT.finditer(text):
        module = _SUFFIX.sub("", posixpath.normpath(posixpath.join(folder, match[1])))
        yield module
        yield f"{module}/index"
