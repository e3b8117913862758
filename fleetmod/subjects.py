"""What a text speaks of: texts, comments and names go with the calls that stand beside them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod import families, reasons
from fleetmod.analysis import Analysis
from fleetmod.lift.prose import SERVICE, is_title, unwrapped
from fleetmod.lower.draft import PROCESS
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Finding
from fleetmod.refusal import Reason
from fleetmod.regex import lazy
from fleetmod.rules import Rule
from fleetmod.settings import Call, Elsewhere
from fleetmod.syntax.source import ancestors

_TEXTS = ("display", "comment", "rename")
_ELSEWHERE = "elsewhere"  # the class of what is another machine's, or manages no service
# what is handed in to run the tool, or is imported for it
_INJECTED = lazy(r"(?:^|\.)(?:run|exec|spawn|invoke|call)?_?[lL]aunchctl(?:\.\w+|A?[sS]ync)?$")
_CALLS = "(call_expression function: (member_expression object: (identifier) @object)) @call"


def is_text(rule: Rule) -> bool:
    """Whether a rule rewrites what people read; its matches follow the calls."""
    return rule.rewrite in _TEXTS


def is_subject(rule: Rule) -> bool:
    """Whether a text may speak of a rule's matches: calls, and values that stand for the tool."""
    return families.named(rule.family).services and (
        rule.rewrite == "process-call" or (not rule.rewrite and rule.cls != "name")
    )


@dataclass(frozen=True)
class _Subject:
    start: int
    end: int
    place: str
    action: str
    reason: str = ""
    serviceless: bool = False  # `launchctl getenv` and the like, which manage no service
    elsewhere: bool = False  # calls of another file
    watched: bool = False  # one of a list of others' commands, of which only what is near speaks


@dataclass(frozen=True)
class Kept:
    """What becomes of a text that has to stay: it is refused, or it is no debt (`exempt` says why).
    Neither, where it need not stay. `adapter` tells that it speaks of other files alone, which are
    no debt."""

    refused: Reason | None = None
    exempt: str = ""
    adapter: bool = False


class _Places:
    """Subjects of one file, asked for those in the syntax around a place. A question takes a search
    for each syntax around it, and each of these is searched once."""

    def __init__(self, subjects: Sequence[_Subject]) -> None:
        self._by_start = sorted((s.start, index, s) for index, s in enumerate(subjects))
        self._kept: dict[int, Kept | None] = {}

    def innermost(self, anchor: Node) -> list[_Subject]:
        """What stands in the innermost syntax around a place, short of the whole module."""
        for scope in (anchor, *ancestors(anchor)):
            if scope.type == "program":
                break
            if near := self._within(scope):
                return near
        return []

    def keep(self, anchor: Node) -> Kept | None:
        """What becomes of a text that speaks of what is innermost; None where nothing is."""
        for scope in (anchor, *ancestors(anchor)):
            if scope.type == "program":
                break
            if scope.id not in self._kept:
                near = self._within(scope)
                self._kept[scope.id] = _keep(near, whole=False) if near else None
            if (kept := self._kept[scope.id]) is not None:
                return kept
        return None

    def _within(self, scope: Node) -> list[_Subject]:
        if not self._by_start:
            return []
        first = bisect_left(self._by_start, scope.start_byte, key=lambda each: each[0])
        last = bisect_right(self._by_start, scope.end_byte, key=lambda each: each[0])
        near = (each for each in self._by_start[first:last] if each[2].end <= scope.end_byte)
        return [subject for _, _, subject in sorted(near, key=lambda each: each[1])]


