"""The files of `fleetmod specs`, for the stores that the manifests run."""

from __future__ import annotations

from collections.abc import Iterator

from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.fleet.blocks import Generated
from fleetmod.fleet.manifests.load import load_cluster
from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.specs import inngest, redis, redis_sites, typesense
from fleetmod.fleet.specs.stores import INNGEST, REDIS, TYPESENSE, stores
from fleetmod.project import Project
from fleetmod.syntax.source import is_text, open_source
from fleetmod.testfiles import is_test
from fleetmod.workspace.discover import candidates, discover
from fleetmod.workspace.schema import Cluster as Settings

FILES = {
    REDIS: "redis-ha-values.yaml",
    TYPESENSE: "typesense-ha-values.yaml",
    INNGEST: "inngest-ha-notes.md",
}
CHARTS = {FILES[REDIS]: redis.CHART, FILES[TYPESENSE]: typesense.CHART}
_TEXTS = {REDIS: redis.values, TYPESENSE: typesense.values, INNGEST: inngest.notes}


def generate(cluster: Cluster, settings: Settings) -> list[Generated]:
    """A file for each kind of store; pure. A second Redis gets its own name before the file's.

    Raises FleetmodError when the manifests run no store that a spec is known for.
    """
    folder = settings.manifests[0].rstrip("/")
    made: dict[str, Generated] = {}
    for store in stores(cluster):
        name = FILES[store.kind]
        if f"{folder}/{name}" in made:
            name = f"{store.name}-{name}"
        path = f"{folder}/{name}"
        made[path] = Generated(path, _TEXTS[store.kind](store))
    if not made:
        raise FleetmodError(
            f"no Redis, Typesense or Inngest runs in {', '.join(settings.manifests)}",
            todo="There is nothing that this command knows a spec for",
        )
    return list(made.values())


def cluster_of(project: Project) -> Cluster:
    """The repository's cluster; raises FleetmodError when it has no manifest."""
    return load_cluster(project.root, project.config.cluster.manifests)


def redis_clients(project: Project) -> Iterator[redis_sites.Site]:
    """Every ioredis client in the repository's code, tests left out, by file and line."""
    paths = [
        path
        for path in discover(project.root, project.config)
        if is_code(path) and not is_test(path)
    ]
    for path in candidates(project.root, paths, redis_sites.TRIGGERS).hits:
        data = (project.root / path).read_bytes()
        if is_text(data):
            yield from redis_sites.sites(open_source(path, data))
