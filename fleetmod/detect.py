"""Runs the rules' queries over a file. A rule makes matches, nothing else."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import accumulate

from tree_sitter import Node, QueryCursor

from fleetmod import families
from fleetmod.analysis import Analysis
from fleetmod.bounds import SEARCHED, TOO_LONG, PastBound, Stop, ask
from fleetmod.linear import compiled
from fleetmod.regex import any_of, lazy
from fleetmod.rules import Rule, Told, told_of
from fleetmod.spans import Spans
from fleetmod.syntax.pattern import Bound, pattern
from fleetmod.syntax.source import Source, query

_QUESTIONS = 64  # about a file, of each group of rules
# a string, a comment, the name of the capture, or that of a predicate whose pattern is no mere word
_TOKEN = lazy(
    r'"(?:[^"\\]|\\.)*"|;[^\n]*|@debt(?![\w.-])|#(?:not-)?match\?(?!\s+@[\w.-]+\s+"\w*"\s*\))'
)

_MANY, _NEAR = 500, 16


def matches(
    analysis: Analysis, rules: Sequence[Rule], stop: Stop | None = None
) -> Iterator[tuple[Rule, Node]]:
    """Each (rule, node) that a rule captures as `@debt`, in source order, each node once a rule.

    What stands inside an ERROR node is no match: nobody knows what it is.
    """
    source = analysis.source
    broken = Spans((n.start_byte, n.end_byte, n) for n in source.errors())
    found: list[tuple[Rule, Node]] = []

    def holds(
        name: str, args: list[tuple[str, str]], _: int, captures: dict[str, list[Node]]
    ) -> bool:
        nodes = captures.get(args[0][0], [])
        wanted = {value for value, kind in args[1:] if kind == "string"}
        if (classify := predicates.get(name)) is not None:
            return bool(nodes) and classify(analysis, nodes[0]) in wanted
        if name == "pattern?":
            return bool(nodes) and pattern(args[1][0]).match(nodes[0], source) is not None
        if name in ("found?", "not-found?"):
            return all(search.finds(args[1][0], n) == (name == "found?") for n in nodes)
        raise ValueError(name)  # the loader lets no other predicate through

    predicates, search = families.predicates(), _PatternSearch(source)
    told = told_of(source.data, analysis.settings.places)
    for (triggers, reach), group in _groups(rules, told).items():
        places = _places(source.data, triggers, reach)
        if not places:
            continue
        seen: set[tuple[str, int]] = set()
        cursor = QueryCursor(query(source.language, _joined(group, source.language)))
        distinct = list(_distinct(places, source.root, broken))
        many = len(distinct) >= 2 * _QUESTIONS
        ends = list(accumulate((end for _, end in distinct), max))
        for start, end in _hulls(distinct):
            ask(stop)
            cursor.set_byte_range(start, end)
            for _, captures in cursor.matches(source.root, holds):  # type: ignore[arg-type]
                if many and not _touches(captures, distinct, ends):
                    continue
                for rule, node in _captured(group, captures):
                    inside = broken.around(node.start_byte, node.end_byte)
                    if (rule.id, node.id) not in seen and inside is None:
                        seen.add((rule.id, node.id))
                        found.append((rule, node))
    found.sort(key=lambda pair: (pair[1].start_byte, -pair[1].end_byte, pair[0].id))
    return iter(found)


def captures(rule: Rule, node: Node, source: Source) -> Bound:
    """What the holes of a rule's pattern, or the captures of its query, stand for in a match."""
    if rule.pattern:
        return pattern(rule.pattern).match(node, source) or {}
    cursor = QueryCursor(query(source.language, rule.query))
    for _, found in cursor.matches(node):
        if node in found.get("debt", []):
            return {name.upper(): nodes for name, nodes in found.items() if name != "debt"}
    return {}