class Subjects:
    """The places of one file that texts may speak of, once it is known what becomes of them."""

    def __init__(
        self, analysis: Analysis, findings: Sequence[Finding], adapters: Collection[int] = ()
    ) -> None:
        self.source, self.scopes = analysis.source, analysis.scopes
        self._is_test = analysis.settings.is_test(self.source.path)
        self._display = analysis.display
        self._package = analysis.settings.packages.get(PROCESS, "")
        sites = analysis.roles.sites
        far = {s.call.start_byte for s in sites.values() if s.foreign and not s.serviceless}
        listed = (_subject(f, f.start in adapters, f.start in far) for f in findings)
        self._all = [*listed, *self._ported()]
        self._injected = list(self._named(sites))
        self._elsewhere = analysis.settings.elsewhere.get(self.source.path, Elsewhere())
        self._used = list(self._imported())
        own = self._all + self._injected
        self._every = _Places([*own, *self._used])
        self._without_exempt = _Places([*own, *(s for s in self._used if s.action != EXEMPT)])
        self._others = _Places(self._used)
        self._of_own: dict[bool, Kept | None] = {}
        self._code_below: dict[int, Node | None] = {}
        self._beside_uses: dict[int, list[_Subject]] = {}  # by the name's declaration

    def keep(self, rule: Rule, node: Node) -> Kept:
        """Whether a text has to stay as it is, and why.

        It speaks of what the innermost syntax around it holds, calls and uses of what another file
        calls, else of the module at large, or of other files: one refusal there keeps the text. One
        that speaks of no call that is known stays, too.
        """
        # a hint asks the port, which is right beside an adapter, too
        hint = not self._is_test and rule.rewrite == "display" and self._shows(node)
        every = self._without_exempt if hint else self._every
        if (kept := every.keep(self._anchor(rule, node))) is not None:
            return kept
        if rule.rewrite == "rename" and (near := self._at_uses(node, every)):
            return _keep(near, whole=False)
        if (kept := self._of_module(node, hint)) is not None:
            return kept
        # no call is known that it speaks of; a hint to run a command asks the port all the same
        shown = rule.rewrite != "rename" and self._shows(node)
        return Kept() if shown else Kept(reasons.NO_CALL_KNOWN)

    def of_adapter(self, node: Node) -> str:
        """Why a text of a test is no debt: what it is about is an adapter; else empty."""
        near = self._others.innermost(node) or self._of_imports()
        kept = _keep(near, whole=False) if near else Kept()
        return kept.exempt if kept.adapter else ""

    def _of_module(self, node: Node, hint: bool) -> Kept | None:
        """What becomes of a text that stands beside no call: it speaks of those of its module, else
        of those of the service that it names, of the modules that it imports, of those that import
        it."""
        text = self.source.own_text(node)
        service = bool(SERVICE.search(unwrapped(text)))
        if service not in self._of_own:
            # what speaks of a service speaks of no other use of the tool
            own = [s for s in self._all if not (s.watched or (service and s.serviceless))]
            self._of_own[service] = _keep(own, whole=True) if own else None
        if (kept := self._of_own[service]) is not None:
            return kept
        services = [_told([call]) for name, call in self._elsewhere.services if _names(text, name)]
        imported = [s for s in self._of_imports() if s.action != EXEMPT or not hint]
        near = services or imported or [_told([call]) for call in self._elsewhere.importers]
        return _keep(near, whole=True) if near else None

    def _of_imports(self) -> list[_Subject]:
        return [_told(calls) for calls in self._elsewhere.imported.values()]

    def _at_uses(self, node: Node, every: _Places) -> list[_Subject]:
        """Calls that stay beside a use of a name: it is named after what they give."""
        binding = self.scopes.resolve(node)
        if binding is None:
            return []
        key = binding.name_node.id
        if key not in self._beside_uses:
            around = map(every.innermost, self.scopes.references(binding))
            staying = (n for n in around if n and all(s.action != REWRITE for s in n))
            self._beside_uses[key] = next(staying, [])
        return self._beside_uses[key]

    def _imported(self) -> Iterator[_Subject]:
        """The uses of what the file imports from modules that call the tool."""
        modules = self._elsewhere.imported
        for binding in self.scopes.bindings() if modules else ():
            calls = modules.get(self.scopes.module(binding), ())
            for use in self.scopes.references(binding) if calls else ():
                name = self.scopes.original(use)
                own = [call for call in calls if call.symbol.split(".")[0] == name]
                yield _told(own or calls, use)
        for call in self.source.of("call_expression") if modules else ():
            if calls := modules.get(self.scopes.required(call), ()):
                yield _told(calls, call)

    def _shows(self, node: Node) -> bool:
        """Whether a text shows people a command to run."""
        return node.type != "comment" and bool(self._display.quotes(node))

    def _anchor(self, rule: Rule, node: Node) -> Node:
        if node.type == "comment":
            return self._documented(node)
        if rule.rewrite == "rename":
            binding = self.scopes.resolve(node)
            return binding.declaration if binding is not None else node
        if is_title(node, self.source) and node.parent is not None:
            return node.parent.parent or node
        return node

    def _documented(self, comment: Node) -> Node:
        """The code that a comment stands at: on its line in front of it, else right below it."""
        before = comment.prev_named_sibling
        if before is not None and before.end_point.row == comment.start_point.row:
            return before
        return self._below(comment) or comment

    def _below(self, comment: Node) -> Node | None:
        """The code right below a comment, or below the last of a row of them."""
        row: list[Node] = []
        below: Node | None = comment
        while below is not None and below.type == "comment":
            if below.id in self._code_below:
                below = self._code_below[below.id]
                break
            row.append(below)
            end, below = below.end_point.row, below.next_named_sibling
            if below is not None and below.start_point.row > end + 1:
                below = None
        self._code_below.update((each.id, below) for each in row)
        return below

    def _named(self, sites: Collection[int]) -> Iterator[_Subject]:
        """The calls of functions that are called after the tool, which run it as they did."""
        for call in self.source.of("call_expression"):
            target = call.child_by_field_name("function")
            if target is None or call.id in sites or not _INJECTED.search(self.source.text(target)):
                continue
            yield _Subject(call.start_byte, call.end_byte, self._line(call), REFUSE)

    def _line(self, node: Node) -> str:
        return f"line {self.source.line_of(node.start_byte)}"

    def _ported(self) -> Iterator[_Subject]:
        """The calls that are the port's already, as earlier cycles and earlier runs leave them."""
        if self._package.encode() not in self.source.data:
            return
        for node in self.source.captures(_CALLS).get("object", []):
            binding = self.scopes.resolve(node)
            if binding is None or binding.kind != "import" or node.parent is None:
                continue
            module = binding.declaration.child_by_field_name("source")
            method = node.parent.child_by_field_name("property")
            if module is None or self.source.text(module)[1:-1] != self._package:
                continue
            if method is not None and self.source.text(method) != "hint":
                yield _Subject(node.start_byte, node.end_byte, self._line(node), REWRITE)


