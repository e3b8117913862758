"""Charts rendered with values: by Helm itself, else by its library for Python."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.manifests.read import Document, documents, get, items

_SECONDS = 60
_PULL = "helm pull REPOSITORY/CHART --untar -d charts, and name that folder in cluster.charts"


@dataclass(frozen=True)
class Named:
    """Something that a spec's text tells people to use: a Service with a port, or a Secret, which
    the chart either makes or takes."""

    kind: str
    name: str
    port: int = 0

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f", port {self.port}," if self.port else "")


def can_render() -> bool:
    return shutil.which("helm") is not None or find_spec("helm_python") is not None


def left_out(charts: Path | None, wanted: Iterable[str]) -> Iterator[str]:
    """Why the values of some charts were not checked by rendering; nothing where they were."""
    names = ", ".join(sorted(set(wanted)))
    if not names:
        return
    if charts is None:
        yield f"the values for {names} are checked against no chart: {_PULL}"
    elif not can_render():
        yield (
            f"the charts in {charts.name} were not rendered, only their schemas and keys were "
            "checked: install helm, or pip install 'fleetmod[charts]'"
        )


def render(values: Mapping[str, Any], chart: Path, name: str, namespace: str) -> list[Document]:
    """The objects that a chart makes for a release `name`; [] where nothing here can render.

    Raises FleetmodError where the chart does not render.
    """
    if shutil.which("helm") is not None:
        return documents(chart.name, _helm(values, chart, name, namespace))
    if find_spec("helm_python") is None:
        return []
    import helm_python  # type: ignore[import-not-found,unused-ignore]

    try:
        with helm_python.Chart.load(str(chart)) as loaded:
            files = loaded.render(dict(values), name=name, namespace=namespace)
    except helm_python.HelmError as error:
        raise FleetmodError(f"does not render: {' '.join(str(error).split())}") from error
    return [
        document
        for path, text in sorted(files.items())
        if path.endswith((".yaml", ".yml"))
        for document in documents(path, text)
    ]


def _helm(values: Mapping[str, Any], chart: Path, name: str, namespace: str) -> str:
    """What `helm template` prints (helm.sh/docs/helm/helm_template)."""
    command = ["helm", "template", name, str(chart), "--namespace", namespace, "--values", "-"]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(dict(values)),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FleetmodError(f"does not render: helm template fails ({error})") from error
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"helm ended with {done.returncode}"
        raise FleetmodError(f"does not render: {said}")
    return done.stdout


def missing(named: Iterable[Named], made: Iterable[Document]) -> Iterator[str]:
    """What a spec speaks of and its chart neither makes nor takes."""
    found = list(made)
    services = {
        (get(d.data, "metadata", "name"), port.get("port"))
        for d in found
        if get(d.data, "kind") == "Service"
        for _, port in items(d.data, "spec", "ports")
    }
    secrets = {get(d.data, "metadata", "name") for d in found if get(d.data, "kind") == "Secret"}
    taken = {name for d in found for name in _taken(d.data)}
    for each in named:
        if each.kind == "Service" and (each.name, each.port) not in services:
            have = ", ".join(sorted(f"{name}:{port}" for name, port in services)) or "none"
            yield f"{each} is not what the chart makes; it makes {have}"
        elif each.kind == "Secret" and each.name not in secrets | taken:
            yield f"{each} is neither made nor taken by the chart"


def _taken(data: Any) -> Iterator[str]:
    """The names of the Secrets that an object's pods take."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key in ("secretRef", "secretKeyRef") and isinstance(value, dict):
                yield str(value.get("name"))
            elif key == "secret" and isinstance(value, dict):
                yield str(value.get("secretName"))
            else:
                yield from _taken(value)
    elif isinstance(data, list):
        for each in data:
            yield from _taken(each)
