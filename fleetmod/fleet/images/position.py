"""Where a command stands in its statement: in which chain, with which handler, redirected where."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.fleet.images.script import Script, block_of, in_condition, statement_of
from fleetmod.syntax.source import same

_DROPPED = re.compile(r"(?:[12&]?>\s*/dev/null|2>&1)")


@dataclass(frozen=True)
class Position:
    """A command's place. `whole` is the command with its redirections, `handler` what `||` runs.

    `trouble` says why the command cannot be moved or removed; "" when it can.
    """

    whole: Node
    statement: Node
    block: Node
    chained: bool
    handler: Node | None
    quiet: bool  # its redirections only drop output
    trouble: str


def position(script: Script, command: Node) -> Position:
    """The place of a command, up to the statement that stands in a block."""
    statement = statement_of(command)
    whole, handler, chained, quiet, trouble = command, None, False, True, ""
    node = command
    while not same(node, statement):
        parent = node.parent
        assert parent is not None
        if parent.type == "redirected_statement":
            redirects = parent.children_by_field_name("redirect")
            quiet = quiet and all(_DROPPED.fullmatch(script.text(r)) for r in redirects)
            whole = parent if same(node, whole) else whole
        elif parent.type == "list":
            left, right = parent.named_children[0], parent.named_children[-1]
            if _operator(parent) == "||":
                if same(node, right):
                    trouble = "it runs only when another command failed"
                handler = right if handler is None and same(node, left) else handler
            else:
                chained = True
        elif parent.type == "pipeline":
            trouble = "it stands in a pipeline, which hides its failure"
        elif parent.type == "negated_command":
            trouble = "its failure is what is tested (`!`)"
        else:
            trouble = f"it stands in a {parent.type.replace('_', ' ')}"
        node = parent
    if statement.next_sibling is not None and statement.next_sibling.type == "&":
        trouble = "it runs in the background"
    return Position(whole, statement, _home(statement), chained, handler, quiet, trouble)


def _operator(node: Node) -> str:
    return next(child.type for child in node.children if child.type in ("&&", "||"))


def _home(statement: Node) -> Node:
    """The block of a statement, seen through `(…)` and `{…}` that only group."""
    block = block_of(statement)
    while is_group(block):
        block = block_of(block)
    return block


def is_group(block: Node) -> bool:
    """Whether a block is a `(…)` or `{…}` that is a whole statement and no function's body."""
    return (
        block.type in ("subshell", "compound_statement")
        and block.parent is not None
        and block.parent.type != "function_definition"
        and same(statement_of(block), block)
        and not in_condition(block)
    )


def elements(node: Node) -> list[Node]:
    """What a statement of `&&` and `||` runs, in order."""
    if node.type != "list":
        return [node]
    return [*elements(node.named_children[0]), *elements(node.named_children[-1])]


def leaves(script: Script, handler: Node) -> bool:
    """Whether what `||` runs ends the script or the function with a failure."""
    text = script.text(handler)
    return re.search(r"\b(?:exit|return)\s+[1-9]", text) is not None
