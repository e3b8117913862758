"""Words that something else depends on: a test, a comment at a call, a reader of data."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.lift.expected import holds, parts, says
from fleetmod.lift.site import Site
from fleetmod.lower.claims import check_facts
from fleetmod.lower.draft import Refused
from fleetmod.model import Edit
from fleetmod.regex import lazy
from fleetmod.settings import Asked
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import Source, ancestors

_ASKED = "a test looks for `{}` ({}:{}), which this text gives; change both by hand"
_FALSE = (
    "line {} tells of this call what holds for launchctl alone, and would be false of the port's; "
    "reword or remove that comment first"
)
_DROPPED = (
    "line {} tells of this call's `{}`, which the port's does not take; reword or remove that "
    "comment first"
)
_KEPT = "timeout"  # the port takes it, too
_SPEAKS = lazy(r"launchctl|\b(?:bootout|kickstart)\b")
_PIPED = lazy(r"\|\s*([a-z]+)")
# what hands data to others: its readers see the new words
_SENDERS = lazy(r"stringify|json|emit|send\w*|publish\w*|postMessage|dispatch\w*|enqueue|insert\w*")
# lists that gather data
_ADDS = (".push", ".unshift")
_AROUND = frozenset(
    "pair array arguments binary_expression template_string template_substitution spread_element "
    "ternary_expression parenthesized_expression as_expression satisfies_expression".split()
)
_NAMES = 2  # that data is followed through
_SENT = "goes out as data (`{}`): what reads or matches the old words must follow"


def check_asked(node: Node, edits: Sequence[Edit], source: Source, asked: Sequence[Asked]) -> None:
    """Raises Refused where a test looks for a part of a text that its rewrite takes away."""
    start = min(node.start_byte, *(edit.start for edit in edits))
    end = max(node.end_byte, *(edit.end for edit in edits))
    before, after, at = "", "", start
    for edit in sorted(edits):
        kept = source.slice(at, edit.start)
        before += kept + source.slice(edit.start, edit.end)
        after += kept + edit.text
        at = edit.end
    before, after = before + source.slice(at, end), after + source.slice(at, end)
    before = f"{before}\n{cook(node, source).text}"
    for each in asked:
        if any(says(before, part) and not holds(after, part) for part in parts(each)):
            raise Refused(reasons.EXPECTED_BY_TEST(_ASKED.format(each.text, each.path, each.line)))


def check_remarks(site: Site, source: Source) -> None:
    """Raises Refused where a comment at a call would be false of what comes in its place."""
    statement = site.call
    for a in ancestors(site.call):
        if a.type == "program" or a.type.endswith("_block"):
            break
        statement = a
        if a.type.endswith(("statement", "declaration")) and a.type != "lexical_declaration":
            break
    programs = set(_PIPED.findall(site.command)) - {"true"}
    options = _options(site.call, source)
    for comment in _at(statement):
        text = source.text(comment)
        line = source.line_of(comment.start_byte)
        gone = any(re.search(rf"\b{program}\b", text) for program in programs)
        try:
            check_facts(text if _SPEAKS.search(text) else "")
        except Refused:
            gone = True
        if gone:
            raise Refused(reasons.WOULD_BE_FALSE(_FALSE.format(line)))
        for option in options:
            if re.search(rf"\b{option}\b", text):
                raise Refused(reasons.WOULD_BE_FALSE(_DROPPED.format(line, option)))


def _options(call: Node, source: Source) -> list[str]:
    """What a call's options are called that go with the call."""
    arguments = call.child_by_field_name("arguments")
    given = arguments.named_children if arguments is not None else []
    pairs = [each for node in given if node.type == "object" for each in node.named_children]
    keys = [pair.child_by_field_name("key") or pair for pair in pairs]
    names = [source.text(key) for key in keys if key.type.endswith("identifier")]
    return [re.escape(name) for name in names if name != _KEPT]


def _in_handler(statement: Node) -> list[Node]:
    """The comments at the head of the handler of a `try` that holds the statement alone."""
    block = statement.parent
    attempt = block.parent if block is not None else None
    if block is None or attempt is None or attempt.type != "try_statement":
        return []
    handler = attempt.child_by_field_name("handler")
    body = handler.child_by_field_name("body") if handler is not None else None
    if body is None or len([n for n in block.named_children if n.type != "comment"]) != 1:
        return []
    return list(takewhile(lambda node: node.type == "comment", body.named_children))


def _at(statement: Node) -> list[Node]:
    """The comments right above a statement, behind it on its line, and of its failure."""
    found = []
    at, above = statement, statement.prev_named_sibling
    while above is not None and above.type == "lexical_declaration":  # what it is given
        at, above = above, above.prev_named_sibling
    while above is not None and above.type == "comment":
        if above.end_point.row + 1 < at.start_point.row:
            break
        before = above.prev_named_sibling
        if before is not None and before.end_point.row == above.start_point.row:
            break  # it stands behind something else
        found.append(above)
        at, above = above, before
    found += _in_handler(statement)
    behind = statement.next_named_sibling
    same_line = behind is not None and behind.start_point.row == statement.end_point.row
    if behind is not None and behind.type == "comment" and same_line:
        found.append(behind)
    return found


def sent(node: Node, scopes: Scopes) -> tuple[str, ...]:
    """A note where a text stands in an object that is handed to others as data, or returned."""
    use = _use(node, scopes, inside=False, names=_NAMES)
    return (_SENT.format(use),) if use else ()


def _use(node: Node, scopes: Scopes, inside: bool, names: int) -> str:
    """What takes the data that an expression is a part of out of its function, followed through
    so many names; empty where that is nothing, or where it is in no object."""
    for a in ancestors(node):
        if a.type == "object":
            inside = True
        elif a.type in ("return_statement", "arrow_function"):
            return "return" if inside else ""
        elif a.type == "variable_declarator":
            return _uses(a.child_by_field_name("name"), scopes, names) if inside else ""
        elif a.type == "call_expression":
            target = a.child_by_field_name("function")
            spelled = scopes.source.text(target) if target is not None else ""
            if inside and target is not None and spelled.endswith(_ADDS):
                return _uses(target.child_by_field_name("object"), scopes, names)
            sends = inside and _SENDERS.fullmatch(spelled.rpartition(".")[2])
            return spelled if sends else ""
        elif a.type not in _AROUND:
            return ""
    return ""


def _uses(name: Node | None, scopes: Scopes, names: int) -> str:
    binding = scopes.resolve(name) if name is not None and name.type == "identifier" else None
    if binding is None or not names:
        return ""
    uses = (_use(each, scopes, True, names - 1) for each in scopes.references(binding))
    return next(filter(None, uses), "")
