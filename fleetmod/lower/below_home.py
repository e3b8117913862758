"""Writes the lookup of a place that code looks for below the home folder."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod.lift.below_home import BelowHome
from fleetmod.lift.homes import reads_variable
from fleetmod.lower.draft import Refused
from fleetmod.lower.home import HomePaths
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.source import parts, same, unwrap


def look_up(paths: HomePaths, found: BelowHome, rule: str) -> None:
    """Put the lookup in place of the home and what leads from it to the place.

    Raises Refused where these do not stand side by side.
    """
    top = found.top
    if top.type == "template_string":
        place = _in_template(paths, found)
    elif top.type == "call_expression":
        place = _in_call(paths, found)
    else:
        place = _in_sum(paths, found)
    if place is None:
        raise Refused(f"looks for a place below the home; begin with nodeIdentity.{found.base}")
    start, end, before, behind = place
    member = paths.member(found.base)
    if (start, end, behind) == (top.start_byte, top.end_byte, ""):
        start, end = _with_variable(paths, found)
    paths.draft.replace_range(start, end, f"{before}{member}{behind}", rule)


Place = tuple[int, int, str, str]  # the bytes that go, and what stands around the lookup then


def _in_template(paths: HomePaths, found: BelowHome) -> Place | None:
    """`${home}/Code/acme…`"""
    top, source = found.top, paths.source
    first = top.named_children[0] if top.named_children else None
    if first is None or first.type != "template_substitution" or not same(top, found.end):
        return None
    if first.start_byte != top.start_byte + 1 or not same(unwrap(parts(first)[0]), found.home):
        return None
    cooked = cook(top, source)
    _, end = cooked.span(1, 2 + len(found.path))
    tagged = top.parent is not None and top.parent.type == "call_expression"
    if end == top.end_byte - 1 and not tagged:
        return top.start_byte, top.end_byte, "", ""
    return first.start_byte, end, "${", "}"


def _in_call(paths: HomePaths, found: BelowHome) -> Place | None:
    """`join(home, "Code", "acme", …)`"""
    given = parts(found.top.child_by_field_name("arguments"))
    if not given or not same(unwrap(given[0]), found.home):
        return None
    path = ""
    for argument in given[1:]:
        text = paths.values.literal(argument)
        if text is None or argument.type not in ("string", "template_string"):
            return None
        path = f"{path}/{text.strip('/')}"
        if path == f"/{found.path}":
            if same(argument, given[-1]):
                return found.top.start_byte, found.top.end_byte, "", ""
            return given[0].start_byte, argument.end_byte, "", ""
        if path.startswith(f"/{found.path}/"):
            rest = path[len(found.path) + 2 :]
            return given[0].start_byte, argument.end_byte, "", f", {paths.draft.style.string(rest)}"
    return None


def _in_sum(paths: HomePaths, found: BelowHome) -> Place | None:
    """`home + "/Code/acme…"`"""
    inner = found.end.parent
    left, right = (
        (inner.child_by_field_name("left"), inner.child_by_field_name("right"))
        if inner is not None and inner.type == "binary_expression"
        else (None, None)
    )
    if left is None or not same(unwrap(left), found.home) or not same(right, found.end):
        return None
    rest = (paths.values.literal(found.end) or "")[len(found.path) + 1 :]
    end = found.end.end_byte
    if rest:
        return left.start_byte, end, "", f" + {paths.draft.style.string(rest)}"
    return left.start_byte, end, "", ""


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
