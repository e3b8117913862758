"""Cilium's Helm values, for the cluster and for the time of the migration."""

from __future__ import annotations

from typing import Any

from fleetmod.fleet.manifests.model import LOAD_BALANCER, Cluster
from fleetmod.fleet.network.flannel import KERNEL_VXLAN, Facts
from fleetmod.workspace.schema import Cluster as Settings

# the pool's apiVersion cilium.io/v2 is served since 1.18, the other is gone in 1.20
# (cilium/cilium#39134); 1.19 still reads the CiliumNodeConfig of the migration guide
CHART_VERSION = "1.19.6"
_TALOS = """
# Talos: the nodes mount cgroup v2 themselves and let no pod load kernel modules, so SYS_MODULE is
# not among the capabilities (https://docs.siderolabs.com/kubernetes-guides/cni/deploying-cilium).
cgroup:
  autoMount:
    enabled: false
  hostRoot: /sys/fs/cgroup
securityContext:
  capabilities:
    ciliumAgent:
      - CHOWN
      - KILL
      - NET_ADMIN
      - NET_RAW
      - IPC_LOCK
      - SYS_ADMIN
      - SYS_RESOURCE
      - DAC_OVERRIDE
      - FOWNER
      - SETGID
      - SETUID
    cleanCiliumState:
      - NET_ADMIN
      - SYS_ADMIN
      - SYS_RESOURCE
"""
_IPAM = """\
# Talos' guide to Cilium takes ipam.mode kubernetes, for a cluster that never had another network.
"""
_PRISM = """\
# KubePrism, Talos's own balancer on each node, answers there
# (https://docs.siderolabs.com/kubernetes-guides/advanced-guides/kubeprism)."""


def values(cluster: Cluster, settings: Settings, facts: Facts) -> str:
    """The values with which Cilium runs once it is the only network; YAML text."""
    host, _, port = settings.api.rpartition(":")
    balanced = any(s.type == LOAD_BALANCER for s in cluster.services) or bool(settings.lb_range)
    parts = [
        "# spec, not deployed: the runbook beside this file says when to install it.\n"
        f"# flannel today: pods {settings.pod_cidr}, Services {settings.service_cidr}, VXLAN on "
        f"UDP {facts.vxlan_port}.\n"
        f"# Install: helm install cilium cilium/cilium --version {CHART_VERSION} \\\n"
        "#   -n kube-system -f cilium-values.yaml"
    ]
    if settings.api:
        prism = f"{_PRISM.strip()}\n" if settings.platform == "talos" else ""
        parts.append(
            "# Cilium replaces kube-proxy, so it needs the API server's own address: no Service\n"
            f"# answers before it runs.\n{prism}"
            f"kubeProxyReplacement: true\nk8sServiceHost: {host}\nk8sServicePort: {port}"
        )
    parts.append(_tunnel(settings, facts))
    if facts.geneve:
        parts.append(_DSR)
    if facts.node_ports:
        low, high = facts.node_ports
        parts.append(
            "# The manifests use nodePorts outside of Kubernetes's default range 30000-32767, and\n"
            "# Cilium serves only those in its own. Keep it equal to the API server's\n"
            "# --service-node-port-range; it must end below net.ipv4.ip_local_port_range.\n"
            f'nodePort:\n  range: "{low},{high}"'
        )
    if settings.platform == "talos":
        parts.append(_TALOS.strip())
    parts.append(_announcements(cluster) if balanced else _NO_ANNOUNCEMENTS)
    parts.append(
        "# Who talks to whom, live: the check behind the network policies.\n"
        "hubble:\n  enabled: true\n  relay:\n    enabled: true"
    )
    return "\n\n".join(parts)


_DSR = """\
# A client's own address reaches the pod, on whatever node it comes in. With Cilium's default, snat,
# it arrives as the node that handed it on (cilium/cilium#19010): the policies could not tell it
# from any other, and would have to let in everybody who reaches a node. The answer goes to the
# client straight from the pod's node, so a router that checks sources must let it; in a tunnel it
# has to be Geneve (https://docs.cilium.io/en/stable/network/kubernetes/kubeproxy-free/#dsr-mode).
loadBalancer:
  mode: dsr
  dsrDispatch: geneve"""

_NO_ANNOUNCEMENTS = """\
# No Service here is of type LoadBalancer and cluster.lb_range is empty: nothing to announce yet. It
# is switched on together with a range (and then needs a client rate limit).
l2announcements:
  enabled: false"""


