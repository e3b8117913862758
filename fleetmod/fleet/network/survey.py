"""Reads a repository's manifests and code, and builds its graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from fleetmod.filekinds import is_code
from fleetmod.fleet.manifests.load import load_cluster
from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.manifests.read import get
from fleetmod.fleet.network.api_server import port_of
from fleetmod.fleet.network.declared import declared
from fleetmod.fleet.network.graph import Code, build
from fleetmod.fleet.network.model import Graph
from fleetmod.fleet.network.owners import holds, owned_folders
from fleetmod.fleet.network.uses import TRIGGERS, Use, env_reads, imports_kubernetes, uses
from fleetmod.project import Project
from fleetmod.syntax.source import is_text, open_source
from fleetmod.testfiles import is_test
from fleetmod.workspace.discover import candidates, discover
from fleetmod.workspace.manifest import packages

_OTHER = (".py", ".go", ".cs", ".java", ".kt", ".rb", ".rs", ".php", ".ex", ".scala", ".swift")


def survey(project: Project) -> tuple[Cluster, Graph]:
    """The cluster and the graph of a repository as it is on the disk; places in the code that do
    not parse and may hold an address are among the cluster's `unread`.

    Raises FleetmodError when it has no manifest.
    """
    cluster = load_cluster(project.root, project.config.cluster.manifests)
    discovered = discover(project.root, project.config)
    typescript = [p for p in discovered if is_code(p) and not is_test(p)]
    found: list[Use] = []
    unread = list(cluster.unread)
    reads: dict[str, dict[str, int]] = {}
    kubernetes: dict[str, int] = {}
    for path in candidates(project.root, typescript, TRIGGERS).hits:
        data = (project.root / path).read_bytes()
        if is_text(data):
            source = open_source(path, data)
            found += uses(source)
            reads[path] = env_reads(source)
            if line := imports_kubernetes(source):
                kubernetes[path] = line
            unread += [
                f"{path}:{source.line_of(error.start_byte)}: does not parse and may hold an address"
                for error in source.errors()
                if "://" in source.text(error) or "host" in source.text(error)
            ]
    infos = packages(project.root, project.config)
    dockerfiles = [p for p in discovered if p.rpartition("/")[2].startswith("Dockerfile")]
    folders = {
        (w.namespace, w.name): owned_folders(w, infos, dockerfiles) for w in cluster.workloads
    }
    unread += _unheard(cluster, folders, discovered, project.config.cluster.edges)
    unread += _releases(cluster)
    cluster = replace(cluster, unread=tuple(unread))
    settings = project.config.cluster
    more = declared(cluster, settings)
    code = Code(found, reads, folders, kubernetes)
    graph = build(cluster, code, settings.ingress_namespace, more, port_of(settings))
    return cluster, graph


def _unheard(
    cluster: Cluster,
    folders: Mapping[tuple[str, str], Sequence[str]],
    discovered: Sequence[str],
    edges: Sequence[str],
) -> Iterator[str]:
    """The workloads whose own code is mostly in a language that is not read, and for which nobody
    has declared an edge: whom they call is not known, and a policy would drop it."""
    declared_of = {edge.partition(" -> ")[0] for edge in edges}
    for workload in cluster.workloads:
        own = folders[workload.namespace, workload.name]
        held = [p for p in discovered if holds(own, p) and not is_test(p)]
        other = [p for p in held if p.endswith(_OTHER)]
        if len(other) > sum(map(is_code, held)) and workload.name not in declared_of:
            yield (
                f"{workload.place}: {workload.name} runs {other[0]}, whose addresses are not read; "
                f'name whom it calls in cluster.edges: "{workload.name} -> TARGET:PORT"'
            )


def _releases(cluster: Cluster) -> Iterator[str]:
    """The releases of charts that are not in the repository."""
    found = [d for d in cluster.others if get(d.data, "kind") in ("HelmRelease", "HelmChart")]
    if found:
        count = f"{len(found)} Helm release{'s' * (len(found) > 1)}"
        yield (
            f"{found[0].place()}: {count} of charts that are not here; what their pods are and "
            "whom they call is not seen"
        )
