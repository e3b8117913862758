"""What reads an image from the local image store, where `--push` leaves none."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from tree_sitter import Node

from fleetmod.fleet.images.commands import OTHER, TAG, Command, operands
from fleetmod.fleet.images.script import Script
from fleetmod.syntax.source import walk

_VERBS = re.compile(
    r"(?:container )?(?:run|create)|(?:image )?(?:save|inspect|history|tag)"
    r"|rmi|image rm|scan|scout\b.*|sbom|trust sign"
)
_COMPOSES = {"up", "run", "create", "start"}
_LISTS = re.compile(r"images|image (?:ls|list)")
_OTHERS = re.compile(
    r"(?:kind load|k3d image|minikube image|minikube cache|microk8s ctr|ctr|k3s ctr|nerdctl|podman"
    r"|trivy|grype|syft|dive|dockle|docker-slim|slim|container-structure-test)\b.*"
)
# functions of another file that are named for what they do to a local image
_HELPERS = re.compile(
    r"(?=.*(?:docker|image|push))(?!pushd$|docker(?:-compose|-buildx)?$)[\w-]+", re.I
)
_UNKNOWN = re.compile(r"\$\{(\w+)\}|\$[@*]|\$\{\w+\[[@*]\]\}|\$\(.*")


def plain(ref: str) -> str:
    """An image's name without the tag that is meant where none is given."""
    return ref.removesuffix(":latest").removeprefix("docker.io/")


def readers(
    script: Script, found: Collection[Command], names: Collection[str]
) -> Iterator[tuple[Node, str]]:
    """The commands that read one of the images `names` locally, or may do so, each with why.

    `found` are the script's docker commands; names are as `Script.spelled` gives them.
    """
    wanted = {plain(name) for name in names}
    for command in found:
        if command.kind not in (OTHER, TAG):
            continue
        shown = f"{command.tool} {command.verb}"
        if _LISTS.fullmatch(command.verb):
            yield command.node, f"`{shown}` lists local images"
        elif _composes(script, command):
            yield command.node, "`docker compose` takes the image from the local store"
        elif _VERBS.fullmatch(command.verb) and (
            why := _names(script, operands(script, command), wanted)
        ):
            yield command.node, f"`{shown}` {why}"
    calls = {command.node.id for command in found}
    for node in walk(script.root):
        if node.type != "command" or node.id in calls:
            continue
        text = re.sub(r"\s+", " ", script.text(node))
        if "docker-daemon:" in text:
            yield node, "`docker-daemon:` reads the local image store"
        elif _HELPERS.fullmatch(name := script.program(node)) and name not in script.functions:
            yield node, f"`{name}`, which is not defined here, may need it in the local store"
        elif _OTHERS.fullmatch(text) and (
            why := _names(script, node.children_by_field_name("argument"), wanted)
        ):
            yield node, f"`{' '.join(text.split(' ')[:2])}` {why}"


def _composes(script: Script, command: Command) -> bool:
    """Whether it is `docker compose … up` or the like."""
    words = [*command.verb.split(), *(script.text(word) for word in command.words)]
    return words[:1] == ["compose"] and not _COMPOSES.isdisjoint(words)


def _names(script: Script, words: list[Node], wanted: set[str]) -> str:
    for word in words:
        spelled = script.spelled(word)
        if plain(spelled) in wanted:
            return "needs the image in the local store"
        unknown = _UNKNOWN.fullmatch(spelled)
        if unknown and not (unknown[1] and _is_other(script, unknown[1])):
            return f"may need it in the local store (what `{script.text(word)}` is, is not known)"
    return ""


def _is_other(script: Script, name: str) -> bool:
    """Whether every value of a variable is a text that is spelled in the script."""
    values = script.values.get(name, [])
    return bool(values) and all(v is not None and script.constant(v) is not None for v in values)
