"""Which files' homes move together: tests, and the helpers, data and snapshots that they read.

What code a test reaches is asked of the module graph. Where that is not whole, or where the test
runs programs, reads the repository's files or loads modules by names that are made, all code of its
package counts.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from fleetmod import reasons
from fleetmod.cache import digest
from fleetmod.checked_in import DATA, READ, READERS, not_looked_at
from fleetmod.checked_in import names as names_file
from fleetmod.fates import FOLLOW, NEUTRAL, STAY, Facts, Fate, judge, lies_in
from fleetmod.filekinds import is_code, suffix
from fleetmod.literals import Literals
from fleetmod.mentions import COMPARED, mentions, renamed
from fleetmod.model import Edit
from fleetmod.places import Places
from fleetmod.refusal import Reason
from fleetmod.regex import lazy
from fleetmod.settings import Settings, package_of
from fleetmod.testfiles import is_test
from fleetmod.workspace.graph import ModuleGraph

RULE = "home-test-data"
_SNAPSHOTS = "__snapshots__/"
# programs of the repository, its files by path, modules by names that are made: no import tells
_RUNS = lazy(
    rb"child_process|\bexeca\b|\bzx\b|cross-spawn|tinyexec|Bun\.(?:spawn|\$|file|write)|Deno\."
    rb"|worker_threads|from [\"']bun[\"']|__dirname|__filename|import\.meta\.(?:dir|url|file)"
    rb"|process\.cwd\(|(?:\bimport|\brequire|\bresolve)\(\s*[^\"'`\s)]|[^\w.]\$`"
)


@dataclass(frozen=True)
class Held:
    """The files of a repository that name a home outside of its code: test data, and other data.

    `data` are the texts of those files by path, `names` the names of files and folders that name a
    home themselves, `large` the modules that are too large to be looked at.
    """

    data: Mapping[str, str]
    names: frozenset[str] = frozenset()
    large: frozenset[str] = frozenset()


class Fates(Mapping[str, Fate]):
    """What happens to the homes of each test, found when asked for."""

    def __init__(
        self,
        settings: Settings,
        contents: Mapping[str, bytes],
        discovered: Collection[str],
        held: Held,
        graph: Callable[[], ModuleGraph],
        read: Callable[[str], bytes],
        named: Callable[[Sequence[str], bool], Mapping[str, bytes]],
    ) -> None:
        """`settings` know no fates yet; `contents` are the files that may name a home, `read` gives
        any other one's, and `named` the tests, or all code, that hold one of some names."""
        self.settings, self.places = settings, settings.places
        self._is_test = settings.is_test
        self._contents, self._held, self._read, self._named = contents, held, read, named
        self._graph_of, self._discovered = graph, discovered
        self._fates: dict[frozenset[str], Fate] = {}
        self._kept: dict[frozenset[str], Reason] = {}

    def __getitem__(self, path: str) -> Fate:
        if not self._is_test(path) or not is_code(path):
            raise KeyError(path)
        group = self.group(path)
        if group not in self._fates:
            self._fates[group] = self._judged(group)
        return self._fates[group]

    def __iter__(self) -> Iterator[str]:
        return (path for path in self._contents if self._is_test(path) and is_code(path))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def key(self, path: str) -> str:
        """What the fate of a test hangs on, without a look at any tree."""
        group = sorted(self.group(path))
        texts = [self._bytes(each) for each in group]
        spelled = sorted(self._spelled(frozenset(group)))
        kept = self._kept.get(self.group(path)) or self._unseen(self.group(path))
        tests = self._tests_of(group)
        may = partial(self._may_read, tests, self._graph.reached(tests))
        own = {path for text in texts for path in _below(_decoded(text), self.places)}
        others = [path for path, below in self._below_data.items() if below & own and may(path)]
        return digest(b"\0".join(texts), self._held_key, repr((group, spelled, others, kept)))

    @cached_property
    def _held_key(self) -> str:
        """What all tests have in common: the data beside the code."""
        return digest(b"", repr(sorted(self._held.data.items())), repr(sorted(self._held.names)))

    def group(self, path: str) -> frozenset[str]:
        """A test, and what its homes move with."""
        return self._groups.get(path, frozenset({path}))

    def moves(self, path: str) -> dict[str, tuple[bytes, tuple[Edit, ...]]]:
        """The files that move with a test whose homes do, each with its bytes and its edits."""
        fate, out = self[path], {}
        for each in fate.files if fate.kind == NEUTRAL else ():
            data = self._bytes(each)
            edits = tuple(self._edits(each, data, fate))
            if edits:
                out[each] = data, edits
        return out

    # -- groups ----------------------------------------------------------------------------------

    @cached_property
    def _graph(self) -> ModuleGraph:
        return self._graph_of()

    @cached_property
    def _members(self) -> dict[str, str]:
        """The tests and the test data that name a home."""
        out = {path: text for path, text in self._held.data.items() if self._is_ours(path)}
        for path in self:
            text = self._contents[path].decode("utf-8", "replace")
            if mentions(text, self.places):
                out[path] = text
        return out

    def _is_ours(self, path: str) -> bool:
        """Whether a data file is the tests' alone."""
        importers = self._graph.importers(path)
        return all(map(self._is_test, importers)) if importers else is_test(path)

    @cached_property
    def _groups(self) -> dict[str, frozenset[str]]:
        joined: dict[str, set[str]] = {path: {path} for path in self._members}
        for path in self._members:
            for other in self._readers(path):
                one, two = joined.setdefault(path, {path}), joined.setdefault(other, {other})
                if one is not two:
                    one |= two
                    for each in two:
                        joined[each] = one
        return {path: frozenset(group) for path, group in joined.items()}

    def _readers(self, path: str) -> Iterator[str]:
        """The tests that read a test's helper or a file of test data."""
        yield from (each for each in self._graph.reaching(path) if self._is_test(each))
        if path.endswith(".snap"):
            folder, _, name = path.rpartition(_SNAPSHOTS)
            if (test := folder + name.removesuffix(".snap")) in self._tests:
                yield test
        elif path in self._held.data:
            yield from self._naming.get(posixpath.basename(path), ())

    @cached_property
    def _tests(self) -> frozenset[str]:
        return frozenset(p for p in self._discovered if self._is_test(p) and is_code(p))

    @cached_property
    def _naming(self) -> dict[str, list[str]]:
        """The tests that hold the name of a data file, by that name."""
        names = sorted({posixpath.basename(p) for p in self._held.data if not p.endswith(".snap")})
        out: dict[str, list[str]] = defaultdict(list)
        for test, data in (self._named(names, True) if names else {}).items():
            for name in names:
                if name.encode() in data:
                    out[name].append(test)
        return out

    # -- what is known of a group ----------------------------------------------------------------

    def _judged(self, group: frozenset[str]) -> Fate:
        settings = self.settings
        if not self._speaks(group):
            return Fate("none")
        spelled = self._spelled(group)
        facts = [self._facts(path) for path in sorted(group)]
        held = self._holds(group, facts) or self._unseen(group)
        return judge(facts, spelled, self.places, settings.fixture, settings.in_gate, held)

    def _speaks(self, group: Iterable[str]) -> bool:
        return any(b"ers" in data or b"home" in data for data in map(self._bytes, group))

    def _facts(self, path: str) -> Facts:
        from fleetmod.analysis import Analysis
        from fleetmod.syntax.source import is_text, open_source

        data = self._bytes(path)
        if path in self._held.data:
            return Facts(path, (self._held.data[path],), code=False)
        if not is_text(data):
            return Facts(path, ())
        return Analysis(open_source(path, data), self.settings).home_kinds.facts()

    def code_of(self, path: str) -> frozenset[str]:
        """The files of code whose homes the tests of a group may expect."""
        literals, out = self.settings.production_literals, set[str]()
        for test in self._tests_of(self.group(path)):
            reached = self._graph.reached([test])
            out |= reached
            if isinstance(literals, Literals) and not self._is_known(test, reached):
                out |= literals.beside(test)
        return frozenset(each for each in out if not self._is_test(each))

    def spelling(self, path: str) -> Iterator[str]:
        """The files of code that still spell a home which a test expects."""
        for each in self.code_of(path):
            text = self._bytes(each).decode("utf-8", "replace")
            if (homes := self.places.spelled(text)) and self.spells(path, homes):
                yield each

    def following(self, path: str) -> Iterator[str]:
        """The tests that expect a home which a file of code spells."""
        for test in self._members:
            follows = is_code(test) and self[test].kind == FOLLOW
            if follows and path in self.spelling(test):
                yield test

    def spells(self, path: str, homes: Collection[str]) -> bool:
        """Whether a test, or what moves with it, spells one of some homes or what lies in it."""
        for each in self.group(path):
            text = self._bytes(each).decode("utf-8", "replace")
            keys = (text[k.start : k.end] for k in self.places.encoded(text))
            if any(key in homes for key in keys):
                return True
            if any(lies_in(home, homes) for home in self.places.spelled(text)):
                return True
        return False

    def hold(self, path: str, reason: Reason) -> None:
        """Have the homes of a group that follow the code's stay, as there one does for a reason."""
        group = self.group(path)
        self._fates[group] = replace(self[path], kind=STAY, reason=reason)
        self._kept[group] = reason

    def _tests_of(self, group: Iterable[str]) -> list[str]:
        return [path for path in group if path not in self._held.data]

    def _is_known(self, test: str, reached: Iterable[str]) -> bool:
        """Whether the graph tells everything that a test reaches."""
        named = self._graph.imports(test) or self._graph.externals(test)
        return bool(named) and self._is_whole(reached)

    def _spelled(self, group: frozenset[str]) -> frozenset[str]:
        """The homes that the code under the tests of a group spells."""
        literals = self.settings.production_literals
        out: set[str] = set()
        for test in self._tests_of(group):
            reached = self._graph.reached([test])
            if not self._is_known(test, reached):
                # what compares homes does so in the process of the test, so it would be reached
                perhaps = self.settings.literals_for(test)
                out |= {each for each in perhaps if not each.startswith(COMPARED)}
            if isinstance(literals, Literals):
                out |= {each for path in reached for each in literals.of(path)}
        return frozenset(out)

    def _is_whole(self, reached: Iterable[str]) -> bool:
        for path in reached:
            if not self._graph.is_whole(path):
                return False
            if self._is_test(path) and is_code(path) and _RUNS.search(self._bytes(path)):
                return False
        return True

    def _holds(self, group: frozenset[str], facts: Sequence[Facts]) -> Reason | None:
        """What keeps the homes of a group where they are: data of others, names on the disk."""
        texts = [text for each in facts for text in each.texts]
        paths = {path for text in texts for path in _below(text, self.places)}
        tests = self._tests_of(group)
        reached = self._graph.reached(tests)
        reads = any(READERS & self._graph.externals(path) for path in reached)
        read = [self._bytes(path) for path in reached if self._is_test(path)] if reads else []
        may = partial(self._may_read, tests, reached)
        for path, text in self._held.data.items():
            if path in group:
                continue
            named = any(posixpath.basename(path).encode() in self._bytes(each) for each in tests)
            if path.endswith(".snap"):
                packages = {package_of(each, self._packages) for each in tests}
                lost = package_of(path, self._packages) in packages and not list(
                    self._readers(path)
                )
                if lost and any(each.snapshot for each in facts):
                    return reasons.TEST_DATA(
                        f"{path} may be a snapshot of it, and no test stands beside; {_BOTH}"
                    )
                continue
            if suffix(path) in READ and not is_test(path):
                named = names_file(path, read) and self._is_near(path, reached, read)
                if reads and named and any(p in text for p in paths):
                    return reasons.TEST_DATA(
                        f"{path} spells it as well, and the test may read that; {_BOTH}"
                    )
                continue
            below = self._below_data.get(path)
            shares = bool(paths & (_below(text, self.places) if below is None else below))
            near = any(_names_folder(data, path, tests) for data in read)
            if named or path in reached or (shares and (near if is_test(path) else may(path))):
                return reasons.TEST_DATA(
                    f"{path} spells it as well, and the test may read that; {_BOTH}"
                )
        for name in sorted(self._held.names):
            if any(name in text for text in texts):
                return reasons.TEST_DATA(
                    f"a file or a folder is named `{name}`, and the test names it; {_BOTH}"
                )
        return None

    def _is_near(self, path: str, reached: Iterable[str], read: Iterable[bytes]) -> bool:
        """Whether tests name the folder of a file, or it lies beside one of them or at the top:
        many folders have a README.md."""
        folder = path.rpartition("/")[0]
        own = {each.rpartition("/")[0] for each in reached if self._is_test(each)}
        name = posixpath.basename(folder).encode()
        return folder in own or any(name in data for data in read)

    @cached_property
    def _below_data(self) -> dict[str, frozenset[str]]:
        """The paths below homes that each file of data spells which is not the tests' alone."""
        held = self._held.data.items()
        return {path: _below(text, self.places) for path, text in held if not is_test(path)}

    def _may_read(self, tests: Sequence[str], reached: Collection[str], path: str) -> bool:
        """Whether what runs under some tests names a file of data that is none of theirs, or its
        folder; where the graph does not tell all that runs, any code of the repository counts."""
        naming = self._code_naming.get(path)
        if not naming:
            return False
        if not naming.isdisjoint(reached):
            return True
        return not all(self._is_known(test, self._graph.reached([test])) for test in tests)

    @cached_property
    def _code_naming(self) -> dict[str, frozenset[str]]:
        """The code that names a file of data that is not the tests' alone, or its folder."""
        texts = (self._bytes(path) for path in self._members if path not in self._held.data)
        own = {path for text in texts for path in _below(_decoded(text), self.places)}
        held = [path for path, below in self._below_data.items() if below & own]
        parts = {path: (posixpath.basename(path), _folder(path)) for path in held}
        names = {name for name, _ in parts.values()}
        names |= {folder + end for _, folder in parts.values() if folder for end in "/\"'`"}
        code = self._named(sorted(names), False) if names else {}
        out = {}
        for path, (name, folder) in parts.items():
            words = [word.encode() for word in (name, folder) if word]
            near = (each for each, data in code.items() if any(word in data for word in words))
            out[path] = frozenset(each for each in near if names_file(path, [code[each]]))
        return out

    def _unseen(self, group: frozenset[str]) -> Reason | None:
        """What keeps the homes of a group, as code under its tests that is not looked at does."""
        texts = [self._bytes(path).decode("utf-8", "replace") for path in sorted(group)]
        paths = {path for text in texts for path in self.places.spelled(text)}
        reached = self._graph.reached(self._tests_of(group)) if paths else frozenset[str]()
        for path in sorted(reached & {*self._contents, *self._held.large}):
            data = self._bytes(path)
            spells = any(each.encode() in data for each in paths) and not self._is_test(path)
            if spells and not_looked_at(path, data):
                why = f"{path} spells it as well, and is not looked at; {_BOTH}"
                return reasons.TEST_DATA(why)
        return None

    @cached_property
    def _packages(self) -> frozenset[str]:
        manifests = (p for p in self._discovered if p.rpartition("/")[2] == "package.json")
        return frozenset({"", *(p.removesuffix("package.json") for p in manifests)})

    def _bytes(self, path: str) -> bytes:
        found = self._contents.get(path)
        return found if found is not None else self._read(path)

    def _edits(self, path: str, data: bytes, fate: Fate) -> Iterator[Edit]:
        if path not in self._held.data:
            from fleetmod.analysis import Analysis
            from fleetmod.lower.moved_homes import moved_texts
            from fleetmod.syntax.source import open_source

            kinds = Analysis(open_source(path, data), self.settings).home_kinds
            for start, end, text in sorted(set(moved_texts(kinds, lambda _: None, fate))):
                yield Edit(start, end, text, RULE)
            return
        text = self._held.data[path]
        for start, end, name in renamed(text, fate.names, self.places):
            first = len(text[:start].encode())
            yield Edit(first, first + len(text[start:end].encode()), name, RULE)


_BOTH = "move both by hand"


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _folder(path: str) -> str:
    """The name of the folder that a file lies in; empty at the top."""
    return posixpath.basename(posixpath.dirname(path))


def _names_folder(data: bytes, path: str, tests: Iterable[str]) -> bool:
    """Whether a test's code names a folder that leads to a file from where some tests are, or the
    file lies beside them or above."""
    here = {folder for test in tests for folder in test.split("/")[:-1]}
    folders = set(path.split("/")[:-1]) - here
    return not folders or any(folder.encode() in data for folder in folders)


def _below(text: str, places: Places) -> frozenset[str]:
    """The paths below homes that a text spells, in full."""
    return frozenset(path for path in places.spelled(text) if path.count("/") > 2)


def is_data(path: str) -> bool:
    """Whether a test may read a file: test data, or data of a program, no editor's or our own."""
    if path.startswith(".") or "/." in path or path == "fleetmod.toml":
        return False
    return suffix(path) in (*DATA, *READ) or (is_test(path) and not is_code(path))
