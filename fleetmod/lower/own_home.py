"""Writes the home that code makes of the name of whoever runs it: `/Users/${process.env.USER}`."""

from __future__ import annotations

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.home_forms import HomeForm
from fleetmod.lower.draft import Refused
from fleetmod.lower.home import HomePaths
from fleetmod.lower.told_apart import check_told_apart
from fleetmod.places import HOME, PLAIN
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.source import parts, same, unwrap

ANY_USER = reasons.MADE_HOME(
    "macOS alone keeps homes in /Users; for the own user begin with nodeIdentity.homeDir, for "
    "another one ask the system or the configuration for the folder"
)
_BY_HAND = reasons.MADE_HOME(
    "the home of whoever runs the code; begin the path with nodeIdentity.homeDir instead"
)
_FOLDERS = ("/Users", "/Users/", "/home", "/home/")


def own_home(paths: HomePaths, form: HomeForm, node: Node, rule: str) -> None:
    """Put the lookup where the folder and the name stand side by side; raises Refused elsewhere."""
    paths.check_position(node)
    check_told_apart(node, paths.source, paths.places, paths.homes)
    place = _in_template(paths, form, node) if node.type == "template_string" else None
    member = paths.member(HOME)
    if place is not None:
        start, end, whole = place
        text = member if whole else "${" + member + "}"
        paths.draft.replace_range(start, end, text, rule)
        return
    beside = _in_sum(form, node) or _in_arguments(paths, form, node)
    if beside is None:
        raise Refused(_BY_HAND)
    paths.draft.replace_range(*beside, member, rule)


def _in_template(paths: HomePaths, form: HomeForm, node: Node) -> tuple[int, int, bool] | None:
    """The bytes of `/Users/${name}`, and whether the template is nothing else."""
    cooked = cook(node, paths.source)
    for child in node.named_children:
        if child.type != "template_substitution" or not same(unwrap(parts(child)[0]), form.value):
            continue
        at = cooked.index(child.start_byte)
        folder = next((f for f in _FOLDERS if f.endswith("/") and cooked.text[:at].endswith(f)), "")
        if not folder or form.found.form != PLAIN:
            return None
        start = at - len(folder)
        tagged = node.parent is not None and node.parent.type == "call_expression"
        if (start, at + 1) == (0, len(cooked.text)) and not tagged:
            return node.start_byte, node.end_byte, True
        return cooked.span(start, at)[0], child.end_byte, False
    return None


def _in_sum(form: HomeForm, node: Node) -> tuple[int, int] | None:
    """The bytes of `"/Users/" + name`, where a text begins with that."""
    outer = node.parent
    if outer is None or outer.type != "binary_expression" or form.found.form != PLAIN:
        return None
    left, right = outer.child_by_field_name("left"), outer.child_by_field_name("right")
    spelled = (node.text or b"").decode()[1:-1]
    if not same(left, node) or right is None or not same(unwrap(right), form.value):
        return None
    return (outer.start_byte, outer.end_byte) if spelled in _FOLDERS[1::2] else None


def _in_arguments(paths: HomePaths, form: HomeForm, node: Node) -> tuple[int, int] | None:
    """The bytes of `"/Users", name`, where `join` or `resolve` gets them first."""
    listed = node.parent
    call = listed.parent if listed is not None and listed.type == "arguments" else None
    if call is None or not same(call, form.top):
        return None
    first, second, *_ = [*parts(listed), None, None]
    spelled = (node.text or b"").decode()[1:-1]
    if not same(first, node) or second is None or not same(unwrap(second), form.value):
        return None
    return (node.start_byte, second.end_byte) if spelled in _FOLDERS else None
