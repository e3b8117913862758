"""What stands between YAML files and objects: Kustomize's patches, Helm's charts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.manifests.read import Document, documents, get
from fleetmod.fleet.render import can_render, render

_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")


@dataclass
class Kustomized:
    """What the Kustomizations of a repository say: files that only change what others describe,
    and the namespace that each file's objects get (kubectl.docs.kubernetes.io, Kustomization)."""

    patches: set[str] = field(default_factory=set)
    namespaces: dict[str, str] = field(default_factory=dict)


def kustomized(read: Iterable[Document]) -> Kustomized:
    """From the documents of all files; one that is no Kustomization says nothing."""
    found = Kustomized()
    bases = {d.path.rpartition("/")[0]: d for d in read if _is_kustomization(d)}
    for folder, document in bases.items():
        for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
            for entry in get(document.data, key) or []:
                path = entry if isinstance(entry, str) else get(entry, "path")
                if isinstance(path, str) and "\n" not in path:
                    found.patches.add(posixpath.normpath(f"{folder}/{path}"))
        if namespace := get(document.data, "namespace"):
            for path in _resources(bases, folder, set()):
                found.namespaces.setdefault(path, str(namespace))
    return found


def _is_kustomization(document: Document) -> bool:
    return document.path.rpartition("/")[2] in _KUSTOMIZATIONS


def _resources(bases: dict[str, Document], folder: str, seen: set[str]) -> Iterator[str]:
    """The files that a Kustomization takes in, those of its bases, too."""
    if folder in seen or folder not in bases:
        return
    seen.add(folder)
    for key in ("resources", "bases", "components"):
        for entry in get(bases[folder].data, key) or []:
            if isinstance(entry, str) and "://" not in entry:
                path = posixpath.normpath(f"{folder}/{entry}")
                yield path
                yield from _resources(bases, path, seen)


def in_namespaces(found: Iterable[Document], namespaces: dict[str, str]) -> Iterator[Document]:
    """The documents with the namespace that their Kustomization gives them."""
    for document in found:
        namespace = namespaces.get(document.path)
        if namespace and isinstance(get(document.data, "metadata"), dict):
            metadata = {**document.data["metadata"], "namespace": namespace}
            document = replace(document, data={**document.data, "metadata": metadata})
        yield document


def charts_in(paths: Iterable[str]) -> list[str]:
    """The folders of charts, without those that another one brings along."""
    found = sorted(p.rpartition("/")[0] for p in paths if p.rpartition("/")[2] == "Chart.yaml")
    return [f for f in found if not any(f.startswith(f"{other}/") for other in found if other != f)]


def chart_objects(root: Path, chart: str) -> Iterator[Document]:
    """What a chart makes with its own values, under the name of its folder.

    Raises FleetmodError for one that does not render, and where nothing here can render it.
    """
    if not can_render():
        raise FleetmodError(
            "is a Helm chart, and nothing here renders it: install helm, or pip install "
            "'fleetmod[charts]'",
            where=chart,
        )
    values: Any = {}
    file = root / chart / "values.yaml"
    if file.is_file():
        text = file.read_text(encoding="utf-8")
        values = next((d.data for d in documents(f"{chart}/values.yaml", text)), {})
    try:
        made = render(values or {}, root / chart, chart.rpartition("/")[2], "default")
    except FleetmodError as error:
        raise FleetmodError(error.what, where=chart) from error
    for document in made:
        inside = document.path.partition("/")[2] if "/" in document.path else document.path
        yield replace(document, path=f"{chart}/{inside}")
