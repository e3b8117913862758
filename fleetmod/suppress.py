"""Directives in comments that accept a finding: `// fleetmod-ignore RULE: reason`.

Behind code a directive counts for its line, alone on a line for the next line of code, and as
`fleetmod-ignore-file` for the whole file. Several rules are separated by commas. A directive must
begin its comment: prose that mentions the word is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from fleetmod.model import IGNORE, REFUSE, Finding, digest_of
from fleetmod.regex import lazy
from fleetmod.rules import Rule
from fleetmod.syntax.source import Source, walk

RULE = Rule(
    id="suppression",
    title="a directive that suppresses nothing",
    family="suppression",
    cls="directive",
    query="",
    refusal="mend or delete the directive",
    prose=f"""
`// {IGNORE} RULE: reason` accepts what RULE finds on the same line, or on the next line of code
where the comment stands alone; `{IGNORE}-file` accepts it in the whole file. The reason is required
and goes into the certificate. A directive that meets nothing, names no rule that exists or gives no
reason is debt itself, so that none outlives what it was written for.
""".strip(),
)
_HEAD = lazy(rf"(?://+|/\*+)\s*{IGNORE}(?P<file>-file)?(?![\w-])(?P<rest>[^\n]*)")
_BODY = lazy(r"\s+(?P<rules>[\w-]+(?:\s*,\s*[\w-]+)*)\s*:(?P<reason>.*)")
_FORM = f"write `{IGNORE} RULE: reason`"


@dataclass
class Directive:
    """One directive; `first..last` are the lines it counts for, `used` the rules that it met."""

    node: Node
    rules: tuple[str, ...]
    reason: str
    first: int
    last: int
    problem: str = ""  # why it suppresses nothing
    used: set[str] = field(default_factory=set)


class Suppressions:
    """The directives of one file."""

    def __init__(self, source: Source, known: Iterable[str]) -> None:
        self._source, self._known = source, frozenset(known)
        self.directives = [] if IGNORE.encode() not in source.data else list(self._read())

    def apply(self, finding: Finding) -> str:
        """The reason why a finding is accepted; "" when it is not. Remembers what was used."""
        last = self._source.line_of(max(finding.end - 1, finding.start))
        for directive in self.directives:
            own = directive.node.start_byte <= finding.start < directive.node.end_byte
            if own:  # a directive names its rule, and so the tool
                return directive.reason or directive.problem
            meets = directive.first <= last and finding.line <= directive.last
            if meets and not directive.problem and finding.rule in directive.rules:
                directive.used.add(finding.rule)
                return directive.reason
        return ""

    def findings(self, active: Iterable[str]) -> list[Finding]:
        """Directives that suppress nothing, as findings; `active` are the rules that looked."""
        looked = frozenset(active)
        out = []
        for directive in self.directives:
            unused = [r for r in directive.rules if r not in directive.used and r in looked]
            if directive.problem:
                out.append(self._finding(directive, directive.problem))
            elif unused:
                what = f"suppresses nothing of {', '.join(unused)}: delete it"
                out.append(self._finding(directive, what))
        return out

    def _read(self) -> Iterator[Directive]:
        for node in walk(self._source.root):
            if node.type != "comment":
                continue
            head = _HEAD.match(self._source.text(node).removesuffix("*/"))
            if head is None:
                continue
            body = _BODY.match(head["rest"])
            if body is None:
                first = head["rest"].split()[:1]
                if not first or first[0].strip(":,") in self._known:
                    yield self._directive(node, (), "", head, f"is no directive: {_FORM}")
                continue
            rules = tuple(part.strip() for part in body["rules"].split(","))
            reason = body["reason"].strip()
            unknown = [rule for rule in rules if rule not in self._known]
            problem = "" if reason else f"gives no reason: {_FORM}"
            if unknown:
                problem = f"names the unknown rule {unknown[0]}: see `fleetmod explain`"
            yield self._directive(node, rules, reason, head, problem)

    def _directive(
        self, node: Node, rules: tuple[str, ...], reason: str, head: re.Match[str], problem: str
    ) -> Directive:
        source = self._source
        line = source.line_of(node.start_byte)
        last = source.line_of(node.end_byte)
        if head["file"]:
            return Directive(node, rules, reason, 1, source.line_of(len(source.data)), problem)
        before = source.data[source.data.rfind(b"\n", 0, node.start_byte) + 1 : node.start_byte]
        if before.strip(b" \t\xef\xbb\xbf{"):
            return Directive(node, rules, reason, line, line, problem)
        code = _next_code(node)
        after = source.line_of(code.start_byte) if code is not None else last + 1
        return Directive(node, rules, reason, after, after, problem)

    def _finding(self, directive: Directive, problem: str) -> Finding:
        source, node = self._source, directive.node
        line, col = source.position(node.start_byte)
        return Finding(
            rule=RULE.id,
            family=RULE.family,
            cls=RULE.cls,
            path=source.path,
            start=node.start_byte,
            end=node.end_byte,
            line=line,
            col=col,
            text=" ".join(source.text(node).split()),
            understood="",
            action=REFUSE,
            reason=problem,
            lines=(line,),
            digest=digest_of(source.text(node)),
        )


def _next_code(comment: Node) -> Node | None:
    """What stands next behind a comment and is no comment; in JSX the comment's braces count."""
    node: Node | None = comment
    if comment.parent is not None and comment.parent.type == "jsx_expression":
        node = comment.parent
    while node is not None:
        follower = node.next_sibling
        while follower is not None and (follower.type == "comment" or _blank(follower)):
            follower = follower.next_sibling
        if follower is not None:
            return follower
        node = node.parent
    return None


def _blank(node: Node) -> bool:
    return node.type == "jsx_text" and not (node.text or b"").strip()
