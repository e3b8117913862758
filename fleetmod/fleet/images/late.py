"""Names that a pushed image gets later, in another block: `if …; then docker tag; docker push; fi`.

The image is in the registry by then, where `docker buildx imagetools create` gives it the name
without the local store (docs.docker.com/reference/cli/docker/buildx/imagetools/create).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from fleetmod.fleet.images.commands import Command, operands
from fleetmod.fleet.images.local_store import plain
from fleetmod.fleet.images.pairs import Group
from fleetmod.fleet.images.position import position
from fleetmod.fleet.images.rewrite import RULE, removal
from fleetmod.fleet.images.script import Script
from fleetmod.model import Edit
from fleetmod.syntax.source import same

Late = tuple[Command, Command]  # a `docker tag`, and the `docker push` of its name


def without_late(script: Script, group: Group) -> tuple[Group, tuple[Late, ...]]:
    """The group without its later names, and the pairs of commands that give those."""
    late = tuple(_late(script, group))
    if not late:
        return group, ()
    gone = {command.node.id for pair in late for command in pair}
    names = {plain(script.spelled(operands(script, tag)[1])) for tag, _ in late}
    return (
        replace(
            group,
            pushes=tuple(c for c in group.pushes if c.node.id not in gone),
            tags=tuple(c for c in group.tags if c.node.id not in gone),
            names={name: word for name, word in group.names.items() if name not in names},
            pushed={name: word for name, word in group.pushed.items() if name not in names},
        ),
        late,
    )


def _late(script: Script, group: Group) -> Iterator[Late]:
    home = position(script, group.build.node).block
    early = {
        plain(script.spelled(operands(script, push)[0])): push.node.end_byte
        for push in group.pushes
        if same(position(script, push.node).block, home)
    }
    for tag in group.tags:
        source, target = operands(script, tag)
        place = position(script, tag.node)
        pushed = early.get(plain(script.spelled(source)), len(script.data))
        if same(place.block, home) or place.trouble or pushed > tag.node.start_byte:
            continue
        if any(len(script.values[name]) > 1 for name in script.used_in(tag.node)):
            continue  # it may mean another image by then
        name = plain(script.spelled(target))
        pushes = [p for p in group.pushes if plain(script.spelled(operands(script, p)[0])) == name]
        if len(pushes) != 1 or name in early:
            continue
        where = position(script, pushes[0].node)
        follows = same(where.statement, place.statement) or same(
            where.statement, place.statement.next_named_sibling
        )
        if follows and not where.trouble and where.quiet and where.handler is None:
            yield tag, pushes[0]


def late_edits(script: Script, late: Sequence[Late]) -> Iterator[Edit]:
    """`docker buildx imagetools create` for each tag, and nothing for its push."""
    for tag, push in late:
        source, target = (script.text(word) for word in operands(script, tag))
        text = f"buildx imagetools create --tag {target} {source}"
        yield Edit(tag.verb_start, tag.node.end_byte, text, RULE)
        where = position(script, push.node)
        yield removal(script, where.whole, where.statement)
