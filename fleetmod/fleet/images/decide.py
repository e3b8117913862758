"""Whether a build and its pushes may become one command: the reasons against it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from tree_sitter import Node

from fleetmod.fleet.images.commands import Command, Option
from fleetmod.fleet.images.flaw import ARCHITECTURE
from fleetmod.fleet.images.local_store import readers
from fleetmod.fleet.images.pairs import Group, platform_option
from fleetmod.fleet.images.placing import Places, Unplaceable, placed
from fleetmod.fleet.images.position import position
from fleetmod.fleet.images.script import Script
from fleetmod.syntax.source import walk

_LOOPBACK = re.compile(r"(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?/.*")
_REFUSED = {
    "--iidfile": "`--iidfile` holds a local image's id; `--metadata-file` has the index's digest",
    "--network": "`--network` of a build needs a builder that is allowed to use it "
    "(`docker buildx create --buildkitd-flags`)",
    "--squash": "`--squash` does nothing with buildx",
    "--output": "`--output` says where the image goes already",
}
_HOLDS = re.compile(r"(?:^|[\s(\"'])(?:-t|--tag|--load|--platform|--output|-o|--push)\b")


def places(
    script: Script,
    group: Group,
    found: Sequence[Command],
    local: Sequence[Group],
    names: Collection[str],
) -> Places:
    """Where the one command goes; raises Unplaceable with the first reason against it.

    `found` are the script's docker commands, `local` its builds that are not pushed, and `names`
    all that the image is called, later names included.
    """
    _check_tool(group)
    _check_options(script, group)
    _check_architecture(script, group, found)
    _check_needs(script, group, local)
    build = position(script, group.build.node)
    pushes = tuple(position(script, c.node) for c in group.pushes)
    tags = tuple(position(script, c.node) for c in group.tags)
    if group.direct:
        return Places(build, (), (), moves=False)
    _check_names(script, group)
    others = [c for c in found if c not in group.tags]
    for node, why in readers(script, others, names):
        raise Unplaceable(
            f"{why}, where `--push` leaves nothing; build a second time with `--load` for it",
            node,
        )
    return placed(script, build, pushes, tags, found)


def _check_tool(group: Group) -> None:
    tool = group.build.tool
    if tool != "docker":
        raise Unplaceable(
            f"{tool} has no buildx: write `{tool} build --platform … --manifest NAME` and "
            f"`{tool} manifest push NAME`",
            group.build.node,
        )
    if group.build.hidden:
        raise Unplaceable("`--config` hides buildx and its builders", group.build.node)


def _check_options(script: Script, group: Group) -> None:
    for option in group.options:
        loads = option.name == "--output" and option.text in ("type=docker", "type=image")
        if option.name in _REFUSED and not loads and not group.direct:
            raise Unplaceable(_REFUSED[option.name], group.build.node)
    for option in platform_option(group):
        if option.value is None or _constant(script, option) is None:
            raise Unplaceable(
                "the value of `--platform` is only known at run time", group.build.node
            )
    if re.search(r"\bDOCKER_BUILDKIT=0\b", script.text(group.build.node)):
        raise Unplaceable(
            "`DOCKER_BUILDKIT=0` asks for the builder without platforms", group.build.node
        )
    unknown = [w for w in group.context if _is_open(script, w)]
    if len(group.context) == 1 and "@" not in script.text(group.context[0]):
        unknown = []
    for word in unknown:
        _check_open(script, word)


def _check_architecture(script: Script, group: Group, found: Sequence[Command]) -> None:
    """An image of one architecture on purpose stays one; so do the parts of a manifest list."""
    for command in found:
        if command.verb in ("manifest create", "manifest push", "manifest annotate"):
            raise Unplaceable("the script makes a manifest list by itself", command.node)
    for option in group.options:
        if option.name in ("--tag", "--file", "--build-arg", "--target"):
            named = ARCHITECTURE.search(option.text)
            if named:
                raise Unplaceable(
                    f"`{option.name} {option.text}` is for {named[0]}", group.build.node
                )


def _constant(script: Script, option: Option) -> str | None:
    if option.value is None:
        return None
    known = script.constant(option.value)
    return known.partition("=")[2] if known and known.startswith("-") else known


def _is_open(script: Script, word: Node) -> bool:
    """Whether the shell may make any number of options from a word."""
    text = script.text(word)
    return word.type in ("simple_expansion", "expansion") or bool(re.search(r"\[@\]|\$[@*]", text))


def _check_open(script: Script, word: Node) -> None:
    if _HOLDS.search(re.sub(r"^\$\{\w+:?[-+=]", " ", script.text(word))):
        raise Unplaceable(f"`{script.text(word)}` holds tags, platforms or outputs", word)
    names = [script.text(n) for n in walk(word) if n.type == "variable_name"]
    texts = [
        script.text(node)
        for node in walk(script.root)
        if node.type == "variable_assignment"
        and (name := node.child_by_field_name("name")) is not None
        and script.text(name).partition("[")[0] in names
    ]
    if not names or not texts:
        raise Unplaceable(f"what `{script.text(word)}` holds is only known at run time", word)
    if any(_HOLDS.search(text.partition("=")[2]) for text in texts):
        raise Unplaceable(f"`{script.text(word)}` holds tags, platforms or outputs", word)


def _check_needs(script: Script, group: Group, local: Sequence[Group]) -> None:
    """A builder of its own sees no image that only the local store has."""
    words = " ".join(option.text for option in group.options if option.name != "--tag")
    for other in local:
        for name in other.names:
            if re.search(rf"(?<![\w/.-]){re.escape(name)}(?![\w/.-])", words):
                raise Unplaceable(
                    f"it builds on `{name}`, which is only built locally; push that one, too",
                    group.build.node,
                )


def _check_names(script: Script, group: Group) -> None:
    if not group.names:
        raise Unplaceable("the build has no tag", group.build.node)
    for push in group.pushes:
        if any(script.text(word) in ("-a", "--all-tags") for word in push.words):
            raise Unplaceable("`--all-tags` pushes whatever has the name locally", push.node)
    for name in group.pushed:
        if _LOOPBACK.fullmatch(name):
            raise Unplaceable(
                f"`{name}` is on this machine, which a builder in a container cannot reach "
                "(`docker buildx create --driver-opt network=host`)",
                group.build.node,
            )
    sources = {script.spelled(c.words[0]).removesuffix(":latest") for c in group.tags if c.words}
    for name in group.names:
        if name not in group.pushed and name not in sources:
            raise Unplaceable(
                f"`--push` would publish `{name}`, too, which stays local", group.build.node
            )
