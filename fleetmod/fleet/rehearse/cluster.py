"""A workload on each node of a cluster: scheduled, waited for, read, and taken away again."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.fleet.rehearse.kubectl import Kubectl, KubectlError
from fleetmod.fleet.rehearse.pod import is_ready, manifest, told, why_waiting, wrong
from fleetmod.workspace.schema import Config

_POLL = 1.0  # seconds
_ENDED = ("Succeeded", "Failed")


@dataclass(frozen=True)
class Seen:
    """What the nodes did, one line each."""

    failures: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()


def ask_cluster(kubectl: Kubectl, config: Config, name: str, seconds: int) -> Seen:
    """Run the workload on the node `name`, or on every node for "".

    Raises FleetmodError where the cluster cannot be asked, and for a node that it does not have.
    """
    nodes = {node["metadata"]["name"]: node for node in kubectl.get("nodes")["items"]}
    if name and name not in nodes:
        known = ", ".join(nodes) or "none"
        raise FleetmodError(
            f"the cluster has no node {name}", where=kubectl.context, todo=f"It has: {known}"
        )
    asked = [nodes[name]] if name else list(nodes.values())
    unproven = () if len(nodes) > 1 else ("the cluster has no second node",)
    failures, evidence = [], []
    for node in asked:
        problem, seen = _run(kubectl, config, node, seconds)
        if problem:
            failures.append(f"{node['metadata']['name']}: {problem}")
        else:
            evidence.append(f"{node['metadata']['name']}: {seen}")
    return Seen(tuple(failures), tuple(evidence), unproven)


def _run(kubectl: Kubectl, config: Config, node: dict[str, Any], seconds: int) -> tuple[str, str]:
    """What went wrong on a node, and what was seen; one of the two is ""."""
    if not is_ready(node):
        return "the node is not ready", ""
    name = f"fleetmod-{secrets.token_hex(4)}"
    document = manifest(name, node, config.identity.node_env, config.rehearse.image, seconds)
    try:
        with _pod(kubectl, document):
            pod, problem = _wait(kubectl, name, seconds)
            if problem:
                return problem, ""
            place = pod["spec"].get("nodeName", "")
            if place != node["metadata"]["name"]:
                return f"the workload was put on {place or 'no node'}", ""
            found = told(kubectl.run("logs", name))
    except KubectlError as error:
        return str(error), ""
    if found is None or (problem := wrong(found, node)):
        return f"the workload {wrong(found, node)}", ""
    return "", f"ran the workload; it is {found['fleetmod']}, {found['platform']} {found['arch']}"


@contextmanager
def _pod(kubectl: Kubectl, document: dict[str, Any]) -> Iterator[None]:
    """The pod, until the end of the block, however that comes. Raises FleetmodError, which tells
    how to do it by hand, where it cannot be taken away.
    """
    name = document["metadata"]["name"]
    try:
        kubectl.create(document)  # what fails here may have been made all the same
        yield
    finally:
        try:
            words = ("--ignore-not-found", "--grace-period=1", "--wait=false")
            kubectl.run("delete", "pod", name, *words)
        except KubectlError as error:
            raise FleetmodError(
                f"the test workload may be left: {error}",
                todo=f"Run: kubectl --context={kubectl.context} delete pod {name}",
                exit_code=UNPROVEN,
            ) from error


def _wait(kubectl: Kubectl, name: str, seconds: int) -> tuple[dict[str, Any], str]:
    """The pod when it has ended well, or what keeps it from that."""
    end = time.monotonic() + seconds
    while True:
        pod = kubectl.get("pod", name)
        phase = pod.get("status", {}).get("phase", "Pending")
        if phase in _ENDED:
            why = why_waiting(pod) or "it said nothing"
            return pod, "" if phase == "Succeeded" else f"the workload failed: {why}"
        if time.monotonic() > end:
            why = why_waiting(pod) or f"it is {phase}"
            return pod, f"the workload did not end within {seconds} s: {why}"
        time.sleep(_POLL)
