"""What the code of a test says of homes."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from fleetmod.fates import Facts
from fleetmod.flow.uses import receiver
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.source import Source, ancestors, contains, enclosing_function

LITERALS = ("string", "template_string", "regex", "jsx_text")
_LONGEST = 200  # of the literals that a test expects of the code and that are looked at
_EXPECTS = ("expect", "assert", "t", "should", "chai")
_SNAPSHOTS = frozenset("toMatchSnapshot toMatchFileSnapshot".split())


def facts_of(source: Source, is_used: Callable[[Node], bool]) -> Facts:
    """The facts of a test's code; `is_used` tells a literal that is a path of this host."""
    texts, patterns, used = [], [], []
    expected: list[tuple[int, str]] = []
    given: set[tuple[int, str]] = set()
    for node in source.of(*LITERALS):
        text = cook(node, source).text
        if node.type == "regex":
            patterns.append(text)
            continue
        if ("/Users/" in text or "/home/" in text) and is_used(node):
            used.append(text)
            continue
        texts.append(text)
        homes = "Users" in text or "/home/" in text
        if not text or (len(text) > _LONGEST and not homes):
            continue
        function = enclosing_function(node)
        at = function.id if function is not None else 0
        if _is_expected(node, source):
            expected.append((at, text))
        else:
            given.add((at, text))
    numbers = [
        int(source.text(n))
        for n in source.of("number")
        if source.text(n).isdigit() and len(source.text(n)) < 5 and _is_expected(n, source)
    ]
    names = {source.text(node) for node in source.of("property_identifier")}
    return Facts(
        path=source.path,
        texts=tuple(texts),
        patterns=tuple(patterns),
        used=tuple(used),
        expected=tuple(text for _, text in expected),
        given=frozenset(text for _, text in given),
        made=frozenset(text for at, text in expected if (at, text) not in given),
        numbers=tuple(numbers),
        looks_up=any(source.text(n) == "nodeIdentity" for n in source.of("identifier")),
        snapshot=bool(names & _SNAPSHOTS),
    )


def _is_expected(node: Node, source: Source) -> bool:
    """Whether a literal stands in what a test compares with: `expect(x).toBe(…)`."""
    for a in ancestors(node):
        if a.type.endswith("statement") or a.type in ("program", "statement_block"):
            return False
        if a.type != "call_expression":
            continue
        function, given = a.child_by_field_name("function"), a.child_by_field_name("arguments")
        if function is None or given is None or not contains(given, node):
            continue
        root = receiver(a)
        known = root is not None and source.text(root) in _EXPECTS
        if known and (function.type == "member_expression" or source.text(function) == "assert"):
            return True
    return False
