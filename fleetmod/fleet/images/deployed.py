"""The images that manifests, charts' values and compose files deploy, by their tag or digest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.blocks import is_generated
from fleetmod.fleet.images.reference import Reference, parse_reference
from fleetmod.fleet.manifests.load import yaml_files
from fleetmod.fleet.manifests.read import Document, Key, Place, documents, get
from fleetmod.project import Project
from fleetmod.testfiles import is_test
from fleetmod.workspace.discover import discover

_COMPOSE = re.compile(r"(?:.*/)?(?:docker-)?compose(?:\.[\w.-]+)?\.ya?ml")
_DEFAULT = re.compile(r"\$\{\w+:?-([^}]*)\}")
_HOLE = re.compile(r"\$|\{\{|<")


@dataclass(frozen=True)
class Deployed:
    """`reference` is None where only a tool knows the image; `problem` says why."""

    place: Place
    reference: Reference | None
    problem: str = ""


def deployed(project: Project) -> Iterator[Deployed]:
    """Each image once, where it is first named; what fleetmod wrote itself is not deployed yet."""
    seen: set[object] = set()
    for found in _all(project):
        key = found.reference or (found.place, found.problem)
        if key not in seen:
            seen.add(key)
            yield found


def _all(project: Project) -> Iterator[Deployed]:
    folders = tuple(f for f in project.config.cluster.manifests if (project.root / f).is_dir())
    manifests = set(yaml_files(project.root, folders)) if folders else set()
    composed = {
        path
        for path in discover(project.root, project.config)
        if _COMPOSE.fullmatch(path) and not is_test(path)
    }
    read: list[Document] = []
    for path in sorted(manifests | composed):
        text = ""
        with suppress(OSError):
            text = (project.root / path).read_text(encoding="utf-8", errors="replace")
        if is_generated(text) or ("image" not in text and "repository" not in text):
            continue
        if path in manifests and "{{" in text:
            continue  # a chart's template; its values tell
        try:
            read += documents(path, text)
        except FleetmodError as error:
            yield Deployed(Place(path, 1), None, error.what)
    changed = _kustomized(read)
    for document in read:
        if document.path in composed:
            yield from _composed(document)
        elif get(document.data, "kind") == "Kustomization":
            continue
        else:
            yield from _images(document, changed)


def _composed(document: Document) -> Iterator[Deployed]:
    services = get(document.data, "services")
    for name, service in services.items() if isinstance(services, dict) else ():
        image = get(service, "image")
        if isinstance(image, str) and get(service, "build") is None:
            place = document.place("services", name, "image")
            yield _named(place, _DEFAULT.sub(r"\1", image))


def _images(document: Document, changed: dict[str, str]) -> Iterator[Deployed]:
    """`image: NAME` anywhere, and a chart's `repository` with its `tag` or `digest`."""
    for at, data in _mappings(document.data, ()):
        image = data.get("image")
        if isinstance(image, str) and image:
            if re.search(r"[/:@]", image) or get(document.data, "kind"):
                bare = image.partition("@")[0]
                name = bare if ":" not in bare.rpartition("/")[2] else bare.rpartition(":")[0]
                yield _named(document.place(*at, "image"), changed.get(name, image))
            continue
        repository = data.get("repository")
        if isinstance(repository, str) and at and "image" in str(at[-1]).lower():
            place = document.place(*at, "repository")
            registry, tag, digest = (data.get(k) for k in ("registry", "tag", "digest"))
            full = f"{registry}/{repository}" if registry else repository
            if digest:
                yield _named(place, f"{full}@{digest}")
            elif tag:
                yield _named(place, f"{full}:{tag}" if "@" not in str(tag) else f"{full}{tag}")
            else:
                told = f"{full} has no tag here, so the chart's own version says which it is"
                yield Deployed(place, None, told)


def _mappings(data: Any, at: tuple[Key, ...]) -> Iterator[tuple[tuple[Key, ...], dict[str, Any]]]:
    if isinstance(data, dict):
        yield at, data
        for key, value in data.items():
            yield from _mappings(value, (*at, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _mappings(value, (*at, index))


def _kustomized(read: list[Document]) -> dict[str, str]:
    """What Kustomizations put in the place of an image's name
    (kubectl.docs.kubernetes.io, Kustomization, images)."""
    changed = {}
    for document in read:
        if get(document.data, "kind") != "Kustomization":
            continue
        for entry in get(document.data, "images") or []:
            name = get(entry, "name")
            if not isinstance(name, str):
                continue
            new = str(get(entry, "newName") or name)
            if digest := get(entry, "digest"):
                changed[name] = f"{new}@{digest}"
            elif tag := get(entry, "newTag"):
                changed[name] = f"{new}:{tag}"
            elif new != name:
                changed[name] = new
    return changed


def _named(place: Place, text: str) -> Deployed:
    if _HOLE.search(text):
        return Deployed(place, None, f"`{text}` is filled in by a tool; name it in images.tags")
    reference = parse_reference(text)
    if reference is None:
        return Deployed(place, None, f"`{text}` is no image's name")
    return Deployed(place, reference)
