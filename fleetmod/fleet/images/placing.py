"""Where the one command goes that a build and its pushes become."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.fleet.images.between import decides_nothing, hindrance, is_login, may_leave
from fleetmod.fleet.images.commands import Command
from fleetmod.fleet.images.position import Position, elements, leaves
from fleetmod.fleet.images.script import Script, in_condition
from fleetmod.syntax.source import contains, same, walk


class Unplaceable(Exception):
    """Why the commands stay as they are; `node` is what stands in the way."""

    def __init__(self, reason: str, node: Node) -> None:
        super().__init__(reason)
        self.reason, self.node = reason, node


@dataclass(frozen=True)
class Places:
    """Where a group's commands stand, and whether the build moves down to its last push."""

    build: Position
    pushes: tuple[Position, ...]
    tags: tuple[Position, ...]
    moves: bool


def placed(
    script: Script,
    build: Position,
    pushes: Sequence[Position],
    tags: Sequence[Position],
    found: Sequence[Command],
) -> Places:
    """The place of the one command; raises Unplaceable. `found` are the docker commands."""
    if build.trouble:
        raise Unplaceable(f"the build cannot push: {build.trouble}", build.whole)
    removed = [*pushes, *tags]
    one = all(same(p.statement, build.statement) for p in removed)
    for place in removed:
        if place.trouble:
            raise Unplaceable(f"the command cannot go: {place.trouble}", place.whole)
        if not place.quiet:
            raise Unplaceable("its output goes to a file", place.whole)
        if not same(place.block, build.block):
            raise Unplaceable(
                "build and push stand in different blocks (a condition, a loop or a function): "
                "push where it is built",
                place.whole,
            )
        if not one and (in_condition(place.statement) or in_condition(build.statement)):
            raise Unplaceable("only one of build and push is a condition", place.whole)
    _check_chains(script, build, removed, one)
    if one:
        return Places(build, tuple(pushes), tuple(tags), moves=False)
    between = list(_between(build, removed))
    mine = {command.node.id for command in found}
    gap = [s for s in between if s.type != "comment"]
    plain = not build.chained and not any(p.chained for p in removed)
    plain = plain and same(build.statement.parent, build.block)
    own = [p.statement.id for p in removed]
    foreign = [s for s in gap if s.id not in own]
    moves = plain and (bool(foreign) or any(p.handler is not None for p in pushes))
    reads = script.used_in(build.statement)
    if not moves:
        reads = reads.union(*(script.used_in(p.whole) for p in removed))
    for statement in foreign:
        if why := hindrance(script, statement, mine, reads):
            line = script.line(statement)
            raise Unplaceable(f"between build and push, line {line} {why}", statement)
    if not moves and may_leave(script, foreign):
        raise Unplaceable("the script may end between build and push", build.whole)
    if not moves and is_login(script, foreign):
        raise Unplaceable(
            "the login stands between build and push; put it before the build", build.whole
        )
    _check_handlers(script, build, removed, moves)
    return Places(build, tuple(pushes), tuple(tags), moves)


def _check_chains(script: Script, build: Position, removed: Sequence[Position], one: bool) -> None:
    """In a chain, nothing else may decide whether the build or a push runs."""
    own = {p.whole.id for p in removed}
    for place in (build, *removed):
        parts = elements(place.statement)
        at = next(i for i, part in enumerate(parts) if part.id == place.whole.id)
        before = parts[:at]
        if same(place.statement, build.statement):
            first = next(i for i, part in enumerate(parts) if part.id == build.whole.id)
            before = parts[first + 1 : at]
            if place is build and not one:  # the whole chain runs before the push
                before = parts[:first] + parts[first + 1 :]
        for part in before:
            if part.id not in own and not decides_nothing(script, part):
                text = " ".join(script.text(part).split())
                raise Unplaceable(f"`{text[:40]}` decides whether it runs", part)


def _between(build: Position, removed: Sequence[Position]) -> Iterator[Node]:
    """The statements after the build's and before the last push's, grouping seen through."""
    last = max(p.statement.start_byte for p in removed)
    for node in walk(build.block):
        parent = node.parent
        if (
            parent is not None
            and build.statement.end_byte <= node.start_byte < last
            and (same(parent, build.block) or contains(parent, build.statement))
            and node.is_named
        ):
            yield node


def _check_handlers(
    script: Script, build: Position, removed: Sequence[Position], moves: bool
) -> None:
    own = script.text(build.handler) if build.handler else ""
    after = build.statement.next_named_sibling
    if after is not None and "$?" in script.text(after):
        raise Unplaceable("the next line looks at the build's `$?`", after)
    spelled = {script.text(p.handler) for p in removed if p.handler is not None}
    if not spelled or spelled == {own}:
        if own and not spelled and build.handler and not leaves(script, build.handler):
            raise Unplaceable(
                "only the build's failure is handled, and the script goes on", build.whole
            )
        return
    last = max(removed, key=lambda p: p.statement.start_byte)
    fits = moves and not own and len(spelled) == 1 and last.handler is not None
    if not fits or last.handler is None or not leaves(script, last.handler):
        raise Unplaceable("build and push handle their failures differently (`||`)", last.whole)
