"""The graph of who talks to whom, from the manifests and the code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fleetmod.fleet.manifests.model import Cluster, Workload
from fleetmod.fleet.manifests.read import Place
from fleetmod.fleet.network import api_server
from fleetmod.fleet.network.callbacks import callbacks
from fleetmod.fleet.network.model import (
    HOST,
    INGRESS,
    NODE,
    WORKLOAD,
    WORLD,
    Edge,
    Evidence,
    Graph,
    Peer,
)
from fleetmod.fleet.network.owners import holds
from fleetmod.fleet.network.pod import pod_targets
from fleetmod.fleet.network.resolve import answers, by_name, from_outside, published
from fleetmod.fleet.network.uses import LOCAL, Use, parse_url

OUTSIDE = Peer(HOST, "hosts")
CONTROLLER = Peer(INGRESS, "ingress")


@dataclass(frozen=True)
class Code:
    """What the code says: its addresses, the variables that each file reads, by a workload's
    namespace and name the folders whose code the workload runs, and the files that import a client
    of Kubernetes, with the line."""

    uses: Sequence[Use] = ()
    reads: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    folders: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    kubernetes: Mapping[str, int] = field(default_factory=dict)


class _Edges:
    """Collects edges; the evidence of the same one is put together."""

    def __init__(self) -> None:
        self.found: dict[tuple[object, ...], Edge] = {}

    def add(
        self,
        source: Peer,
        target: Peer,
        port: int,
        protocol: str,
        evidence: Iterable[Evidence],
        via: str = "",
        assumed: bool = False,
    ) -> None:
        """An edge that is known for sure stays so, and one that comes in by a published port."""
        key = (source.key, target.key, port, protocol)
        given = tuple(evidence)
        old = self.found.get(key)
        if old is not None:
            given = tuple(dict.fromkeys((*old.evidence, *given)))
            assumed = assumed and old.assumed
            via = via if via and old.policed is False else old.via
        self.found[key] = Edge(source, target, port, protocol, given, via, assumed)

    def sorted(self) -> tuple[Edge, ...]:
        return tuple(
            edge
            for _, edge in sorted(
                self.found.items(),
                key=lambda item: (item[1].source.key, item[1].target.key, item[1].port),
            )
        )


def peer(workload: Workload) -> Peer:
    """A workload as an end of an edge; one in the node's network is seen as its node."""
    kind = NODE if workload.host_network else WORKLOAD
    return Peer(kind, workload.name, workload.namespace, workload)


def build(
    cluster: Cluster,
    code: Code,
    ingress_namespace: str = "",
    more: Iterable[Edge] = (),
    api_port: int = api_server.PORT,
) -> Graph:
    """The graph of `cluster` and `code`; pure.

    Addresses that a pod gets from a Secret or ConfigMap are taken from the code's default by its
    port, and the edge is marked as assumed. `more` are edges that somebody has declared.
    """
    edges = _Edges()
    notes: list[str] = []
    for workload in cluster.workloads:
        folders = code.folders.get((workload.namespace, workload.name), ())
        own = [use for use in code.uses if holds(folders, use.path)]
        reads = {path: names for path, names in code.reads.items() if holds(folders, path)}
        found = pod_targets(cluster, workload, own, reads)
        notes += found.notes
        for answer, evidence, assumed in found.inside:
            if answer.workload is not workload:
                edges.add(
                    peer(workload),
                    peer(answer.workload),
                    answer.port,
                    answer.protocol,
                    evidence,
                    assumed=assumed,
                )
        imports = {path: n for path, n in code.kubernetes.items() if holds(folders, path)}
        if talks := [*api_server.bound(cluster, workload), *api_server.clients(reads, imports)]:
            edges.add(peer(workload), api_server.SERVER, api_port, "TCP", talks)
        for host, port, evidence, assumed in found.outside:
            if api_server.is_api_server(host):
                edges.add(peer(workload), api_server.SERVER, api_port, "TCP", evidence)
                continue
            edges.add(peer(workload), Peer(WORLD, host), port, "TCP", evidence, assumed=assumed)
        for back in callbacks(cluster, workload):
            edges.add(peer(back.source), peer(workload), back.port, "TCP", back.evidence)
        notes += _selectable(workload)
    _add_releases(cluster, edges, notes)
    _add_ingresses(cluster, edges, notes, ingress_namespace)
    _add_outside(cluster, code, edges, notes)
    for edge in more:
        edges.add(edge.source, edge.target, edge.port, edge.protocol, edge.evidence)
    return Graph(edges.sorted(), tuple(dict.fromkeys(notes)))


