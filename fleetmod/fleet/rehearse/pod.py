"""A pod that tells which node it runs on, and what it tells. Pure."""

from __future__ import annotations

import json
from typing import Any

MARK = "fleetmod"
# as uname(2) says, and as Kubernetes does (kubernetes.io/arch)
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
# set by Kubernetes itself for a node that is not well, or that is cordoned
_UNWELL = ("node.kubernetes.io/", "node.cloudprovider.kubernetes.io/")
_LINE = '{"fleetmod":"%s","platform":"%s","arch":"%s"}\\n'
_TELL = f"""printf '{_LINE}' "${{NODE}}" "$(uname -s)" "$(uname -m)\""""


def manifest(
    name: str, node: dict[str, Any], node_env: str, image: str, seconds: int
) -> dict[str, Any]:
    """A pod for one node, which the scheduler itself has to agree to.

    It takes the taints that a person gave the node, and none of those that say it is not well. It
    fits the strictest standard for pods, needs no rights, and ends by itself after `seconds`.
    """
    taints = node.get("spec", {}).get("taints") or []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/managed-by": MARK}},
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": seconds,
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "affinity": {"nodeAffinity": _only(node["metadata"]["name"])},
            "tolerations": [
                {"key": taint["key"], "operator": "Exists", "effect": taint["effect"]}
                for taint in taints
                if not taint["key"].startswith(_UNWELL)
            ],
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65534,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": "tell",
                    "image": image,
                    "command": ["sh", "-c", _TELL.replace("NODE", node_env)],
                    "env": [
                        {
                            "name": node_env,
                            "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}},
                        }
                    ],
                    "resources": {
                        "requests": {"cpu": "10m", "memory": "16Mi"},
                        "limits": {"memory": "64Mi"},
                    },
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "capabilities": {"drop": ["ALL"]},
                    },
                }
            ],
        },
    }


def _only(node: str) -> dict[str, Any]:
    """By the node's name, as a DaemonSet does: the label kubernetes.io/hostname may be another."""
    term = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}
    return {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}


def told(log: str) -> dict[str, str] | None:
    """What the workload printed: its node (`fleetmod`), `platform` and `arch`; None for nothing."""
    for line in log.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and set(found) == {MARK, "platform", "arch"}:
            machine = found["arch"]
            return {**found, "arch": _MACHINES.get(machine, machine)}
    return None


def wrong(found: dict[str, str] | None, node: dict[str, Any]) -> str:
    """What is wrong with that for the node that was asked for; "" for nothing."""
    if found is None:
        return "printed no identity"
    name, info = node["metadata"]["name"], node.get("status", {}).get("nodeInfo", {})
    if found[MARK] != name:
        return f"says that it runs on {found[MARK] or 'no node'}"
    system = info.get("operatingSystem", "linux")
    if found["platform"].lower() != system:
        return f"runs on {found['platform']}, and the node's system is {system}"
    if info.get("architecture", found["arch"]) != found["arch"]:
        return f"runs on {found['arch']}, and the node is {info['architecture']}"
    return ""


def is_ready(node: dict[str, Any]) -> bool:
    """Whether a node says that it is ready."""
    conditions = node.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def why_waiting(pod: dict[str, Any]) -> str:
    """Why a pod has not ended well, as far as it says: its container's reason, then others'."""
    status = pod.get("status", {})
    for container in status.get("containerStatuses") or []:
        state = container.get("state") or {}
        found = state.get("waiting") or state.get("terminated") or {}
        if reason := found.get("reason"):
            return ": ".join(filter(None, (reason, found.get("message", ""))))
    for condition in status.get("conditions") or []:
        if condition["status"] == "False" and condition.get("message"):
            return f"{condition.get('reason', condition['type'])}: {condition['message']}"
    return ": ".join(filter(None, (status.get("reason"), status.get("message"))))
