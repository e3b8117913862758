"""Builds outside of shell scripts: workflows are rewritten to the byte, the others are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.edits import render
from fleetmod.fleet.images.deployed import deployed
from fleetmod.fleet.images.elsewhere import (
    bake_builds,
    bake_json_builds,
    command_builds,
    compose_builds,
)
from fleetmod.fleet.images.found import Build
from fleetmod.fleet.images.workflows import workflow_builds
from fleetmod.fleet.images.yaml_places import tree
from fleetmod.model import EXEMPT, REFUSE, REWRITE
from fleetmod.project import open_project
from tests.repo import fleetmod, make

BOTH = ("linux/arm64", "linux/amd64")
HEAD = """on: push
jobs:
  image:
    runs-on: ubuntu-latest
"""
STEPS = (
    HEAD
    + """    steps:
      - uses: actions/checkout@v4   # keep me
      - name: Build
        uses: docker/build-push-action@v6
        with:
          context: .
          push: true
          tags: ghcr.io/acme/api:latest  # é
"""
)
READY = """      - uses: docker/setup-qemu-action@v3
      - uses: docker/setup-buildx-action@v3
"""


def builds(text: str) -> list[Build]:
    return list(workflow_builds(tree("w.yml", text.encode()), BOTH))


def rewritten(text: str) -> str:
    """The workflow with its edits made; a second run finds nothing to do."""
    edits = sorted(edit for build in builds(text) for edit in build.edits)
    after = render(text.encode(), edits).decode()
    assert [e for b in builds(after) for e in b.edits] == [], after
    return after


def actions(text: str) -> list[str]:
    return [build.finding(text.encode()).action for build in builds(text)]


def test_a_build_gets_its_platforms_and_what_they_need() -> None:
    after = rewritten(STEPS)
    want = STEPS.replace("      - name: Build\n", f"{READY}      - name: Build\n").replace(
        "          context", "          platforms: linux/arm64,linux/amd64\n          context"
    )
    assert after == want


def test_what_is_set_up_already_is_not_set_up_twice() -> None:
    ready = STEPS.replace("      - name: Build\n", f"{READY}      - name: Build\n")
    assert rewritten(ready).count("setup-qemu-action") == 1
    buildx = STEPS.replace(
        "      - name: Build\n", f"{READY.splitlines(True)[1]}      - name: Build\n"
    )
    after = rewritten(buildx)
    assert after.index("setup-qemu") < after.index("setup-buildx") < after.index("build-push")
    two = STEPS + STEPS.partition("keep me\n")[2]
    assert rewritten(two).count("setup-qemu-action") == 1
    assert rewritten(two).count("platforms: linux/arm64,linux/amd64") == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("linux/amd64", "linux/arm64,linux/amd64"),
        ("linux/amd64,linux/arm/v7", "linux/arm64,linux/amd64,linux/arm/v7"),
        ("|\n            linux/amd64", "linux/arm64,linux/amd64"),
    ],
)
def test_platforms_that_are_there_are_kept(old: str, new: str) -> None:
    text = STEPS + f"          platforms: {old}\n          provenance: false\n"
    after = rewritten(text)
    assert after.endswith(f"          platforms: {new}\n          provenance: false\n")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (STEPS + "          platforms: linux/amd64,linux/arm64\n", [EXEMPT]),
        (STEPS.replace("push: true", "push: false"), []),
        (STEPS.replace("push: true", "load: false"), []),
        (STEPS.replace("push: true", "push: ${{ github.ref == 'x' }}"), [REWRITE]),
        (STEPS + "          load: true\n", [REFUSE]),
        (STEPS + "          platforms: ${{ env.PLATFORMS }}\n", [REFUSE]),
        (STEPS.replace("api:latest", "api:amd64"), [REFUSE]),
        (STEPS.partition("        with")[0] + "        with: {push: true}\n", [REFUSE]),
    ],
)
def test_what_becomes_of_a_build(text: str, found: list[str]) -> None:
    assert actions(text) == found


def test_a_matrix_builds_each_platform_in_a_job_of_its_own() -> None:
    matrix = (
        "    strategy:\n      matrix:\n        include:\n"
        "          - {platform: linux/amd64, runner: a}\n"
        "          - {platform: linux/arm64, runner: b}\n"
    )
    build = STEPS.removeprefix(HEAD) + "          platforms: ${{ matrix.platform }}\n"
    assert actions(HEAD + matrix + build) == [EXEMPT]
    assert actions(HEAD + matrix.replace("linux/arm64", "linux/s390x") + build) == [REFUSE]


def writes(found: object) -> list[bool]:
    return [bool(build.write) for build in found]  # type: ignore[attr-defined]


def test_bake_files_are_read_with_what_targets_inherit() -> None:
    hcl = """
