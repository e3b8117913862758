"""Writes the lookup of a place that code looks for below the home folder."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.below_home import BelowHome
from fleetmod.lift.homes import reads_variable
from fleetmod.lower.draft import Refused
from fleetmod.lower.home import HomePaths
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.source import parts, same, unwrap

Places = list[tuple[int, int, str]]  # the bytes that go, and what stands there then


def look_up(paths: HomePaths, found: BelowHome, rule: str) -> None:
    """Put the lookup in place of the home and what leads from it to the place.

    Raises Refused where these do not stand side by side.
    """
    member = paths.member(found.base)
    if found.top.type == "template_string":
        places = _in_template(paths, found, member)
    elif found.top.type == "call_expression":
        places = _in_call(paths, found, member)
    else:
        places = _in_sum(paths, found, member)
    if not places:
        raise Refused(
            reasons.MADE_HOME(
                f"looks for a place below the home; begin with nodeIdentity.{found.base}"
            )
        )
    for place in places:
        paths.draft.replace_range(*place, rule)


def _in_template(paths: HomePaths, found: BelowHome, member: str) -> Places:
    """`${home}/Code/acme…`"""
    top = found.top
    first = top.named_children[0] if top.named_children else None
    if first is None or first.type != "template_substitution" or not same(top, found.end):
        return []
    if first.start_byte != top.start_byte + 1 or not same(unwrap(parts(first)[0]), found.home):
        return []
    _, end = cook(top, paths.source).span(1, 2 + len(found.path))
    tagged = top.parent is not None and top.parent.type == "call_expression"
    if end == top.end_byte - 1 and not tagged:
        return [(*_with_variable(paths, found), member)]
    return [(first.start_byte, end, f"${{{member}}}")]


def _in_call(paths: HomePaths, found: BelowHome, member: str) -> Places:
    """`join(home, "Code", "acme", …)`"""
    given = parts(found.top.child_by_field_name("arguments"))
    if not given or not same(unwrap(given[0]), found.home):
        return []
    first, path = given[0], ""
    for argument in given[1:]:
        text = paths.values.literal(argument)
        if text is None or argument.type not in ("string", "template_string"):
            return []
        path = f"{path}/{text.strip('/')}"
        if path == f"/{found.path}":
            if same(argument, given[-1]):
                return [(*_with_variable(paths, found), member)]
            return [(first.start_byte, argument.end_byte, member)]
        if path.startswith(f"/{found.path}/"):
            rest = paths.draft.style.string(path[len(found.path) + 2 :])
            return [
                (first.start_byte, first.end_byte, member),
                (given[1].start_byte, argument.end_byte, rest),
            ]
    return []


def _in_sum(paths: HomePaths, found: BelowHome, member: str) -> Places:
    """`home + "/Code/acme…"`"""
    inner, end = found.end.parent, found.end
    left = inner.child_by_field_name("left") if inner is not None else None
    if inner is None or left is None or not same(inner.child_by_field_name("right"), end):
        return []
    if inner.type != "binary_expression" or not same(unwrap(left), found.home):
        return []
    if rest := (paths.values.literal(end) or "")[len(found.path) + 1 :]:
        string = paths.draft.style.string(rest)
        return [(left.start_byte, left.end_byte, member), (end.start_byte, end.end_byte, string)]
    if same(inner, found.top):
        return [(*_with_variable(paths, found), member)]
    return [(inner.start_byte, inner.end_byte, member)]


def _with_variable(paths: HomePaths, found: BelowHome) -> tuple[int, int]:
    """The bytes of a text, with the question in front of it that the lookup asks itself:
    `process.env.VAULT_PATH ?? text`."""
    node: Node = found.top
    outer = node.parent
    operator = outer.child_by_field_name("operator") if outer is not None else None
    if outer is None or operator is None or operator.type not in ("||", "??"):
        return node.start_byte, node.end_byte
    left, right = outer.child_by_field_name("left"), outer.child_by_field_name("right")
    asks = left is not None and reads_variable(paths.source.squeezed(left), paths.env[found.base])
    whole = outer if asks and same(right, node) else node
    return whole.start_byte, whole.end_byte
