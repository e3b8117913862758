"""The files of `fleetmod specs`, for the stores that the manifests run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.fleet.blocks import Generated
from fleetmod.fleet.manifests.load import load_cluster
from fleetmod.fleet.manifests.model import Cluster
from fleetmod.fleet.render import Named
from fleetmod.fleet.specs import inngest, redis, redis_sites, typesense
from fleetmod.fleet.specs.stores import INNGEST, REDIS, TYPESENSE, Store, stores
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
# what the text of a values file tells people to use, for the gate to look up in what is rendered
NAMED: dict[str, Callable[[Store], Sequence[Named]]] = {
    REDIS: redis.named,
    TYPESENSE: typesense.named,
}


def generate(cluster: Cluster, settings: Settings, ioredis: bool = True) -> list[Generated]:
    """A file for each kind of store; pure. A second Redis gets its own name before the file's.

    `ioredis` says whether the code has clients of that package, which speak Sentinel themselves.
    Raises FleetmodError when the manifests run no store that a spec is known for.
    """
    made = [
        Generated(path, _text(store, ioredis)) for path, store in placed(cluster, settings).items()
    ]
    if not made:
        raise FleetmodError(
            f"no Redis, Typesense or Inngest runs in {', '.join(settings.manifests)}",
            todo="There is nothing that this command knows a spec for",
        )
    return made


def placed(cluster: Cluster, settings: Settings) -> dict[str, Store]:
    """Each store by the path of its file."""
    folder = settings.manifests[0].rstrip("/")
    made: dict[str, Store] = {}
    for store in stores(cluster):
        name = FILES[store.kind]
        if f"{folder}/{name}" in made:
            name = f"{store.name}-{name}"
        made[f"{folder}/{name}"] = store
    return made


def _text(store: Store, ioredis: bool) -> str:
    if store.kind == REDIS:
        return redis.values(store, ioredis)
    return typesense.values(store) if store.kind == TYPESENSE else inngest.notes(store)


def has_ioredis(project: Project) -> bool:
    """Whether the code makes a client of ioredis."""
    return any(True for _ in redis_clients(project))


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
