"""What policies let through: the semantics of NetworkPolicy, and the part of Cilium's we write.

https://kubernetes.io/docs/concepts/services-networking/network-policies/ and
https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from fleetmod.errors import UNPROVEN, FleetmodError

INGRESS, EGRESS = "Ingress", "Egress"


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod (`namespace` and `labels`, `ports` by name), an address
    outside of the cluster (`ip`, with a `name` where it has one), or a node (`node`), with the
    `api_server` on it."""

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    ip: str = ""
    name: str = ""
    node: bool = False
    api_server: bool = False

    @property
    def is_pod(self) -> bool:
        return bool(self.namespace)


class Policies:
    """Some policies, as objects of a manifest, and the labels of the namespaces.

    Raises FleetmodError (exit 3) for a field whose meaning is not modelled: a wrong verdict would
    be worse than none.
    """

    def __init__(
        self, objects: Iterable[Mapping[str, Any]], namespaces: Mapping[str, Mapping[str, str]]
    ) -> None:
        kinds = ("NetworkPolicy", "CiliumNetworkPolicy")
        self.objects = [o for o in objects if o.get("kind") in kinds]
        self.namespaces = {
            name: {**labels, "kubernetes.io/metadata.name": name}
            for name, labels in namespaces.items()
        }

    def allowed(self, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
        """Whether a connection passes, out of the source and into the target.

        Traffic between a pod and its own node is always let through (kubelet's probes); it is not
        asked here: a `node` is another node, or a process on one that comes by a published port.
        """
        return self._passes(EGRESS, source, target, target, port, protocol) and self._passes(
            INGRESS, target, source, target, port, protocol
        )

    def _passes(
        self, kind: str, subject: End, other: End, target: End, port: int, protocol: str
    ) -> bool:
        if not subject.is_pod:
            return True
        mine = [o for o in self.objects if self._selects(o, subject) and kind in _types(o)]
        if not mine:
            return True  # a pod that no policy of this direction selects is not isolated
        field_name = kind.lower()
        return any(
            self._rule(policy, rule, kind, other, target, port, protocol)
            for policy in mine
            for rule in policy["spec"].get(field_name) or []
        )

    def _selects(self, policy: Mapping[str, Any], pod: End) -> bool:
        if policy["metadata"].get("namespace", "default") != pod.namespace:
            return False
        spec = policy["spec"]
        selector = spec.get("podSelector") if _is_standard(policy) else spec.get("endpointSelector")
        return matches(selector or {}, pod.labels)

    def _rule(
        self,
        policy: Mapping[str, Any],
        rule: Mapping[str, Any],
        kind: str,
        other: End,
        target: End,
        port: int,
        protocol: str,
    ) -> bool:
        if _is_standard(policy):
            _known(rule, {"from", "to", "ports"})
            peers = rule.get("from" if kind == INGRESS else "to")
            fits = not peers or any(self._peer(policy, peer, other) for peer in peers)
            return fits and _port(rule.get("ports"), target, port, protocol)
        return self._cilium_peer(policy, rule, other) and _cilium_port(rule, port, protocol)

    def _peer(self, policy: Mapping[str, Any], peer: Mapping[str, Any], other: End) -> bool:
        _known(peer, {"podSelector", "namespaceSelector", "ipBlock"})
        if "ipBlock" in peer:
            block = peer["ipBlock"]
            # pods and nodes have identities of their own, which no ipBlock stands for in Cilium
            inside = bool(other.ip) and _in(other.ip, block["cidr"])
            return inside and not any(_in(other.ip, cidr) for cidr in block.get("except") or [])
        if not other.is_pod:
            return False
        if "namespaceSelector" in peer:
            labels = self.namespaces.get(
                other.namespace, {"kubernetes.io/metadata.name": other.namespace}
            )
            if not matches(peer["namespaceSelector"] or {}, labels):
                return False
        elif other.namespace != policy["metadata"].get("namespace", "default"):
            return False
        return matches(peer.get("podSelector") or {}, other.labels)

    def _cilium_peer(self, policy: Mapping[str, Any], rule: Mapping[str, Any], other: End) -> bool:
        _known(
            rule,
            {"fromEntities", "fromCIDR", "fromEndpoints", "toFQDNs", "toEndpoints", "toPorts"}
            | {"toEntities"},
        )
        given = [key for key in rule if key != "toPorts"]
        if not given:
            return True
        for entity in [*(rule.get("fromEntities") or []), *(rule.get("toEntities") or [])]:
            if entity not in ("host", "remote-node", "world", "all", "kube-apiserver"):
                raise _unknown(f"the entity {entity}")
            if entity == "kube-apiserver" and other.api_server:
                return True
            if entity == "all" or (other.node and entity in ("host", "remote-node")):
                return True
            if other.ip and entity == "world":
                return True
        if other.ip and any(_in(other.ip, cidr) for cidr in rule.get("fromCIDR") or []):
            return True
        for name in rule.get("toFQDNs") or []:
            if other.name and _fqdn(name, other.name):
                return True
        selectors = [*(rule.get("fromEndpoints") or []), *(rule.get("toEndpoints") or [])]
        return other.is_pod and any(_endpoint(policy, s, other) for s in selectors)


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector fits; an empty one fits everything."""
    _known(selector, {"matchLabels", "matchExpressions"})
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression(e, labels) for e in selector.get("matchExpressions") or [])


def _expression(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    key, values = expression["key"], expression.get("values") or []
    operators = {
        "In": key in labels and labels[key] in values,
        "NotIn": key not in labels or labels[key] not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    if expression["operator"] not in operators:
        raise _unknown(f"the operator {expression['operator']}")
    return operators[expression["operator"]]


def _types(policy: Mapping[str, Any]) -> Sequence[str]:
    """The directions that a policy isolates; the defaults differ between the two kinds."""
    spec = policy["spec"]
    if not _is_standard(policy):
        return [kind for kind in (INGRESS, EGRESS) if kind.lower() in spec]
    if spec.get("policyTypes"):
        return list(spec["policyTypes"])
    return [INGRESS, EGRESS] if spec.get("egress") else [INGRESS]


def _port(ports: Sequence[Mapping[str, Any]] | None, target: End, port: int, protocol: str) -> bool:
    if not ports:
        return True
    for item in ports:
        _known(item, {"port", "protocol", "endPort"})
        if (item.get("protocol") or "TCP") != protocol:
            continue
        wanted: int | str | None = item.get("port")
        if wanted is None:
            return True
        if isinstance(wanted, str):
            if target.ports.get(wanted) == (port, protocol):
                return True
        elif wanted <= port <= (item.get("endPort") or wanted):
            return True
    return False


def _cilium_port(rule: Mapping[str, Any], port: int, protocol: str) -> bool:
    groups = rule.get("toPorts")
    if not groups:
        return True
    return any(
        item["port"] in (str(port), "0") and item.get("protocol", "ANY") in ("ANY", protocol)
        for group in groups
        for item in group.get("ports") or [{"port": "0"}]
    )


def _endpoint(policy: Mapping[str, Any], selector: Mapping[str, Any], pod: End) -> bool:
    labels = {key.removeprefix("k8s:"): v for key, v in (selector.get("matchLabels") or {}).items()}
    own = policy["metadata"].get("namespace", "default")
    namespace = labels.pop("io.kubernetes.pod.namespace", own)
    return namespace == pod.namespace and matches({**selector, "matchLabels": labels}, pod.labels)


def _fqdn(wanted: Mapping[str, str], name: str) -> bool:
    """`matchName` exactly; in a `matchPattern` a `*` stands for characters other than a dot."""
    import re

    if "matchName" in wanted:
        return str(wanted["matchName"]) == name
    pattern = re.escape(wanted["matchPattern"]).replace(r"\*", "[a-z0-9_-]*")
    return re.fullmatch(pattern, name) is not None


def _is_standard(policy: Mapping[str, Any]) -> bool:
    return bool(policy["kind"] == "NetworkPolicy")


def _in(ip: str, cidr: str) -> bool:
    return ip_address(ip) in ip_network(cidr, strict=False)


def _known(data: Mapping[str, Any], keys: set[str]) -> None:
    if unknown := sorted(set(data) - keys):
        raise _unknown(f"the field {unknown[0]}")


def _unknown(what: str) -> FleetmodError:
    return FleetmodError(
        f"{what} of a policy is not understood, so nothing is proven", exit_code=UNPROVEN
    )
