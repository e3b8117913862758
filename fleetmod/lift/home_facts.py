"""What the code of a test says of homes."""

from __future__ import annotations

from collections.abc import Callable

from tree_sitter import Node

from fleetmod.fates import Facts
from fleetmod.flow.uses import receiver
from fleetmod.lift.home_flow import EXPECTS, HomeFlow
from fleetmod.lift.sought_homes import sought_in
from fleetmod.mentions import WORDS, mentions
from fleetmod.places import Places
from fleetmod.regex import lazy
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import Source, ancestors, contains, enclosing_function

LITERALS = ("string", "template_string", "regex", "jsx_text")
_LONGEST = 200  # of the literals that a test expects of the code and that are looked at
_CHECKS = lazy(r"(?:assert|expect)(?![a-z])|chai\b|should\b")
_SNAPSHOTS = frozenset("toMatchSnapshot toMatchFileSnapshot".split())


def facts_of(scopes: Scopes, is_used: Callable[[Node], bool], places: Places) -> Facts:
    """The facts of a test's code; `is_used` tells a literal that is a path of this host."""
    source = scopes.source
    spelling: list[Node] = []
    looked: list[Node] = []  # these, and the patterns
    texts, patterns, used = [], [], []
    expected: list[tuple[int, str]] = []
    given: set[tuple[int, str]] = set()
    names: list[Node] = []  # literals that are a user's name and nothing else
    for node in source.of(*LITERALS):
        text = cook(node, source).text
        if node.type == "regex":
            patterns.append(text)
            looked.append(node)
            continue
        if ("/Users/" in text or "/home/" in text) and is_used(node):
            used.append(text)
            continue
        texts.append(text)
        if any(user.lower() in text.lower() for user in places.users) and mentions(text, places):
            spelling.append(node)
            looked.append(node)
        homes = "Users" in text or "/home/" in text
        if not text or (len(text) > _LONGEST and not homes):
            continue
        function = enclosing_function(node)
        at = function.id if function is not None else 0
        if text in places.users:
            names.append(node)
        if _is_expected(node, source):
            expected.append((at, text))
        else:
            given.add((at, text))
    flow = HomeFlow(scopes, spelling)
    asked = {cook(n, source).text for n in names if flow.asked(n) or _names_expected(n, scopes)}
    made = {text for at, text in expected if (at, text) not in given} | asked
    members = {source.text(node) for node in source.of("property_identifier")}
    return Facts(
        path=source.path,
        texts=tuple(texts),
        patterns=tuple(patterns),
        used=tuple(used),
        expected=tuple(text for _, text in expected),
        given=frozenset(text for _, text in given),
        made=frozenset(made - WORDS),
        words=frozenset(asked & WORDS),
        lengths=tuple(flow.lengths()),
        looks_up=any(source.text(n) == "nodeIdentity" for n in source.of("identifier")),
        snapshot=bool(members & _SNAPSHOTS),
        sought=sought_in(scopes, looked, places),
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
        known = root is not None and source.text(root) in EXPECTS
        if known and (function.type == "member_expression" or source.text(function) == "assert"):
            return True
    return False


def is_checked(node: Node, scopes: Scopes, depth: int = 2) -> bool:
    """Whether a literal is given to a check (`assert…(…)`, `expect…(…)`), itself or by a name."""
    source = scopes.source
    for a in ancestors(node):
        named = {"variable_declarator": "name", "for_in_statement": "left"}.get(a.type)
        if named is not None:
            name = a.child_by_field_name(named)
            binding = scopes.resolve(name) if name is not None else None
            uses = scopes.references(binding) if binding is not None and depth else []
            return any(is_checked(use, scopes, depth - 1) for use in uses)
        if a.type.endswith("statement") or a.type in ("program", "statement_block"):
            return False
        given = a.child_by_field_name("arguments") if a.type == "call_expression" else None
        function = a.child_by_field_name("function")
        if given is not None and function is not None and contains(given, node):
            root = receiver(a) or function
            if _CHECKS.match(source.text(root)):
                return True
    return False


def _names_expected(node: Node, scopes: Scopes) -> bool:
    """Whether a test expects the constant that a literal is the value of."""
    declared = node.parent
    name = declared.child_by_field_name("name") if declared is not None else None
    if declared is None or declared.type != "variable_declarator" or name is None:
        return False
    binding = scopes.resolve(name)
    uses = scopes.references(binding) if binding is not None else ()
    return any(_is_expected(use, scopes.source) for use in uses)
