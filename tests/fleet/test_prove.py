"""The generated policies allow every edge and nothing else; a rule more or less is noticed."""

from __future__ import annotations

import copy as copies
from pathlib import Path

import pytest

from fleetmod.fleet.network.prove import prove
from fleetmod.fleet.validate import object_errors
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
