"""Directives in comments that accept a finding: `// fleetmod-ignore RULE: reason`.

Behind code a directive counts for its line, alone on a line for the next line of code and the
comments above that, and as `fleetmod-ignore-file` for the whole file. Several rules are separated
by commas. A directive must begin its comment: prose that mentions the word further in is none. A
comment that begins with the word and is not understood is a finding, since who wrote it believes
that something is accepted.
"""

from __future__ import annotations

import re
import tokenize
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Node

from fleetmod.model import IGNORE, REFUSE, Finding, digest_of
from fleetmod.reasons import BAD_DIRECTIVE
from fleetmod.regex import lazy
from fleetmod.rules import Rule
from fleetmod.syntax.source import Source, Text, parse, walk

RULE = Rule(
    id="suppression",
    title="a directive that suppresses nothing",
    family="suppression",
    cls="directive",
    query="",
    refusal="mend or delete the directive",
    prose=f"""
`// {IGNORE} RULE: reason` accepts what RULE finds on the same line, or on the next line of code
and in the comments above that where the comment stands alone; `{IGNORE}-file` accepts it in the
whole file. The reason is required and goes into the certificate. A directive that meets nothing,
names no rule that exists or gives no reason is debt itself, so that none outlives what it was
written for. So is every other comment that begins with `{IGNORE}`: there is none for the next line
(it counts for that anyway), for a range of lines or for all rules.
""".strip(),
)
_MARK = r"(?://+!?|/\*+!?|#+!?|<!--)"  # of the languages that are looked at
_HEAD = lazy(rf"{_MARK}[\s*]*(?P<word>{IGNORE}[^\s:]*)(?P<rest>[^\n]*)", re.I)
_BODY = lazy(r"\s+(?P<rules>[\w-]+(?:\s*,\s*[\w-]+)*)\s*:(?P<reason>.*)")
_LINE = lazy(rf"(?:^|(?<=\s)){_MARK}\s*{IGNORE}[^\n]*".encode(), re.M | re.I)
_CODE = lazy(rf"^[ \t]*(?!{_MARK})(?=\S)".encode(), re.M)
_CLOSED = lazy(r"\s*(?:\*/|-->)\s*$")
_LAYOUT = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
_FORM = f"write `{IGNORE} RULE: reason`"
_WHOLE = f"{IGNORE}-file"
# what other tools' directives say behind their name, and what to write here
_OTHERS = {
    "-next-line": f"{_FORM}: alone on its line, it counts for the next line of code",
    "-line": f"{_FORM}: behind code, it counts for that line",
    "-start": f"there is none for a range of lines: {_FORM} at each, or `{_WHOLE} RULE: reason`",
    "-end": "there is none for a range of lines: delete it",
    "-enable": "there is none for a range of lines: delete it",
    "-disable": _FORM,
}


@dataclass(frozen=True)
class Comment:
    """A comment's range in a file, and where the next code stands; None behind the last."""

    start: int
    end: int
    code: int | None


@dataclass
class Directive:
    """One directive; `first..last` are the lines it counts for, `used` the rules that it met."""

    comment: Comment
    rules: tuple[str, ...]
    reason: str
    first: int
    last: int
    problem: str = ""  # why it suppresses nothing
    whole: bool = False  # it counts for the whole file
    used: set[str] = field(default_factory=set)


class Suppressions:
    """The directives of one file, in those of its `comments` that are directives."""

    def __init__(
        self, source: Text, known: Iterable[str], comments: Iterable[Comment] | None = None
    ) -> None:
        self._source, self._known = source, frozenset(known)
        self.directives: list[Directive] = []
        if may_hold(source.data):
            if comments is None and isinstance(source, Source):
                comments = _comments(source.root)
            self.directives = list(self._read(comments or ()))
        self._starts = [directive.comment.start for directive in self.directives]

    @cached_property
    def _by_rule(self) -> dict[str, tuple[list[tuple[int, int, int]], list[int]]]:
        """For each rule its directives that count: the last line and the first of those of some
        lines, with their index, in order, and the indexes of those of the file."""
        found: dict[str, tuple[list[tuple[int, int, int]], list[int]]] = {}
        for index, directive in enumerate(self.directives):
            for rule in () if directive.problem else directive.rules:
                lines, files = found.setdefault(rule, ([], []))
                if directive.whole:
                    files.append(index)
                else:
                    lines.append((directive.last, directive.first, index))
        for lines, _ in found.values():
            lines.sort()
        return found

    def apply(self, finding: Finding) -> str:
        """The reason why a finding is accepted; "" when it is not. Remembers what was used."""
        if not self.directives:
            return ""
        own = bisect_right(self._starts, finding.start) - 1
        if own >= 0 and finding.start >= self.directives[own].comment.end:
            own = -1
        met = self._met(finding)
        if own >= 0 and (met is None or own <= met):  # a directive names its rule, and so the tool
            directive = self.directives[own]
            return directive.reason or directive.problem
        if met is None:
            return ""
        self.directives[met].used.add(finding.rule)
        return self.directives[met].reason

    def _met(self, finding: Finding) -> int | None:
        """The index of the first directive for a finding's rule that counts for its lines."""
        last = self._source.line_of(max(finding.end - 1, finding.start))
        lines, files = self._by_rule.get(finding.rule, ((), ()))
        # a later directive counts no shorter: each ends at the code behind it
        at = bisect_left(lines, (finding.line, -1, -1))
        met = [lines[at][2]] if at < len(lines) and lines[at][1] <= last else []
        return min([*met, *files[:1]], default=None)

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

    def _read(self, comments: Iterable[Comment]) -> Iterator[Directive]:
        for comment in comments:
            text = self._source.slice(comment.start, comment.end)
            head = _HEAD.match(_CLOSED.sub("", text))
            if head is None:
                continue
            body = _BODY.match(head["rest"])
            if body is None or head["word"] not in (IGNORE, _WHOLE):
                yield self._directive(comment, (), "", head, _misread(head))
                continue
            rules = tuple(part.strip() for part in body["rules"].split(","))
            reason = body["reason"].strip()
            unknown = [rule for rule in rules if rule not in self._known]
            problem = "" if reason else f"gives no reason: {_FORM}"
            if unknown:
                problem = f"names the unknown rule {unknown[0]}: see `fleetmod explain`"
            yield self._directive(comment, rules, reason, head, problem)

    def _directive(
        self,
        comment: Comment,
        rules: tuple[str, ...],
        reason: str,
        head: re.Match[str],
        problem: str,
    ) -> Directive:
        source = self._source
        line = source.line_of(comment.start)
        last = source.line_of(comment.end)
        if head["word"] == _WHOLE:
            last = source.line_of(len(source.data))
            return Directive(comment, rules, reason, 1, last, problem, whole=True)
        before = source.data[source.data.rfind(b"\n", 0, comment.start) + 1 : comment.start]
        if before.strip(b" \t\xef\xbb\xbf{"):
            return Directive(comment, rules, reason, line, line, problem)
        after = source.line_of(len(source.data) if comment.code is None else comment.code)
        return Directive(comment, rules, reason, last + 1, after, problem)

    def _finding(self, directive: Directive, problem: str) -> Finding:
        source, comment = self._source, directive.comment
        line, col = source.position(comment.start)
        text = source.slice(comment.start, comment.end)
        return Finding(
            rule=RULE.id,
            family=RULE.family,
            cls=RULE.cls,
            path=source.path,
            start=comment.start,
            end=comment.end,
            line=line,
            col=col,
            text=" ".join(text.split()),
            understood="",
            action=REFUSE,
            reason=problem,
            reason_code=BAD_DIRECTIVE.code,
            lines=(line,),
            digest=digest_of(text),
        )


