"""Runs the rules' queries over a file. A rule makes matches, nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node, QueryCursor

from fleetmod.analysis import Analysis
from fleetmod.rules import Rule
from fleetmod.syntax.source import query


def matches(analysis: Analysis, rules: Sequence[Rule]) -> Iterator[tuple[Rule, Node]]:
    """Each (rule, node) that a rule captures as `@debt`, in source order, each node once a rule.

    What stands inside an ERROR node is no match: nobody knows what it is.
    """
    source = analysis.source
    broken = [(node.start_byte, node.end_byte) for node in source.errors()]
    found: list[tuple[Rule, Node]] = []

    def holds(
        name: str, args: list[tuple[str, str]], _: int, captures: dict[str, list[Node]]
    ) -> bool:
        nodes = captures.get(args[0][0], [])
        wanted = {value for value, kind in args[1:] if kind == "string"}
        if name == "role?":
            return bool(nodes) and analysis.roles.role(nodes[0]) in wanted
        if name == "home?":
            return bool(nodes) and analysis.home_kinds.kind(nodes[0]) in wanted
        if name == "container?":
            return bool(nodes) and analysis.container_roles.role(nodes[0]) in wanted
        raise ValueError(name)  # the loader lets no other predicate through

    for rule in rules:
        places = _places(source.data, rule)
        seen: set[int] = set()
        for text in (rule.query, rule.query_tsx if source.language == "tsx" else ""):
            if not text:
                continue
            for start, end in places:
                cursor = QueryCursor(query(source.language, text))
                cursor.set_byte_range(start, end)
                for _, captures in cursor.matches(source.root, holds):  # type: ignore[arg-type]
                    for node in captures.get("debt", []):
                        inside = any(a <= node.start_byte and node.end_byte <= b for a, b in broken)
                        if node.id not in seen and not inside:
                            seen.add(node.id)
                            found.append((rule, node))
    found.sort(key=lambda pair: (pair[1].start_byte, -pair[1].end_byte, pair[0].id))
    return iter(found)


def _places(data: bytes, rule: Rule) -> list[tuple[int, int]]:
    """Where to look: around each trigger, or in the whole of a file that holds one."""
    ranges: list[tuple[int, int]] = []
    for trigger in rule.triggers:
        needle = trigger.encode()
        at = data.find(needle)
        while at >= 0:
            ranges.append((at, at + len(needle)))
            at = data.find(needle, at + 1)
    if not rule.triggers or (ranges and rule.reach == "file"):
        return [(0, len(data))]
    return sorted(ranges)
