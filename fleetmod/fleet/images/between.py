"""What may stand between a build and its push without either depending on it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from tree_sitter import Node

from fleetmod.fleet.images.script import Script
from fleetmod.syntax.source import walk

# commands that only tell, and the usual names of a script's own functions that do
_TELLS = re.compile(
    r"echo|printf|:|true|date|cat|test|\[|set|sleep|local|tput|"
    r"(?:log|print|say|info|msg|message|step|header|section|banner|notice|success|warn|warning|"
    r"ok|done|status)(?:[_-]\w+)*"
)
_READS = re.compile(
    r"echo|printf|date|git|basename|dirname|cat|pwd|whoami|hostname|uname|tr|cut|sed"
)
_LOGIN = re.compile(
    r"(?:\S*docker|podman) login\b.*|az acr login\b.*|gcloud (?:-\S+ )*auth\b.*"
    r"|aws ecr\S* get-login\S*\b.*|gh auth\b.*|doctl registry login\b.*|oras login\b.*"
    r"|\w*[lL]ogin\w*(?: .*)?"
)
_STRUCTURE = frozenset(
    "command pipeline list redirected_statement if_statement else_clause elif_clause "
    "compound_statement negated_command test_command case_statement case_item comment "
    "variable_assignment declaration_command unset_command function_definition".split()
)


def is_login(script: Script, statements: Iterable[Node]) -> bool:
    """Whether one of the statements logs in to a registry."""
    return any(
        node.type == "command" and _logs_in(script, node)
        for statement in statements
        for node in walk(statement)
    )


def may_leave(script: Script, statements: Iterable[Node]) -> bool:
    """Whether one of the statements may end the script or the function."""
    return any(
        node.type == "command" and script.program(node) in ("exit", "return")
        for statement in statements
        for node in walk(statement)
    )


def decides_nothing(script: Script, node: Node) -> bool:
    """Whether a link of a chain tells something, changes the folder, or leaves the script."""
    words = script.text(node)
    if node.type == "compound_statement":  # a handler: `|| { echo no; exit 1; }`
        return all(decides_nothing(script, child) for child in node.named_children)
    program = script.program(node) if node.type == "command" else ""
    return re.fullmatch(r"cd|pushd|popd|echo|printf|exit|return", program) is not None and (
        "$(" not in words or program in ("cd", "pushd")
    )


def hindrance(
    script: Script, statement: Node, ignored: Collection[int], reads: Collection[str]
) -> str:
    """Why a statement between a build and its push keeps them apart; "" when it does not.

    `ignored` are the ids of commands that belong to builds and pushes, `reads` the variables that
    must not change.
    """
    if changed := script.set_in(statement) & set(reads):
        return f"sets ${min(changed)}, which the build reads"
    if "$?" in script.text(statement):
        return "looks at `$?`"
    return _hindrance(script, statement, ignored, frozenset())


def _hindrance(script: Script, node: Node, ignored: Collection[int], seen: frozenset[str]) -> str:
    if node.type == "function_definition":
        return ""  # defines, and runs nothing
    if node.type not in _STRUCTURE:
        if node.type in ("subshell", "for_statement", "while_statement", "do_group"):
            return f"is a {node.type.replace('_', ' ')}"
        return _inside(script, node)
    if node.type in ("variable_assignment", "declaration_command", "test_command"):
        return _inside(script, node)
    if node.type == "command" and node.id not in ignored:
        return _command(script, node, ignored, seen)
    if node.type == "command":
        return ""
    return next(
        (why for c in node.named_children if (why := _hindrance(script, c, ignored, seen))), ""
    )


def _command(script: Script, node: Node, ignored: Collection[int], seen: frozenset[str]) -> str:
    if _logs_in(script, node):
        return ""
    name = script.program(node)
    own = script.functions.get(name)
    if own is not None and name not in seen:
        body = own.child_by_field_name("body")
        return _hindrance(script, body, ignored, seen | {name}) if body else ""
    if name in ("exit", "return"):
        fails = re.search(r"\s[1-9]\d*$", script.text(node))
        return "" if fails else "may end the script before the push"
    if _TELLS.fullmatch(name):
        return _inside(script, node)
    return f"runs `{' '.join(script.text(node).split()[:2])}`, which the push may depend on"


def _inside(script: Script, node: Node) -> str:
    """Command substitutions in a word or a value may only read."""
    for inner in walk(node):
        if inner.type == "command" and inner.id != node.id:
            name = script.program(inner)
            if not _READS.fullmatch(name):
                return f"runs `{name or script.text(inner)}` in `$(…)`"
    return ""


def _logs_in(script: Script, node: Node) -> bool:
    return (
        _LOGIN.fullmatch(re.sub(r"\s+", " ", script.text(node)).removeprefix("sudo ")) is not None
    )
