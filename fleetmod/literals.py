"""The home paths that the code of each package spells outside of tests, found when asked for.

A test that expects one must follow it, so tests are analysed after the code.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from fleetmod.cache import Cache, digest
from fleetmod.places import Places
from fleetmod.settings import package_of
from fleetmod.testfiles import is_test

IDENTITY = b"nodeIdentity"


def holds_home(data: bytes) -> bool:
    return any(text in data for text in (b"/Users/", b"/home/", b"-Users-", IDENTITY))


class Literals(Mapping[str, frozenset[str]]):
    """The paths by the package's folder, with a slash at its end; "" is the root's."""

    def __init__(
        self,
        contents: Mapping[str, bytes],
        folders: Collection[str],
        places: Places,
        identity: str,
        cache: Cache,
        tests: frozenset[str] = frozenset(),
    ) -> None:
        """`identity` is the name of the package that a migrated file asks for its homes; `tests`
        are test code that no name tells."""
        self._tests = tests
        self._identity = identity
        self._contents, self._places, self._cache = contents, places, cache
        self._folders = {*folders, ""}
        self._found: dict[str, frozenset[str]] = {}

    def __getitem__(self, folder: str) -> frozenset[str]:
        if folder not in self._folders:
            raise KeyError(folder)
        if folder not in self._found:
            each = (self.of(path) for path in self._files.get(folder, ()))
            self._found[folder] = frozenset().union(*each)
        return self._found[folder]

    def __iter__(self) -> Iterator[str]:
        return iter(self._folders)

    def __len__(self) -> int:
        return len(self._folders)

    def beside(self, path: str) -> frozenset[str]:
        """The files of code that spell a home in the package of a file."""
        return frozenset(self._files.get(package_of(path, self._folders), ()))

    def of(self, path: str) -> frozenset[str]:
        """Those of one file; none of a file that is not known here."""
        data = self._contents.get(path, b"")
        if self._is_test(path) or not holds_home(data):
            return frozenset()
        key = self._key(data)
        known: frozenset[str] | None = self._cache.get("literals", path, key)
        if known is None:
            from fleetmod.lift.home_literals import production_literals
            from fleetmod.syntax.source import is_text, open_source

            parsed = open_source(path, data) if is_text(data) else None
            found = production_literals(parsed, self._places, self._identity) if parsed else ()
            known = frozenset(found)
            self.put(path, known)
        return known

    def _is_test(self, path: str) -> bool:
        return path in self._tests or is_test(path)

    def put(self, path: str, found: frozenset[str]) -> None:
        """Remember those of a file that another process looked at."""
        data = self._contents[path]
        if holds_home(data):
            self._cache.put("literals", path, self._key(data), found)

    def _key(self, data: bytes) -> str:
        return digest(data, repr(self._places), self._identity)

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        files: dict[str, list[str]] = defaultdict(list)
        for path, data in self._contents.items():
            if not self._is_test(path) and holds_home(data):
                files[package_of(path, self._folders)].append(path)
        return files
