"""Expectations that a migration leaves behind: snapshots, data files and texts in tests.

The code looks up a home, or asks a port for its words, and the expectation still spells what the
code spelled before. On the machine where it was recorded the test goes on passing, so no test run
tells; on every other machine it fails.
"""

from __future__ import annotations

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fleetmod import families
from fleetmod.filekinds import CODE, suffix
from fleetmod.literals import Literals
from fleetmod.model import REWRITE, Finding
from fleetmod.places import Places
from fleetmod.project import Project
from fleetmod.settings import package_of
from fleetmod.sources import Sources
from fleetmod.testfiles import is_test
from fleetmod.workspace.discover import candidates

_FOLDER = "__snapshots__/"
_CODE = tuple(CODE)
_DISPLAYS = ("display", "container-display")  # what rewrites words that people read


@dataclass(frozen=True)
class Left:
    """An expectation that stays: where, what it spells, and the rewritten `code` that made it.

    `code` is empty where imports do not tell, and `package` is then all that is known. `lines`
    are those that spell it; `snapshot` tells a recorded file from data and texts of the test.
    """

    path: str
    lines: tuple[int, ...]
    spelled: str
    family: str
    code: str
    package: str
    snapshot: bool

    def note(self, fixture: str) -> str:
        """One sentence for people: what is left where, and what to do; `fixture` is the neutral
        home."""
        at = ", ".join(map(str, self.lines[:5])) + (", …" if len(self.lines) > 5 else "")
        now = (
            "looks it up" if families.named(self.family).homes else "asks the port for these words"
        )
        who = f"{self.code} {now} now"
        if not self.code:
            who = f"code of {self.package or 'the root package'} {now} now, perhaps under this test"
        return f"{self.path}:{at} still spells {self.spelled}, and {who}: {self._todo(fixture)}"

    def _todo(self, fixture: str) -> str:
        if not families.named(self.family).homes:
            anew = ", and record the snapshot anew" if self.snapshot else ""
            return (
                f"the words differ by platform, so let the test expect what the port answers{anew}"
            )
        if self.snapshot:
            return (
                f"set HOME to {fixture} in the test and move the snapshot along, or give the test "
                "a serializer that writes the home as a placeholder"
            )
        return f"set HOME to {fixture} in the test and expect that, or expect what the code reads"


def left_behind(
    project: Project, sources: Sources, findings: Sequence[Finding], changed: Collection[str]
) -> list[Left]:
    """What the rewritten files (those of `changed` with findings) leave behind in expectations."""
    made: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.action == REWRITE and finding.path in changed and not finding.test:
            made[finding.path].append(finding)
    if not made:
        return []
    return list(_Search(project, sources, made, findings).found())


