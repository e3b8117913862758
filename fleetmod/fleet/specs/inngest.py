"""Notes on Inngest: what holds its state, what can be moved out, and how many there can be."""

from __future__ import annotations

from fleetmod.fleet.manifests.model import Service
from fleetmod.fleet.specs.stores import Store, pinned

_CHART = "inngest/inngest-helm 0.3.1, README, Production"
_FLAGS = "https://github.com/inngest/inngest/blob/main/cmd/start/cmd.go"


def notes(store: Store) -> str:
    """The Markdown text."""
    return "\n\n".join(
        [
            "# Inngest, highly available: notes\n\nspec, not deployed.",
            _today(store),
            _state(store),
            _one(store),
            _path(store),
        ]
    )


def _today(store: Store) -> str:
    claim = store.claim
    size = f"{claim.size}, {claim.storage_class or 'the default class'}" if claim else "no volume"
    ports = ", ".join(
        f"{p.number} ({p.name or p.protocol}{f', nodePort {p.node}' if p.node else ''})"
        for s in store.services
        for p in s.ports
    )
    lines = [
        f"## Today\n\n`{store.container.place.path}`: {store.workload.kind} `{store.name}` in "
        f"namespace `{store.namespace}`, image `{store.container.image}`, "
        f"{store.workload.replicas} replica(s).\n",
        f"- Service `{store.address}`: {ports or 'none'}",
        f"- volume: {size}",
        f"- resources: {store.container.resources or 'none are set'}",
    ]
    if not pinned(store.container):
        lines.append(
            "- The image names no release: any restart may run another one, on a database that the "
            "old one wrote. Pin it before anything else here."
        )
    if store.address == "inngest":
        lines.append(_rename(store.services[0]))
    return "\n".join(lines)


def _rename(service: Service) -> str:
    return (
        f"- A Service called `{service.name}` makes Kubernetes set `INNGEST_PORT=tcp://…` in every "
        "pod of the namespace, and the server reads every variable that begins with `INNGEST_` as "
        "an option. Call it something else."
    )


def _state(store: Store) -> str:
    where = store.env("INNGEST_SQLITE_DIR") or store.option("sqlite-dir")
    sqlite = f"SQLite in `{where}`" if where else "SQLite in `.inngest` of the working folder"
    postgres = _given(store, "postgres-uri", "INNGEST_POSTGRES_URI")
    redis = _given(store, "redis-uri", "INNGEST_REDIS_URI")
    return f"""## Where its state is

| what | default | here, today | to move it out |
|---|---|---|---|
| apps, functions, events, history | SQLite | {postgres or sqlite} | `--postgres-uri`, `INNGEST_POSTGRES_URI` |
| queue and state of runs | Redis inside of the process, with snapshots | {redis or "inside of the process"} | `--redis-uri`, `INNGEST_REDIS_URI` |

From the server's own flags ({_FLAGS}). {_from_secret(store)}Moving only one of the two leaves the \
other in the pod: runs that wait are in the queue, not in Postgres."""


def _given(store: Store, option: str, variable: str) -> str:
    if store.option(option) is not None:
        return f"`--{option}`"
    return f"`{variable}`" if store.env(variable) is not None else ""


def _from_secret(store: Store) -> str:
    if not store.container.env_from:
        return ""
    names = ", ".join(store.container.env_from)
    return f"{names} can set any of them; this repository does not show what it holds. "


def _one(store: Store) -> str:
    return f"""## How many

- With SQLite, or with the queue inside of the process, there is one: a writer on a ReadWriteOnce
  volume of one node. A second replica would have a database and a queue of its own: each event would
  be known to one of them. So today `replicas: 1`, and a rolling update that stops the old pod first
  (a {store.workload.kind} of one does).
- With Postgres *and* Redis outside the pod holds nothing any more. Then the vendor's own chart runs
  several ({_CHART}: `replicaCount`, or KEDA with `minReplicas: 2`), as a Deployment;
  each needs the same `INNGEST_EVENT_KEY` and `INNGEST_SIGNING_KEY`. Begin with one, see a run go on
  after the pod is deleted, then go to two.
- Workers that use Connect hold a socket to the gateway (8289) of one replica: they must reconnect
  when it goes."""


def _path(store: Store) -> str:
    name, space = store.name, store.namespace
    kind = store.workload.kind.lower()
    return f"""## The way there

1. Pin the image to the release that runs now (`kubectl -n {space} exec {name}-0 -- inngest version`).
   Copy the data folder off the pod.
2. Postgres and Redis that outlive a node: the Redis of `redis-ha-values.yaml` only with a
   `maxmemory-policy` of `noeviction`, since an evicted key is a lost run. The URI names one
   address, not Sentinels: use the proxy's.
3. Stop new events, let running functions end (the dashboard's list of runs is empty), stop the pod:
   neither the history nor waiting runs move from SQLite. What must go on is sent again afterwards.
4. Set `INNGEST_POSTGRES_URI` and `INNGEST_REDIS_URI` from a Secret, start the pod, sync the apps.
   Check: the dashboard lists every function; an event runs to its end; after
   `kubectl -n {space} delete pod {name}-0` a run that slept goes on.
5. Allow both new edges: run `fleetmod network` again.

## The way back

Remove both variables and start the pod again: SQLite and its volume are as they were in step 3, and
what ran since is in Postgres only. `kubectl -n {space} rollout undo {kind}/{name}` does the first half.
Keep the volume until nothing of it is missed."""
