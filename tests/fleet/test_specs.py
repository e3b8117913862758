"""Specs take over what runs today, and ioredis clients are judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleetmod.fleet.manifests.parse import parse
from fleetmod.fleet.manifests.read import documents
from fleetmod.fleet.specs.generate import cluster_of, generate, redis_clients
from fleetmod.fleet.specs.redis_sites import DIRECT, SENTINEL, UNKNOWN, sites
from fleetmod.project import open_project
from fleetmod.syntax.source import open_source
from fleetmod.workspace.schema import Cluster as Settings
from tests.fleet.harbor import harbor

INNGEST = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: flows, namespace: jobs}
spec:
  template:
    metadata: {labels: {app: flows}}
    spec:
      containers:
        - name: inngest
          image: inngest/inngest%s
          env: [{name: INNGEST_SQLITE_DIR, value: /state}]
          args: [%s]
---
apiVersion: v1
kind: Service
metadata: {name: %s, namespace: jobs}
spec: {selector: {app: flows}, ports: [{port: 8288}]}
"""


def values(root: Path, name: str) -> dict[str, Any]:
    project = open_project(root)
    files = generate(cluster_of(project), project.config.cluster)
    body = next(file.body for file in files if file.path == f"k8s/{name}")
    (document,) = documents(name, body)
    data: dict[str, Any] = document.data
    return data


def test_redis_keeps_image_limits_storage_and_options(tmp_path: Path) -> None:
    made = values(harbor(tmp_path / "r"), "redis-ha-values.yaml")
    assert made["image"] == {"repository": "redis", "tag": "7.4.1-alpine"}
    assert (made["replicas"], made["sentinel"]["quorum"]) == (3, 2)
    assert made["redis"]["port"] == 6380
    assert made["redis"]["config"]["maxmemory"] == "512mb"
    assert made["redis"]["config"]["maxmemory-policy"] == "noeviction"
    assert made["redis"]["config"]["appendonly"] == "yes"
    assert made["redis"]["resources"]["limits"] == {"memory": "640Mi"}
    assert made["persistentVolume"] == {"enabled": True, "size": "4Gi", "storageClass": "longhorn"}
    assert made["haproxy"] == {"enabled": False}


def test_a_published_redis_keeps_its_port_behind_a_proxy(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    file = root / "k8s/queue.yaml"
    opened = "  type: NodePort\n  ports:\n    - nodePort: 31379\n      port: 6380"
    file.write_text(file.read_text().replace("  ports:\n    - port: 6380", opened))
    proxy = values(root, "redis-ha-values.yaml")["haproxy"]
    assert proxy["enabled"] and proxy["service"] == {"type": "NodePort", "nodePort": 31379}


def test_typesense_gets_three_members_and_its_volume(tmp_path: Path) -> None:
    made = values(harbor(tmp_path / "r"), "typesense-ha-values.yaml")
    assert made["replicaCount"] == 3
    assert made["image"] == {"repository": "typesense/typesense", "tag": "27.1"}
    assert made["storage"] == {"size": "8Gi"}
    assert made["service"] == {"type": "ClusterIP", "port": 8108}


def test_todays_flags_of_typesense_are_carried_over(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    assert "extraArgs" not in values(root, "typesense-ha-values.yaml")
    file = root / "k8s/search.yaml"
    words = "--data-dir=/data, --analytics-dir=/data/an, --log-dir=/var/log/t, --enable-cors"
    text = file.read_text()
    old = text[text.index("          args:") : text.index("          ports:")]
    file.write_text(text.replace(old, f"          args: [{words}]\n"))
    made = values(root, "typesense-ha-values.yaml")
    assert made["extraArgs"] == [
        "--analytics-dir=/usr/share/typesense/data/an",
        "--log-dir=/var/log/t",
    ]
    assert made["typesense"]["cors"] == {"enabled": True}


def test_the_way_to_sentinel_speaks_of_ioredis_only_where_it_is(tmp_path: Path) -> None:
    project = open_project(harbor(tmp_path / "r"))
    for ioredis in (True, False):
        files = generate(cluster_of(project), project.config.cluster, ioredis)
        body = next(f.body for f in files if f.path.endswith("redis-ha-values.yaml"))
        assert ("ioredis" in body) is ioredis and "3. Clients in the cluster" in body


def test_inngest_notes_agree_with_the_vendors_chart() -> None:
    told = inngest()
    assert "With Postgres *and* Redis outside" in told and "inngest-helm" in told
    assert "not two at once" not in told


def inngest(tag: str = "", args: str = "", service: str = "flows") -> str:
    cluster = parse(documents("a.yaml", INNGEST % (tag, args, service)))
    (file,) = generate(cluster, Settings())
    assert file.path == "k8s/inngest-ha-notes.md"
    return file.body


def test_inngest_notes_say_where_the_state_is() -> None:
    assert "SQLite in `/state`" in inngest() and "| inside of the process |" in inngest()
    moved = inngest(args="start, --postgres-uri, postgres://db/x, '--redis-uri=redis://q'")
    assert "| `--postgres-uri` |" in moved and "| `--redis-uri` |" in moved
    assert "SQLite in `/state`" not in moved


def test_inngest_notes_warn_of_a_floating_tag_and_a_service_of_its_name() -> None:
    assert "names no release" in inngest() and "names no release" not in inngest(":v1.5.0")
    assert "INNGEST_PORT=tcp" in inngest(service="inngest")
    assert "INNGEST_PORT=tcp" not in inngest()


def test_each_spec_says_that_it_is_not_deployed_and_the_way_back(tmp_path: Path) -> None:
    project = open_project(harbor(tmp_path / "r"))
    for file in generate(cluster_of(project), project.config.cluster):
        assert "spec, not deployed" in file.body
        assert "The way there" in file.body and "The way back" in file.body


HEAD = 'import Redis from "ioredis";\n'


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("new Redis()", DIRECT),
        ("new Redis(6379)", DIRECT),
        ('new Redis("redis://q")', DIRECT),
        ("new Redis(process.env.REDIS_URL!)", DIRECT),
        ('new Redis(process.env.Q ?? "redis://q")', DIRECT),
        ("const o = { host, port: 1 }; new Redis(o)", DIRECT),
        ("new Redis({ lazyConnect: true })", DIRECT),
        ('new Redis({ sentinels: [{ host: "a", port: 1 }], name: "m" })', SENTINEL),
        ('new Redis(url, { sentinels, name: "m" })', SENTINEL),
        ("new Redis({ ...options })", UNKNOWN),
        ("new Redis(options())", UNKNOWN),
    ],
)
def test_a_client_is_judged_by_what_it_is_given(code: str, verdict: str) -> None:
    (site,) = sites(open_source("a.ts", f"{HEAD}{code};\n".encode()))
    assert (site.verdict, site.line) == (verdict, 2)


def test_only_clients_of_ioredis_count(tmp_path: Path) -> None:
    for code in ('import { Redis } from "@upstash/redis"; new Redis();', "new Redis();"):
        assert sites(open_source("a.ts", code.encode())) == []
    found = list(redis_clients(open_project(harbor(tmp_path / "r"))))
    assert {site.path.split("/")[1]: site.verdict for site in found} == {
        "ctl": SENTINEL,
        "harbor-api": DIRECT,
        "harbor-worker": DIRECT,
    }
