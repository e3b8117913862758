"""Reads the manifests of a repository from the disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.blocks import is_generated
from fleetmod.fleet.manifests.model import Cluster, Release
from fleetmod.fleet.manifests.parse import parse
from fleetmod.fleet.manifests.read import Document, documents, get, require_yaml
from fleetmod.fleet.manifests.sources import chart_objects, charts_in, in_namespaces, kustomized
from fleetmod.workspace.grep import grep_files

_URL = re.compile(r"^(?:[a-z][a-z+]*://)?[a-z0-9.-]+:\d{2,5}(?:/\S*)?$|^[a-z][a-z+]*://\S+$")
# `helm upgrade --install RELEASE CHART … -n NAMESPACE`, options anywhere
_HELM = re.compile(r"^[^#\n]*\bhelm\s+(?:upgrade|install)\b(?P<rest>(?:[^\n\\]|\\\n|\\.)*)", re.M)
_OPTION = re.compile(r"(?:-n|--namespace)[ =]+[\"']?(?P<ns>[\w-]+)")


def load_cluster(root: Path, folders: tuple[str, ...]) -> Cluster:
    """What the YAML files in `folders` describe, without what fleetmod has written itself.

    Files that cannot be read are named in the cluster's `unread`. Raises FleetmodError when the
    folders hold no manifest at all, and where PyYAML is missing.
    """
    require_yaml()
    plain: list[Document] = []
    values: list[Document] = []
    unread: list[str] = []
    paths = yaml_files(root, folders)
    charts = charts_in(paths)
    for chart in charts:
        try:
            plain += [d for d in chart_objects(root, chart) if get(d.data, "kind")]
        except (FleetmodError, OSError, UnicodeDecodeError) as error:
            unread.append(str(error))
    for path in paths:
        if any(path.startswith(f"{chart}/") for chart in charts):
            continue
        try:
            text = (root / path).read_text(encoding="utf-8")
            if is_generated(text):
                continue
            for document in documents(path, text):
                is_manifest = get(document.data, "kind") and get(document.data, "apiVersion")
                (plain if is_manifest else values).append(document)
        except FleetmodError as error:
            unread.append(str(error))
        except (OSError, UnicodeDecodeError) as error:
            unread.append(f"{path}: cannot be read: {error}")
    if not plain and not unread:
        raise FleetmodError(
            f"no Kubernetes manifest in {', '.join(folders) or 'any folder'}",
            where="fleetmod.toml",
            todo="Name the folders in cluster.manifests",
        )
    changes = kustomized([*plain, *values])
    described = [d for d in plain if d.path not in changes.patches]
    cluster = parse(in_namespaces(described, changes.namespaces))
    releases = tuple(_releases(root, folders, values, tuple(cluster.namespaces)))
    return replace(cluster, releases=releases, unread=(*unread, *cluster.unread))


def yaml_files(root: Path, folders: tuple[str, ...]) -> list[str]:
    """The YAML files below `folders`, sorted, each once."""
    suffixes = (".yaml", ".yml")
    return sorted(
        {path for folder in folders for end in suffixes for path in grep_files(root, folder, end)}
    )


def _releases(
    root: Path, folders: tuple[str, ...], values: list[Document], namespaces: tuple[str, ...]
) -> Iterator[Release]:
    """The Helm releases that values files describe, named by the script that installs them."""
    scripts = [p for folder in folders for p in grep_files(root, folder, ".sh")]
    texts = [(root / path).read_text(encoding="utf-8", errors="replace") for path in scripts]
    for document in values:
        if not isinstance(document.data, dict):
            continue
        file = document.path.rpartition("/")[2]
        text = next((text for text in texts if file in text), "")
        if "values" not in file and not _HELM.search(text):
            continue  # some other tool's YAML
        name, namespace = _installed(text)
        stem = re.sub(r"[.-]?values[.-]?|\.ya?ml$", "", file)
        network = any(
            value is True and str(keys[-1]).lower().endswith("hostnetwork")
            for keys, value in _leaves(document.data)
        )
        urls = tuple(
            (value, document.place(*keys))
            for keys, value in _leaves(document.data)
            if isinstance(value, str) and _URL.match(value)
        )
        usual = namespaces[0] if namespaces else "default"
        yield Release(name or stem, namespace or usual, network, urls, document.place())


def _installed(text: str) -> tuple[str, str]:
    """The release's name and namespace in a script's `helm install`; "" where it is a variable."""
    if (match := _HELM.search(text)) is None:
        return "", ""
    rest = match["rest"].replace("\\\n", " ")
    words = [word for word in rest.split() if not word.startswith("-")]
    namespace = _OPTION.search(rest)
    name = words[0].strip("\"'") if words and "$" not in words[0] else ""
    return name, namespace["ns"] if namespace else ""


def _leaves(
    data: object, at: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], object]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*at, key))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _leaves(value, (*at, index))
    elif at:
        yield at, data
