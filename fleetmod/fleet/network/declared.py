"""Edges that neither manifests nor code show, as the configuration names them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network

from fleetmod.errors import FleetmodError
from fleetmod.fleet.manifests.model import Cluster, Workload
from fleetmod.fleet.manifests.read import Place
from fleetmod.fleet.network.api_server import SERVER, is_api_server, names_server
from fleetmod.fleet.network.model import API_SERVER, NODE, WORKLOAD, WORLD, Edge, Evidence, Peer
from fleetmod.workspace.schema import Cluster as Settings

_WHERE = "fleetmod.toml"


def declared(cluster: Cluster, settings: Settings) -> Iterator[Edge]:
    """Each `SOURCE -> TARGET:PORT` of cluster.edges.

    SOURCE is a workload, TARGET a workload, `kube-apiserver`, a host name (`*.` may stand before
    it), an address or a network. Raises FleetmodError for a workload that no manifest describes,
    and for the API server by an address or a Service, which Cilium never matches.
    """
    for text in settings.edges:
        source, _, rest = text.partition(" -> ")
        target, _, port = rest.rpartition(":")
        evidence = (Evidence(Place(_WHERE, 1), f"cluster.edges: {text}"),)
        found = [w for w in cluster.workloads if w.name == target]
        if not found and (is_api_server(target) or names_server(target, settings)):
            raise FleetmodError(
                f"cluster.edges leads to the API server as {target}, which Cilium never matches",
                where=_WHERE,
                todo=f"Write {source} -> {API_SERVER}:{port}",
            )
        end = _peer(found[0]) if found else SERVER if target == API_SERVER else _outside(target)
        yield Edge(_peer(_named(cluster, source)), end, int(port), "TCP", evidence)


def network(name: str) -> IPv4Network | None:
    """The network that a target's name is; None for a host name."""
    try:
        found = ip_network(name)
    except ValueError:
        return None
    return found if isinstance(found, IPv4Network) else None


def _named(cluster: Cluster, name: str) -> Workload:
    for workload in cluster.workloads:
        if workload.name == name:
            return workload
    names = ", ".join(sorted(w.name for w in cluster.workloads))
    raise FleetmodError(
        f"cluster.edges names the workload {name}, which no manifest describes",
        where=_WHERE,
        todo=f"There are {names}",
    )


def _outside(target: str) -> Peer:
    if network(target) is None and not re.fullmatch(
        r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+", target
    ):
        raise FleetmodError(
            f"cluster.edges leads to {target}, which is no workload, host name or network",
            where=_WHERE,
        )
    return Peer(WORLD, target)


def _peer(workload: Workload) -> Peer:
    kind = NODE if workload.host_network else WORKLOAD
    return Peer(kind, workload.name, workload.namespace, workload)
