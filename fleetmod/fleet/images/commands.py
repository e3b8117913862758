"""The docker commands of a script, and what each of them means for an image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.fleet.images.script import Script
from fleetmod.syntax.source import walk

BUILD, PUSH, TAG, LOGIN, OTHER = "build", "push", "tag", "login", "other"
TOOLS = ("docker", "podman", "nerdctl", "buildah")
_PREFIXES = ("sudo", "command", "exec", "time", "env", "nice")
_MANAGEMENT = ("image", "builder", "container", "buildx", "manifest", "compose", "trust")
_VERBS = {
    **dict.fromkeys(("build", "image build", "builder build", "buildx build", "buildx b"), BUILD),
    **{"buildah bud": BUILD, "buildah build": BUILD},
    **dict.fromkeys(("push", "image push"), PUSH),
    **dict.fromkeys(("tag", "image tag"), TAG),
    "login": LOGIN,
}
# the options of `docker build` and `docker buildx build` that take a value
# (docker/buildx, docs/reference/buildx_build.md; docker/cli, image/build.go)
VALUED = frozenset(
    "--add-host --allow --annotation --attest --build-arg --build-context --builder --cache-from "
    "--cache-to --call --cgroup-parent --cpu-period --cpu-quota --cpuset-cpus --cpuset-mems "
    "--cpu-shares --file --iidfile --isolation --label --memory --memory-swap --metadata-file "
    "--network --no-cache-filter --output --platform --policy --progress --provenance --sbom "
    "--secret --security-opt --shm-size --ssh --tag --target --ulimit -f -t -o -c -m".split()
)
_SHORT = {"-t": "--tag", "-f": "--file", "-o": "--output"}


@dataclass(frozen=True)
class Option:
    """An option of a build. `value` is None for a flag; `end` is the last byte of it all."""

    name: str
    value: Node | None
    start: int
    end: int
    text: str  # the value as `Script.spelled` gives it, or what follows `=`

    @property
    def on(self) -> bool:
        return self.text not in ("false", "0")


@dataclass(frozen=True)
class Command:
    """One call of docker or the like.

    `words` are the arguments after the verb, whose text stands at verb_start..verb_end.
    """

    node: Node
    tool: str
    verb: str
    kind: str
    words: tuple[Node, ...]
    start: int
    verb_start: int
    verb_end: int
    hidden: bool  # `--config DIR` before the verb: another docker config


def commands(script: Script) -> Iterator[Command]:
    """Every call of docker, podman, nerdctl or buildah, in source order."""
    for node in walk(script.root):
        if node.type == "command" and (found := _command(script, node)):
            yield found


def _command(script: Script, node: Node) -> Command | None:
    name = node.child_by_field_name("name")
    words = [name, *node.children_by_field_name("argument")] if name else []
    while words and script.constant(words[0]) in _PREFIXES:
        words = words[1:]
    while words and script.text(words[0]).split("=")[0].isupper() and "=" in script.text(words[0]):
        words = words[1:]  # env A=b docker …
    if not words:
        return None
    tool = (script.constant(words[0]) or "").rpartition("/")[2]
    if tool in ("docker-buildx", "docker-compose"):
        verb = [tool.removeprefix("docker-")]
        tool, rest = "docker", words[1:]
    elif tool in TOOLS:
        verb, rest = [], words[1:]
    else:
        return None
    end = words[0].end_byte
    hidden = False
    while rest and script.text(rest[0]).startswith("-"):  # docker --context x build
        hidden |= script.text(rest[0]).startswith("--config")
        takes = "=" not in script.text(rest[0]) and script.text(rest[0]) not in ("-D", "--debug")
        rest = rest[1 + takes :]
    begin = rest[0].start_byte if rest and not verb else words[0].start_byte
    while rest and (not verb or (len(verb) == 1 and verb[0] in _MANAGEMENT)):
        verb.append(script.constant(rest[0]) or "")
        end = rest[0].end_byte
        rest = rest[1:]
    spelled = " ".join(verb)
    key = spelled if tool != "buildah" else f"buildah {spelled}"
    kind = _VERBS.get(key) or _VERBS.get(spelled, OTHER)
    start = words[0].start_byte
    return Command(node, tool, spelled, kind, tuple(rest), start, begin, end, hidden)


def read_options(script: Script, command: Command) -> tuple[list[Option], list[Node]]:
    """A build's options, and the words that are none: its context, and whatever is unknown."""
    options: list[Option] = []
    rest: list[Node] = []
    words = list(command.words)
    while words:
        word = words.pop(0)
        spelled = script.spelled(word)
        if not spelled.startswith("-") or spelled == "-":
            rest.append(word)
            continue
        name, equals, text = spelled.partition("=")
        short = name[:2]
        value: Node | None = word if equals else None
        if not name.startswith("--") and len(name) > 2 and short in VALUED:  # -tNAME
            name, text, value = short, spelled[2:], word
        elif not equals and name in VALUED and words:
            value = words.pop(0)
            text = script.spelled(value)
        end = value.end_byte if value is not None else word.end_byte
        options.append(Option(_SHORT.get(name, name), value, word.start_byte, end, text))
    return options, rest


def operands(script: Script, command: Command) -> list[Node]:
    """The arguments of a command that are no options."""
    return [word for word in command.words if not script.text(word).startswith("-")]
