"""The files of `fleetmod network`, from a repository's manifests and code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fleetmod.fleet.blocks import Generated
from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.network import cilium
from fleetmod.fleet.network.flannel import Facts, facts
from fleetmod.fleet.network.model import WORLD, Graph
from fleetmod.fleet.network.policies import cilium as cilium_policies
from fleetmod.fleet.network.policies import standard
from fleetmod.fleet.network.runbook import runbook
from fleetmod.workspace.schema import Cluster as Settings

POLICIES, CILIUM_POLICIES = "network-policies.yaml", "cilium-policies.yaml"
VALUES, MIGRATION = "cilium-values.yaml", "cilium-migration-values.yaml"
BALANCER, RUNBOOK = "cilium-load-balancer.yaml", "flannel-to-cilium-runbook.md"


def generate(cluster: Cluster, graph: Graph, settings: Settings) -> list[Generated]:
    """Every file with its content; pure. They stand in the first folder of the manifests."""
    folder = settings.manifests[0].rstrip("/")
    known: Facts = facts(cluster, settings)
    networks = (settings.pod_cidr, settings.cilium_cidr)
    plain = standard(cluster, graph, settings.clients, networks)
    special = cilium_policies(graph)
    bodies = {
        POLICIES: _objects(_POLICIES_HEAD, plain),
        CILIUM_POLICIES: _objects(_special_head(graph), special),
        VALUES: cilium.values(cluster, settings, known),
        MIGRATION: cilium.migration_values(),
        BALANCER: _objects(_balancer_head(settings), cilium.load_balancer(cluster, settings)),
        RUNBOOK: runbook(cluster, graph, settings, known, folder),
    }
    return [Generated(f"{folder}/{name}", body) for name, body in bodies.items()]


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
