"""The harbor fixture as a repository with a configuration, and its graph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.manifests.read import documents
from fleetmod.fleet.network.generate import CILIUM_POLICIES, POLICIES, generate
from fleetmod.fleet.network.model import Graph
from fleetmod.fleet.network.survey import survey
from fleetmod.project import Project, open_project
from tests.repo import commit, copy

CONFIG = """version = 1
[cluster]
manifests = ["k8s"]
platform = "talos"
api = "localhost:7445"
vxlan_port = "4789"
node_subnets = ["10.3.0.0/24"]
ingress_namespace = "ingress-nginx"
lb_range = "192.168.7.240/28"
"""


def harbor(folder: Path, config: str = CONFIG) -> Path:
    root = copy("harbor", folder)
    (root / "fleetmod.toml").write_text(config)
    commit(root)
    return root


def surveyed(root: Path) -> tuple[Project, Cluster, Graph]:
    project = open_project(root)
    return (project, *survey(project))


def policies(project: Project, cluster: Cluster, graph: Graph) -> list[dict[str, Any]]:
    """The policies that are generated, as they read back from the files."""
    return [
        document.data
        for file in generate(cluster, graph, project.config.cluster)
        if file.path.endswith((POLICIES, CILIUM_POLICIES))
        for document in documents(file.path, file.body)
    ]
