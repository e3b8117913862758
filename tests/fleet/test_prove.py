"""The generated policies allow every edge and nothing else; a rule more or less is noticed."""

from __future__ import annotations

import copy as copies
from dataclasses import replace
from pathlib import Path

import pytest

from fleetmod.fleet.manifests.read import Place
from fleetmod.fleet.network.api_server import refused
from fleetmod.fleet.network.prove import prove
from fleetmod.fleet.validate import object_errors
from fleetmod.workspace.schema import Cluster as Settings
from tests.fleet.harbor import CONFIG, harbor, policies, surveyed
from tests.repo import fleetmod


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    project, cluster, graph = surveyed(harbor(tmp_path_factory.mktemp("r") / "harbor"))
    return project.config.cluster, cluster, graph, policies(project, cluster, graph)


def test_what_is_generated_is_exact(found) -> None:  # type: ignore[no-untyped-def]
    settings, cluster, graph, objects = found
    assert prove(cluster, graph, objects, settings.clients) == []


def test_each_object_is_valid_for_kubernetes(found) -> None:  # type: ignore[no-untyped-def]
    objects = found[3]
    assert len([o for o in objects if o["kind"] == "NetworkPolicy"]) > 10
    assert [error for o in objects for error in object_errors(o, None)] == []
    broken = copies.deepcopy(objects[0])
    broken["spec"]["podSelectr"] = {}
    assert list(object_errors(broken, None)) != []


def test_every_policy_is_needed(found) -> None:  # type: ignore[no-untyped-def]
    """Take any one away, and an edge is missing or something is open that nobody uses."""
    settings, cluster, graph, objects = found
    for index, taken in enumerate(objects):
        rest = objects[:index] + objects[index + 1 :]
        breaches = prove(cluster, graph, rest, settings.clients)
        assert breaches, taken["metadata"]["name"]
        opens = taken["metadata"]["name"] == "default-deny"
        assert any(not b.missing for b in breaches) is opens, taken["metadata"]["name"]


def test_every_allow_that_is_added_is_noticed(found) -> None:  # type: ignore[no-untyped-def]
    settings, cluster, graph, objects = found
    search = {"matchLabels": {"app.kubernetes.io/name": "search"}}
    rules = [
        {"from": [{"podSelector": {}}], "ports": [{"port": 8108}]},
        {"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}], "ports": [{"port": 8108}]},
        {"from": [{"namespaceSelector": {}}]},
    ]
    for rule in rules:
        spec = {"podSelector": search, "policyTypes": ["Ingress"], "ingress": [rule]}
        # the callers may go out to it, so that only the new rule decides
        out = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}
        added = [
            {"kind": "NetworkPolicy", "metadata": {"name": n, "namespace": "harbor"}, "spec": s}
            for n, s in (("more", spec), ("out", out))
        ]
        breaches = prove(cluster, graph, [*objects, *added], settings.clients)
        assert any(b.target == "harbor/search" and not b.missing for b in breaches), rule


def test_a_wider_port_is_noticed(found) -> None:  # type: ignore[no-untyped-def]
    settings, cluster, graph, objects = found
    changed = copies.deepcopy(objects)
    policy = next(o for o in changed if o["metadata"]["name"] == "hosts-to-postgres-ingress")
    del policy["spec"]["ingress"][0]["ports"]
    breaches = prove(cluster, graph, changed, settings.clients)
    assert {(b.target, b.missing) for b in breaches} == {("harbor/postgres", False)}


def test_evidence_stands_in_an_annotation_of_each_allow(found) -> None:  # type: ignore[no-untyped-def]
    for policy in found[3]:
        if policy["metadata"]["name"] in ("default-deny", "allow-dns"):
            continue
        assert ":" in policy["metadata"]["annotations"]["fleetmod.dev/evidence"]


def test_edges_that_no_file_shows_are_declared_and_proven(tmp_path: Path) -> None:
    edges = ["search -> 10.9.0.1/32:3111", "search -> *.example.org:443", "cleanup -> search:8108"]
    root = harbor(tmp_path / "r", f"{CONFIG}edges = {edges}\n")
    project, cluster, graph = surveyed(root)
    objects = policies(project, cluster, graph)
    assert prove(cluster, graph, objects, project.config.cluster.clients) == []
    for name in ("search-to-10-9-0-1-32", "search-to-world", "cleanup-to-search-egress"):
        rest = [o for o in objects if o["metadata"]["name"] != name]
        assert len(rest) == len(objects) - 1
        breaches = prove(cluster, graph, rest, project.config.cluster.clients)
        assert {b.missing for b in breaches} == {True}, name


