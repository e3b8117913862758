"""Proves that policies allow every edge of a graph, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.network.api_server import SERVER
from fleetmod.fleet.network.declared import network
from fleetmod.fleet.network.model import (
    API_SERVER,
    HOST,
    INGRESS,
    NODE,
    WORKLOAD,
    WORLD,
    Graph,
    Peer,
)
from fleetmod.fleet.network.reach import End, Policies
from fleetmod.fleet.network.resolve import published

_UNUSED = 1  # a port that nobody listens on: what is allowed there is allowed everywhere
_INTERNET = "192.0.2.1"  # RFC 5737: an address for documentation, in nobody's network


@dataclass(frozen=True)
class Breach:
    """A connection on which policies and graph differ; `missing`: it is used and not allowed."""

    source: str
    target: str
    port: int
    protocol: str
    missing: bool

    def __str__(self) -> str:
        said = "is used and not allowed" if self.missing else "is allowed and nothing uses it"
        return f"{self.source} to {self.target}, port {self.port}/{self.protocol}, {said}"


@dataclass(frozen=True)
class _Actor:
    peer: Peer
    end: End


def prove(
    cluster: Cluster,
    graph: Graph,
    objects: Sequence[Mapping[str, Any]],
    clients: Sequence[str],
    keeps_source: bool = True,
) -> list[Breach]:
    """Every connection on which the policies `objects` and the graph differ.

    `keeps_source` says that a client's address reaches the pod on whatever node (DSR). Without it
    one that comes to a published port of another node than the pod's arrives as that node.

    Each pod, node, client network, the internet and each known host name is tried with each pod
    and host name, on every port that any of them uses, and on one that none does. Raises
    FleetmodError (exit 3) for policies whose meaning is not modelled.
    """
    policies = Policies(objects, cluster.namespaces)
    ours = {w.namespace for w in cluster.workloads}
    actors = list(_actors(cluster, graph, clients))
    wanted = set(_wanted(graph, actors, clients))
    breaches = []
    ports = sorted({(_UNUSED, "TCP"), (_UNUSED, "UDP"), (443, "TCP"), *_ports(cluster, graph)})
    for source in actors:
        for target in actors:
            if source is target or not ours & {source.end.namespace, target.end.namespace}:
                continue  # what other namespaces do among themselves is not ours to bind
            for port, protocol in ports:
                used = (source.peer.key, target.peer.key, port, protocol) in wanted
                if policies.allowed(source.end, target.end, port, protocol) != used:
                    ends = (_name(source.peer), _name(target.peer))
                    breaches.append(Breach(*ends, port, protocol, used))
    if not keeps_source:
        breaches += _relayed(cluster, policies, clients)
    return breaches


def _relayed(cluster: Cluster, policies: Policies, clients: Sequence[str]) -> Iterator[Breach]:
    """The published ports at which any client passes as the node that hands it on.

    Cilium's own source translation, as kube-proxy's, gives the client the node's address
    (cilium/cilium#19010, #33574), and the pod's policy sees a remote node. Not with
    `externalTrafficPolicy: Local`: there only the pod's own node answers.
    """
    if "0.0.0.0/0" in clients:
        return
    node = End(node=True)
    seen: set[tuple[object, ...]] = set()
    for answer, port in published(cluster):
        workload = answer.workload
        key = (workload.namespace, workload.name, answer.port)
        if key in seen or workload.host_network or (answer.service and answer.service.local):
            continue
        seen.add(key)
        target = Peer(WORKLOAD, workload.name, workload.namespace, workload)
        if policies.allowed(node, _end(target), answer.port, port.protocol):
            name = "the internet, by another node's published port"
            yield Breach(name, _name(target), answer.port, port.protocol, False)


def _actors(cluster: Cluster, graph: Graph, clients: Sequence[str]) -> Iterator[_Actor]:
    seen: set[object] = set()
    peers = [
        Peer(WORKLOAD, w.name, w.namespace, w) for w in cluster.workloads if not w.host_network
    ]
    peers += [end for edge in graph.edges for end in (edge.source, edge.target)]
    for peer in peers:
        if peer.key not in seen and peer.kind in (WORKLOAD, INGRESS, WORLD):
            seen.add(peer.key)
            yield _Actor(peer, _end(peer))
    yield _Actor(_DNS, End("kube-system", {"k8s-app": "kube-dns"}))
    yield _Actor(_STRANGER, End("kube-system", {"app": "stranger"}))
    for namespace in sorted({w.namespace for w in cluster.workloads}):
        stranger = Peer(WORKLOAD, "any other pod", namespace)
        yield _Actor(stranger, End(namespace, {"fleetmod.dev/any": "other"}))
    yield _Actor(Peer(NODE, "nodes"), End(node=True))
    yield _Actor(SERVER, End(node=True, api_server=True))
    for cidr in clients:
        yield _Actor(Peer(HOST, f"hosts in {cidr}"), End(ip=str(ip_network(cidr)[-2])))
    yield _Actor(_WORLD, End(ip=_INTERNET))


_DNS = Peer(WORKLOAD, "DNS", "kube-system")
_STRANGER = Peer(WORKLOAD, "any other pod", "kube-system")
_WORLD = Peer(WORLD, "the internet")


def _end(peer: Peer) -> End:
    if peer.kind == WORLD:
        inside = network(peer.name)
        if inside is not None:
            return End(ip=str(inside[-1]))
        return End(ip=_INTERNET, name=peer.name.replace("*", "any"))
    if peer.workload is None:
        return End(peer.namespace, {"app.kubernetes.io/name": peer.name})
    named = {p.name: (p.number, p.protocol) for p in peer.workload.ports if p.name}
    return End(peer.namespace, peer.workload.labels, named)


def _wanted(
    graph: Graph, actors: Iterable[_Actor], clients: Sequence[str]
) -> Iterator[tuple[object, object, int, str]]:
    """The connections that must pass: the edges, and DNS for every pod of the repository."""
    everyone = list(actors)
    for edge in graph.edges:
        if not edge.policed:
            continue
        if edge.source.kind in (HOST, NODE):
            sources = [a.peer for a in everyone if a.peer.kind in (NODE, API_SERVER)]
            if edge.source.kind == HOST:
                sources += [a.peer for a in everyone if _is_in(a.end.ip, clients)]
        else:
            sources = [edge.source]
        for source in sources:
            yield source.key, edge.target.key, edge.port, edge.protocol
            inside = network(edge.target.name) if edge.target.kind == WORLD else None
            for other in everyone:
                if inside is not None and _is_in(other.end.ip, [str(inside)]):
                    yield source.key, other.peer.key, edge.port, edge.protocol
    own = {a.peer.namespace for a in everyone if a.peer.workload is not None}
    for actor in everyone:
        if actor.peer.namespace in own and actor.peer.kind == WORKLOAD:
            for protocol in ("UDP", "TCP"):
                yield actor.peer.key, _DNS.key, 53, protocol


def _is_in(ip: str, networks: Sequence[str]) -> bool:
    return bool(ip) and any(ip_address(ip) in ip_network(each) for each in networks)


def _ports(cluster: Cluster, graph: Graph) -> set[tuple[int, str]]:
    found = {(p.number, p.protocol) for w in cluster.workloads for p in w.ports}
    found |= {(edge.port, edge.protocol) for edge in graph.edges}
    return found | {(53, "UDP"), (53, "TCP")}


def _name(peer: Peer) -> str:
    return f"{peer.namespace}/{peer.name}" if peer.namespace else peer.name
