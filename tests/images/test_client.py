"""The registry client against a server that asks for tokens, redirects, and misbehaves."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from fleetmod.fleet.images.credentials import NoCredentials, find_credentials
from fleetmod.fleet.images.platforms import read_image
from fleetmod.fleet.images.reference import parse_reference
from fleetmod.fleet.images.registry import NotThere, Registry, Unanswered

Answer = tuple[int, dict[str, str], bytes]
INDEX = {
    "schemaVersion": 2,
    "manifests": [{"platform": {"os": "linux", "architecture": a}} for a in ("arm64", "amd64")],
}


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler], Answer]) -> Iterator[str]:
    """HOST:PORT of a server that answers every request by `answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the handler's own names

        def log_message(self, *_: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=made.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{made.server_port}"
    finally:
        made.shutdown()
        made.server_close()


def platforms(registry: Registry, name: str) -> list[str]:
    reference = parse_reference(name)
    assert reference is not None
    return list(read_image(registry, reference, configs=False).platforms)


def client(folder: Path, config: object = None, path: str = "") -> Registry:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config or {}))
    return Registry({"DOCKER_CONFIG": str(folder), "PATH": path}, seconds=5)


def test_an_anonymous_token_is_fetched_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        asked.append(request.path)
        if request.path.startswith("/token"):
            return 200, {}, b'{"token": "abc"}'
        if request.headers["Authorization"] == "Bearer abc":
            return 200, {}, json.dumps(INDEX).encode()
        realm = f'Bearer realm="http://{request.headers["Host"]}/token",service="here"'
        return 401, {"WWW-Authenticate": realm}, b""

    with server(answer) as host:
        registry = client(tmp_path / "c")
        assert platforms(registry, f"{host}/a/b:1") == ["linux/arm64", "linux/amd64"]
        assert platforms(registry, f"{host}/a/b:2") == ["linux/arm64", "linux/amd64"]
    token = "/token?service=here&scope=repository%3Aa%2Fb%3Apull"
    assert asked == ["/v2/a/b/manifests/1", token, "/v2/a/b/manifests/1", "/v2/a/b/manifests/2"]


def test_an_identity_token_is_traded_in(tmp_path: Path) -> None:
    bodies: list[bytes] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
        if request.path == "/token":
            bodies.append(request.rfile.read(int(request.headers["Content-Length"])))
            return 200, {}, b'{"access_token": "abc"}'
        if request.headers["Authorization"] == "Bearer abc":
            return 200, {}, json.dumps(INDEX).encode()
        realm = f'Bearer realm="http://{request.headers["Host"]}/token"'
        return 401, {"WWW-Authenticate": realm}, b""

    with server(answer) as host:
        config = {"auths": {host: {"identitytoken": "long-lived"}}}
        assert platforms(client(tmp_path / "c", config), f"{host}/a/b") != []
    assert b"grant_type=refresh_token" in bodies[0]
    assert b"refresh_token=long-lived" in bodies[0]


def test_a_secret_is_not_sent_to_where_a_blob_lies(tmp_path: Path) -> None:
    seen: list[str | None] = []

    def store(request: BaseHTTPRequestHandler) -> Answer:
        seen.append(request.headers["Authorization"])
        return 200, {}, json.dumps(INDEX).encode()

    with server(store) as elsewhere:

        def answer(request: BaseHTTPRequestHandler) -> Answer:
            if request.headers["Authorization"]:
                return 307, {"Location": f"http://{elsewhere}/x"}, b""
            return 401, {"WWW-Authenticate": 'Basic realm="x"'}, b""

        with server(answer) as host:
            config = {"auths": {host: {"username": "a", "password": "b"}}}
            assert platforms(client(tmp_path / "c", config), f"{host}/a/b") != []
    assert seen == [None]


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (200, {}, b"<html>", "does not answer as a registry"),
        (429, {}, b"", "asks us to come later"),
        (403, {}, b"", "does not let us read a/b"),
        (500, {}, b"", "answers HTTP 500"),
        (401, {"WWW-Authenticate": "Negotiate"}, b"", "unknown kind of authorization"),
        (401, {"WWW-Authenticate": 'Basic realm="x"'}, b"", "run `docker login"),
        (401, {"WWW-Authenticate": 'Bearer realm="http://evil.example/"'}, b"", "no safe place"),
    ],
)
def test_what_proves_nothing(
    tmp_path: Path, status: int, headers: dict[str, str], body: bytes, said: str
) -> None:
    with server(lambda _: (status, headers, body)) as host, pytest.raises(Unanswered) as raised:
        platforms(client(tmp_path / "c"), f"{host}/a/b")
    assert said in str(raised.value)


