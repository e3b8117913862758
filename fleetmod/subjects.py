"""What a text speaks of: texts, comments and names go with the calls that stand beside them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.analysis import Analysis
from fleetmod.lift.prose import SERVICE, is_title, unwrapped
from fleetmod.lower.draft import PROCESS
from fleetmod.lower.words import VERBS
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Finding
from fleetmod.regex import lazy
from fleetmod.rules import Rule
from fleetmod.syntax.source import ancestors

_TEXTS = ("display", "comment", "rename")
# what is handed in to run the tool, or is imported for it
_INJECTED = lazy(r"(?:^|\.)(?:run|exec|spawn|invoke|call)?_?[lL]aunchctl(?:\.\w+|A?[sS]ync)?$")
_OWN_VERB = lazy(rf"launchctl +(?:{'|'.join(VERBS)})\b")
_ALONE = "names a command that no call of this file runs; reword it with the call that does"
_CALLS = "(call_expression function: (member_expression object: (identifier) @object)) @call"


def is_text(rule: Rule) -> bool:
    """Whether a rule rewrites what people read; its matches follow the calls."""
    return rule.rewrite in _TEXTS


def is_subject(rule: Rule) -> bool:
    """Whether a text may speak of a rule's matches: calls, and values that stand for the tool."""
    return rule.family == "process" and (
        rule.rewrite == "process-call" or (not rule.rewrite and rule.cls != "name")
    )


@dataclass(frozen=True)
class _Subject:
    start: int
    end: int
    line: int
    action: str
    reason: str = ""
    serviceless: bool = False  # `launchctl getenv` and the like, which manage no service


class Subjects:
    """The places of one file that texts may speak of, once it is known what becomes of them."""

    def __init__(self, analysis: Analysis, findings: Sequence[Finding]) -> None:
        self.source, self.scopes = analysis.source, analysis.scopes
        self._display = analysis.display
        self._package = analysis.settings.packages.get(PROCESS, "")
        self._all = [_subject(f) for f in findings] + list(self._ported())
        self._injected = list(self._named(analysis.roles.sites))
        self._by_start = sorted(
            (s.start, index, s) for index, s in enumerate(self._all + self._injected)
        )
        self._kept: dict[int, tuple[str, str] | None] = {}
        self._of_module: dict[bool, tuple[str, str] | None] = {}
        self._code_below: dict[int, Node | None] = {}

    def keep(self, rule: Rule, node: Node) -> tuple[str, str]:
        """The action and the reason when a text has to stay as it is; else two empty strings.

        It speaks of what the innermost syntax around it holds: one refusal there keeps the text,
        but in the module at large only the refusal of everything does.
        """
        anchor = self._anchor(rule, node)
        for scope in (anchor, *ancestors(anchor)):
            if scope.type == "program":
                service = bool(SERVICE.search(unwrapped(self.source.own_text(node))))
                if service not in self._of_module:
                    # what speaks of a service speaks of no other use of the tool
                    near = [s for s in self._all if not (service and s.serviceless)]
                    self._of_module[service] = _keep(near, True) if near else None
                kept = self._of_module[service]
            else:
                if scope.id not in self._kept:
                    inside = self._within(scope)
                    self._kept[scope.id] = _keep(inside, False) if inside else None
                kept = self._kept[scope.id]
            if kept is not None:
                return kept
        return (REFUSE, _ALONE) if self._is_alone(rule, node) else ("", "")

    def _within(self, scope: Node) -> list[_Subject]:
        first = bisect_left(self._by_start, scope.start_byte, key=lambda each: each[0])
        last = bisect_right(self._by_start, scope.end_byte, key=lambda each: each[0])
        near = (each for each in self._by_start[first:last] if each[2].end <= scope.end_byte)
        return [subject for _, _, subject in sorted(near, key=lambda each: each[1])]

    def _is_alone(self, rule: Rule, node: Node) -> bool:
        """Whether a text names a command that another file runs, and is no hint to run it."""
        if rule.rewrite == "rename" or self._all or self._injected:
            return False
        named = _OWN_VERB.search(unwrapped(self.source.own_text(node)))
        return bool(named) and (node.type == "comment" or not self._display.quotes(node))

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
            line = self.source.line_of(call.start_byte)
            yield _Subject(call.start_byte, call.end_byte, line, REFUSE)

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
                line = self.source.line_of(node.start_byte)
                yield _Subject(node.start_byte, node.end_byte, line, REWRITE)


def _subject(finding: Finding) -> _Subject:
    # what a directive accepts is debt all the same
    action = REFUSE if finding.suppressed else finding.action
    serviceless = finding.action == EXEMPT and "manages no service" in finding.reason
    return _Subject(finding.start, finding.end, finding.line, action, finding.reason, serviceless)


def _keep(near: list[_Subject], whole: bool) -> tuple[str, str]:
    staying = [s for s in near if s.action != REWRITE]
    if not staying or (whole and len(staying) < len(near)):
        return "", ""
    if all(s.action == EXEMPT for s in near):
        return EXEMPT, f"speaks of line {staying[0].line}, which is no debt: {staying[0].reason}"
    first = next((s for s in staying if s.action == REFUSE), staying[0])
    return REFUSE, f"speaks of line {first.line}, which stays: mend that first"