def _selectable(workload: Workload) -> list[str]:
    if workload.host_network:
        return [
            f"{workload.place}: {workload.kind} {workload.name} runs in the node's network, so no "
            "policy selects it, and others see it as the node"
        ]
    if not workload.labels:
        return [
            f"{workload.place}: the pods of {workload.kind} {workload.name} have no labels, so no "
            "policy can allow them anything; give their template a label"
        ]
    return []


def _add_releases(cluster: Cluster, edges: _Edges, notes: list[str]) -> None:
    for release in cluster.releases:
        labels = {"app.kubernetes.io/instance": release.name}  # what Helm's own charts set
        pods = Workload(
            "Helm release",
            release.name,
            release.namespace,
            labels,
            (),
            (),
            release.host_network,
            1,
            release.place,
        )
        targets = 0
        for url, place in release.urls:
            parsed = parse_url(url, any_scheme=True)
            service = by_name(cluster, parsed[1], release.namespace) if parsed else None
            for answer in answers(cluster, service, parsed[2]) if service and parsed else []:
                edges.add(
                    peer(pods),
                    peer(answer.workload),
                    answer.port,
                    answer.protocol,
                    [Evidence(place, f"{url} in the values of release {release.name}")],
                )
                targets += 1
        if targets and not release.host_network:
            notes.append(
                f"{release.place}: the pods of release {release.name} are selected by "
                f"app.kubernetes.io/instance={release.name}; check that its chart sets that label"
            )
        elif targets:
            notes.append(
                f"{release.place}: release {release.name} runs in the node's network, so it is "
                "allowed in as the node"
            )


def _add_ingresses(cluster: Cluster, edges: _Edges, notes: list[str], namespace: str) -> None:
    for backend in cluster.backends:
        service = cluster.service(backend.service, backend.namespace)
        found = answers(cluster, service, backend.port) if service else []
        if not found:
            notes.append(
                f"{backend.place}: Ingress {backend.ingress} leads to {backend.service}, which no "
                "Service here answers"
            )
        elif not namespace:
            notes.append(
                f"{backend.place}: Ingress {backend.ingress} has no controller that this "
                "repository describes, so nothing is allowed for it; name its namespace in "
                "cluster.ingress_namespace"
            )
        for answer in found if namespace else []:
            edges.add(
                Peer(INGRESS, "ingress", namespace),
                peer(answer.workload),
                answer.port,
                answer.protocol,
                [Evidence(backend.place, f"Ingress {backend.ingress}")],
            )


def _add_outside(cluster: Cluster, code: Code, edges: _Edges, notes: list[str]) -> None:
    """What processes outside of pods reach: the published ports, and localhost in the code."""
    for answer, port in published(cluster):
        what = f"Service {answer.service.name if answer.service else ''} opens {answer.via}"
        evidence = [Evidence(port.place, what)]
        edges.add(
            OUTSIDE, peer(answer.workload), answer.port, answer.protocol, evidence, answer.via
        )
    strangers: dict[str, list[Place]] = defaultdict(list)
    for use in code.uses:
        if use.host in LOCAL:
            for answer in from_outside(cluster, use.port):
                evidence = [Evidence(Place(use.path, use.line), use.text)]
                edges.add(
                    OUTSIDE,
                    peer(answer.workload),
                    answer.port,
                    answer.protocol,
                    evidence,
                    answer.via,
                )
        elif use.host.endswith((".svc", ".svc.cluster.local")):
            inside = any(holds(folders, use.path) for folders in code.folders.values())
            if not inside:
                strangers[use.host].append(Place(use.path, use.line))
    notes += [
        f"{places[0]}: {host} is used by code that no workload here runs"
        for host, places in sorted(strangers.items())
    ]
