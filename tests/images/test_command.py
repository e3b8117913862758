"""`fleetmod images`: the plan on a repository, what it writes, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.images.registry import layout, needs_registry, serve
from tests.repo import commit, copy, fleetmod, make, tree

PAIR = "#!/bin/sh\ndocker build -t r.example/a .\ndocker push r.example/a\n"
CONFIG = 'version = 1\n[images]\npublish = ["publish.sh"]\n'
FILES: dict[str, str | bytes] = {
    "package.json": "{}\n",
    "fleetmod.toml": CONFIG,
    "publish.sh": PAIR,
    "Dockerfile": "FROM scratch\n",
}


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    root = copy("harbor", tmp_path / "harbor")
    before = tree(root)
    ran = fleetmod(root, "images", "--dry-run", "--offline")
    assert ran.code == 1
    assert "+docker buildx build --platform linux/arm64,linux/amd64" in ran.out
    assert "-FROM --platform=linux/amd64 golang:1.23 AS gauge" in ran.out
    assert tree(root) == before


def test_what_is_clean_exits_with_nothing(tmp_path: Path) -> None:
    root = make(tmp_path / "r", FILES)
    ran = fleetmod(root, "images", "--offline")
    assert ran.code == 0, ran.out
    assert "--platform linux/arm64,linux/amd64" in (root / "publish.sh").read_text()
    assert "linux needs binfmt" in ran.out.lower()


def test_the_platforms_and_the_builder_are_configured(tmp_path: Path) -> None:
    more = 'platforms = ["linux/amd64", "linux/riscv64"]\nbuilder = "farm"\n'
    root = make(tmp_path / "r", {**FILES, "fleetmod.toml": CONFIG + more})
    assert fleetmod(root, "images", "--offline").code == 0
    text = (root / "publish.sh").read_text()
    assert "buildx build --platform linux/amd64,linux/riscv64 --builder farm --push" in text


def test_uncommitted_changes_are_not_mixed_with_ours(tmp_path: Path) -> None:
    root = make(tmp_path / "r", FILES)
    (root / "publish.sh").write_text(f"{PAIR}# mine\n")
    ran = fleetmod(root, "images", "--offline")
    assert ran.code == 2
    assert "uncommitted changes" in ran.err
    commit(root)
    assert fleetmod(root, "images", "--offline").code == 0


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"package.json": "{}\n", "fleetmod.toml": CONFIG})
    ran = fleetmod(root, "images")
    assert ran.code == 2
    assert ran.err == (
        "fleetmod: fleetmod.toml: publish.sh cannot be read: No such file or directory. "
        "Mend images.publish\n"
    )


def test_nothing_to_do_is_told(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"package.json": "{}\n", "fleetmod.toml": "version = 1\n"})
    ran = fleetmod(root, "images")
    assert ran.code == 2
    assert "no build of an image and no Dockerfile" in ran.err
    ran = fleetmod(root, "gate", "--phase", "2")
    assert ran.code == 3
    assert "nothing is known to be published" in ran.out


def test_a_local_base_image_keeps_a_build_local(tmp_path: Path) -> None:
    script = "docker build -f base/Dockerfile -t base .\n" + PAIR
    files = {**FILES, "publish.sh": script, "Dockerfile": "FROM base\n"}
    root = make(tmp_path / "r", {**files, "base/Dockerfile": "FROM scratch\n"})
    ran = fleetmod(root, "images", "--offline")
    assert ran.code == 1
    assert "starts from `base`, which is only built locally" in ran.out


def test_phases_of_both_kinds_in_one_run(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**FILES, "packages/a/a.ts": "export const a = 1;\n"})
    ran = fleetmod(root, "gate", "--phase", "1a,2", "--format", "json")
    found = {phase["phase"]: phase["verdict"] for phase in json.loads(ran.out)["phases"]}
    assert found == {"1a": "passed", "2": "failed"}
    assert ran.code == 1


@needs_registry
def test_base_images_are_asked_for(tmp_path: Path) -> None:
    with serve(tmp_path / "registry") as registry:
        both = {"linux/arm64": "linux/arm64", "linux/amd64": "linux/amd64"}
        good = registry.push(layout(tmp_path / "good", both), "base/good:1")
        single = layout(tmp_path / "single", {"linux/amd64": "linux/amd64"}, index=False)
        bad = registry.push(single, "base/bad:1")
        absent = f"{registry.host}/base/absent:1"
        dockerfile = f"FROM {good} AS a\nFROM {bad}\nFROM {absent}\nFROM a\n"
        files = {**FILES, "Dockerfile": dockerfile}
        ran = fleetmod(make(tmp_path / "r", files), "images")
    assert ran.code == 1
    why = f"`{bad}` has no linux/arm64, only linux/amd64"
    assert f"Dockerfile:2:1 FROM {bad} — {why}; write: a tag" in ran.out
    assert f"Dockerfile:3 base image `{absent}`: {absent} is not in the registry" in ran.out
    assert good not in ran.out
