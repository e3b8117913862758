"""Manifests as plain data, with lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.errors import FleetmodError
from fleetmod.fleet.manifests import sources
from fleetmod.fleet.manifests.load import load_cluster
from fleetmod.fleet.manifests.parse import parse
from fleetmod.fleet.manifests.read import documents
from tests.fleet.bootstrap import tool
from tests.repo import make

JOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: j}
spec:
  jobTemplate:
    spec:
      template:
        metadata: {labels: {app: j}}
        spec:
          containers:
            - name: j
              image: reg.example.com:5000/a/j@sha256:abc
              command: [run]
              env:
                - name: KEY
                  valueFrom: {secretKeyRef: {name: s, key: k}}
"""


def test_a_value_knows_its_line() -> None:
    (document,) = documents("a.yaml", "a:\n  b:\n    - c: 1\n    - c: 2\n")
    assert str(document.place("a", "b", 1, "c")) == "a.yaml:4"
    assert str(document.place("a", "b", 9)) == "a.yaml:2"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "`a` stands twice"),
        ("a:\n  - {x: 1, x: 2}\n", 2, "`x` stands twice"),
        ("a: [\n", 2, "not valid YAML"),
        ("a: {{ .Values.x }}\n", 1, "a key that is no word"),
    ],
)
def test_what_is_no_manifest_is_named_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(FleetmodError) as raised:
        documents("a.yaml", text)
    assert raised.value.where == f"a.yaml:{line}" and what in str(raised.value)


def test_merge_keys_give_what_is_not_said() -> None:
    (document,) = documents("a.yaml", "base: &b {x: 1, y: 2}\nmade: {<<: *b, y: 3}\n")
    assert document.data["made"] == {"x": 1, "y": 3}


def test_a_cron_job_makes_pods() -> None:
    (workload,) = parse(documents("a.yaml", JOB)).workloads
    assert (workload.kind, workload.namespace, workload.labels) == (
        "CronJob",
        "default",
        {"app": "j"},
    )
    (container,) = workload.containers
    assert (container.image_name, container.tag, container.words) == ("j", "", ("run",))
    assert (container.env[0].value, container.env[0].source) == (None, "Secret s, key k")


def test_a_list_counts_as_its_items() -> None:
    item = "  - apiVersion: v1\n    kind: Service\n    metadata: {name: %s}\n"
    item += "    spec: {ports: [{port: 80}]}\n"
    text = f"apiVersion: v1\nkind: List\nitems:\n{item % 'a'}{item % 'b'}"
    services = parse(documents("a.yaml", text)).services
    assert [(s.name, s.place.line) for s in services] == [("a", 6), ("b", 10)]


def test_what_is_described_twice_is_taken_once_and_named() -> None:
    cluster = parse([*documents("a.yaml", JOB), *documents("patch.yaml", JOB)])
    assert len(cluster.workloads) == 1
    assert cluster.unread == ("patch.yaml:4: CronJob j is described twice",)


def test_values_become_a_release_and_generated_files_nothing(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "k8s/ns.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n",
        "k8s/hub-values.yaml": "hostNetwork: true\nredis:\n  address: q.x.svc:6379\n  name: a b\n",
        "k8s/up.sh": 'helm upgrade --install \\\n  hub charts/hub -n x -f "$D/hub-values.yaml"\n',
        "k8s/more.yaml": "# >>> fleetmod: x\napiVersion: v1\nkind: Service\n# <<< fleetmod\n",
        "k8s/compose.yml": "services:\n  api:\n    url: http://q:80/\n",
        "k8s/tpl.yaml": "apiVersion: v1\nkind: {{ .Kind }}\n",
    }
    cluster = load_cluster(make(tmp_path / "r", files), ("k8s",))
    (release,) = cluster.releases
    assert (release.name, release.namespace, release.host_network) == ("hub", "x", True)
    assert [(url, str(place)) for url, place in release.urls] == [
        ("q.x.svc:6379", "k8s/hub-values.yaml:3")
    ]
    assert cluster.services == () and len(cluster.unread) == 1


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: %s}
spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}}
"""


def test_a_patch_describes_nothing_a_second_time_and_a_namespace_is_given(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "k8s/base/a.yaml": DEPLOYMENT % "a",
        "k8s/base/kustomization.yaml": "kind: Kustomization\nresources: [a.yaml]\n",
        "k8s/prod/kustomization.yaml": (
            "kind: Kustomization\nnamespace: prod\nresources: [../base]\n"
            "patches:\n  - path: more.yaml\n  - patch: |\n      - op: remove\n"
        ),
        "k8s/prod/more.yaml": DEPLOYMENT % "a",
    }
    found = load_cluster(make(tmp_path / "r", files), ("k8s",))
    assert [(w.name, w.namespace) for w in found.workloads] == [("a", "prod")]
    assert found.unread == ()


def test_a_chart_is_rendered_or_said_to_be_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files: dict[str, str | bytes] = {
        "charts/x/Chart.yaml": "apiVersion: v2\nname: x\nversion: 1.0.0\n",
        "charts/x/values.yaml": "replicas: 1\n",
        "charts/x/templates/a.yaml": DEPLOYMENT % "{{ .Release.Name }}",
    }
    root = make(tmp_path / "r", files)
    script = f"cat <<'E'\n{DEPLOYMENT % 'x'}E"
    monkeypatch.setenv("PATH", tool(tmp_path / "bin", "helm", script)["PATH"])
    found = load_cluster(root, ("charts/x",))
    assert [w.name for w in found.workloads] == ["x"] and found.unread == ()
    monkeypatch.setattr(sources, "can_render", lambda: False)
    (told,) = load_cluster(root, ("charts/x",)).unread
    assert told.startswith("charts/x: is a Helm chart, and nothing here renders it")