def _announcements(cluster: Cluster) -> str:
    """L2 announcements, with the rate limit that their leases need.

    Cilium's guide: QPS = services / renew deadline, with room to spare
    (https://docs.cilium.io/en/stable/network/l2-announcements/#sizing-client-rate-limit).
    """
    count = max(1, sum(s.type == LOAD_BALANCER for s in cluster.services))
    qps = max(10, -(-count // 5) * 2)
    return (
        "# One node answers ARP for each LoadBalancer address. Each Service holds a lease that is\n"
        f"# renewed every 5 s: {count} Service(s) need {-(-count // 5)} request(s) a second, and\n"
        "# the agent's other requests come on top.\n"
        "l2announcements:\n  enabled: true\n"
        f"k8sClientRateLimit:\n  qps: {qps}\n  burst: {qps * 2}"
    )


def _tunnel(settings: Settings, facts: Facts) -> str:
    default = facts.geneve or facts.cilium_port == KERNEL_VXLAN
    why = "Cilium's default" if default else "since Cilium's default is flannel's"
    clash = f"# UDP {facts.cilium_port}, {why}: flannel holds {facts.vxlan_port}.\n"
    protocol = "geneve" if facts.geneve else "vxlan"
    return (
        "# Pods get addresses from a network of Cilium's own, so that both networks can run side\n"
        "# by side while the nodes change over\n"
        "# (https://docs.cilium.io/en/stable/installation/k8s-install-migration/). Changing it\n"
        "# later means moving every pod again, so it stays.\n"
        f"{_IPAM if settings.platform == 'talos' else ''}"
        f"{clash}"
        f"routingMode: tunnel\ntunnelProtocol: {protocol}\ntunnelPort: {facts.cilium_port}\n"
        "ipam:\n  mode: cluster-pool\n  operator:\n"
        f'    clusterPoolIPv4PodCIDRList: ["{settings.cilium_cidr}"]\n'
        "    clusterPoolIPv4MaskSize: 24"
    )


def migration_values() -> str:
    """The values that hold while nodes change over, given to Helm after the others.

    From https://docs.cilium.io/en/stable/installation/k8s-install-migration/.
    """
    return """# spec, not deployed: only for the time of the migration, after cilium-values.yaml:
#   helm install cilium cilium/cilium -n kube-system \\
#     -f cilium-values.yaml -f cilium-migration-values.yaml
# Leaving this file out of a later `helm upgrade` is what ends the migration.

# Cilium builds its network and takes no pod, until a node is labelled (see the runbook).
cni:
  customConf: true
  uninstall: false

# Pods of the old network are nobody's mistake yet.
operator:
  unmanagedPodWatcher:
    restart: false

# Pods of the old network have no identity, and policies would drop their traffic.
policyEnforcementMode: never

# Packets between the two networks pass the host's routing table.
bpf:
  hostLegacyRouting: true

# kube-proxy stays until every node has moved; two of them on one node is a needless risk.
kubeProxyReplacement: false
loadBalancer:
  mode: snat
l2announcements:
  enabled: false"""


def load_balancer(cluster: Cluster, settings: Settings) -> list[dict[str, Any]]:
    """The addresses for LoadBalancer Services, and who announces them.

    Without a range the pool is empty and disabled. The namespaces' Services are selected by the
    label that Cilium lends to each (https://docs.cilium.io/en/stable/network/lb-ipam/#service-selectors).
    """
    balanced = [s for s in cluster.services if s.type == LOAD_BALANCER]
    namespaces = sorted({s.namespace for s in balanced} or {s.namespace for s in cluster.services})
    selector = {
        "matchExpressions": [
            {"key": "io.kubernetes.service.namespace", "operator": "In", "values": namespaces}
        ]
    }
    first, _, last = settings.lb_range.partition("-")
    block = {"start": first, "stop": last} if last else {"cidr": first}
    pool: dict[str, Any] = {
        "blocks": [block] if settings.lb_range else [],
        "serviceSelector": selector,
    }
    if not settings.lb_range:
        pool["disabled"] = True
    return [
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumLoadBalancerIPPool",
            "metadata": {"name": "services"},
            "spec": pool,
        },
        {
            "apiVersion": "cilium.io/v2alpha1",
            "kind": "CiliumL2AnnouncementPolicy",
            "metadata": {"name": "services"},
            "spec": {"loadBalancerIPs": True, "externalIPs": False, "serviceSelector": selector},
        },
    ]
