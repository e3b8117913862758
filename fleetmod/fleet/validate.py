"""Checks of generated YAML: the schemas of Kubernetes, of Helm charts, and of CRDs.

The charts and CRDs come from a folder that cluster.charts names: unpacked charts (`helm pull
--untar`) by their names, and CRDs as `crds/GROUP/KIND_VERSION.json`, the layout of
https://github.com/datreeio/CRDs-catalog.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.manifests.read import documents
from fleetmod.fleet.render import Named, missing, render

_KUBERNETES = ("apps/", "batch/", "networking.k8s.io/", "policy/", "rbac.authorization.k8s.io/")


def object_errors(data: Mapping[str, Any], charts: Path | None) -> Iterator[str]:
    """What is wrong with one Kubernetes object; nothing for kinds whose schema is not at hand."""
    version, kind = str(data.get("apiVersion", "")), str(data.get("kind", ""))
    if version == "v1" or version.startswith(_KUBERNETES):
        yield from _kubernetes(data)
    elif charts is not None:
        group, _, number = version.partition("/")
        file = charts / "crds" / group / f"{kind.lower()}_{number}.json"
        if file.is_file():
            yield from _schema_errors(_json(file), data)


def values_errors(
    values: Mapping[str, Any],
    chart: Path,
    namespace: str,
    release: str = "",
    named: Iterable[Named] = (),
) -> Iterator[str]:
    """What is wrong with a chart's values: its own schema, then its templates, where Helm is here,
    and what of `named` they do not make.

    Helm checks the schema against the chart's defaults with the values laid over them
    (https://helm.sh/docs/topics/charts/#schema-files), and so does this.
    """
    if not (chart / "Chart.yaml").is_file():
        yield f"there is no chart in {chart}; fetch it with helm pull --untar"
        return
    (defaults,) = documents("values.yaml", (chart / "values.yaml").read_text(encoding="utf-8"))
    merged = _laid_over(defaults.data, values)
    schema = chart / "values.schema.json"
    if schema.is_file():
        yield from _schema_errors(_json(schema), merged)
    yield from (f"`{key}` is no value of the chart" for key in unknown(values, defaults.data))
    try:
        made = render(values, chart, release or chart.name, namespace)
    except FleetmodError as error:
        yield f"the chart {error.what}"
        return
    for document in made:
        yield from (f"{document.path}: {error}" for error in object_errors(document.data, None))
    if made:
        yield from missing(named, made)


def unknown(values: Mapping[str, Any], defaults: Mapping[str, Any]) -> Iterator[str]:
    """The top keys that a chart does not know, which Helm would pass over in silence."""
    yield from (key for key in values if key not in defaults and key != "global")


def _kubernetes(data: Mapping[str, Any]) -> Iterator[str]:
    try:
        import kubernetes_validate as kv  # type: ignore[import-untyped,unused-ignore]
    except ImportError as error:
        raise FleetmodError(
            "kubernetes-validate is needed to check manifests",
            todo="Install fleetmod with its extra: pip install 'fleetmod[fleet]'",
        ) from error
    try:
        kv.validate(dict(data), kv.latest_version(), strict=True)
    except kv.ValidationError as error:
        where = ".".join(map(str, error.path))
        yield f"{where}: {error.message}" if where else str(error.message)
    except kv.SchemaNotFoundError:
        return


def _schema_errors(schema: Mapping[str, Any], data: Any) -> Iterator[str]:
    import jsonschema

    for error in jsonschema.Draft7Validator(schema).iter_errors(data):
        where = ".".join(map(str, error.absolute_path))
        yield f"{where}: {error.message}" if where else error.message


def _json(file: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return data


def _laid_over(below: Any, above: Any) -> Any:
    """Helm's coalescing: mappings are merged, everything else is replaced, null deletes."""
    if not isinstance(below, dict) or not isinstance(above, Mapping):
        return above
    merged = dict(below)
    for key, value in above.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _laid_over(below.get(key), value)
    return merged