def may_hold(data: bytes) -> bool:
    """Whether a file may hold a directive, or what was meant as one."""
    return IGNORE.encode() in data.lower()


def _misread(head: re.Match[str]) -> str:
    """Why a comment that begins as a directive does is none, and what to write."""
    word: str = head["word"]
    if word not in (IGNORE, _WHOLE) and word.lower() in (IGNORE, _WHOLE):
        return f"is no directive, for it is not in lower case: {_FORM}"
    known = next((_OTHERS[end] for end in _OTHERS if word.lower() == IGNORE + end), _FORM)
    return f"is no directive: {known}"


def line_comments(source: Text) -> Iterator[Comment]:
    """The directives of a file without a tree: from a comment's mark to the end of the line."""
    after = -1  # where the next code stands, behind what was looked at so far
    for found in _LINE.finditer(source.data):
        if 0 <= after <= found.end():
            after = -1
        if after < 0:
            code = _CODE.search(source.data, found.end() + 1)
            after = code.end() if code is not None else len(source.data) + 1
        yield Comment(found.start(), found.end(), after if after <= len(source.data) else None)


def comments_of(language: str, source: Text) -> Iterable[Comment]:
    """The comments of a file in a language of `filekinds`: a directive in a string or in a
    here-document is none. Of a file that is not read by its grammar, `line_comments`."""
    if may_hold(source.data):
        if language == "shell":
            return _comments(parse("bash", source.data).root_node)
        if language == "python":
            try:
                return list(_python_comments(source.data))
            except (tokenize.TokenError, SyntaxError, ValueError):
                pass  # told where it is parsed
    return line_comments(source)


def _python_comments(data: bytes) -> Iterator[Comment]:
    """The comments of a Python module; raises as tokenize does where there is none."""
    starts, lines = [0], []
    for line in data.splitlines(keepends=True):  # bytes end a line where Python does, texts do not
        starts.append(starts[-1] + len(line))
        lines.append(line.decode("utf-8"))

    def place(row: int, column: int) -> int:
        return starts[row - 1] + len(lines[row - 1][:column].encode())

    waiting: list[tuple[int, int]] = []
    for token in tokenize.generate_tokens(iter([*lines, ""]).__next__):
        if token.type == tokenize.COMMENT:
            waiting.append((place(*token.start), place(*token.end)))
        elif token.type not in _LAYOUT and waiting:
            at = place(*token.start)
            yield from (Comment(start, end, at) for start, end in waiting)
            waiting.clear()
    yield from (Comment(start, end, None) for start, end in waiting)


def _comments(root: Node) -> Iterator[Comment]:
    nodes = [node for node in walk(root) if node.type == "comment"]
    known: dict[int, Node | None] = {}
    for node in reversed(nodes):  # what stands behind a row of comments is looked for once
        known[node.id] = _next_code(node, known)
    for node in nodes:
        code = known[node.id]
        yield Comment(node.start_byte, node.end_byte, code.start_byte if code is not None else None)


def _next_code(comment: Node, known: Mapping[int, Node | None]) -> Node | None:
    """What stands next behind a comment and is no comment; in JSX the comment's braces count.

    `known` is the answer for the comments behind it.
    """
    node: Node | None = comment
    if comment.parent is not None and comment.parent.type == "jsx_expression":
        node = comment.parent
    while node is not None:
        follower = node.next_sibling
        while follower is not None and _blank(follower):
            follower = follower.next_sibling
        if follower is not None:
            return known[follower.id] if follower.type == "comment" else follower
        node = node.parent
    return None


def _blank(node: Node) -> bool:
    return node.type == "jsx_text" and not (node.text or b"").strip()
