"""Redis with Sentinel: Helm values for three nodes, from the one that runs today."""

from __future__ import annotations

from fleetmod.fleet.manifests.model import LOAD_BALANCER
from fleetmod.fleet.render import Named
from fleetmod.fleet.specs.stores import Store
from fleetmod.fleet.specs.text import commented, head, resources

CHART = "redis-ha"
_KEPT = ("maxmemory", "maxmemory-policy", "appendonly", "appendfsync", "databases")

_CHART = """
The chart is DandyDeveloper/charts redis-ha (4.39): Redis with Sentinel as side-cars, on the image
that runs today. Not Bitnami's: since 28 August 2025 its versioned images live, without updates, in
docker.io/bitnamilegacy; docker.io/bitnamisecure has only `latest`, for development; the rest is a
subscription (https://github.com/bitnami/charts/issues/35164).
"""
_SENTINEL = """
Three Sentinels, on three machines, is the least for a failover that survives one of them; with
quorum 2 two must agree that the master is gone, and the majority of all three elects who acts
(https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/). hardAntiAffinity puts each
on a node of its own: with fewer than three nodes the rest stay Pending, and that is right.
"""
_AUTH = """
No password, as today. Encryption between the nodes (Tailscale, WireGuard) hides the traffic from
others; it does not tell who may connect: every pod and host that a policy lets in can read, write
and delete everything. Safer: auth: true, with existingSecret and authKey, and `password` and
`sentinelPassword` in each client.
"""


def named(store: Store) -> list[Named]:
    """What the text speaks of."""
    own = f"{store.name}-ha"
    found = [Named("Service", own, store.port), Named("Service", own, 26379)]
    if store.published is not None:
        found.append(Named("Service", f"{own}-haproxy", store.port))
    return found


def values(store: Store, ioredis: bool = True) -> str:
    """The values file's text; `ioredis` says whether the code has such clients."""
    claim = store.claim
    storage = f"\n  storageClass: {claim.storage_class}" if claim and claim.storage_class else ""
    config = "".join(
        f'\n    {name}: "{value}"' for name in _KEPT if (value := store.option(name)) is not None
    )
    volume = (
        f"persistentVolume:\n  enabled: true\n  size: {claim.size}{storage}"
        if claim
        else "# No volume today: a restart of all three loses everything.\n"
        "persistentVolume:\n  enabled: false"
    )
    parts = [
        head(
            store,
            f"helm install {store.name}-ha dandydev/redis-ha -n {store.namespace} -f redis-ha-values.yaml",
        ),
        commented(_CHART),
        f"fullnameOverride: {store.name}-ha\n"
        f"image:\n  repository: {store.container.repository}\n"
        f"  tag: {store.container.tag or 'latest'}",
        f"{commented(_SENTINEL)}\nreplicas: 3\nhardAntiAffinity: true\n"
        f"sentinel:\n  port: 26379\n  quorum: 2",
        f"{_settings(store)}redis:\n  port: {store.port}\n  masterGroupName: mymaster\n"
        "  # FLUSHDB and FLUSHALL work today; the chart would switch them off.\n"
        "  disableCommands: []\n"
        f"  config:\n{_REPLICAS}{config}\n  resources:{resources(store, 4)}",
        volume,
        f"{commented(_AUTH)}\nauth: false",
        "# One pod at a time may be away for maintenance.\n"
        "podDisruptionBudget:\n  maxUnavailable: 1",
        _stable_address(store),
        commented(_path(store, ioredis)),
    ]
    return "\n\n".join(parts)


_REPLICAS = """    # With no replica in touch for 5 s, writes are refused rather than lost in a failover; a
    # failover still loses what was not yet replicated.
    min-replicas-to-write: 1
    min-replicas-max-lag: 5"""


def _settings(store: Store) -> str:
    policy = store.option("maxmemory-policy") or ""
    if policy.startswith("allkeys"):
        return (
            f"# {policy} evicts any key under pressure: queues and state, too, not only caches.\n"
        )
    return ""


def _stable_address(store: Store) -> str:
    """HAProxy in front of the master, for clients that Sentinel cannot lead there."""
    if store.published is None:
        return (
            "# Every client is in the cluster and can speak Sentinel, so there is no proxy.\n"
            "haproxy:\n  enabled: false"
        )
    service, port = store.published
    text = commented(
        f"""
Sentinel hands out addresses inside of the cluster. Clients outside, which use Service
{service.name} ({service.type}) today, cannot reach those: HAProxy follows the master for them, at the
port they know. It takes over the port in the last step, when the old Service is gone.
"""
    )
    kind = "LoadBalancer" if service.type == LOAD_BALANCER else "NodePort"
    number = f"\n    nodePort: {port.node}" if port.node else ""
    return (
        f"{text}\nhaproxy:\n  enabled: true\n  replicas: 2\n  hardAntiAffinity: true\n"
        f"  servicePort: {store.port}\n"
        f"  service:\n    type: {kind}{number}"
    )


def _clients(store: Store, ioredis: bool) -> str:
    name = store.name
    if ioredis:
        return (
            f'Clients in the cluster: `sentinels: [{{ host: "{name}-ha", port: 26379 }}], '
            'name: "mymaster"` in place\n'
            "   of host and port. ioredis speaks Sentinel itself "
            "(https://github.com/redis/ioredis#sentinel);\n"
            "   `fleetmod specs` lists each `new Redis(...)` that needs it."
        )
    return (
        f"Clients in the cluster: the Sentinels at {name}-ha, port 26379, master mymaster, by their\n"
        "   library's own way; one that knows no Sentinel needs HAProxy (haproxy.enabled), which\n"
        "   follows the master for it."
    )


def _path(store: Store, ioredis: bool) -> str:
    name, space = store.name, store.namespace
    proxy = f" and of {name}-ha-haproxy" if store.published else ""
    opened = ""
    if store.published is not None:
        old = store.published[0]
        opened = (
            f"\n   The old Service {old.name} holds the published port: install with\n"
            "   --set haproxy.service.type=ClusterIP,haproxy.service.nodePort=null first."
        )
    return f"""
Once network policies are in force, these pods need allows of their own first: {store.port} and 26379
among them, and from every client, below the block of network-policies.yaml.

The way there:
1. Three nodes Ready. Install beside today's {store.workload.kind}, which goes on serving.{opened}
   Check: kubectl -n {space} exec {name}-ha-server-0 -c sentinel -- redis-cli -p 26379 sentinel ckquorum mymaster
2. Stop what writes (scale the workers to 0), and copy to the master that `sentinel
   get-master-addr-by-name mymaster` names (call it MASTER):
   kubectl -n {space} exec {name}-0 -- sh -c 'redis-cli --scan | while IFS= read -r key; do
     redis-cli migrate MASTER {store.port} "$key" 0 10000 copy replace; done'
   Check: `redis-cli dbsize` is the same on both (other databases than 0 need a run each).
3. {_clients(store, ioredis)}
4. Delete the old Service only, give its port to HAProxy (helm upgrade with this file), start the
   workers. Fail over once on purpose: `redis-cli -p 26379 sentinel failover mymaster`.
   Check: clients reconnect; `info replication` of the new master{proxy} shows two replicas.
The way back, at each step until the old volume is deleted: stop what writes, point the clients at
{store.address}:{store.port} again (apply {store.container.place.path}), copy back as in 2 if anything was written,
helm uninstall {name}-ha. Keep the old volume for a week.
"""