def test_a_dead_host_is_asked_once(tmp_path: Path) -> None:
    with server(lambda _: (404, {}, b"")) as host, pytest.raises(NotThere):
        platforms(client(tmp_path / "c"), f"{host}/a/b")
    registry = client(tmp_path / "c")
    for _ in range(2):
        with pytest.raises(Unanswered, match="cannot be reached"):
            platforms(registry, f"{host}/a/b")


def program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_buildx_is_asked_where_the_registry_does_not_answer(tmp_path: Path) -> None:
    bin_ = tmp_path / "bin"
    program(bin_, "docker", f"printf '%s' '{json.dumps(INDEX)}'; echo \"$@\" > {tmp_path}/asked")
    with server(lambda _: (403, {}, b"")) as host:
        found = platforms(client(tmp_path / "c", path=f"{bin_}:/bin:/usr/bin"), f"{host}/a/b")
    assert found == ["linux/arm64", "linux/amd64"]
    asked = (tmp_path / "asked").read_text().strip()
    assert asked == f"buildx imagetools inspect --raw {host}/a/b:latest"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (None, "is not installed"),
        ("echo secret; exit 3", "failed with exit code 3"),
        ("echo secret", "did not answer as the protocol says"),
    ],
)
def test_a_broken_helper_is_told_without_its_words(
    tmp_path: Path, script: str | None, said: str
) -> None:
    (tmp_path / "config.json").write_text('{"credsStore": "broken"}')
    if script:
        program(tmp_path, "docker-credential-broken", script)
    environment = {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:/bin:/usr/bin"}
    with pytest.raises(NoCredentials, match=said) as raised:
        find_credentials("r.example", environment)
    assert "secret" not in str(raised.value)


def test_a_helper_without_the_server_leaves_it_to_the_file(tmp_path: Path) -> None:
    config = {"credsStore": "empty", "auths": {"r.example": {"auth": "YTpi"}}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    answer = "echo credentials not found in native keychain; exit 1"
    program(tmp_path, "docker-credential-empty", answer)
    environment = {"DOCKER_CONFIG": str(tmp_path), "PATH": f"{tmp_path}:/bin:/usr/bin"}
    found = find_credentials("r.example", environment)
    assert found is not None and (found.user, found.secret) == ("a", "b")
    assert "b" not in repr(found).removeprefix("Credentials")


@pytest.mark.parametrize(
    ("text", "host", "path", "which"),
    [
        ("node", "docker.io", "library/node", "latest"),
        ("oven/bun:1.3", "docker.io", "oven/bun", "1.3"),
        ("ghcr.io/acme/api:v1", "ghcr.io", "acme/api", "v1"),
        ("localhost:5000/a", "localhost:5000", "a", "latest"),
        (f"r.io/a:1@sha256:{'0' * 64}", "r.io", "a", f"sha256:{'0' * 64}"),
    ],
)
def test_references(text: str, host: str, path: str, which: str) -> None:
    found = parse_reference(text)
    assert found is not None
    assert (found.host, found.path, found.which) == (host, path, which)


@pytest.mark.parametrize("text", ["", "$X", "ghcr.io/A/b", "a:b:c", "${BASE}:1"])
def test_what_is_no_reference(text: str) -> None:
    assert parse_reference(text) is None