def _subject(finding: Finding, adapter: bool, far: bool) -> _Subject:
    # what a directive accepts is debt all the same
    action = REFUSE if finding.suppressed else finding.action
    serviceless = finding.action == EXEMPT and finding.cls == _ELSEWHERE and not far
    line, watched = f"line {finding.line}", finding.cls == "detector"
    at = (finding.start, finding.end, line, action, finding.reason)
    return _Subject(*at, serviceless, adapter, watched)


def _told(calls: Sequence[Call], use: Node | None = None) -> _Subject:
    """Calls of another file as one thing to speak of: it stays where one of them is refused, or
    every one is no debt."""
    staying = [call for call in calls if call.action != REWRITE]
    refused = next((call for call in staying if call.action == REFUSE), None)
    first = refused or calls[0]
    action = REWRITE if refused is None and len(staying) < len(calls) else first.action
    start, end = (use.start_byte, use.end_byte) if use is not None else (0, 0)
    return _Subject(start, end, f"{first.path}:{first.line}", action, first.reason, elsewhere=True)


def _names(text: str, label: str) -> bool:
    """Whether a text names a service, and not another one whose label is longer."""
    return re.search(rf"(?<![\w.-]){re.escape(label)}(?![\w-]|\.\w)", text) is not None


def _keep(near: list[_Subject], whole: bool) -> Kept:
    staying = [s for s in near if s.action != REWRITE]
    refused = any(s.action == REFUSE for s in staying)
    if not staying or (whole and not refused and len(staying) < len(near)):
        return Kept()
    if all(s.action == EXEMPT for s in near):
        why = f"speaks of {staying[0].place}, which is no debt: {staying[0].reason}"
        return Kept(exempt=why, adapter=all(s.elsewhere for s in near))
    first = next((s for s in staying if s.action == REFUSE), staying[0])
    why = f"speaks of {first.place}, which stays: mend that first"
    return Kept(reasons.CALL_STAYS(why))
