"""Values against a chart's own schema and templates."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fleetmod.fleet.manifests.read import documents
from fleetmod.fleet.network.generate import BALANCER, CILIUM_POLICIES, MIGRATION, VALUES
from fleetmod.fleet.network.generate import generate as network
from fleetmod.fleet.specs.generate import CHARTS, cluster_of
from fleetmod.fleet.specs.generate import generate as specs
from fleetmod.fleet.validate import object_errors, values_errors
from tests.fleet.harbor import harbor, surveyed

SCHEMA = '{"properties": {"replicas": {"type": "integer", "minimum": 3}}, "required": ["replicas"]}'


def chart(folder: Path) -> Path:
    folder.mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: c\nversion: 1.0.0\n")
    (folder / "values.yaml").write_text("replicas: 3\nport: 80\nold: 1\n")
    (folder / "values.schema.json").write_text(SCHEMA)
    return folder


def test_values_are_laid_over_the_defaults_and_checked(tmp_path: Path) -> None:
    place = chart(tmp_path / "c")
    assert list(values_errors({"port": 81}, place, "x")) == []
    assert "replicas: 1 is less than" in next(values_errors({"replicas": 1}, place, "x"))
    assert list(values_errors({"replicas": None}, place, "x"))  # null deletes the default
    assert list(values_errors({"prot": 81}, place, "x")) == ["`prot` is no value of the chart"]


def test_a_chart_that_is_not_there_is_said(tmp_path: Path) -> None:
    (error,) = values_errors({}, tmp_path / "c", "x")
    assert "helm pull" in error


def test_an_object_is_checked_by_a_schema_of_its_crd(tmp_path: Path) -> None:
    folder = tmp_path / "crds/example.com"
    folder.mkdir(parents=True)
    (folder / "thing_v1.json").write_text('{"properties": {"spec": {"type": "object"}}}')
    thing = {"apiVersion": "example.com/v1", "kind": "Thing", "spec": 1}
    assert list(object_errors(thing, tmp_path)) == ["spec: 1 is not of type 'object'"]
    assert list(object_errors(thing, None)) == []


# Where the charts cilium, redis-ha and typesense are unpacked, and crds/ as in CRDs-catalog.
REAL = os.environ.get("FLEETMOD_CHARTS", "")


@pytest.mark.skipif(not REAL, reason="FLEETMOD_CHARTS names no folder of charts")
def test_what_is_generated_fits_the_real_charts_and_crds(tmp_path: Path) -> None:
    charts = Path(REAL)
    project, cluster, graph = surveyed(harbor(tmp_path / "r"))
    settings = project.config.cluster
    checked = 0
    for file in [*network(cluster, graph, settings), *specs(cluster_of(project), settings)]:
        name = file.path.rpartition("/")[2]
        wanted = "cilium" if name in (VALUES, MIGRATION) else CHARTS.get(name)
        if wanted is not None:
            (document,) = documents(file.path, file.body)
            assert list(values_errors(document.data, charts / wanted, "harbor")) == [], name
            checked += 1
        if name in (CILIUM_POLICIES, BALANCER):
            for document in documents(file.path, file.body):
                assert list(object_errors(document.data, charts)) == [], name
                broken = {**document.data, "spec": {"endpointSelector": 1, "serviceSelector": 1}}
                assert list(object_errors(broken, charts)) != [], name
                checked += 1
    assert checked > 6
