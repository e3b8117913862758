"""The generated policies allow every edge and nothing else; a rule more or less is noticed."""

from __future__ import annotations

import copy as copies

import pytest

from fleetmod.fleet.network.prove import prove
from fleetmod.fleet.validate import object_errors
from tests.fleet.harbor import harbor, policies, surveyed


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
