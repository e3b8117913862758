"""A call that runs the tool, as the lifters hand it on."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from fleetmod.flow.texts import Values
from fleetmod.lift.grammar import Grammar
from fleetmod.lift.operation import Command, Operation
from fleetmod.refusal import Reason
from fleetmod.runner import Runner
from fleetmod.syntax.source import contains, walk


@dataclass
class Site:
    """One call that runs the tool.

    Either `operations` is filled, or `refused` (debt that stays) or `foreign` (no debt) says why.
    `claimed` are the literals, in the call or in constants it reads, that this site accounts for.
    `commands` are what the call is about, also where it is refused; None where that is not known.
    """

    call: Node
    runner: Runner
    operations: tuple[Operation, ...] = ()
    commands: tuple[Command, ...] | None = None
    refused: Reason | None = None
    by_wrapper: bool = False  # refused only for what the wrapper around the command does
    foreign: str = ""
    serviceless: bool = False  # foreign, for it manages no service
    claimed: list[Node] = field(default_factory=list)
    options: str = ""  # as they are spelled, constants opened
    command: str = ""  # the command as it is spelled, for people


def claim(site: Site, nodes: list[Node], values: Values, grammar: Grammar) -> None:
    """Take the literals behind these expressions, through constants, as accounted for."""
    for node in nodes:
        for hit in walk(node):
            if hit.type not in ("string", "template_string", "identifier"):
                continue
            if hit.type in ("string", "template_string"):
                site.claimed.append(hit)
            value = values.constant(hit)
            if value is None or contains(site.call, value):
                continue
            if grammar.names(values.source.text(value)):
                site.claimed.append(value)
                claim(site, [value], values, grammar)
