"""A match as a finding: where it stands, what it holds, what it asks for."""

from __future__ import annotations

from collections.abc import Sequence

from tree_sitter import Node

from fleetmod import families
from fleetmod.analysis import Analysis
from fleetmod.lower.prose import describe as describe_operations
from fleetmod.model import REWRITE, Finding
from fleetmod.rules import EVERY_HINT, Rule
from fleetmod.syntax.source import FUNCTIONS, Source, ancestors
from fleetmod.syntax.tokens import token_digest

_SHORT = 120
_NAMES = ("identifier", "type_identifier", "property_identifier", "string")


def describe(analysis: Analysis, rule: Rule, node: Node) -> Finding:
    """The finding of one match, as one that is rewritten; the engine tells what becomes of it."""
    source = analysis.source
    line, col = source.position(node.start_byte)
    site = families.named(rule.family).sites(analysis).get(node.id)
    understood = ""
    if site is not None:
        understood = (
            describe_operations(site.operations, analysis.roles.lifter.values) or site.command
        )
    return Finding(
        rule=rule.id,
        family=rule.family,
        cls=rule.cls,
        path=source.path,
        start=node.start_byte,
        end=node.end_byte,
        line=line,
        col=col,
        text=_short(source.text(node)),
        understood=understood,
        action=REWRITE,
        test=analysis.settings.is_test(source.path),
        digest=token_digest(source, node),
        symbol=_symbol(source, node),
        lines=_lines(source, node, rule, list(site.claimed) if site else []),
    )


def _lines(source: Source, node: Node, rule: Rule, claimed: list[Node]) -> tuple[int, ...]:
    """The lines of a match on which one of its rule's triggers stands, else one of its hints."""
    parts = [node, *claimed]
    found = _standing(source, parts, rule.triggers)
    found = found or _standing(source, parts, rule.looks(EVERY_HINT))
    return tuple(sorted(found)) or (source.line_of(node.start_byte),)


def _standing(source: Source, parts: Sequence[Node], texts: Sequence[str]) -> set[int]:
    out: set[int] = set()
    for part in parts:
        for text in texts:
            needle = text.encode()
            at = source.data.find(needle, part.start_byte, part.end_byte)
            while at >= 0:
                out.add(source.line_of(at))
                at = source.data.find(needle, at + 1, part.end_byte)
    return out


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"


def _symbol(source: Source, node: Node) -> str:
    """The names of the functions, classes and variables around a node, outermost first."""
    names = []
    for a in ancestors(node):
        if a.type in FUNCTIONS or a.type in ("class_declaration", "variable_declarator", "pair"):
            name = a.child_by_field_name("name") or a.child_by_field_name("key")
            if name is not None and name.type in _NAMES:
                # a formatter takes the quotes of a key away, or gives it some
                names.append(source.text(name).strip("\"'"))
    return ".".join(reversed(names))
