"""Gate 2 asks a real registry, and believes no script, no index and no cached word."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.images.registry import PASSWORD, USER, Served, layout, needs_registry, serve
from tests.repo import fleetmod, make

BOTH = {"linux/arm64": "linux/arm64", "linux/amd64": "linux/amd64"}
SCRIPT = """#!/bin/sh
set -e
docker buildx build --platform linux/arm64,linux/amd64 --push -t {name} .
"""
pytestmark = needs_registry


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("open") / "registry") as served:
        yield served


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serve(tmp_path_factory.mktemp("guarded") / "registry", protected=True) as served:
        yield served


@pytest.fixture(autouse=True)
def no_docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "docker-config"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def gate(root: Path) -> dict[str, Any]:
    ran = fleetmod(root, "gate", "--phase", "2", "--format", "json")
    assert PASSWORD not in ran.out + ran.err
    (found,) = json.loads(ran.out)["phases"]
    assert ran.code == {"passed": 0, "failed": 1, "unproven": 3}[found["verdict"]]
    result: dict[str, Any] = found
    return result


def repository(root: Path, name: str, dockerfile: str = "FROM node:22\n", tags: str = "[]") -> Path:
    config = f'version = 1\n[images]\npublish = ["publish.sh"]\ntags = {tags}\n'
    return make(
        root,
        {
            "package.json": "{}\n",
            "fleetmod.toml": config,
            "publish.sh": SCRIPT.format(name=name),
            "Dockerfile": dockerfile,
        },
    )


@pytest.mark.parametrize("kind", ["oci", "v2s2"])
def test_an_index_of_both_platforms_passes(tmp_path: Path, registry: Served, kind: str) -> None:
    # Docker's manifest list has no place for attestations, so skopeo converts it without
    image = layout(tmp_path / "image", BOTH, attested=kind == "oci")
    name = registry.push(image, f"acme/{kind}:latest", "--format", kind)
    found = gate(repository(tmp_path / "repo", name))
    assert found["verdict"] == "passed", found
    assert found["evidence"] == [f"{name}: linux/arm64, linux/amd64"]


def test_a_single_image_fails(tmp_path: Path, registry: Served) -> None:
    image = layout(tmp_path / "image", {"linux/arm64": "linux/arm64"}, index=False)
    name = registry.push(image, "acme/single:latest")
    found = gate(repository(tmp_path / "repo", name))
    assert found["failures"] == [f"{name} is a single image of linux/arm64, and no index"]


def test_attestations_are_no_platforms(tmp_path: Path, registry: Served) -> None:
    name = registry.push(layout(tmp_path / "image", {"linux/arm64": "linux/arm64"}), "acme/half:1")
    found = gate(repository(tmp_path / "repo", name))
    assert found["verdict"] == "failed"
    assert found["evidence"] == [f"{name}: linux/arm64"]
    assert found["failures"] == [f"{name} has no linux/amd64"]


def test_an_index_that_lies_fails(tmp_path: Path, registry: Served) -> None:
    lie = {"linux/arm64": "linux/amd64", "linux/amd64": "linux/amd64"}
    name = registry.push(layout(tmp_path / "image", lie), "acme/lie:1")
    found = gate(repository(tmp_path / "repo", name))
    assert found["failures"] == [f"{name} says linux/arm64, and the image under it is linux/amd64"]


def test_what_is_not_published_fails(tmp_path: Path, registry: Served) -> None:
    name = f"{registry.host}/acme/nothing:1"
    found = gate(repository(tmp_path / "repo", name))
    assert found["failures"] == [f"{name} is not in the registry"]


def test_a_pinned_dockerfile_fails_beside_a_whole_index(tmp_path: Path, registry: Served) -> None:
    name = registry.push(layout(tmp_path / "image", BOTH), "acme/pinned:1")
    found = gate(repository(tmp_path / "repo", name, "FROM --platform=linux/amd64 node:22\n"))
    assert found["verdict"] == "failed"
    assert [f["rule"] for f in found["findings"]] == ["dockerfile-platform-pin"]


def test_a_tag_of_the_shell_is_unproven_until_it_is_named(tmp_path: Path, registry: Served) -> None:
    name = registry.push(layout(tmp_path / "image", BOTH), "acme/named:1")
    found = gate(repository(tmp_path / "a", '"$IMAGE"'))
    assert found["verdict"] == "unproven"
    assert "name the image under images.tags" in found["unproven"][0]
    found = gate(repository(tmp_path / "b", '"$IMAGE"', tags=f'["{name}"]'))
    assert found["verdict"] == "passed", found


def test_a_password_is_asked_for_and_found(
    tmp_path: Path, guarded: Served, no_docker_config: Path
) -> None:
    name = guarded.push(layout(tmp_path / "image", BOTH), "acme/api:1")
    root = repository(tmp_path / "repo", name)
    found = gate(root)
    assert found["verdict"] == "unproven"
    assert f"run `docker login {guarded.host}`" in found["unproven"][0]
    packed = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    config = no_docker_config / "config.json"
    config.write_text(json.dumps({"auths": {guarded.host: {"auth": packed}}}))
    assert gate(root)["verdict"] == "passed"


def test_a_wrong_password_is_unproven(
    tmp_path: Path, guarded: Served, no_docker_config: Path
) -> None:
    packed = base64.b64encode(f"{USER}:wrong".encode()).decode()
    config = {"auths": {guarded.host: {"auth": packed}}}
    (no_docker_config / "config.json").write_text(json.dumps(config))
    found = gate(repository(tmp_path / "repo", f"{guarded.host}/acme/api:1"))
    assert found["verdict"] == "unproven"
    assert "does not let us read acme/api (HTTP 401)" in found["unproven"][0]


@pytest.mark.parametrize("key", ["credHelpers", "credsStore"])
def test_a_credential_helper_is_asked(
    tmp_path: Path,
    guarded: Served,
    no_docker_config: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    name = guarded.push(layout(tmp_path / "image", BOTH), f"acme/{key.lower()}:1")
    programs = tmp_path / "bin"
    programs.mkdir()
    helper = programs / "docker-credential-vault"
    answer = json.dumps({"ServerURL": guarded.host, "Username": USER, "Secret": PASSWORD})
    helper.write_text(
        f'#!/bin/sh\n[ "$1" = get ] && [ "$(cat)" = {guarded.host} ] && echo \'{answer}\'\n'
    )
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    config = {"credHelpers": {guarded.host: "vault"}, "credsStore": "vault"}
    (no_docker_config / "config.json").write_text(json.dumps({key: config[key]}))
    assert gate(repository(tmp_path / "repo", name))["verdict"] == "passed"


def test_an_image_of_somebody_else_that_a_manifest_deploys_is_asked_for(
    tmp_path: Path, registry: Served
) -> None:
    one = registry.push(
        layout(tmp_path / "one", {"linux/amd64": "linux/amd64"}, index=False), "other/store:2"
    )
    name = registry.push(layout(tmp_path / "own", BOTH), "acme/own:1")
    root = repository(tmp_path / "repo", name)
    (root / "k8s").mkdir()
    manifest = root / "k8s/store.yaml"
    manifest.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
        f"spec: {{containers: [{{name: a, image: '{one}'}}]}}\n"
    )
    found = gate(root)
    assert found["failures"] == [f"{one} is a single image of linux/amd64, and no index"]
    manifest.write_text(manifest.read_text().replace(one, name))
    assert gate(root)["verdict"] == "passed"
