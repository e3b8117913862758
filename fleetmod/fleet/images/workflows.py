"""Builds in GitHub's workflows: `docker/build-push-action`, rewritten with the YAML kept.

Inputs: docker/build-push-action, action.yml. An image for several platforms needs QEMU for those
that the runner is not, and a builder other than Docker's own (docs.docker.com/build/ci/
github-actions/multi-platform).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from fleetmod.fleet.images.flaw import ARCHITECTURE
from fleetmod.fleet.images.found import RULE, Build
from fleetmod.fleet.images.yaml_places import Tree, child, elements, line_of, pairs, scalar
from fleetmod.model import Edit

# Docker's own, and those of others that take its inputs and bring builders of their own
_PUBLISHES = "/build-push-action"
_CALLED = re.compile(r"[\w.-]*(?:docker|image|container)[\w.-]*\.ya?ml\b")
_QEMU, _BUILDX = "docker/setup-qemu-action", "docker/setup-buildx-action"
_EXPRESSION = re.compile(r"\$\{\{\s*matrix\.([\w.-]+)\s*\}\}")
_NOTE = (
    "the other platform's RUN lines are emulated, which is slow: a runner of each platform and a "
    "merge of their digests is quicker; pin the actions that were added as you pin the others"
)


def workflow_builds(tree: Tree, platforms: Sequence[str]) -> Iterator[Build]:
    """The builds of a workflow, or of a composite action, that are pushed."""
    for _, _, job in pairs(child(tree.root, "jobs")):
        uses = scalar(child(job, "uses")) or ""
        # a workflow of this repository is read itself
        if not uses.startswith("./") and (called := _CALLED.search(uses)):
            yield _call(tree, job, called[0], platforms)
        yield from _steps(tree, elements(child(job, "steps")), child(job, "strategy"), platforms)
    steps = elements(child(tree.root, "runs", "steps"))
    yield from _steps(tree, steps, None, platforms)


def _call(tree: Tree, job: Any, called: str, wanted: Sequence[str]) -> Build:
    """A job that a workflow of elsewhere does; what it builds for is only known by its inputs."""
    given = child(job, "with", "platforms")
    known = re.split(r"[\n,]", scalar(given) or "")
    done = set(wanted) <= {part.strip() for part in known}
    write = f"{called} builds it: have it build {', '.join(wanted)}, by an input if it has one"
    line = line_of(child(job, "uses"))
    told = f"an image by {called}"
    return Build(tree.path, line, told, (None,), (told,), write="" if done else write)


def _steps(tree: Tree, steps: list[Any], strategy: Any, wanted: Sequence[str]) -> Iterator[Build]:
    before: list[Any] = []
    prepared = False  # one insertion serves all the builds of a job
    for step in steps:
        if _uses(step).endswith(_PUBLISHES):
            build = _build(tree, step, before, strategy, wanted, prepared)
            if build is not None:
                prepared |= bool(build.edits)
                yield build
        before.append(step)


def _uses(step: Any) -> str:
    return (scalar(child(step, "uses")) or "").partition("@")[0]


def _build(
    tree: Tree, step: Any, before: list[Any], strategy: Any, wanted: Sequence[str], prepared: bool
) -> Build | None:
    given = child(step, "with")
    inputs = {name: scalar(value) or "" for name, _, value in pairs(given)}
    pushes = inputs.get("push", "false").strip().lower() not in ("false", "")
    outputs = inputs.get("outputs", "")
    if not pushes and "push=true" not in outputs and "type=registry" not in outputs:
        return None  # built to see that it builds
    tags = [line for line in re.split(r"[\n,]", inputs.get("tags", "")) if line.strip()]
    names = tuple(None if "${{" in tag else tag.strip() for tag in tags)
    build = Build(
        tree.path,
        line_of(child(step, "uses")),
        f"publish {', '.join(tag.strip() for tag in tags) or 'an image'}",
        names or (None,),
        tuple(tag.strip() for tag in tags) or ("its tags",),
        _plain(inputs.get("file", "")),
        _plain(inputs.get("context", ".")),
    )
    found = inputs.get("platforms")
    if found is not None:
        missing = _missing(found, strategy, wanted)
        if not missing:
            return build
    reason = _reason(given, inputs, found)
    if reason:
        return replace(build, write=reason)
    edits = [_platforms(tree, given, found, wanted)]
    if not prepared and _uses(step) == f"docker{_PUBLISHES}":
        edits += _preparation(tree, step, before)
    return replace(build, edits=tuple(edits), notes=(_NOTE,))


def _plain(text: str) -> str | None:
    return None if "${{" in text or "://" in text else text


def _missing(found: str, strategy: Any, wanted: Sequence[str]) -> list[str]:
    """The platforms that are not built; a matrix may build each in a job of its own."""
    known = {part.strip() for part in re.split(r"[\n,]", found)}
    for name in _EXPRESSION.findall(found):
        last = name.rpartition(".")[2]
        for value in _values(child(strategy, "matrix"), last):
            known |= {part.strip() for part in value.split(",")}
    return [each for each in wanted if each not in known]


def _values(node: Any, name: str) -> Iterator[str]:
    """What a matrix gives a name, in its own list or in those of `include`."""
    for key, _, value in pairs(node):
        if key == name:
            yield from (scalar(each) or "" for each in [value, *elements(value)])
        yield from _values(value, name)
    for each in elements(node):
        yield from _values(each, name)


def _reason(given: Any, inputs: dict[str, str], found: str | None) -> str:
    """Why a build is not rewritten, with what to write; "" for nothing."""
    if given is None or getattr(given, "flow_style", False):
        return "its inputs stand in braces; write them as a block, with platforms"
    if found is not None and "${{" in found:
        return f"`platforms: {found.strip()}` is set elsewhere; add the missing ones there"
    for name in ("tags", "file", "build-args", "target"):
        if match := ARCHITECTURE.search(inputs.get(name, "")):
            return f"`{name}` is for {match[0]}: build the others beside it, and merge them"
    if inputs.get("load", "").strip().lower() == "true":
        return "`load: true` holds one platform; load in a build of its own"
    return ""


def _platforms(tree: Tree, given: Any, found: str | None, wanted: Sequence[str]) -> Edit:
    text = ",".join(wanted)
    if found is None:
        _, first, _ = next(iter(pairs(given)))
        start = tree.at(first.start_mark.index)
        return Edit(start, start, f"platforms: {text}\n{tree.indent(first)}", RULE)
    own = [part.strip() for part in re.split(r"[\n,]", found) if part.strip()]
    more = [part for part in own if part not in wanted]
    node = child(given, "platforms")
    new = ",".join([*wanted, *more])
    start, end = tree.at(node.start_mark.index), tree.at(node.end_mark.index)
    # a block scalar ends behind its last line break
    tail = "\n" if tree.text[node.start_mark.index] in "|>" else ""
    return Edit(start, end, f"{new}{tail}", RULE)


def _preparation(tree: Tree, step: Any, before: list[Any]) -> Iterator[Edit]:
    """The steps that a build of several platforms needs, before the job's first of their kind."""
    ready = {_uses(each): each for each in reversed(before)}
    lines = [f"- uses: {_QEMU}@v3"] if _QEMU not in ready else []
    if _BUILDX not in ready:
        lines.append(f"- uses: {_BUILDX}@v3")
    if not lines:
        return
    place = ready.get(_BUILDX, step)
    dash = tree.text.rfind("-", 0, place.start_mark.index)
    line = tree.text.rfind("\n", 0, dash) + 1
    indent = tree.text[line:dash]
    start = tree.at(dash)
    yield Edit(start, start, "".join(f"{each}\n{indent}" for each in lines), RULE)
