"""The semantics of policies: by example, and against a model that counts everything out."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleetmod.errors import FleetmodError
from fleetmod.fleet.network.reach import End, Policies

A = End("x", {"app": "a"})
B = End("x", {"app": "b"}, {"web": (8080, "TCP")})
ELSEWHERE = End("y", {"app": "a"})
LAN, WORLD, NODE = End(ip="10.1.2.3"), End(ip="192.0.2.1", name="api.example.com"), End(node=True)
NAME = "kubernetes.io/metadata.name"
SPACES = {"x": {"team": "one"}, "y": {"team": "two"}}


def allows(
    source: End, target: End, port: int, *specs: dict[str, Any], protocol: str = "TCP"
) -> bool:
    objects = [
        {"kind": "NetworkPolicy", "metadata": {"name": str(i), "namespace": "x"}, "spec": spec}
        for i, spec in enumerate(specs)
    ]
    return Policies(objects, SPACES).allowed(source, target, port, protocol)


def into_b(*peers: dict[str, Any], ports: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    rule: dict[str, Any] = {"from": list(peers)} if peers else {}
    if ports is not None:
        rule["ports"] = ports
    return {"podSelector": {"matchLabels": {"app": "b"}}, "ingress": [rule]}


def test_a_pod_that_nothing_selects_is_open() -> None:
    assert allows(A, B, 80)
    assert allows(B, A, 80, into_b({"podSelector": {}}))


def test_the_types_default_to_ingress_and_to_egress_where_a_rule_is_given() -> None:
    assert not allows(A, B, 80, {"podSelector": {}})
    assert allows(A, WORLD, 80, {"podSelector": {}})
    assert not allows(A, WORLD, 80, {"podSelector": {}, "egress": [{"ports": [{"port": 81}]}]})
    assert not allows(A, WORLD, 80, {"podSelector": {}, "policyTypes": ["Egress"]})


def test_both_ends_must_agree() -> None:
    deny = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    out = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{}]}
    assert not allows(A, B, 80, deny, out)
    assert allows(A, B, 80, deny, out, into_b({"podSelector": {}}))


@pytest.mark.parametrize(
    ("peer", "passes"),
    [
        ({"podSelector": {"matchLabels": {"app": "a"}}}, {"a"}),
        ({"namespaceSelector": {}}, {"a", "elsewhere"}),
        ({"namespaceSelector": {"matchLabels": {"team": "two"}}}, {"elsewhere"}),
        ({"namespaceSelector": {"matchLabels": {NAME: "y"}}}, {"elsewhere"}),
        ({"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "c"}}}, set()),
        ({"ipBlock": {"cidr": "10.0.0.0/8"}}, {"lan"}),
        ({"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}, set()),
        ({"ipBlock": {"cidr": "0.0.0.0/0"}}, {"lan", "world"}),
    ],
)  # fmt: skip
def test_who_a_peer_stands_for(peer: dict[str, Any], passes: set[str]) -> None:
    ends = {"a": A, "elsewhere": ELSEWHERE, "lan": LAN, "world": WORLD, "node": NODE}
    assert {name for name, end in ends.items() if allows(end, B, 80, into_b(peer))} == passes


def test_ports_by_number_range_name_and_protocol() -> None:
    peers = {"podSelector": {}}
    assert allows(A, B, 8080, into_b(peers, ports=[{"port": "web"}]))
    assert not allows(A, B, 80, into_b(peers, ports=[{"port": "web"}]))
    assert allows(A, B, 85, into_b(peers, ports=[{"port": 80, "endPort": 90}]))
    assert not allows(A, B, 80, into_b(peers, ports=[{"port": 80, "protocol": "UDP"}]))
    assert allows(A, B, 80, into_b(peers, ports=[{"protocol": "UDP"}]), protocol="UDP")


def test_a_field_that_is_not_understood_proves_nothing() -> None:
    with pytest.raises(FleetmodError) as raised:
        allows(A, B, 80, into_b({"fqdnSelector": {}}))
    assert raised.value.exit_code == 3


def cilium(spec: dict[str, Any]) -> Policies:
    meta = {"name": "c", "namespace": "x"}
    return Policies([{"kind": "CiliumNetworkPolicy", "metadata": meta, "spec": spec}], SPACES)


def test_nodes_are_entities_in_cilium_and_host_names_are_targets() -> None:
    ports = [{"ports": [{"port": "80", "protocol": "TCP"}]}]
    rule = {"fromEntities": ["host", "remote-node"], "toPorts": ports}
    into = cilium({"endpointSelector": {"matchLabels": {"app": "b"}}, "ingress": [rule]})
    assert into.allowed(NODE, B, 80) and not into.allowed(NODE, B, 81)
    assert not into.allowed(A, B, 80) and not into.allowed(LAN, B, 80)
    for name, passes in (("api.example.com", True), ("*.example.com", True), ("*.com", False)):
        key = "matchPattern" if "*" in name else "matchName"
        out = {"toFQDNs": [{key: name}], "toPorts": ports}
        policies = cilium({"endpointSelector": {}, "egress": [out]})
        assert policies.allowed(A, WORLD, 80) is passes, name
        assert not policies.allowed(A, WORLD, 81)


# A model that shares nothing with the code: it lists, for each policy, the triples it lets through.
PODS = [("x", "a"), ("x", "b"), ("y", "a")]
NUMBERS = [80, 443]
_label = st.sampled_from([None, "a", "b"])
_peer = st.tuples(st.sampled_from([None, "x", "y", "any"]), _label)
_rule = st.tuples(st.lists(_peer, max_size=2), st.lists(st.sampled_from(NUMBERS), max_size=2))
_policy = st.tuples(
    st.sampled_from(["x", "y"]), _label, st.sampled_from(["Ingress", "Egress"]),
    st.lists(_rule, max_size=2),
)  # fmt: skip


def _selector(label: str | None) -> dict[str, Any]:
    return {"matchLabels": {"app": label}} if label else {}


def _object(policy: Any) -> dict[str, Any]:
    space, label, kind, rules = policy
    written = []
    for peers, ports in rules:
        made = []
        for where, who in peers:
            peer: dict[str, Any] = {"podSelector": _selector(who)}
            if where == "any":
                peer["namespaceSelector"] = {}
            elif where:
                name = {NAME: where}
                peer["namespaceSelector"] = {"matchLabels": name}
            made.append(peer)
        side = {"from" if kind == "Ingress" else "to": made} if made else {}
        written.append({**side, "ports": [{"port": p} for p in ports]})
    spec = {"podSelector": _selector(label), "policyTypes": [kind], kind.lower(): written}
    return {"kind": "NetworkPolicy", "metadata": {"namespace": space}, "spec": spec}


def _lets(policy: Any, other: tuple[str, str], port: int) -> bool:
    space, _, _, rules = policy
    for peers, ports in rules:
        named = [
            pod
            for pod in PODS
            for where, who in peers
            if pod[0] == (space if where is None else pod[0] if where == "any" else where)
            and pod[1] == (who or pod[1])
        ]
        if (not peers or other in named) and (not ports or port in ports):
            return True
    return False


@settings(max_examples=300, deadline=None)
@given(st.lists(_policy, max_size=4))
def test_reach_agrees_with_counting_everything_out(chosen: list[Any]) -> None:
    policies = Policies([_object(policy) for policy in chosen], SPACES)
    for source, target, port in product(PODS, PODS, NUMBERS):
        passes = True
        for pod, other, kind in ((source, target, "Egress"), (target, source, "Ingress")):
            mine = [p for p in chosen if p[2] == kind and p[0] == pod[0] and p[1] in (None, pod[1])]
            passes &= not mine or any(_lets(p, other, port) for p in mine)
        ends = [End(space, {"app": label}) for space, label in (source, target)]
        assert policies.allowed(*ends, port) is passes
