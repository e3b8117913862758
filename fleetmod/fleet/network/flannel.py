"""What must be known of flannel to leave it, and what Cilium must not share with it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_network

from fleetmod.fleet.manifests.model import LOAD_BALANCER, NODE_PORT, Cluster
from fleetmod.workspace.schema import Cluster as Settings

# flannel and Cilium alike take the Linux kernel's VXLAN port when none is given: 8472
# (flannel, Documentation/backends.md; Cilium's chart, values.yaml: tunnelPort). Talos sets flannel
# to IANA's 4789 (siderolabs/talos, k8stemplates/flannel.go).
KERNEL_VXLAN = 8472
GENEVE = 6081  # RFC 8926; Cilium's chart takes it for tunnelProtocol geneve
DEFAULT_NODE_PORTS = (30000, 32767)  # kube-apiserver --service-node-port-range


@dataclass(frozen=True)
class Facts:
    """`problems` are settings under which both networks could not run side by side; `geneve` says
    that Cilium's overlay is Geneve, which hands on a client's address (DSR), and not VXLAN."""

    vxlan_port: int
    cilium_port: int
    geneve: bool
    node_ports: tuple[int, int] | None  # only where the default range does not hold them
    problems: tuple[str, ...]


def keeps_source(cluster: Cluster, settings: Settings) -> bool:
    """Whether Cilium is to hand on a client's address: it is asked for, and there is a port that
    clients come to."""
    opens = any(s.type in (LOAD_BALANCER, NODE_PORT) for s in cluster.services)
    return opens and settings.client_source == "dsr"


def facts(cluster: Cluster, settings: Settings) -> Facts:
    """What follows from the configuration and the manifests."""
    port = int(settings.vxlan_port)
    problems = []
    networks = {
        "cluster.pod_cidr": settings.pod_cidr,
        "cluster.service_cidr": settings.service_cidr,
        "cluster.cilium_cidr": settings.cilium_cidr,
    }
    names = list(networks)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            if ip_network(networks[first]).overlaps(ip_network(networks[second])):
                problems.append(f"{first} and {second} overlap")
    if not settings.api:
        problems.append("cluster.api is empty: without kube-proxy Cilium must know the API server")
    if settings.platform == "talos" and not settings.node_subnets:
        problems.append(
            "cluster.node_subnets is empty: once Cilium runs, an address of its pool can become a "
            "node's own"
        )
    balanced = [s.name for s in cluster.services if s.type == LOAD_BALANCER]
    if balanced and not settings.lb_range:
        problems.append(f"cluster.lb_range is empty, and {', '.join(balanced)} needs an address")
    numbers = sorted(p.node for s in cluster.services for p in s.ports if p.node)
    low, high = DEFAULT_NODE_PORTS
    outside = [n for n in numbers if not low <= n <= high]
    problems += [
        f"Service {s.name} has externalTrafficPolicy: Local, and an L2 announcement may give its "
        "address to a node without its pod (Cilium, L2 Announcements, Limitations)"
        for s in cluster.services
        if s.type == LOAD_BALANCER and s.local and settings.lb_range
    ]
    geneve = keeps_source(cluster, settings)
    vxlan = KERNEL_VXLAN + 1 if port == KERNEL_VXLAN else KERNEL_VXLAN
    return Facts(
        port,
        GENEVE if geneve else vxlan,
        geneve,
        (min(*numbers, low), max(*numbers, high)) if outside else None,
        tuple(problems),
    )