target "base" { platforms = ["linux/amd64", "linux/arm64"] }
target "api" {
  inherits = ["base"]
  tags = ["ghcr.io/acme/api:1"]
}
target "web" {
  tags = ["ghcr.io/acme/web:${TAG}"]
}
target "local" {}
"""
    found = list(bake_builds("docker-bake.hcl", hcl, BOTH))
    assert [(b.line, b.names) for b in found] == [(3, ("ghcr.io/acme/api:1",)), (7, (None,))]
    assert writes(found) == [False, True]
    json = '{"target": {"api": {"tags": ["a/b:1"], "platforms": ["linux/amd64"]}}}'
    assert writes(bake_json_builds("docker-bake.json", json, BOTH)) == [True]


def test_compose_builds_that_have_a_name_in_a_registry() -> None:
    text = (
        "services:\n  api:\n    image: ghcr.io/acme/api\n    build: .\n"
        "  web:\n    image: ghcr.io/acme/web\n    build:\n      context: .\n"
        "      platforms: [linux/amd64, linux/arm64]\n"
        "  dev:\n    build: .\n  db:\n    image: postgres:17\n"
    )
    found = list(compose_builds(tree("compose.yaml", text.encode()), BOTH))
    assert [b.line for b in found] == [2, 5] and writes(found) == [True, False]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("push:\n\tdocker build -t a/b .\n\tdocker push a/b\n", [True, True]),
        ("build:\n\tdocker build -t dev .\n", []),
        (
            "push:\n\tdocker buildx build --platform linux/amd64,linux/arm64 --push -t a .\n",
            [False],
        ),
        ("push:\n\tdocker buildx build \\\n\t\t--platform linux/amd64 --push -t a .\n", [True]),
        ('{"scripts": {"release": "docker build -t a/b . && docker push a/b"}}', [True, True]),
        ("# docker push a/b\n", []),
    ],
)
def test_recipes_that_push(text: str, told: list[bool]) -> None:
    assert writes(command_builds("Makefile", text, BOTH)) == told


def test_dockerfiles_and_no_publisher_are_a_finding(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "package.json": "{}\n",
        "fleetmod.toml": "version = 1\n",
        "app/Dockerfile": "FROM scratch\n",
    }
    root = make(tmp_path / "a", files)
    ran = fleetmod(root, "images", "--dry-run", "--offline")
    assert ran.code == 1 and "app/Dockerfile:1" in ran.out
    assert "nothing here is known to build and push its image" in ran.out
    files[".github/workflows/ci.yml"] = STEPS
    root = make(tmp_path / "b", files)
    assert fleetmod(root, "images", "--offline").code == 0
    assert "platforms: linux/arm64" in (root / ".github/workflows/ci.yml").read_text()


DEPLOYED: dict[str, str | bytes] = {
    "package.json": "{}\n",
    "fleetmod.toml": 'version = 1\n[cluster]\nmanifests = ["k8s"]\n',
    "k8s/a.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n"
        "    spec:\n      initContainers: [{name: i, image: busybox}]\n"
        "      containers: [{name: a, image: acme/a}, {name: r, image: 'redis:7-alpine'}]\n"
    ),
    "k8s/kustomization.yaml": (
        "kind: Kustomization\nimages:\n  - {name: acme/a, newName: ghcr.io/acme/a, newTag: '3'}\n"
    ),
    "k8s/livekit-values.yaml": (
        "image:\n  repository: livekit/livekit-server\n  tag: v1.9\n"
        "sidecar:\n  image: {registry: quay.io, repository: x/y, digest: 'sha256:%s'}\n"
        "other:\n  image: {repository: x/z}\n" % ("0" * 64)
    ),
    "compose.yaml": (
        "services:\n  db: {image: 'postgres:${PG:-17}'}\n  me: {image: acme/me, build: .}\n"
        "  t: {image: 'acme/t:${TAG}'}\n"
    ),
}


def test_every_image_that_is_deployed_is_known_by_its_tag_or_digest(tmp_path: Path) -> None:
    found = list(deployed(open_project(make(tmp_path / "r", DEPLOYED))))
    assert sorted(str(each.reference) for each in found if each.reference) == [
        "docker.io/library/busybox:latest",
        "docker.io/library/postgres:17",
        "docker.io/library/redis:7-alpine",
        "docker.io/livekit/livekit-server:v1.9",
        "ghcr.io/acme/a:3",
        f"quay.io/x/y@sha256:{'0' * 64}",
    ]
    assert sorted((each.place.path, each.problem) for each in found if not each.reference) == [
        ("compose.yaml", "`acme/t:${TAG}` is filled in by a tool; name it in images.tags"),
        (
            "k8s/livekit-values.yaml",
            "x/z has no tag here, so the chart's own version says which it is",
        ),
    ]


def test_actions_that_take_the_same_inputs_and_workflows_of_elsewhere() -> None:
    depot = rewritten(STEPS.replace("docker/build-push", "depot/build-push"))
    assert "platforms: linux/arm64,linux/amd64" in depot and "setup-qemu" not in depot
    place = "acme/.github/.github/workflows/docker-build.yaml@v1"
    call = f"on: push\njobs:\n  image:\n    uses: {place}\n"
    assert actions(call) == [REFUSE]
    done = f"{call}    with:\n      platforms: linux/amd64,linux/arm64\n"
    assert actions(done) == [EXEMPT]
    assert actions(call.replace("acme/.github", ".")) == []
