"""What the texts of a file speak of where that stands in other files, and what tests ask of them.

A text goes with the calls that it speaks of. The module graph tells which those may be: the ones of
the modules that its file imports, of those that import it, of the service that it names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from fleetmod import families
from fleetmod.filekinds import is_code
from fleetmod.model import EXEMPT, REFUSE, REWRITE, FileResult, Finding
from fleetmod.project import Project
from fleetmod.settings import Asked, Call, Elsewhere
from fleetmod.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleetmod.syntax.source import Source

_TOOL = b"launchctl"
_TEXTS = ("display", "comment", "log", "name")  # classes of rules; see `subjects.is_text`
_CALLS = ("call", "value")
_OUTSIDE = "is in a file that this plan leaves out; name it, too"
_FAR = 5  # modules that only hand on what another one does
# what a part of a command can be told by
_PARTS = tuple(
    b"launchctl kickstart bootout bootstrap gui unload disable enable print list load stop start"
    b" remove -k launchagents launchdaemons".split()
)


class Everywhere:
    """The calls of a whole repository. `results` are those of the files that were analysed,
    `analyse` gives those of other files, of which it knows any. `planned` are the files of a plan
    for some files alone, beside which nothing is rewritten."""

    def __init__(
        self,
        project: Project,
        sources: Sources,
        results: Mapping[str, FileResult],
        analyse: Callable[[Sequence[str]], Mapping[str, FileResult]],
        planned: Collection[str] | None = None,
    ) -> None:
        self._planned, self._is_test = planned, sources.settings.is_test
        self._project, self._sources, self._results = project, sources, dict(results)
        self._analyse = analyse
        self._calls: dict[str, tuple[Call, ...]] = {}
        self._tests: dict[str, tuple[tuple[Asked, list[str]], ...]] = {}

    def around(self, path: str) -> Elsewhere | None:
        """What the texts of a file may speak of; None where it has none, or that is nothing."""
        result = self._results[path]
        if not any(_is_text(finding) for finding in result.findings):
            return None
        graph = self._project.graph
        imported = {}
        for name, files in sorted(graph.named(path).items()):
            if calls := self._nearest(files, follow_all=self._is_test(path)):
                imported[name] = calls
        importers: list[Call] = []
        for each in sorted(graph.importers(path)):
            if not self._is_test(path) and not self._is_test(each):
                importers += self._calls_of(each)
        data = self._sources.contents[path]
        services = tuple(
            (label, call)
            for label, call in self._services
            if call.path != path and label.encode() in data
        )
        spelled = () if self._is_test(path) else tuple(self._spelled(path, data))
        others = [*(call for every in imported.values() for call in every), *importers]
        moves = all(call.action == REWRITE for call in (*others, *(call for _, call in services)))
        if moves and all(f.action == REWRITE for f in result.findings if _is_text(f)):
            found = Elsewhere(asked=spelled)  # what moves keeps no text
        else:
            found = Elsewhere(imported, tuple(importers), services, spelled)
        return found if found != Elsewhere() else None

    def _spelled(self, path: str, data: bytes) -> Iterator[Asked]:
        """What tests look for that a file of code spells. Many a test reaches a file through
        others: one that does not use it itself is of other texts, if it looks for plain words."""
        from fleetmod.lift.expected import is_plain

        text = data.decode("utf-8", "replace")
        lower = text.lower()
        near = self._users(path)
        for test in filter(self._is_test, self._project.graph.reaching(path)):
            for asked, parts in self._asked_by(test):
                told = parts if test in near else [p for p in parts if not is_plain(p)]
                if any(part in text or part in lower for part in told):
                    yield asked

    def _users(self, path: str) -> set[str]:
        """The modules that import one, or one that only hands on what it does."""
        users, waiting = set[str](), {path}
        for _ in range(_FAR):
            found = {user for each in waiting for user in self._project.graph.importers(each)}
            waiting = {user for user in found - users if self._hands_on(user)}
            users |= found
        return users

    def _nearest(self, files: Iterable[str], follow_all: bool) -> tuple[Call, ...]:
        """The calls of some modules or, where they have none and only hand on what others do, of
        those; a test is also of what the module under test uses."""
        waiting, seen = sorted(files), set(files)
        for _ in range(_FAR):
            calls = tuple(call for path in waiting for call in self._calls_of(path))
            if calls or not waiting:
                return calls
            handing_on = [path for path in waiting if follow_all or self._hands_on(path)]
            following = {each for path in handing_on for each in self._project.graph.imports(path)}
            waiting = sorted(following - seen)
            seen |= following
        return ()

    def _calls_of(self, path: str) -> tuple[Call, ...]:
        if path not in self._calls:
            result = self._result(path)
            findings = result.findings if result is not None and not self._is_test(path) else ()
            self._calls[path] = tuple(map(self._in_plan, _calls(findings)))
        return self._calls[path]

    def _in_plan(self, call: Call) -> Call:
        """A call, which stays where its file is outside of the plan."""
        if self._planned is None or call.path in self._planned or call.action != REWRITE:
            return call
        return replace(call, action=REFUSE, reason=_OUTSIDE)

    def _result(self, path: str) -> FileResult | None:
        if path not in self._results and is_code(path):
            self._results |= self._analyse([path])
        return self._results.get(path)

    @cached_property
    def _services(self) -> tuple[tuple[str, Call], ...]:
        found = []
        code = [path for path in self._sources.contents if not self._is_test(path)]
        left = [path for path in code if path not in self._results]
        self._results |= self._analyse([p for p in left if _TOOL in self._sources.contents[p]])
        for path in code:
            result = self._results.get(path)
            if result is None or not result.labels:
                continue
            labels = dict(result.labels)
            for finding in result.findings:
                label = labels.get(finding.start, "")
                for call in map(self._in_plan, _calls([finding])) if "." in label else ():
                    if call.action != EXEMPT:
                        found.append((label, call))
        return tuple(sorted(found, key=lambda pair: (pair[0], pair[1].path, pair[1].line)))

    def _hands_on(self, path: str) -> bool:
        """Whether a module only exports what others do."""
        opened = self._open(path, (b"export",))
        if opened is None:
            return False
        statements = [n for n in opened.root.named_children if n.type != "comment"]
        return all(
            n.type == "export_statement" and n.child_by_field_name("source") is not None
            for n in statements
        )

    def _asked_by(self, path: str) -> tuple[tuple[Asked, list[str]], ...]:
        if path not in self._tests:
            opened = self._open(path, _PARTS) if is_code(path) else None
            self._tests[path] = tuple(_asked(opened)) if opened is not None else ()
        return self._tests[path]

    def _open(self, path: str, needles: tuple[bytes, ...]) -> Source | None:
        from fleetmod.syntax.source import is_text, open_source

        try:
            data = self._sources.contents.get(path) or (self._project.root / path).read_bytes()
        except OSError:
            return None
        held = data.lower()
        if not is_text(data) or not any(needle in held for needle in needles):
            return None
        return open_source(path, data)


def _is_text(finding: Finding) -> bool:
    """Whether a finding is words, for which a test's data count, too."""
    return families.of(finding).services and (finding.test or finding.cls in _TEXTS)


def _calls(findings: Iterable[Finding]) -> Iterator[Call]:
    """The calls of the tool among some findings, and the lists that look for those of others; those
    of another machine's are none."""
    for f in findings:
        watched = f.cls == "detector" and f.action == EXEMPT
        if not families.of(f).services or not (watched or f.cls in _CALLS):
            continue
        action = REFUSE if f.suppressed else f.action
        yield Call(f.path, f.line, f.symbol, action, f.reason)


def _asked(source: Source) -> Iterator[tuple[Asked, list[str]]]:
    """What a test compares texts with, or looks for in them, each with its parts."""
    from fleetmod.lift.expected import expected, parts

    for node, text, flags in expected(source):
        asked = Asked(source.path, source.line_of(node.start_byte), text, flags)
        yield asked, parts(asked)
