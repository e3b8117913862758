"""Publish scripts before and after, run to their end with docker, gh and kubectl that only record.

What each program is called with is compared: only the builds and pushes may differ.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.repo import copy, fleetmod

_STUB = """#!/bin/sh
line=$(basename "$0")
for word; do line=$(printf '%s\\t%s' "$line" "$word"); done
printf '%s\\n' "$line" >> "$RECORD" # at once: programs of a pipeline write side by side
case "$*" in
  "buildx inspect"*) test -e "$BUILDER" ;;
  "buildx create"*) touch "$BUILDER" ;;
  "info --format"*) echo "$PLUGIN" ;;
  login*) cat >/dev/null ;;
  "auth token") echo token ;;
esac
exit $?
"""
_SHELLCHECK = Path(sysconfig.get_path("scripts"), "shellcheck")


def run(root: Path, script: str, fails: str = "") -> tuple[int, list[list[str]]]:
    """The script's exit code and what the programs were called with; `fails` is one that fails."""
    programs = root.parent / "bin"
    programs.mkdir(exist_ok=True)
    text = _STUB
    if fails:
        text = text.replace('case "$*" in', f'case "$*" in\n  {fails}) exit 7 ;;')
    for name in ("docker", "gh", "kubectl"):
        (programs / name).write_text(text)
        (programs / name).chmod(stat.S_IRWXU)
    record = root.parent / "record"
    record.write_text("")
    done = subprocess.run(
        [str(root / script), "v7"],
        env={
            "PATH": f"{programs}:{os.environ['PATH']}",
            "HOME": str(root.parent),
            "RECORD": str(record),
            "BUILDER": str(root.parent / "builder"),
            "PLUGIN": str(programs / "docker"),
        },
        cwd=root,
        capture_output=True,
        text=True,
    )
    return done.returncode, [line.split("\t") for line in record.read_text().splitlines()]


def warnings(root: Path, script: str) -> list[str]:
    done = subprocess.run(
        [str(_SHELLCHECK), "--format=gcc", script], cwd=root, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    return sorted(line.rpartition("[")[2] for line in done.stdout.splitlines())


@pytest.fixture
def harbor(tmp_path: Path) -> Path:
    return copy("harbor", tmp_path / "harbor")


def migrate(root: Path) -> str:
    ran = fleetmod(root, "images", "--offline")
    assert ran.code == 1, ran.err  # the fixture has what is refused
    return ran.out


def others(calls: list[list[str]]) -> list[list[str]]:
    """The calls that are no build, push, tag or builder's; a pipeline's come in any order."""
    return sorted(c for c in calls if c[:2] not in [["docker", v] for v in _IMAGE_VERBS])


_IMAGE_VERBS = ("build", "push", "tag", "buildx", "info")


@pytest.mark.parametrize("script", ["scripts/publish-berths.sh", "scripts/publish-all.sh"])
def test_the_same_is_published(harbor: Path, script: str) -> None:
    code, before = run(harbor, script)
    assert code == 0
    migrate(harbor)
    code, after = run(harbor, script)
    assert code == 0
    assert others(after) == others(before)
    pushed = [c[2] for c in before if c[:2] == ["docker", "push"]]
    builds = [c for c in after if c[:3] == ["docker", "buildx", "build"]]
    tagged = [
        build[at + 1]
        for build in builds
        for at, word in enumerate(build)
        if word in ("-t", "--tag")
    ]
    assert tagged == pushed
    assert len(builds) == sum(c[:2] == ["docker", "build"] for c in before)
    for build in builds:
        assert build[3:8] == [
            *("--platform", "linux/arm64,linux/amd64", "--builder", "multiarch", "--push")
        ]
    kept = [word for c in before if c[:2] == ["docker", "build"] for word in c[2:]]
    lost = [w for w in kept if not any(w in build for build in builds)]
    assert lost == (["berths:v7"] if "berths" in script else [])


def test_the_builder_is_created_by_the_first_run_only(harbor: Path) -> None:
    migrate(harbor)
    created = ["docker", "buildx", "create"]
    _, first = run(harbor, "scripts/publish-all.sh")
    _, second = run(harbor, "scripts/publish-all.sh")
    assert sum(call[:3] == created for call in first) == 1
    assert sum(call[:3] == created for call in second) == 0


def test_the_login_comes_before_the_push(harbor: Path) -> None:
    migrate(harbor)
    _, calls = run(harbor, "scripts/publish-berths.sh")
    verbs = [call[1:3] for call in calls if call[0] == "docker"]
    login = next(i for i, verb in enumerate(verbs) if verb[0] == "login")
    assert login < verbs.index(["buildx", "build"])


@pytest.mark.parametrize("script", ["scripts/publish-berths.sh", "scripts/publish-all.sh"])
def test_a_failure_still_ends_the_script(harbor: Path, script: str) -> None:
    code, before = run(harbor, script, fails='"build "*')
    assert code != 0
    migrate(harbor)
    code, after = run(harbor, script, fails='"buildx build "*')
    assert code != 0
    assert not [call for call in after if call[0] == "kubectl"]
    assert len([c for c in after if c[:3] == ["docker", "buildx", "build"]]) == 1
    assert len([c for c in before if c[:2] == ["docker", "build"]]) == 1


@pytest.mark.parametrize("script", ["scripts/publish-berths.sh", "scripts/publish-all.sh"])
def test_shellcheck_has_nothing_new_to_say(harbor: Path, script: str) -> None:
    before = warnings(harbor, script)
    migrate(harbor)
    new = warnings(harbor, script)
    for known in before:
        if known in new:
            new.remove(known)
    assert new == []


@pytest.mark.skipif(not shutil.which("docker"), reason="needs the docker command line")
def test_docker_itself_finds_the_plugin_behind_a_config_of_its_own(
    harbor: Path, tmp_path: Path
) -> None:
    migrate(harbor)
    script = (harbor / "scripts/publish-berths.sh").read_text()
    start, end = script.index("# a docker config"), script.index("trap ")
    plugin = tmp_path / ".docker/cli-plugins/docker-buildx"
    plugin.parent.mkdir(parents=True)
    metadata = shlex.quote('{"SchemaVersion":"0.1.0","Vendor":"x","Version":"v1"}')
    plugin.write_text(
        f"#!/bin/sh\ncase $1 in docker-cli-plugin-metadata) echo {metadata} ;;\n"
        '*) echo found "$@" ;; esac\n'
    )
    plugin.chmod(stat.S_IRWXU)
    text = f"export DOCKER_CONFIG\n{script[start:end]}docker buildx build --platform a ."
    done = subprocess.run(
        ["sh", "-euc", text],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "found buildx build --platform a .", done.stderr


def test_a_second_run_changes_nothing(harbor: Path) -> None:
    migrate(harbor)
    contents = {
        p: p.read_bytes() for p in harbor.rglob("*") if p.is_file() and ".git" not in p.parts
    }
    ran = fleetmod(harbor, "images", "--offline", "--allow-dirty")
    assert "rewrote 0 finding(s)" in ran.out
    assert contents == {p: p.read_bytes() for p in contents}
