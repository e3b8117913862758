"""The files of `fleetmod network`, from a repository's manifests and code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.blocks import Generated, is_generated
from fleetmod.fleet.check import read_text
from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.manifests.read import get
from fleetmod.fleet.network import cilium
from fleetmod.fleet.network.flannel import Facts, facts
from fleetmod.fleet.network.model import WORLD, Graph
from fleetmod.fleet.network.policies import cilium as cilium_policies
from fleetmod.fleet.network.policies import standard
from fleetmod.fleet.network.runbook import runbook
from fleetmod.workspace.config import FILE
from fleetmod.workspace.schema import Cluster as Settings

POLICIES, CILIUM_POLICIES = "network-policies.yaml", "cilium-policies.yaml"
VALUES, MIGRATION = "cilium-values.yaml", "cilium-migration-values.yaml"
BALANCER, RUNBOOK = "cilium-load-balancer.yaml", "flannel-to-cilium-runbook.md"


def generate(
    cluster: Cluster, graph: Graph, settings: Settings, container: str = ""
) -> list[Generated]:
    """Every file with its content; pure.

    The values and the runbook stand in the first folder of the manifests. Policies and pools stand
    in cluster.specs, since `kubectl apply -f` of the manifests' folder, or what watches it, would
    deploy them. Where Cilium runs already there are no values and no way to it. `container` is
    where it is said that the node is a container of Docker.

    Raises FleetmodError for a cluster.specs inside of the manifests.
    """
    folder = settings.manifests[0].rstrip("/")
    apart = settings.specs.rstrip("/")
    if any(f"{apart}/".startswith(f"{each.rstrip('/')}/") for each in settings.manifests):
        raise FleetmodError(
            f"cluster.specs, {apart}, is in a folder of manifests, which is deployed",
            where=FILE,
            todo="Name a folder apart from them",
        )
    known: Facts = facts(cluster, settings)
    networks = (settings.pod_cidr, settings.cilium_cidr)
    plain = standard(cluster, graph, settings.clients, networks)
    special = cilium_policies(graph)
    bodies = {
        f"{apart}/{POLICIES}": _objects(_POLICIES_HEAD, plain),
        f"{apart}/{CILIUM_POLICIES}": _objects(_special_head(graph), special),
    }
    runs = settings.cni == "cilium"
    if not runs or (settings.lb_range and not _has_pool(cluster)):
        pool = _objects(_balancer_head(settings), cilium.load_balancer(cluster, settings))
        bodies[f"{apart}/{BALANCER}"] = pool
    if not runs:
        bodies |= {
            f"{folder}/{VALUES}": cilium.values(cluster, settings, known),
            f"{folder}/{MIGRATION}": cilium.migration_values(),
            f"{folder}/{RUNBOOK}": runbook(cluster, graph, settings, known, folder, container),
        }
    return [Generated(path, body) for path, body in bodies.items()]


def _has_pool(cluster: Cluster) -> bool:
    return any(get(d.data, "kind") == "CiliumLoadBalancerIPPool" for d in cluster.others)


def left_behind(root: Path, settings: Settings) -> Iterator[str]:
    """The generated policies and pools among the manifests, where they would be deployed."""
    for folder in settings.manifests:
        for name in (POLICIES, CILIUM_POLICIES, BALANCER):
            path = f"{folder.rstrip('/')}/{name}"
            text = read_text(root, path)
            if text is not None and is_generated(text):
                yield path


_POLICIES_HEAD = """\
# spec, not deployed. flannel enforces no policies; Cilium does after the runbook's last step.
# Ports are the pods' own: a policy is enforced after a Service's address is translated.
# kubelet's probes and `kubectl port-forward` need no allow (they come from the pod's own node, or
# from inside of the pod's network)."""


def _special_head(graph: Graph) -> str:
    text = (
        "# spec, not deployed. What only Cilium can say: nodes as sources, which an ipBlock never\n"
        "# matches, and host names as targets."
    )
    if any(edge.target.kind == WORLD for edge in graph.edges):
        text += (
            "\n# The host names are those in the code. What an SDK calls by itself is not spelled "
            "there:\n# name it in cluster.edges, and see the runbook's audit step."
        )
    return text


def _balancer_head(settings: Settings) -> str:
    if settings.lb_range:
        return "# spec, not deployed. The addresses come from cluster.lb_range."
    return "# spec, not deployed. cluster.lb_range is empty, so the pool gives no address yet."


def _objects(head: str, objects: Sequence[dict[str, Any]]) -> str:
    import yaml

    def dumped(item: dict[str, Any]) -> str:
        return yaml.dump(item, Dumper=_dumper(), sort_keys=False, width=10_000, allow_unicode=True)

    if not objects:
        return f"{head}\n# There is nothing to say for this repository."
    return "\n---\n".join(
        [f"{head}\n{dumped(objects[0]).strip()}", *(dumped(o).strip() for o in objects[1:])]
    )


def _dumper() -> Any:
    import yaml

    class NoAliases(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    return NoAliases
