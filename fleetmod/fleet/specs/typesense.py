"""A Typesense cluster: Helm values for three nodes, from the one that runs today."""

from __future__ import annotations

from fleetmod.fleet.render import Named
from fleetmod.fleet.specs.stores import Store
from fleetmod.fleet.specs.text import commented, head, resources

CHART = "typesense"

_RAFT = """
Raft needs a majority: 3 nodes survive the loss of one, 5 of two, and an even number gains nothing
(https://typesense.org/docs/guide/high-availability.html). The members stand in a file that --nodes
names, separated by commas, each as peering_address:peering_port:api_port; the chart writes it, as
below. There is no --peers flag, though it is cited
(https://typesense.org/docs/30.1/api/server-configuration.html). Peers talk on 8107, which stays
inside: no Service that others use, and a policy for it between these pods only.
"""
_CHART = """
The chart is hackthebox/typesense-helm (1.1): Typesense has none of its own. It gives the file of
--nodes, --reset-peers-on-error (pods change their addresses), and a budget that keeps the majority.
"""


# its own folder for data (templates/statefulset.yaml); the rest of the pod's disk is read-only
_DATA = "/usr/share/typesense/data"
# what the chart sets itself, or values above do
_SET = frozenset(
    "data-dir api-address api-port peering-address peering-port nodes reset-peers-on-error "
    "enable-search-analytics api-key config enable-cors cors-domains".split()
)


def named(store: Store) -> list[Named]:
    """What the text speaks of."""
    return [
        Named("Service", f"{store.name}-ha-headless-svc", store.port),
        Named("Service", f"{store.name}-ha-headless-svc", 8107),
        Named("Secret", f"{store.name}-ha-env"),
    ]


def values(store: Store, replicas: int = 3) -> str:
    """The values file's text."""
    claim = store.claim
    storage = ""
    if claim is not None:
        cls = f"\n  className: {claim.storage_class}" if claim.storage_class else ""
        storage = f"storage:{cls}\n  size: {claim.size}"
    headless = f"{store.name}-ha-headless-svc.{store.namespace}.svc.cluster.local"
    nodes = "\n".join(
        f"  {store.name}-ha-{i}.{headless}:8107:{store.port}{',' if i < replicas - 1 else ''}"
        for i in range(replicas)
    )
    analytics = store.option("enable-search-analytics") == "true"
    parts = [
        head(
            store,
            f"helm install {store.name}-ha oci://ghcr.io/hackthebox/helm/typesense "
            f"-n {store.namespace} -f typesense-ha-values.yaml",
        ),
        commented(_CHART),
        f"fullnameOverride: {store.name}-ha\n"
        f"image:\n  repository: {store.container.repository}\n"
        f'  tag: "{store.container.tag or "latest"}"',
        f"{commented(_RAFT)}\n{commented(nodes)}\nreplicaCount: {replicas}\n"
        f"service:\n  type: ClusterIP\n  port: {store.port}",
        _apart(store),
        storage,
        f"resources:{resources(store, 2)}",
        _secret(store),
        f"typesense:\n  analytics:\n    enabled: {str(analytics).lower()}{_cors(store)}",
        _arguments(store),
        commented(_path(store)),
    ]
    return "\n\n".join(part for part in parts if part)


def _cors(store: Store) -> str:
    if store.option("enable-cors") in (None, "false"):
        return ""
    domains = [each for each in (store.option("cors-domains") or "").split(",") if each]
    listed = "".join(f'\n      - "{each}"' for each in domains)
    return "\n  cors:\n    enabled: true" + (f"\n    domains:{listed}" if domains else "")


def _arguments(store: Store) -> str:
    """Today's other flags; a path in today's data folder moves to the chart's."""
    today = (store.option("data-dir") or "/data").rstrip("/")
    lines = []
    for name, value in store.options.items():
        if name in _SET:
            continue
        moved = f"{_DATA}{value[len(today) :]}" if f"{value}/".startswith(f"{today}/") else value
        lines.append(f'  - "--{name}={moved}"' if moved else f'  - "--{name}"')
    if not lines:
        return ""
    return (
        f"# Today's flags. What lay below {today} lies below the chart's own folder for data.\n"
        "extraArgs:\n" + "\n".join(lines)
    )


def _apart(store: Store) -> str:
    return (
        "# Two members on one node would fail together.\n"
        "affinity:\n  podAntiAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n"
        "      - topologyKey: kubernetes.io/hostname\n        labelSelector:\n"
        "          matchLabels:\n"
        f"            app.kubernetes.io/instance: {store.name}-ha"
    )


def _secret(store: Store) -> str:
    key = next((v for v in store.container.env if v.name == "TYPESENSE_API_KEY"), None)
    today = f" Today it is {key.source}." if key is not None and key.source else ""
    return (
        f"# The chart takes each key of a Secret as a variable: it needs one with the key\n"
        f"# TYPESENSE_API_KEY, the same on every node.{today}\n"
        f"secrets:\n  secretName: {store.name}-ha-env\n  optional: false"
    )


def _path(store: Store) -> str:
    name, port = store.name, store.port
    data = store.option("data-dir") or "/data"
    return f"""
Once network policies are in force, these pods need allows of their own first: {port} from every
client, {port} and 8107 among them, below the block of network-policies.yaml.

The way there:
1. Three nodes Ready; the Secret made, with today's key: kubectl -n {store.namespace} create secret generic
   {name}-ha-env --from-literal=TYPESENSE_API_KEY=…. Install beside today's {store.workload.kind}. Storage of a
   node's own disk is fine: each member holds everything.
   Check: for i in 0 1 2: GET /debug of {name}-ha-$i says state 1 once (the leader) and 4 twice.
2. Take a snapshot of today's data, as a way back:
   POST http://{store.address}:{port}/operations/snapshot?snapshot_path={data}/snapshot
   and copy {data}/snapshot off the cluster.
3. Fill the new cluster: run the repository's indexers against it, or export and import each
   collection with its schema, synonyms, overrides and aliases. The members copy from the leader.
   Check: GET /collections gives the same num_documents on old and new.
4. Give clients all members, workload by workload (`nodes` of Typesense's clients):
   {name}-ha-0.{name}-ha-headless-svc:{port} and so on; one that takes one address only gets
   {name}-ha-headless-svc:{port}, which also names a member that is not ready. The chart makes another
   Service only for an ingress or a gateway. Writes go to any member, which hands them to the leader.
The way back, until the old volume is deleted: point clients at {store.address}:{port} again; what
was written since step 4 is indexed again there. helm uninstall {name}-ha keeps its volumes.
"""
