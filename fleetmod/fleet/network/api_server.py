"""Which workloads talk to the Kubernetes API server.

To Cilium the API server is an entity of its own: its address is a node's, and an ipBlock never
matches a node (cilium/cilium#33525, #39573, #46571; its policies' documentation, "Entities based").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network
from typing import Any

from fleetmod.fleet.manifests.model import Cluster, Workload
from fleetmod.fleet.manifests.parse import name_of, namespace_of
from fleetmod.fleet.manifests.read import Place, get, items
from fleetmod.fleet.network.model import API_SERVER, Evidence, Peer
from fleetmod.workspace.schema import Cluster as Settings

SERVER = Peer(API_SERVER, API_SERVER)
PORT = 6443  # kubeadm's and Talos' own; a policy sees the port behind the Service's 443
_HOSTS = re.compile(r"kubernetes\.default(?:\.svc(?:\.cluster\.local)?)?")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")


def port_of(settings: Settings) -> int:
    """The API server's own port, as cluster.endpoint says it."""
    port = settings.endpoint.rpartition(":")[2]
    return int(port) if port else PORT


def is_api_server(host: str) -> bool:
    """Whether a host name is that of the API server's Service."""
    return _HOSTS.fullmatch(host) is not None


def bound(cluster: Cluster, workload: Workload) -> Iterator[Evidence]:
    """The bindings that give a workload's ServiceAccount rights at the API server."""
    if not workload.account:
        return
    for document in cluster.others:
        if get(document.data, "kind") not in _BINDINGS:
            continue
        for at, subject in items(document.data, "subjects"):
            namespace = subject.get("namespace") or namespace_of(document.data)
            named = (subject.get("kind"), subject.get("name"), namespace)
            if named == ("ServiceAccount", workload.account, workload.namespace):
                what = f"{document.data['kind']} {name_of(document.data)} binds {workload.account}"
                yield Evidence(document.place("subjects", at, "name"), what)


def clients(
    reads: Mapping[str, Mapping[str, int]], imports: Mapping[str, int]
) -> Iterator[Evidence]:
    """The code that speaks to the API server: a client's import, or its address read."""
    for path, line in imports.items():
        yield Evidence(Place(path, line), "imports a client of Kubernetes")
    for path, names in reads.items():
        if "KUBERNETES_SERVICE_HOST" in names:
            line = names["KUBERNETES_SERVICE_HOST"]
            yield Evidence(Place(path, line), "reads KUBERNETES_SERVICE_HOST")


def refused(
    objects: Iterable[tuple[Place, Mapping[str, Any]]], settings: Settings
) -> Iterator[str]:
    """The two spellings of an allow for the API server that Cilium never matches.

    An ipBlock or CIDR of its address, which is a node's or that of the Service `kubernetes`, which
    is translated before a policy is asked; and `toServices` of that Service, which has no selector.
    """
    for place, data in objects:
        rules = [*_list(data, "spec", "egress"), *_list(data, "spec", "ingress")]
        for rule in rules:
            blocks = [get(peer, "ipBlock", "cidr") for peer in _peers(rule)]
            blocks += [str(each) for each in rule.get("toCIDR") or []]
            for block in blocks:
                if isinstance(block, str) and names_server(block, settings):
                    yield (
                        f"{place}: {block} is the API server's address, which an ipBlock never "
                        "matches in Cilium; write toEntities: [kube-apiserver]"
                    )
            for service in rule.get("toServices") or []:
                if get(service, "k8sService", "serviceName") == "kubernetes":
                    yield (
                        f"{place}: toServices never matches the Service kubernetes, which has no "
                        "selector; write toEntities: [kube-apiserver]"
                    )


def names_server(block: str, settings: Settings) -> bool:
    """Whether a single address is that of the API server or of its Service, the first of all
    Services' (Kubernetes, ServiceCIDR)."""
    try:
        found = ip_network(block, strict=False)
        service = ip_network(settings.service_cidr)[1]
    except ValueError:
        return False
    if found.num_addresses != 1:
        return False
    host = settings.endpoint.rpartition(":")[0]
    with_host = {service}
    with suppress(ValueError):  # a name
        with_host.add(ip_address(host))
    return found[0] in with_host


def _peers(rule: Mapping[str, Any]) -> Sequence[Any]:
    return [*(rule.get("to") or []), *(rule.get("from") or [])]


def _list(data: Mapping[str, Any], *keys: str) -> list[Any]:
    found = get(data, *keys)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