def test_an_egress_to_the_machines_nearby_is_noticed(found) -> None:  # type: ignore[no-untyped-def]
    settings, cluster, graph, objects = found
    spec = {"podSelector": {}, "egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}
    more = {"kind": "NetworkPolicy", "metadata": {"name": "m", "namespace": "harbor"}, "spec": spec}
    breaches = prove(cluster, graph, [*objects, more], settings.clients)
    assert {b.target for b in breaches} == {"hosts in 10.0.0.0/8"}


def test_a_declared_edge_from_nobody_is_refused(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r", f'{CONFIG}edges = ["nobody -> search:8108"]\n')
    ran = fleetmod(root, "network")
    assert ran.code == 2 and "nobody, which no manifest describes" in ran.err


def test_a_client_that_another_node_hands_on_is_told_from_nobody(found) -> None:  # type: ignore[no-untyped-def]
    settings, cluster, graph, objects = found
    breaches = prove(cluster, graph, objects, settings.clients, keeps_source=False)
    ends = {(b.target, b.port) for b in breaches}
    assert ("harbor/postgres", 5432) in ends and all(not b.missing for b in breaches)
    everybody = [*settings.clients, "0.0.0.0/0"]  # an allow that says so
    assert not [
        b
        for b in prove(cluster, graph, objects, everybody, keeps_source=False)
        if "by another node" in b.source
    ]
    services = tuple(replace(s, local=True) for s in cluster.services)
    local = replace(cluster, services=services)
    assert prove(local, graph, objects, settings.clients, keeps_source=False) == []


RBAC = """apiVersion: v1
kind: ServiceAccount
metadata: {name: watcher, namespace: harbor}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: watches, namespace: harbor}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: watcher, namespace: harbor}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: watcher, namespace: harbor}
spec:
  template:
    metadata: {labels: {app: watcher}}
    spec:
      serviceAccountName: watcher
      containers: [{name: a, image: x}]
"""


def test_the_api_server_is_an_entity_for_those_who_may_use_it(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    (root / "k8s/watcher.yaml").write_text(RBAC)
    source = root / "packages/harbor-api/src/index.ts"
    source.write_text(
        f'import {{ KubeConfig }} from "@kubernetes/client-node";\n{source.read_text()}'
    )
    project, cluster, graph = surveyed(root)
    edges = {e.source.name: e for e in graph.edges if e.target.kind == "kube-apiserver"}
    assert set(edges) == {"watcher", "harbor-api"}
    assert "RoleBinding watches binds watcher" in str(edges["watcher"].evidence[0])
    objects = policies(project, cluster, graph)
    made = next(o for o in objects if o["metadata"]["name"] == "watcher-to-kube-apiserver")
    assert made["spec"]["egress"] == [
        {
            "toEntities": ["kube-apiserver"],
            "toPorts": [{"ports": [{"port": "6443", "protocol": "TCP"}]}],
        }
    ]
    clients = project.config.cluster.clients
    assert prove(cluster, graph, objects, clients) == []
    objects.remove(made)
    assert [b.source for b in prove(cluster, graph, objects, clients)] == ["harbor/watcher"]


@pytest.mark.parametrize("target", ["10.96.0.1", "10.3.0.1", "kubernetes.default.svc"])
def test_spellings_of_the_api_server_that_never_match_are_refused(
    tmp_path: Path, target: str
) -> None:
    edge = f'edges = ["queue -> {target}:6443"]\nendpoint = "10.3.0.1:6443"\n'
    ran = fleetmod(harbor(tmp_path / "r", CONFIG + edge), "network", "--dry-run")
    assert ran.code == 2 and "Write queue -> kube-apiserver:6443" in ran.err


def test_policies_that_never_match_the_api_server_are_named() -> None:
    place, settings = Place("k8s/p.yaml", 3), Settings(endpoint="10.3.0.1:6443")
    block = {"spec": {"egress": [{"to": [{"ipBlock": {"cidr": "10.3.0.1/32"}}]}]}}
    service = {"k8sService": {"serviceName": "kubernetes", "namespace": "default"}}
    named = {"spec": {"egress": [{"toServices": [service]}]}}
    wide = {"spec": {"egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}]}}
    told = list(refused([(place, each) for each in (block, named, wide)], settings))
    assert len(told) == 2 and all("write toEntities: [kube-apiserver]" in each for each in told)
