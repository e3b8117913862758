"""Who talks to whom: plain data."""

from __future__ import annotations

from dataclasses import dataclass

from fleetmod.fleet.manifests.model import Workload
from fleetmod.fleet.manifests.read import Place

WORKLOAD, HOST, NODE, INGRESS, WORLD = "workload", "host", "node", "ingress", "world"
API_SERVER = "kube-apiserver"  # as Cilium calls the entity


@dataclass(frozen=True)
class Peer:
    """One end of an edge.

    A `workload` of the manifests; `host`: processes outside of pods that come over the network,
    on a developer's machine or a node; `node`: pods in the node's own network, which policies do
    not select; `ingress`: the ingress controller; `world`: a host name outside of the cluster;
    `kube-apiserver`: the API server, which is on nodes and yet told from them.
    """

    kind: str
    name: str
    namespace: str = ""
    workload: Workload | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.namespace, self.name


@dataclass(frozen=True)
class Evidence:
    """Why an edge exists: a place, and what stands there."""

    place: Place
    what: str

    def __str__(self) -> str:
        return f"{self.place} {self.what}"


@dataclass(frozen=True)
class Edge:
    """`port` is the pods' own port; for `world` the remote one. `via` tells how a `host` comes in:
    NodePort, LoadBalancer, hostPort, or port-forward, which no policy sees. `assumed` says that
    the address comes from a Secret or ConfigMap that is not in the repository, or that a host name
    may only be a link in the code."""

    source: Peer
    target: Peer
    port: int
    protocol: str
    evidence: tuple[Evidence, ...]
    via: str = ""
    assumed: bool = False

    @property
    def policed(self) -> bool:
        """Whether a policy can see this traffic.

        `kubectl port-forward` enters the pod's network namespace over its loopback interface
        (https://kubernetes.io/docs/reference/kubectl/generated/kubectl_port-forward/).
        """
        return self.via != PORT_FORWARD


PORT_FORWARD = "port-forward"


@dataclass(frozen=True)
class Graph:
    """The edges, sorted, each pair and port once; `notes` is what a person must know or decide."""

    edges: tuple[Edge, ...]
    notes: tuple[str, ...]