class _Search:
    def __init__(
        self,
        project: Project,
        sources: Sources,
        made: Mapping[str, list[Finding]],
        findings: Sequence[Finding],
    ) -> None:
        self.project, self.sources, self.made, self.findings = project, sources, made, findings
        self.places: Places = project.places
        self.triggers = {rule.id: rule.triggers for rule in project.rules}
        # a call takes no words along: only what people read is expected anywhere
        self.shown = {rule.id for rule in project.rules if rule.rewrite in _DISPLAYS}
        self.known = frozenset(sources.discovered)

    def found(self) -> Iterator[Left]:
        held = self._holding()
        named = self._named(held)
        tests: dict[str, list[Finding]] = defaultdict(list)
        for finding in self.findings:
            if finding.test and finding.action != REWRITE and not finding.suppressed:
                tests[finding.path].append(finding)
        for path, text in sorted(held.items()):
            if path.endswith(".snap"):
                yield from self._of_snapshot(path, text)
            else:
                for test in named.get(path, ()):
                    yield from self._of_code(path, text, self._reached(test)[0], _FOLDER in path)
        for path, left in sorted(tests.items()):
            yield from self._of_test(path, left)

    def _holding(self) -> dict[str, str]:
        """The snapshots and data files that spell a home or a tool which rewritten code spelled."""
        needles = {
            trigger.encode()
            for found in self.made.values()
            for finding in found
            for trigger in self.triggers.get(finding.rule, ())
        }
        paths = [
            path
            for path in self.sources.discovered
            if suffix(path) not in _CODE and not path.startswith(".") and "/." not in path
        ]
        out = {}
        for path in candidates(self.project.root, paths, sorted(needles), self.sources.search).hits:
            out[path] = self.project.read(path).decode("utf-8", "replace")
        return out

    def _of_snapshot(self, path: str, text: str) -> Iterator[Left]:
        folder, _, name = path.rpartition(_FOLDER)
        test = folder + name.removesuffix(".snap")
        reached, complete = self._reached(test) if test in self.known else (frozenset(), False)
        lefts = list(self._of_code(path, text, reached, True))
        yield from lefts
        if lefts or complete:
            return
        package = package_of(path, self._folders)
        code = [p for p in self.made if package_of(p, self._folders) == package]
        seen = set()
        for left in self._of_code(path, text, code, True):
            if left.family not in seen:
                seen.add(left.family)
                where = package.rstrip("/")
                yield Left(path, left.lines, left.spelled, left.family, "", where, True)

    def _of_code(
        self, path: str, text: str, code: Collection[str], snapshot: bool
    ) -> Iterator[Left]:
        """What a text spells that one of the files `code` spelled before, once for each family."""
        seen: set[str] = set()
        for made in sorted(code):
            for family, spelled in self._spelled(made, text):
                if family not in seen:
                    seen.add(family)
                    lines = tuple(
                        number
                        for number, line in enumerate(text.splitlines(), 1)
                        if spelled in line
                    )
                    yield Left(path, lines, spelled, family, made, "", snapshot)

    def _spelled(self, made: str, text: str) -> Iterator[tuple[str, str]]:
        """Each family in which `text` spells what the rewritten file `made` did, and the words."""
        found = {finding.family for finding in self.made[made]}
        homes = {family for family in found if families.named(family).homes}
        for family in sorted(homes):
            code = [f"{each.rstrip('/')}/" for each in self._literals(made)]
            for path in sorted(self.places.spelled(text)):
                if any(f"{path}/".startswith(each) for each in code):
                    yield family, path
                    break
        for family in sorted(found - homes):
            ours = [f for f in self.made[made] if families.of(f) is families.named(family)]
            shown = [f for f in ours if f.rule in self.shown]
            words = {t for f in shown for t in self.triggers[f.rule] if _shares(f.text, t, text)}
            if words:
                yield family, min(words)

    def _literals(self, made: str) -> frozenset[str]:
        held = self.sources.settings.production_literals
        return held.of(made) if isinstance(held, Literals) else frozenset()

    def _of_test(self, path: str, left: Sequence[Finding]) -> Iterator[Left]:
        reached, _ = self._reached(path)
        for family in sorted({finding.family for finding in left}):
            ours = [each for each in left if families.of(each) is families.named(family)]
            text = "\n".join(self._lines(path, ours))
            for made in sorted(reached):
                spelled = [words for kind, words in self._spelled(made, text) if kind == family]
                if spelled:
                    lines = tuple(sorted({line for f in ours for line in f.lines or (f.line,)}))
                    yield Left(path, lines, spelled[0], family, made, "", False)
                    break

    def _lines(self, path: str, found: Sequence[Finding]) -> Iterator[str]:
        for finding in found:
            data = self.sources.contents.get(path, b"")[finding.start : finding.end]
            yield data.decode("utf-8", "replace")

    def _named(self, held: Mapping[str, str]) -> dict[str, list[str]]:
        """The tests that name each of these files in a string: to import, read or compare it."""
        by_name = defaultdict(list)
        for path in held:
            if not path.endswith(".snap"):
                by_name[posixpath.basename(path)].append(path)
        out: dict[str, list[str]] = defaultdict(list)
        if not by_name:
            return out
        tests = [p for p in self.sources.discovered if is_test(p) and suffix(p) in _CODE]
        names = [name.encode() for name in by_name]
        for test in candidates(self.project.root, tests, names, self.sources.search).hits:
            for text in _strings(test, self.project.read(test)):
                for path in by_name.get(posixpath.basename(text), ()):
                    near = package_of(path, self._folders) == package_of(test, self._folders)
                    if near and test not in out[path]:
                        out[path].append(test)
        return out

    def _reached(self, test: str) -> tuple[frozenset[str], bool]:
        """The rewritten files that a test loads, directly or not, and whether every import on the
        way is known."""
        graph = self.project.graph
        reached = graph.reached([test])
        return reached & self.made.keys(), all(map(graph.is_whole, reached))

    @cached_property
    def _folders(self) -> frozenset[str]:
        paths = (p for p in self.known if p.rpartition("/")[2] == "package.json")
        return frozenset({"", *(p.removesuffix("package.json") for p in paths)})


def _shares(shown: str, tool: str, text: str) -> bool:
    """Whether a text spells a tool with the word that what is shown has after it, else before it:
    the tool's name alone may be of another text."""
    words = [word.strip("\"'`.,:;()") for word in shown.split()]
    at = next((index for index, word in enumerate(words) if word == tool), None)
    if at is None:
        return tool in text
    near = words[at : at + 2] if at + 1 < len(words) else words[max(at - 1, 0) :]
    return " ".join(near) in " ".join(text.split())


def _strings(path: str, data: bytes) -> list[str]:
    """All strings of a file of code."""
    from fleetmod.syntax.source import is_text, open_source

    if not is_text(data):
        return []
    source = open_source(path, data)
    return [source.text(node)[1:-1] for node in source.of("string")]
