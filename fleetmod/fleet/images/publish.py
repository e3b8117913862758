"""One publish script from bytes to findings and edits; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.edits import render
from fleetmod.fleet.images.builder import carried_plugin, chooses_builder, creation
from fleetmod.fleet.images.commands import Command, commands
from fleetmod.fleet.images.decide import places
from fleetmod.fleet.images.late import late_edits, without_late
from fleetmod.fleet.images.pairs import Group, groups, platform_option
from fleetmod.fleet.images.placing import Unplaceable
from fleetmod.fleet.images.rewrite import RULE, edits
from fleetmod.fleet.images.script import Script
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Edit, FileResult, Finding, refuse
from fleetmod.syntax.source import parse, walk

FAMILY = "images"
_STRAY = (
    "no build in the same function of this script makes this image: build and push it in one "
    "place, or add names to it with `docker buildx imagetools create`"
)
_COMPOSE = "compose builds it: list the platforms under `build.platforms` and push by `buildx bake`"


@dataclass(frozen=True)
class Published:
    """What one script publishes. `names` are the words that it gives each image in the registry.

    A name is None where only the shell knows it. `dockerfile` and `context` are as spelled with
    constants put in, None where unknown.
    """

    line: int
    names: tuple[str | None, ...]
    spelled: tuple[str, ...]
    dockerfile: str | None
    context: str | None


@dataclass(frozen=True)
class ScriptResult:
    """A script's findings, edits and images."""

    file: FileResult
    images: tuple[Published, ...]


def analyse(
    path: str,
    data: bytes,
    platforms: Sequence[str],
    builder: str,
    bases: Callable[[Published], Sequence[str]] = lambda _: (),
) -> ScriptResult:
    """What a script publishes, and the edits that publish it for all `platforms`.

    `bases` gives the images that a build starts from, so far as its Dockerfile is known.
    """
    script = Script(path, data)
    digest = hashlib.sha256(data).hexdigest()
    if script.root.has_error:
        lines = tuple(sorted({script.line(n) for n in walk(script.root) if n.is_error}))
        errors = tuple((line, line) for line in lines) or ((1, 1),)
        return ScriptResult(FileResult(path, digest, errors=errors, unparsed=errors), ())
    found = list(commands(script))
    made = groups(script, found)
    own_builder = chooses_builder(script, found)
    findings: list[Finding] = []
    changes: list[Edit] = []
    targets: list[tuple[Node, str]] = []
    images = tuple(_published(script, group) for group in made.published)
    for group, image in zip(made.published, images, strict=True):
        if _is_done(script, group, platforms):
            findings.append(_finding(script, group, EXEMPT, "builds every platform already"))
            continue
        try:
            _check_bases(group, made.local, bases(image))
            main, late = without_late(script, group)
            others = [c for c in found if all(c not in pair for pair in late)]
            where = places(script, main, others, made.local, group.names)
        except Unplaceable as refused:
            line = script.line(refused.node)
            at = f"line {line}: " if refused.node.id != group.build.node.id else ""
            findings.append(_finding(script, group, REFUSE, f"{at}{refused.reason}"))
            continue
        chosen = own_builder or any(o.name == "--builder" for o in group.options)
        changes += edits(script, main, where, platforms, "" if chosen else builder)
        changes += late_edits(script, late)
        if not chosen:
            last = where.pushes[-1].statement if where.moves else where.build.statement
            targets.append((last, _docker(script, group.build)))
        findings.append(_finding(script, group, REWRITE, ""))
    findings += [_stray(script, command) for command in made.strays]
    changes += creation(script, targets, builder)
    if changes:
        changes += carried_plugin(script)
    findings.sort(key=lambda f: f.start)
    changes.sort(key=lambda e: (e.start, e.end))
    if not _is_sound(data, changes):
        findings = [_unsound(f) if f.action == REWRITE else f for f in findings]
        changes = []
    result = FileResult(path, digest, tuple(findings), tuple(changes))
    return ScriptResult(result, images)


def _is_sound(data: bytes, changes: Sequence[Edit]) -> bool:
    """Whether the edits fit together and leave a script that parses."""
    try:
        return not parse("bash", render(data, changes)).root_node.has_error
    except ValueError:
        return False


def _unsound(finding: Finding) -> Finding:
    return refuse(finding, reasons.PUBLISH_SCRIPT("its builds are too entangled to edit; split it"))


def _docker(script: Script, build: Command) -> str:
    """How docker is called there: with `sudo`, or by a variable."""
    name = build.node.child_by_field_name("name")
    start = name.start_byte if name is not None else build.start
    return script.data[start : build.verb_start].decode().replace("\\\n", " ").strip()


def _is_done(script: Script, group: Group, platforms: Sequence[str]) -> bool:
    known = [
        (script.constant(o.value) or "").rpartition("=")[2]
        for o in platform_option(group)
        if o.value is not None
    ]
    return group.direct and set(platforms) <= {p for text in known for p in text.split(",")}


def _check_bases(group: Group, local: Sequence[Group], bases: Sequence[str]) -> None:
    for other in local:
        for name in other.names:
            if name in bases:
                raise Unplaceable(
                    f"its Dockerfile starts from `{name}`, which is only built locally",
                    group.build.node,
                )


def _published(script: Script, group: Group) -> Published:
    words = (
        [o.value for o in group.options if o.name == "--tag" and o.value is not None]
        if group.direct
        else list(group.pushed.values())
    )
    files = [o.value for o in group.options if o.name == "--file" and o.value is not None]
    context = group.context[-1] if group.context else None
    return Published(
        script.line(group.build.node),
        tuple(_value(script.constant(word)) for word in words),
        tuple(script.text(word) for word in words),
        _value(script.spelled(files[-1])) if files else "",
        script.spelled(context) if context is not None else None,
    )


def _value(text: str | None) -> str | None:
    return text.partition("=")[2] if text and text.startswith("-") else text


def _finding(script: Script, group: Group, action: str, reason: str) -> Finding:
    pushed = ", ".join(script.text(word) for word in group.pushed.values())
    return _place(script, group.build.node, action, reason, f"publish {pushed}".strip())


def _stray(script: Script, command: Command) -> Finding:
    if "compose" in command.verb:
        reason = _COMPOSE
    elif command.tool != "docker":
        reason = f"{command.tool} has no buildx: push a manifest list that it built"
    else:
        reason = _STRAY
    return _place(script, command.node, REFUSE, reason, f"{command.tool} {command.verb}")


def _place(script: Script, node: Node, action: str, reason: str, understood: str) -> Finding:
    line = script.line(node)
    start = script.data.rfind(b"\n", 0, node.start_byte) + 1
    column = len(script.data[start : node.start_byte].decode("utf-8", "replace")) + 1
    text = " ".join(script.text(node).replace("\\\n", " ").split())
    found = Finding(
        *(RULE, FAMILY, "call", script.path, node.start_byte, node.end_byte, line, column),
        text=text if len(text) <= 100 else f"{text[:99]}…",
        understood=understood,
        action=REWRITE if action == REFUSE else action,
        reason="" if action == REFUSE else reason,
        lines=(line,),
    )
    return refuse(found, reasons.PUBLISH_SCRIPT(reason)) if action == REFUSE else found
