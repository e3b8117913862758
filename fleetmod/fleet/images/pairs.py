"""Which pushes belong to which build, and whether both are one `docker buildx build --push`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.fleet.images.commands import (
    BUILD,
    PUSH,
    TAG,
    Command,
    Option,
    operands,
    read_options,
)
from fleetmod.fleet.images.local_store import plain
from fleetmod.fleet.images.script import Script
from fleetmod.syntax.source import ancestors


@dataclass(frozen=True)
class Group:
    """A build, and what makes the script publish it.

    `pushes` and `tags` are its `docker push` and `docker tag` commands in source order, `names`
    maps each name that the image gets locally (as `Script.spelled` gives it, without `:latest`) to
    the word that spells it, and `pushed` those that are pushed. `direct` is a build that pushes
    by itself.
    """

    build: Command
    options: tuple[Option, ...]
    context: tuple[Node, ...]
    pushes: tuple[Command, ...]
    tags: tuple[Command, ...]
    names: dict[str, Node]
    pushed: dict[str, Node]
    direct: bool


@dataclass(frozen=True)
class Groups:
    """The published builds, builds that stay local, and the pushes of what no build here makes."""

    published: tuple[Group, ...]
    local: tuple[Group, ...]
    strays: tuple[Command, ...]


def groups(script: Script, found: Sequence[Command]) -> Groups:
    """Every build of the script with its pushes; a push belongs to the last build of its name."""
    made: list[Group] = []
    claimed: set[int] = set()
    for at, build in enumerate(found):
        if build.kind == BUILD and not build.verb.startswith("compose"):
            group = _group(script, build, found[at + 1 :])
            made.append(group)
            claimed |= {push.node.id for push in group.pushes}
    strays = [
        c for c in found if (c.kind == PUSH or _composes(script, c)) and c.node.id not in claimed
    ]
    published = tuple(group for group in made if group.pushes or group.direct)
    local = tuple(group for group in made if not group.pushes and not group.direct)
    return Groups(published, local, tuple(strays))


def _group(script: Script, build: Command, later: Sequence[Command]) -> Group:
    options, context = read_options(script, build)
    names = {
        plain(option.text): option.value
        for option in options
        if option.name == "--tag" and option.value is not None
    }
    direct = any(
        (option.name == "--push" and option.on)
        or (option.name == "--output" and re.search(r"type=registry|push=true", option.text))
        for option in options
    )
    pushes: list[Command] = []
    tags: list[Command] = []
    pushed: dict[str, Node] = {}
    function = _function(build.node)
    for command in later:
        if _function(command.node) != function:
            continue
        words = operands(script, command)
        if command.kind == BUILD and _rebuilds(script, command, names):
            break
        if command.kind == TAG and len(words) == 2 and plain(script.spelled(words[0])) in names:
            names[plain(script.spelled(words[1]))] = words[1]
            tags.append(command)
        elif command.kind == PUSH and len(words) == 1:
            name = plain(script.spelled(words[0]))
            if name in names:
                pushes.append(command)
                pushed.setdefault(name, words[0])
    return Group(
        *(build, tuple(options), tuple(context), tuple(pushes), tuple(tags), names, pushed),
        direct=direct,
    )


def _rebuilds(script: Script, command: Command, names: dict[str, Node]) -> bool:
    options, _ = read_options(script, command)
    return any(o.name == "--tag" and plain(o.text) in names for o in options)


def _function(node: Node) -> int:
    return next((a.id for a in ancestors(node) if a.type == "function_definition"), 0)


def _composes(script: Script, command: Command) -> bool:
    """Whether it is `docker compose … push`."""
    words = [*command.verb.split(), *(script.text(word) for word in command.words)]
    return words[:1] == ["compose"] and "push" in words


def platform_option(group: Group) -> Iterator[Option]:
    """The build's `--platform` options."""
    return (option for option in group.options if option.name == "--platform")
