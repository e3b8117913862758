"""NetworkPolicies from a graph: nothing is allowed, then DNS, then one named allow an edge."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network
from typing import Any

from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.network.declared import network
from fleetmod.fleet.network.model import (
    API_SERVER,
    HOST,
    INGRESS,
    NODE,
    WORKLOAD,
    WORLD,
    Edge,
    Graph,
    Peer,
)
from fleetmod.fleet.review import EVIDENCE

_SHOWN = 4  # places of evidence in an annotation; the report has all of them
_NAMESPACE = "kubernetes.io/metadata.name"  # set on every namespace by Kubernetes 1.22 and later
# CoreDNS keeps the label of its predecessor, on Talos and with kubeadm alike
# (https://kubernetes.io/docs/tasks/administer-cluster/dns-custom-nameservers/).
_DNS = {
    "namespaceSelector": {"matchLabels": {_NAMESPACE: "kube-system"}},
    "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
}
_DNS_PORTS = [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]


def standard(
    cluster: Cluster, graph: Graph, clients: Sequence[str], pod_networks: Sequence[str]
) -> list[dict[str, Any]]:
    """The networking.k8s.io/v1 policies of every namespace that has workloads.

    `clients` are the networks that published ports are used from. The pods' own networks are left
    out of them: what an ipBlock means for pods differs between CNIs.
    """
    made: list[dict[str, Any]] = []
    for namespace in sorted({w.namespace for w in cluster.workloads}):
        made += [_deny(namespace), _dns(namespace)]
    for source, target, edges in _pairs(graph):
        name = f"{source.name}-to-{target.name}"
        ports = _ports(edges)
        if source.kind == WORKLOAD and target.kind == WORKLOAD:
            rule: dict[str, Any] = {"to": [_pods(target, source.namespace)], "ports": ports}
            made.append(_policy(f"{name}-egress", source, edges, {"egress": [rule]}))
        if source.kind == WORKLOAD and (inside := _network_of(target)) is not None:
            rule = {"to": [{"ipBlock": {"cidr": str(inside)}}], "ports": ports}
            dashed = re.sub(r"[./]", "-", str(inside))
            made.append(_policy(f"{source.name}-to-{dashed}", source, edges, {"egress": [rule]}))
        if target.kind != WORKLOAD or source.kind not in (WORKLOAD, HOST, INGRESS):
            continue
        if source.kind == HOST and not clients:
            continue
        peers = _sources(source, target.namespace, clients, pod_networks)
        rule = {"from": peers, "ports": ports}
        made.append(_policy(f"{name}-ingress", target, edges, {"ingress": [rule]}))
    return made


def cilium(graph: Graph) -> list[dict[str, Any]]:
    """What only Cilium can say, as CiliumNetworkPolicies: nodes as sources, the API server and
    host names as targets.

    An ipBlock never matches nodes in Cilium, they are entities
    (https://docs.cilium.io/en/stable/security/policy/language/#entities-based); a host name needs
    the DNS answers to pass the proxy
    (https://docs.cilium.io/en/stable/security/policy/language/#dns-based).
    """
    made: list[dict[str, Any]] = []
    from_nodes: dict[tuple[str, str, str], list[Edge]] = defaultdict(list)
    to_names: dict[tuple[str, str, str], list[Edge]] = defaultdict(list)
    to_server: dict[tuple[str, str, str], list[Edge]] = defaultdict(list)
    for edge in filter(_selectable, graph.edges):
        if edge.source.kind == WORKLOAD and edge.target.kind == API_SERVER:
            to_server[edge.source.key].append(edge)
        if edge.policed and edge.target.kind == WORKLOAD and edge.source.kind in (HOST, NODE):
            from_nodes[edge.target.key].append(edge)
        named = edge.target.kind == WORLD and network(edge.target.name) is None
        if edge.source.kind == WORKLOAD and named:
            to_names[edge.source.key].append(edge)
    for _, edges in sorted(from_nodes.items()):
        target = edges[0].target
        rule = {
            "fromEntities": ["host", "remote-node"],
            "toPorts": [{"ports": _cilium_ports(edges)}],
        }
        spec = {"endpointSelector": _selector(target), "ingress": [rule]}
        made.append(_cilium_policy(f"nodes-to-{target.name}", target, edges, spec))
    for _, edges in sorted(to_server.items()):
        source = edges[0].source
        rule = {"toEntities": [API_SERVER], "toPorts": [{"ports": _cilium_ports(edges)}]}
        spec = {"endpointSelector": _selector(source), "egress": [rule]}
        made.append(_cilium_policy(f"{source.name}-to-{API_SERVER}", source, edges, spec))
    for _, edges in sorted(to_names.items()):
        source = edges[0].source
        names = sorted({edge.target.name for edge in edges})
        rules = [_cilium_dns()]
        for port in sorted({edge.port for edge in edges}):
            hosts: list[dict[str, str]] = [
                {"matchPattern" if "*" in name else "matchName": name}
                for name in names
                if any(e.target.name == name and e.port == port for e in edges)
            ]
            ports = [{"port": str(port), "protocol": "TCP"}]
            rules.append({"toFQDNs": hosts, "toPorts": [{"ports": ports}]})
        spec = {"endpointSelector": _selector(source), "egress": rules}
        made.append(_cilium_policy(f"{source.name}-to-world", source, edges, spec))
    return made


def _pairs(graph: Graph) -> Iterable[tuple[Peer, Peer, list[Edge]]]:
    """The edges that a policy can see, by their two ends."""
    pairs: dict[tuple[object, object], list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        if edge.policed and _selectable(edge):
            pairs[edge.source.key, edge.target.key].append(edge)
    for edges in pairs.values():
        yield edges[0].source, edges[0].target, edges


def _selectable(edge: Edge) -> bool:
    """Whether both ends can be told from other pods; an empty selector would select them all."""
    return all(
        end.workload is None or end.workload.labels
        for end in (edge.source, edge.target)
        if end.kind == WORKLOAD
    )


def _deny(namespace: str) -> dict[str, Any]:
    spec = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    return _object("default-deny", namespace, spec)


def _dns(namespace: str) -> dict[str, Any]:
    rule = {"to": [_DNS], "ports": _DNS_PORTS}
    return _object(
        "allow-dns",
        namespace,
        {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]},
    )


def _policy(
    name: str, subject: Peer, edges: list[Edge], rules: dict[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    kinds = ["Ingress" if "ingress" in rules else "Egress"]
    spec = {"podSelector": _selector(subject), "policyTypes": kinds, **rules}
    return _object(name, subject.namespace, spec, edges)


def _object(
    name: str, namespace: str, spec: dict[str, Any], edges: Sequence[Edge] = ()
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if edges:
        metadata["annotations"] = {EVIDENCE: evidence_text(edges)}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata,
        "spec": spec,
    }


def _cilium_policy(
    name: str, subject: Peer, edges: list[Edge], spec: dict[str, Any]
) -> dict[str, Any]:
    return {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumNetworkPolicy",
        "metadata": {
            "name": name,
            "namespace": subject.namespace,
            "annotations": {EVIDENCE: evidence_text(edges)},
        },
        "spec": spec,
    }


def evidence_text(edges: Sequence[Edge]) -> str:
    """The places that edges come from, in one line; `assumed` before those that are."""
    parts: list[str] = []
    for edge in edges:
        shown = ", ".join(str(e.place) for e in edge.evidence[:_SHOWN])
        more = len(edge.evidence) - _SHOWN
        text = f"{edge.target.name} {edge.port}: {shown}" + (
            f" and {more} more" if more > 0 else ""
        )
        parts.append(f"assumed: {text}" if edge.assumed else text)
    return "; ".join(parts)


def _selector(peer: Peer) -> dict[str, Any]:
    labels = peer.workload.labels if peer.workload is not None else {}
    return {"matchLabels": dict(labels)}


def _pods(peer: Peer, seen_from: str) -> dict[str, Any]:
    selector: dict[str, Any] = {"podSelector": _selector(peer)}
    if peer.namespace != seen_from:
        selector = {"namespaceSelector": {"matchLabels": {_NAMESPACE: peer.namespace}}, **selector}
    return selector


def _sources(
    source: Peer, seen_from: str, clients: Sequence[str], pod_networks: Sequence[str]
) -> list[dict[str, Any]]:
    if source.kind == INGRESS:
        return [{"namespaceSelector": {"matchLabels": {_NAMESPACE: source.namespace}}}]
    if source.kind == HOST:
        return [{"ipBlock": _block(cidr, pod_networks)} for cidr in clients]
    return [_pods(source, seen_from)]


def _block(cidr: str, without: Sequence[str]) -> dict[str, Any]:
    from ipaddress import ip_network

    inside = [n for n in without if ip_network(n).subnet_of(ip_network(cidr))]  # type: ignore[arg-type]
    return {"cidr": cidr, "except": inside} if inside else {"cidr": cidr}


def _network_of(peer: Peer) -> IPv4Network | None:
    return network(peer.name) if peer.kind == WORLD else None


def _ports(edges: Sequence[Edge]) -> list[dict[str, Any]]:
    found = sorted({(edge.port, edge.protocol) for edge in edges})
    return [{"protocol": protocol, "port": port} for port, protocol in found]


def _cilium_ports(edges: Sequence[Edge]) -> list[dict[str, str]]:
    found = sorted({(edge.port, edge.protocol) for edge in edges})
    return [{"port": str(port), "protocol": protocol} for port, protocol in found]


def _cilium_dns() -> dict[str, Any]:
    labels = {"k8s:io.kubernetes.pod.namespace": "kube-system", "k8s:k8s-app": "kube-dns"}
    return {
        "toEndpoints": [{"matchLabels": labels}],
        "toPorts": [
            {
                "ports": [{"port": "53", "protocol": "ANY"}],
                "rules": {"dns": [{"matchPattern": "*"}]},
            }
        ],
    }
