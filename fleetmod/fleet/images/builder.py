"""The builder that makes images of several platforms, created where a script first needs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tree_sitter import Node

from fleetmod.fleet.images.commands import Command
from fleetmod.fleet.images.position import is_group
from fleetmod.fleet.images.rewrite import RULE
from fleetmod.fleet.images.script import Script, block_of, in_condition, statement_of
from fleetmod.model import Edit
from fleetmod.syntax.source import ancestors, walk

# docker looks for plugins in the folder of its config (docker/cli, cli-plugins/manager), and
# `docker info` tells where it found one without a daemon
_FIND = (
    "BUILDX_PLUGIN=\"$(docker info --format '{{range .ClientInfo.Plugins}}"
    '{{if eq .Name "buildx"}}{{.Path}}{{end}}{{end}}\' 2>/dev/null || true)"'
)
_CARRY = (
    'if [ -n "$BUILDX_PLUGIN" ]; then',
    '  mkdir -p "$DOCKER_CONFIG/cli-plugins"',
    '  ln -sf "$BUILDX_PLUGIN" "$DOCKER_CONFIG/cli-plugins/docker-buildx"',
    "fi",
)


def chooses_builder(script: Script, found: Sequence[Command]) -> bool:
    """Whether the script makes or picks a builder of its own for all that follows."""
    return any(
        c.verb == "buildx use"
        or (c.verb == "buildx create" and any(script.text(w) == "--use" for w in c.words))
        for c in found
    )


def creation(script: Script, targets: Sequence[tuple[Node, str]], name: str) -> Iterator[Edit]:
    """Creates the builder before the first of the builds in each block; safe to run twice.

    A target is the statement that builds, and how docker is spelled there. With the driver
    docker-container one builder makes all platforms (docs.docker.com/build/builders/drivers).
    """
    seen: list[tuple[str, int]] = []
    for target, docker in sorted(targets, key=lambda target: target[0].start_byte):
        place = _outside(target)
        if any((docker, block.id) in seen for block in ancestors(place)):
            continue
        seen.append((docker, block_of(place).id))
        indent = _indent(script, place)
        inspect = f"{docker} buildx inspect {name} >/dev/null 2>&1"
        create = f"{docker} buildx create --name {name} --driver docker-container >/dev/null"
        if indent is None:
            text = f"{inspect} || {create}; "
        else:
            text = f"{inspect} ||\n{indent}  {create}\n{indent}"
        yield Edit(place.start_byte, place.start_byte, text, RULE)


def carried_plugin(script: Script) -> Iterator[Edit]:
    """Brings buildx along where the script has a docker config of its own (`DOCKER_CONFIG=…`)."""
    if b"BUILDX_PLUGIN" in script.data or b"cli-plugins" in script.data:
        return
    for node in walk(script.root):
        if node.type != "variable_assignment" or not _sets_config(script, node):
            continue
        place = statement_of(node)
        indent = _indent(script, place)
        if indent is None or place.type not in ("declaration_command", "variable_assignment"):
            continue
        note = "# a docker config of its own hides the user's plugins: bring buildx along"
        yield Edit(
            *(place.start_byte, place.start_byte, f"{note}\n{indent}{_FIND}\n{indent}", RULE)
        )
        lines = "".join(f"\n{indent}{line}" for line in _CARRY)
        end = _line_end(script, place)
        yield Edit(end, end, lines, RULE)
        return


def _sets_config(script: Script, node: Node) -> bool:
    name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    return (
        name is not None
        and value is not None
        and script.text(name) == "DOCKER_CONFIG"
        and "DOCKER_CONFIG" not in {script.text(n) for n in walk(value)}
        and node.parent is not None
        and node.parent.type != "command"
    )


def _outside(statement: Node) -> Node:
    """The statement before which something can run once: no condition, no loop, no group."""
    place = statement
    while True:
        block = block_of(place)
        groups = block.type in ("subshell", "compound_statement") and is_group(block)
        if in_condition(place) or block.type == "do_group" or groups:
            place = statement_of(block)
        else:
            return place


def _indent(script: Script, node: Node) -> str | None:
    """The blanks before a node; None when something else stands before it on its line."""
    begin = script.data.rfind(b"\n", 0, node.start_byte) + 1
    before = script.data[begin : node.start_byte].decode("utf-8", "replace")
    return None if before.strip() else before


def _line_end(script: Script, node: Node) -> int:
    end = script.data.find(b"\n", node.end_byte)
    return len(script.data) if end < 0 else end
