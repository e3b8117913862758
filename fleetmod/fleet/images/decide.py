"""Whether a build and its pushes may become one command: the reasons against it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.fleet.images.between import hindrance, is_login
from fleetmod.fleet.images.commands import Command, Option
from fleetmod.fleet.images.local_store import readers
from fleetmod.fleet.images.pairs import Group, platform_option
from fleetmod.fleet.images.position import Position, leaves, position
from fleetmod.fleet.images.script import Script, in_condition
from fleetmod.syntax.source import contains, same, walk

_LOOPBACK = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?/.*")
_REFUSED = {
    "--iidfile": "`--iidfile` holds a local image's id; `--metadata-file` has the index's digest",
    "--network": "`--network` of a build needs a builder that is allowed to use it "
    "(`docker buildx create --buildkitd-flags`)",
    "--squash": "`--squash` does nothing with buildx",
    "--output": "`--output` says where the image goes already",
}
_HOLDS = re.compile(r"(?:^|[\s(\"'])(?:-t|--tag|--load|--platform|--output|-o|--push)\b")


class Refused(Exception):
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


def places(
    script: Script, group: Group, found: Sequence[Command], local: Sequence[Group]
) -> Places:
    """Where the one command goes; raises Refused with the first reason against it."""
    _check_tool(group)
    _check_options(script, group)
    _check_needs(script, group, local)
    build = position(script, group.build.node)
    pushes = tuple(position(script, c.node) for c in group.pushes)
    tags = tuple(position(script, c.node) for c in group.tags)
    if group.direct:
        return Places(build, (), (), moves=False)
    _check_names(script, group)
    others = [c for c in found if c not in group.tags]
    for node, why in readers(script, others, group.names):
        raise Refused(
            f"{why}, where `--push` leaves nothing; build a second time with `--load` for it",
            node,
        )
    return _placed(script, build, pushes, tags, found)


def _check_tool(group: Group) -> None:
    tool = group.build.tool
    if tool != "docker":
        raise Refused(
            f"{tool} has no buildx: write `{tool} build --platform … --manifest NAME` and "
            f"`{tool} manifest push NAME`",
            group.build.node,
        )
    if group.build.hidden:
        raise Refused("`--config` hides buildx and its builders", group.build.node)


def _check_options(script: Script, group: Group) -> None:
    for option in group.options:
        loads = option.name == "--output" and option.text in ("type=docker", "type=image")
        if option.name in _REFUSED and not loads and not group.direct:
            raise Refused(_REFUSED[option.name], group.build.node)
    for option in platform_option(group):
        if option.value is None or _constant(script, option) is None:
            raise Refused("the value of `--platform` is only known at run time", group.build.node)
    if re.search(r"\bDOCKER_BUILDKIT=0\b", script.text(group.build.node)):
        raise Refused(
            "`DOCKER_BUILDKIT=0` asks for the builder without platforms", group.build.node
        )
    unknown = [w for w in group.context if _is_open(script, w)]
    if len(group.context) == 1 and "@" not in script.text(group.context[0]):
        unknown = []
    for word in unknown:
        _check_open(script, word)


def _constant(script: Script, option: Option) -> str | None:
    if option.value is None:
        return None
    known = script.constant(option.value)
    return known.partition("=")[2] if known and known.startswith("-") else known


def _is_open(script: Script, word: Node) -> bool:
    """Whether the shell may make any number of options from a word."""
    return word.type in ("simple_expansion", "expansion") or "[@]" in script.text(word)


def _check_open(script: Script, word: Node) -> None:
    names = [script.text(n) for n in walk(word) if n.type == "variable_name"]
    texts = [
        script.text(node)
        for node in walk(script.root)
        if node.type == "variable_assignment"
        and (name := node.child_by_field_name("name")) is not None
        and script.text(name).partition("[")[0] in names
    ]
    if not names or not texts:
        raise Refused(f"what `{script.text(word)}` holds is only known at run time", word)
    if any(_HOLDS.search(text.partition("=")[2]) for text in texts):
        raise Refused(f"`{script.text(word)}` holds tags, platforms or outputs", word)


def _check_needs(script: Script, group: Group, local: Sequence[Group]) -> None:
    """A builder of its own sees no image that only the local store has."""
    words = " ".join(option.text for option in group.options if option.name != "--tag")
    for other in local:
        for name in other.names:
            if re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w/.-])", words):
                raise Refused(
                    f"it builds on `{name}`, which is only built locally; push that one, too",
                    group.build.node,
                )


def _check_names(script: Script, group: Group) -> None:
    if not group.names:
        raise Refused("the build has no tag", group.build.node)
    for push in group.pushes:
        if any(script.text(word) in ("-a", "--all-tags") for word in push.words):
            raise Refused("`--all-tags` pushes whatever has the name locally", push.node)
    for name in group.pushed:
        if _LOOPBACK.fullmatch(name):
            raise Refused(
                f"`{name}` is on this machine, which a builder in a container cannot reach "
                "(`docker buildx create --driver-opt network=host`)",
                group.build.node,
            )
    sources = {script.spelled(c.words[0]).removesuffix(":latest") for c in group.tags if c.words}
    for name in group.names:
        if name not in group.pushed and name not in sources:
            raise Refused(
                f"`--push` would publish `{name}`, too, which stays local", group.build.node
            )


def _placed(
    script: Script,
    build: Position,
    pushes: Sequence[Position],
    tags: Sequence[Position],
    found: Sequence[Command],
) -> Places:
    if build.trouble:
        raise Refused(f"the build cannot push: {build.trouble}", build.whole)
    removed = [*pushes, *tags]
    one = all(same(p.statement, build.statement) for p in removed)
    for place in removed:
        if place.trouble:
            raise Refused(f"the command cannot go: {place.trouble}", place.whole)
        if not place.quiet:
            raise Refused("its output goes to a file", place.whole)
        if not same(place.block, build.block):
            raise Refused(
                "build and push stand in different blocks (a condition, a loop or a function): "
                "push where it is built",
                place.whole,
            )
        if not one and (in_condition(place.statement) or in_condition(build.statement)):
            raise Refused("only one of build and push is a condition", place.whole)
    if one:
        return Places(build, tuple(pushes), tuple(tags), moves=False)
    between = list(_between(build, removed))
    mine = {id_ for c in found for id_ in (c.node.id,)}
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
            raise Refused(f"between build and push, line {line} {why}", statement)
    if not moves and is_login(script, foreign):
        raise Refused(
            "the login stands between build and push; put it before the build", build.whole
        )
    _check_handlers(script, build, removed, moves)
    return Places(build, tuple(pushes), tuple(tags), moves)


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
        raise Refused("the next line looks at the build's `$?`", after)
    spelled = {script.text(p.handler) for p in removed if p.handler is not None}
    if not spelled or spelled == {own}:
        if own and not spelled and build.handler and not leaves(script, build.handler):
            raise Refused(
                "only the build's failure is handled, and the script goes on", build.whole
            )
        return
    last = max(removed, key=lambda p: p.statement.start_byte)
    fits = moves and not own and len(spelled) == 1 and last.handler is not None
    if not fits or last.handler is None or not leaves(script, last.handler):
        raise Refused("build and push handle their failures differently (`||`)", last.whole)
