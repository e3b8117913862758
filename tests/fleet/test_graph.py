"""Who talks to whom, from manifests and code."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.fleet.manifests.parse import parse
from fleetmod.fleet.manifests.read import documents
from fleetmod.fleet.network.resolve import by_name
from fleetmod.fleet.network.uses import parse_url, uses
from fleetmod.syntax.source import open_source
from tests.fleet.harbor import CONFIG, harbor, surveyed

EDGES = {
    # from, to, the pods' port: how, where it is said
    ("hosts", "harbor-api", 8080): ("LoadBalancer", "k8s/api.yaml"),
    ("hosts", "postgres", 5432): ("NodePort 31432", "packages/ctl/src/index.ts"),
    ("hosts", "queue", 6379): ("port-forward", "packages/harbor-api/src/index.ts"),
    ("hosts", "search", 8108): ("port-forward", "packages/ctl/src/index.ts"),
    ("ingress", "harbor-api", 8080): ("", "k8s/api.yaml"),
    ("meter", "queue", 6379): ("", "k8s/worker.yaml"),
    ("harbor-api", "postgres", 5432): ("", "packages/db/src/index.ts"),
    ("harbor-api", "queue", 6379): ("", "k8s/api.yaml"),
    ("harbor-api", "search", 8108): ("", "packages/harbor-api/src/index.ts"),
    ("harbor-worker", "harbor-api", 8080): ("", "k8s/worker.yaml"),
    ("harbor-worker", "queue", 6379): ("assumed", "k8s/worker.yaml"),
    ("harbor-worker", "api.stripe.com", 443): ("", "packages/harbor-worker/src/index.ts"),
    ("cleanup", "postgres", 5432): ("", "packages/db/src/index.ts"),
}


def test_every_edge_of_harbor_is_found_with_its_evidence(tmp_path: Path) -> None:
    _, _, graph = surveyed(harbor(tmp_path / "r"))
    found = {(e.source.name, e.target.name, e.port): e for e in graph.edges}
    assert set(found) == set(EDGES)
    for key, (how, path) in EDGES.items():
        edge = found[key]
        assert (edge.via or ("assumed" if edge.assumed else "")) == how, key
        assert path in {evidence.place.path for evidence in edge.evidence}, key


def test_evidence_names_the_very_line(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    _, _, graph = surveyed(root)
    edge = next(e for e in graph.edges if (e.source.name, e.target.name) == ("cleanup", "postgres"))
    (evidence,) = edge.evidence
    line = (root / evidence.place.path).read_text().splitlines()[evidence.place.line - 1]
    assert "postgres.harbor.svc:5432" in line


def test_a_password_in_an_address_is_not_told_on(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    manifest = root / "k8s/api.yaml"
    manifest.write_text(manifest.read_text().replace("$(DB_PASSWORD)", "hunter2"))
    code = root / "packages/db/src/index.ts"
    code.write_text(code.read_text().replace("harbor@postgres", "harbor:hunter2@postgres"))
    _, _, graph = surveyed(root)
    assert "hunter2" not in str([e.what for edge in graph.edges for e in edge.evidence])


def test_localhost_in_a_pod_is_no_edge_but_a_note(tmp_path: Path) -> None:
    _, _, graph = surveyed(harbor(tmp_path / "r"))
    (note,) = [n for n in graph.notes if "localhost is the pod itself" in n]
    assert "packages/harbor-worker/src/index.ts:6" in note


def test_an_ingress_without_a_known_controller_is_a_note(tmp_path: Path) -> None:
    config = CONFIG.replace('ingress_namespace = "ingress-nginx"\n', "")
    _, _, graph = surveyed(harbor(tmp_path / "r", config))
    assert not [e for e in graph.edges if e.source.kind == "ingress"]
    assert any("cluster.ingress_namespace" in note for note in graph.notes)


def test_a_server_calls_back_where_a_worker_says_it_serves(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    manifest = root / "k8s/api.yaml"
    env = "\n            - name: HUB_URL\n              value: http://search:8108"
    env += "\n            - name: HUB_SERVE_HOST\n              value: http://harbor-api:80"
    text = manifest.read_text().replace(
        '\n              value: "6380"', '\n              value: "6380"' + env
    )
    manifest.write_text(text)
    _, _, graph = surveyed(root)
    back = [e for e in graph.edges if (e.source.name, e.target.name) == ("search", "harbor-api")]
    assert [(e.port, len(e.evidence)) for e in back] == [(8080, 2)]


LAZY = 'const R = (await import("ioredis")).default'
PG = 'import { Pool } from "pg"'


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('const u = process.env.A ?? "redis://localhost:6379";', ("localhost", 6379, ("A",))),
        ('fetch(`http://api:80/${x}`);', ("api", 80, ())),
        ('const d = "postgres://u:p@db.x.svc/y";', ("db.x.svc", 5432, ())),
        ('import R from "ioredis"; new R();', ("localhost", 6379, ())),
        (f'{LAZY}; new R({{ host: H }}); const H = "q";', ("q", 6379, ())),
        (f'{PG}; new Pool({{ host: process.env.H || "db" }});', ("db", 5432, ("H",))),
        ('run("curl -fsS http://localhost:9000/health");', ("localhost", 9000, ())),
    ],
)  # fmt: skip
def test_an_address_in_the_code(code: str, found: tuple[str, int, tuple[str, ...]]) -> None:
    (use,) = uses(open_source("a.ts", code.encode()))
    assert (use.host, use.port, use.env) == found


@pytest.mark.parametrize(
    "code",
    [
        'console.log("http://localhost:8108");',
        "fetch(`http://${host}:80/`);",
        'Bun.serve({ host: "127.0.0.1", port: 80 });',
        'import { Redis } from "@upstash/redis"; new Redis();',
        'const text = "see http://localhost:80";',
        'const x = "file://localhost/y";',
    ],
)
def test_what_is_no_address(code: str) -> None:
    assert uses(open_source("a.ts", code.encode())) == []


def test_names_as_a_pod_sees_them() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: x}\nspec: {ports: []}\n"
    cluster = parse(documents("a.yaml", text))
    for name in ("db", "db.x", "db.x.svc", "db.x.svc.cluster.local", "db-0.db.x.svc"):
        assert by_name(cluster, name, "x") is not None, name
    assert by_name(cluster, "db.x.svc", "elsewhere") is not None
    for name in ("db", "db.y.svc", "db.example.com"):
        assert by_name(cluster, name, "elsewhere") is None, name


def test_addresses_without_a_scheme_are_host_and_port() -> None:
    assert parse_url("redis.x.svc.cluster.local:6379") == ("", "redis.x.svc.cluster.local", 6379)
    assert parse_url("7.4.1-alpine") is None


def test_code_that_is_not_read_and_charts_that_are_not_here_are_unproven(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    (root / "packages/harbor-api/tool.py").write_text("x = 1\n")
    assert surveyed(root)[1].unread == ()  # a helper beside the code that is read
    for name in "abcdefgh":
        (root / f"packages/harbor-api/{name}.py").write_text("x = 1\n")
    (root / "k8s/release.yaml").write_text(
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: x}\n"
    )
    told = "\n".join(surveyed(root)[1].unread)
    assert "harbor-api runs packages/harbor-api/a.py, whose addresses are not read" in told
    assert "k8s/release.yaml:1: 1 Helm release of charts that are not here" in told
    config = CONFIG + 'edges = ["harbor-api -> mail.example.org:443"]\n'
    (root / "fleetmod.toml").write_text(config)
    assert ".py" not in "\n".join(surveyed(root)[1].unread)
