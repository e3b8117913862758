"""Whether the cluster's nodes are containers of one Docker, by the configuration or the files."""

from __future__ import annotations

from contextlib import suppress

from fleetmod.project import Project
from fleetmod.testfiles import is_test
from fleetmod.workspace import infer_talos
from fleetmod.workspace.config import FILE
from fleetmod.workspace.discover import candidates, discover


def in_containers(project: Project) -> str:
    """Where it is said that a Talos node is a container; "" where it is a machine of its own, or
    nothing tells, or the platform is another."""
    settings = project.config.cluster
    if settings.platform != "talos" or settings.nodes == infer_talos.MACHINES:
        return ""
    told = told_nodes(project)
    found = told is not None and told.nodes == infer_talos.CONTAINERS
    place = told.where if told is not None and found else ""
    return place or (f"{FILE}: cluster.nodes" if settings.nodes else "")


def told_nodes(project: Project) -> infer_talos.Told | None:
    """What the repository's files say of its Talos nodes; None for nothing."""
    paths = [p for p in discover(project.root, project.config) if not is_test(p) and p != FILE]
    texts = {}
    for path in candidates(project.root, paths, infer_talos.TRIGGERS).hits:
        with suppress(OSError):
            texts[path] = (project.root / path).read_text(encoding="utf-8", errors="replace")
    return infer_talos.nodes(texts)