class _PatternSearch:
    """Which patterns stand in which nodes of a file. Each is looked for once: a query comes by what
    is around a place as often as there are places."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known: dict[tuple[str, int], bool] = {}
        self._searched = 0

    def finds(self, pattern: str, node: Node) -> bool:
        """Whether a pattern stands in a node. Raises PastBound past so many characters in all."""
        if (pattern, node.id) not in self._known:
            self._searched += node.end_byte - node.start_byte
            if self._searched > SEARCHED:
                raise PastBound(TOO_LONG)
            found = compiled(pattern).found_in(self._source.text(node))
            self._known[pattern, node.id] = found
        return self._known[pattern, node.id]


def _distinct(
    places: Sequence[tuple[int, int]], root: Node, broken: Spans[Node]
) -> Iterator[tuple[int, int]]:
    """Those of some places that lie in other nodes than the ones before.

    A long text holds a trigger many times, and what does not parse has its pieces side by side:
    to ask of each anew takes the square of their number.
    """
    seen: set[int] = set()
    for start, end in places:
        node = broken.around(start, end) or root.descendant_for_byte_range(start, end)
        if node is not None:
            if node.id in seen:
                continue
            if node.is_error or not node.named_child_count:
                seen.add(node.id)
        yield start, end


def _hulls(places: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The ranges to ask for. Each question goes over all that stands side by side at the top, so
    that many places are asked for together."""
    size = max(1, len(places) // _QUESTIONS)
    for first in range(0, len(places), size):
        some = places[first : first + size]
        yield some[0][0], max(end for _, end in some)


def _touches(
    captures: Mapping[str, list[Node]], places: Sequence[tuple[int, int]], ends: Sequence[int]
) -> bool:
    """Whether what a query captures stands at one of the places, of which none up to each one ends
    behind `ends`."""
    nodes = [node for found in captures.values() for node in found]
    start, end = min(n.start_byte for n in nodes), max(n.end_byte for n in nodes)
    index = bisect_left(ends, start)
    return index < len(places) and places[index][0] <= end


def _groups(rules: Sequence[Rule], told: Told) -> dict[tuple[tuple[str, ...], str], list[Rule]]:
    """The rules that look at the same places: one query asks for all of them."""
    groups: dict[tuple[tuple[str, ...], str], list[Rule]] = defaultdict(list)
    for rule in rules:
        groups[rule.looks(told), rule.reach].append(rule)
    return groups


def _joined(rules: Sequence[Rule], language: str) -> str:
    """The rules' queries as one, since compiling takes long; each has a `@debt` of its own."""
    parts = []
    for number, rule in enumerate(rules):
        text = rule.query + (f"\n{rule.query_tsx}" if language == "tsx" else "")
        parts.append(_TOKEN.sub(partial(_numbered, number), text))
    return "\n".join(parts)


def _numbered(number: int, token: re.Match[str]) -> str:
    if token[0].startswith("#"):  # tree-sitter asks Python's engine, which may never end
        return token[0].replace("match?", "found?")
    return f"{token[0]}.{number}" if token[0] == "@debt" else token[0]


def _captured(
    rules: Sequence[Rule], captures: dict[str, list[Node]]
) -> Iterator[tuple[Rule, Node]]:
    for name, nodes in captures.items():
        word, _, number = name.partition(".")
        if word == "debt":
            yield from ((rules[int(number)], node) for node in nodes)


def _places(data: bytes, triggers: tuple[str, ...], reach: str) -> list[tuple[int, int]]:
    """Where to look: around each trigger, or in the whole of a file that holds one."""
    ranges: list[tuple[int, int]] = []
    for trigger in triggers if _any(triggers)(data) else ():
        needle = trigger.encode()
        at = data.find(needle)
        while at >= 0:
            ranges.append((at, at + len(needle)))
            at = data.find(needle, at + 1)
    if not triggers or (ranges and reach == "file"):
        return [(0, len(data))]
    return _joining(sorted(ranges))


@lru_cache
def _any(triggers: tuple[str, ...]) -> Callable[[bytes], bool]:
    return any_of(trigger.encode() for trigger in triggers)


def _joining(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges that nearly touch as one: a table of escapes has thousands, and each is a search."""
    if len(ranges) < _MANY:
        return ranges
    out = ranges[:1]
    for start, end in ranges[1:]:
        if start <= out[-1][1] + _NEAR:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out
