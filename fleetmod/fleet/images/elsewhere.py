"""Builds in bake files, compose files, Makefiles and package.json: found, and never rewritten."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

from fleetmod.fleet.images.found import Build
from fleetmod.fleet.images.yaml_places import Tree, child, elements, line_of, pairs, scalar

_TARGET = re.compile(r'^[ \t]*target[ \t]+"([^"]+)"[ \t]*\{', re.M)
_LIST = re.compile(r"^[ \t]*(platforms|tags|inherits)[ \t]*=[ \t]*(\[[^\]]*\]|[^\n]*)", re.M)
_TEXT = re.compile(r'"([^"]*)"')
# a command line, its continued lines taken in
_COMMAND = re.compile(
    r"\b(?:docker|podman|nerdctl|buildah)\b(?:[^\n\\;&|]|\\\n)*?\b"
    r"(?P<verb>push|(?:buildx[ \t]+)?(?:build|bake|bud))\b(?:[^\n\\;&|]|\\\n)*"
)
_PLATFORM = re.compile(r"--platforms?[= ]+[\"']?([\w/,.-]+)")


def bake_builds(path: str, text: str, platforms: Sequence[str]) -> Iterator[Build]:
    """The targets of a bake file in HCL that have names (docs.docker.com/build/bake/reference)."""
    targets = {}
    for found in _TARGET.finditer(text):
        body = text[found.end() : _end(text, found.end())]
        lists = {name: _TEXT.findall(value) for name, value in _LIST.findall(body)}
        given = {name for name, _ in _LIST.findall(body)}
        targets[found[1]] = (text.count("\n", 0, found.start()) + 1, lists, given)
    for name, (line, lists, _) in targets.items():
        if not lists.get("tags"):
            continue
        known, unknown = _inherited(name, targets, set())
        missing = [each for each in platforms if each not in known]
        tags = tuple(lists["tags"])
        names = tuple(None if "${" in tag else tag for tag in tags)
        write = f"write in the target {name}: platforms = {json.dumps(list(platforms))}"
        if unknown:
            write = "its platforms come from a variable; give it every platform"
        yield Build(
            *(path, line, f"publish {', '.join(tags)}", names, tags),
            write=write if missing else "",
        )


def _inherited(
    name: str, targets: dict[str, tuple[int, dict[str, list[str]], set[str]]], seen: set[str]
) -> tuple[set[str], bool]:
    """The platforms of a target, its own or an inherited one's, and whether a variable gives
    them."""
    if name in seen or name not in targets:
        return set(), False
    _, lists, given = targets[name]
    if "platforms" in given:
        own = set(lists["platforms"])
        return own, not own
    for other in lists.get("inherits", ()):
        known, unknown = _inherited(other, targets, seen | {name})
        if known or unknown:
            return known, unknown
    return set(), False


def _end(text: str, start: int) -> int:
    """Where a block that begins before `start` closes."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return at
    return len(text)


def bake_json_builds(path: str, text: str, platforms: Sequence[str]) -> Iterator[Build]:
    """The targets of a bake file in JSON that have names."""
    try:
        document = json.loads(text)
    except ValueError:
        return
    targets = document.get("target") if isinstance(document, dict) else None
    for name, target in targets.items() if isinstance(targets, dict) else ():
        tags = target.get("tags") if isinstance(target, dict) else None
        if not isinstance(tags, list) or not tags:
            continue
        own = target.get("platforms") or []
        at = text.find(f'"{name}"')
        write = f'write in the target {name}: "platforms": {json.dumps(list(platforms))}'
        inherits = bool(target.get("inherits")) and not own
        missing = not set(platforms) <= set(own) and not inherits
        yield Build(
            *(path, text.count("\n", 0, max(at, 0)) + 1, f"publish {', '.join(map(str, tags))}"),
            names=tuple(None if "${" in str(tag) else str(tag) for tag in tags),
            spelled=tuple(map(str, tags)),
            write=write if missing else "",
        )


def compose_builds(tree: Tree, platforms: Sequence[str]) -> Iterator[Build]:
    """The services of a compose file that are built and have a name in a registry."""
    for name, key, service in pairs(child(tree.root, "services")):
        build = child(service, "build")
        image = scalar(child(service, "image"))
        if build is None or not image or "/" not in image:
            continue  # it is only run where it is built
        given = child(build, "platforms")
        known = {scalar(each) for each in elements(given)}
        spelled = ", ".join(platforms)
        write = f"write in the build of {name}: platforms: [{spelled}], and push by `buildx bake`"
        yield Build(
            *(tree.path, line_of(key), f"publish {image}"),
            names=(None if "$" in image else image,),
            spelled=(image,),
            write="" if set(platforms) <= known else write,
        )


def command_builds(path: str, text: str, platforms: Sequence[str]) -> Iterator[Build]:
    """The commands of a Makefile, or of another file of recipes, that build or push images.

    Only those of a file that pushes: what is built and stays is nobody else's.
    """
    found = list(_COMMAND.finditer(text))
    pushes = [m for m in found if m["verb"] == "push" or "--push" in m[0]]
    if not pushes:
        return
    for match in found:
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if line.lstrip("\t @-").startswith("#"):
            continue
        built = _PLATFORM.search(match[0])
        done = built is not None and set(platforms) <= set(built[1].split(","))
        bakes = match["verb"].endswith("bake")
        write = (
            f"build it as docker buildx build --platform {','.join(platforms)} --push, in a script "
            "under images.publish, which can be rewritten"
        )
        if done or bakes or (match["verb"] == "push" and _built_whole(found, platforms)):
            write = ""
        yield Build(
            *(path, text.count("\n", 0, match.start()) + 1, " ".join(match[0].split())[:80]),
            names=(None,),
            spelled=("its name",),
            write=write,
        )


def _built_whole(found: Sequence[re.Match[str]], platforms: Sequence[str]) -> bool:
    built = [m for m in found if m["verb"] != "push"]
    return bool(built) and all(
        (given := _PLATFORM.search(m[0])) and set(platforms) <= set(given[1].split(","))
        for m in built
    )
