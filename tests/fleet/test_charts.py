"""Values against a chart's own schema and templates."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fleetmod.fleet import render
from fleetmod.fleet.manifests.read import documents
from fleetmod.fleet.network.generate import BALANCER, CILIUM_POLICIES, MIGRATION, VALUES
from fleetmod.fleet.network.generate import generate as network
from fleetmod.fleet.render import Named, left_out, missing
from fleetmod.fleet.specs.generate import CHARTS, NAMED, cluster_of, placed
from fleetmod.fleet.specs.generate import generate as specs
from fleetmod.fleet.validate import object_errors, values_errors
from tests.fleet.bootstrap import tool
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


SERVICE = "kind: Service\nmetadata: {name: q-ha}\nspec: {ports: [{port: 6379}]}\n"
TAKES = "kind: Pod\nspec: {containers: [{envFrom: [{secretRef: {name: q-env}}]}]}\n"


def test_what_a_spec_speaks_of_must_be_made_or_taken() -> None:
    made = documents("t.yaml", f"{SERVICE}---\n{TAKES}")
    names = [Named("Service", "q-ha", 6379), Named("Secret", "q-env")]
    assert list(missing(names, made)) == []
    wrong = [Named("Service", "q-ha-svc", 6379), Named("Service", "q-ha", 1), Named("Secret", "x")]
    assert list(missing(wrong, made)) == [
        "Service q-ha-svc, port 6379, is not what the chart makes; it makes q-ha:6379",
        "Service q-ha, port 1, is not what the chart makes; it makes q-ha:6379",
        "Secret x is neither made nor taken by the chart",
    ]


def test_helm_renders_and_what_it_refuses_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = chart(tmp_path / "c")
    script = f'echo "$@" > {tmp_path}/log; cat > /dev/null; echo no >&2; exit 1'
    env = tool(tmp_path / "bin", "helm", script)
    monkeypatch.setenv("PATH", env["PATH"])
    assert list(values_errors({}, place, "space", "rel")) == ["the chart does not render: no"]
    said = f"template rel {place} --namespace space --values -\n"
    assert (tmp_path / "log").read_text() == said


def test_what_cannot_be_rendered_is_unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "can_render", lambda: False)
    assert "install helm" in next(left_out(Path("charts"), ["redis-ha"]))
    assert "against no chart" in next(left_out(None, ["redis-ha"]))
    assert list(left_out(None, [])) == []
    monkeypatch.setattr(render, "can_render", lambda: True)
    assert list(left_out(Path("charts"), ["redis-ha"])) == []


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
        if wanted is not None and not (charts / wanted).is_dir():
            continue
        if wanted is not None:
            (document,) = documents(file.path, file.body)
            store = placed(cluster_of(project), settings).get(file.path)
            named = NAMED[store.kind](store) if store else ()
            release = f"{store.name}-ha" if store else "cilium"
            errors = values_errors(document.data, charts / wanted, "harbor", release, named)
            assert list(errors) == [], name
            checked += 1
        if name in (CILIUM_POLICIES, BALANCER) and (charts / "crds").is_dir():
            for document in documents(file.path, file.body):
                assert list(object_errors(document.data, charts)) == [], name
                broken = {**document.data, "spec": {"endpointSelector": 1, "serviceSelector": 1}}
                assert list(object_errors(broken, charts)) != [], name
                checked += 1
    assert checked
