"""A Talos machine's configuration: what a node's own patch says, and what a given file must not
say of another node.

Talos has moved settings from the v1alpha1 document to documents of their own, and refuses a
setting that stands in both: HostnameConfig since 1.12, KubeNodeConfig since 1.14
(siderolabs/talos, pkg/machinery/config/contract.go and types/{network/hostname,k8s/node}.go).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

LABEL = "fleetmod/node-id"
WORKER, CONTROL_PLANE = "worker", "controlplane"
_HOSTNAME, _NODE = "HostnameConfig", "KubeNodeConfig"
_SINCE = {_HOSTNAME: (1, 12), _NODE: (1, 14)}
# a v1alpha1 setting that is one machine's own (Talos, Reference: Configuration, v1alpha1)
_OWN_ARGS = ("hostname-override", "node-ip")


def kinds_since(version: str) -> frozenset[str]:
    """The documents of their own that `talosctl gen config` writes for a Talos version `1.12.4`."""
    major, minor = (int(part) for part in version.split(".")[:2])
    return frozenset(kind for kind, since in _SINCE.items() if (major, minor) >= since)


def kinds_of(documents: Sequence[Any]) -> frozenset[str]:
    """The kinds of the documents that a configuration has beside v1alpha1's."""
    return frozenset(str(d["kind"]) for d in documents if isinstance(d, dict) and "kind" in d)


def patches(name: str, subnets: Sequence[str], role: str, kinds: frozenset[str]) -> list[str]:
    """The strategic merge patches that make a configuration the node's own, as JSON.

    `kinds` are the documents that the configuration has. The node's name is set, since one made up
    by the machine would not be the one that its services know; its addresses are taken from
    `subnets`, since a second address, as Cilium's or Tailscale's, can become the node's otherwise
    (docs.siderolabs.com/talos, Networking, Multihoming).
    """
    machine: dict[str, Any] = {}
    found: list[dict[str, Any]] = []
    node_ip = {"validSubnets": list(subnets)}
    if _HOSTNAME in kinds:
        found.append(_document(_HOSTNAME, auto="off", hostname=name))
    else:
        machine["network"] = {"hostname": name}
    if _NODE in kinds:
        more = {"nodeIP": node_ip} if subnets else {}
        found.append(_document(_NODE, labels={LABEL: name}, **more))
    else:
        machine["nodeLabels"] = {LABEL: name}
        if subnets:
            machine["kubelet"] = {"nodeIP": node_ip}
    whole: dict[str, Any] = {"machine": machine} if machine else {}
    if role == CONTROL_PLANE and subnets:
        whole["cluster"] = {"etcd": {"advertisedSubnets": list(subnets)}}
    return [json.dumps(each) for each in (whole, *found) if each]


def _document(kind: str, **fields: Any) -> dict[str, Any]:
    return {"apiVersion": "v1alpha1", "kind": kind, **fields}


def foreign(documents: Sequence[Any], role: str) -> Iterator[str]:
    """What of one machine's own a configuration holds, by its path; a copy would claim it, too."""
    for document in documents:
        if not isinstance(document, dict):
            continue
        kind = document.get("kind")
        if kind is not None:
            if document.get("addresses"):
                yield f"{kind}.addresses"
            if str(kind).endswith("VIPConfig"):
                yield str(kind)
            continue
        machine = _mapping(document, "machine")
        if machine and str(machine.get("type") or role) != role:
            yield f"machine.type, {machine['type']}, not {role}"
        network = _mapping(machine, "network")
        interfaces = network.get("interfaces")
        for at, interface in enumerate(interfaces if isinstance(interfaces, list) else []):
            for key in ("addresses", "cidr", "vip"):
                if isinstance(interface, dict) and interface.get(key):
                    yield f"machine.network.interfaces[{at}].{key}"
        arguments = _mapping(machine, "kubelet", "extraArgs")
        yield from (f"machine.kubelet.extraArgs.{key}" for key in _OWN_ARGS if arguments.get(key))
        labels = {**_mapping(machine, "nodeLabels")}
        labels.pop(LABEL, None)
        yield from (f"machine.nodeLabels[{key}]" for key in labels if "hostname" in key)


def _mapping(data: Any, *path: str) -> dict[str, Any]:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}
