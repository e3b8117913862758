"""Homes that the code tells from its own, so that looking up its own means another thing."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.homes import Homes
from fleetmod.lower.draft import Refused
from fleetmod.places import UNKNOWN, Places, stands_for_nobody
from fleetmod.regex import lazy
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.source import (
    Source,
    ancestors,
    contains,
    enclosing_function,
    first_part,
    unwrap,
    walk,
)

_REMOTE = lazy(r"(?:^|\.|_)(?:ssh|remote|scp|sftp)\w*$|\w(?:Ssh|SSH|Remote|Scp|Sftp)\w*$")
_SHELLS = ("ssh", "mosh", "rsh")
_OWN = lazy(r"\$\{?HOME\b|(?<![\w/])~/")
_COMPARERS = lazy(r".*\.(?:startsWith|includes|indexOf|endsWith|match|test)")
_HOMES = lazy(r"/(?:Users|home)(?:/(?P<user>[\w.-]+))?(?:/|$)")
_TEXTS = ("string", "template_string", "identifier")
_LITERALS = ("string", "template_string")
_ONE_PLACE = (
    *("object", "array", "pair", "spread_element", "ternary_expression", "binary_expression"),
    *("parenthesized_expression", "as_expression", "satisfies_expression", "template_string"),
    *("template_substitution", "new_expression", "arguments", "call_expression"),
)
_WRAPPERS = ("parenthesized_expression", "as_expression", "satisfies_expression")
_COMPARISONS = ("===", "!==", "==", "!=")


def check_told_apart(node: Node, source: Source, places: Places, homes: Homes) -> None:
    """Raises Refused where a home literal stands beside the caller's own home, beside others'
    homes, or in what another host runs."""
    uses = (node, *homes.uses(node))
    for use in uses:
        if (name := _remote(use, source)) is not None:
            raise Refused(
                reasons.ANOTHER_HOST(
                    f"goes to another host by `{name}`; let its shell expand $HOME there"
                )
            )
    text = cook(node, source).text
    for before in filter(None, map(homes.before, uses[1:])):
        if any(not path.base for path in places.find(text, before)):
            raise Refused(UNKNOWN)
    if "||" in text and _OWN.search(text):
        raise Refused(
            reasons.COMPARED_HOME(
                "the command tries this home and the caller's own; say which one it means"
            )
        )
    check_one_person(node, places, homes)
    if any(_preferred(use, homes) for use in uses):
        raise Refused(
            reasons.COMPARED_HOME(
                "the code takes this home before the caller's own, so it may be another "
                "account's; say whose it is"
            )
        )
    if other := next(filter(None, (_other_home(use, homes, places) for use in uses)), ""):
        raise Refused(
            reasons.COMPARED_HOME(
                f"the code tells this home from `{other}`; say by what else the two differ"
            )
        )


def check_one_person(node: Node, places: Places, homes: Homes) -> None:
    """Raises Refused where the list or table around a home spells others', too: they are data."""
    if len(people := _people(node, places, homes)) > 1:
        raise Refused(
            reasons.SEVERAL_HOMES(
                f"{_listed(people)} stand in one place, and a node has one home: look each up by "
                "the machine that it is of"
            )
        )


def _people(node: Node, places: Places, homes: Homes) -> set[str]:
    """Whose homes one expression, list or table spells."""
    whole = node
    for above in ancestors(node):
        if above.type not in _ONE_PLACE:
            break
        whole = above
    if whole.id not in homes.people:
        homes.people[whole.id] = _spelled(whole, homes.scopes.source, places)
    return homes.people[whole.id]


def _spelled(whole: Node, source: Source, places: Places) -> set[str]:
    texts = (cook(n, source).text for n in walk(whole) if n.type in _LITERALS)
    found = (path for text in texts if "/" in text for path in places.find(text))
    return {path.user for path in found if not (stands_for_nobody(path.user) or path.why)}


def _listed(people: set[str]) -> str:
    """`the homes of ann, bob and eve`"""
    *first, last = sorted(people)
    return f"the homes of {', '.join(first)} and {last}"


def _remote(node: Node, source: Source) -> str | None:
    """What carries a literal to another host: the name of a call, or the program it starts."""
    inner = node
    for a in ancestors(node):
        if a.type == "call_expression":
            function, arguments = (a.child_by_field_name(f) for f in ("function", "arguments"))
            if function is None or arguments is None or contains(function, inner):
                return None
            name = source.squeezed(function)
            if _REMOTE.search(name):
                return name
            first = first_part(arguments)
            if first is not None and source.text(first).strip("\"'`") in _SHELLS:
                return source.text(first).strip("\"'`")
        elif a.type == "array":
            first = first_part(a)
            if (
                first is not None
                and first.id != inner.id
                and source.text(first).strip("\"'`") in _SHELLS
            ):
                return source.text(first).strip("\"'`")
        elif a.type.endswith(("statement", "declaration")):
            return None
        inner = a
    return None


def _preferred(node: Node, homes: Homes) -> bool:
    """Whether a ternary takes the literal first, and the caller's own home else."""
    for a in ancestors(node):
        if a.type == "ternary_expression":
            condition, other = (a.child_by_field_name(f) for f in ("condition", "alternative"))
            if condition is None or other is None or contains(other, node):
                continue
            if not homes.is_lookup(unwrap(condition)) and homes.looks_up(other):
                return True
        elif a.type.endswith(("statement", "declaration")):
            return False
    return False


def _compared(node: Node, source: Source) -> bool:
    parent = node.parent
    while parent is not None and parent.type in _WRAPPERS:
        parent = parent.parent
    if parent is None:
        return False
    if parent.type == "binary_expression":
        operator = parent.child_by_field_name("operator")
        return operator is not None and operator.type in _COMPARISONS
    call = parent.parent if parent.type == "arguments" else None
    target = call.child_by_field_name("function") if call is not None else None
    name = source.squeezed(target) if target is not None else ""
    return bool(_COMPARERS.fullmatch(name))


def _other_home(node: Node, homes: Homes, places: Places) -> str:
    """What the function around compares a path with beside this home: another one, or all."""
    function = enclosing_function(node)
    if function is None:
        return ""
    if function.id not in homes.compared:
        homes.compared[function.id] = _compared_homes(function, homes, places)
    return homes.compared[function.id]


def _compared_homes(function: Node, homes: Homes, places: Places) -> str:
    compared = [
        match
        for each in walk(function)
        if each.type in _TEXTS and _compared(each, homes.scopes.source)
        if (match := _HOMES.match(homes.values.literal(each) or "")) is not None
    ]
    others = [match for match in compared if match["user"] not in places.users]
    return others[0].string if 0 < len(others) < len(compared) else ""
