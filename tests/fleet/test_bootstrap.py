"""A clone becomes a node, with a real user manager of systemd."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleetmod.fleet.bootstrap.identity import MARK
from tests.fleet.bootstrap import (
    API,
    OFF,
    ONCE,
    TICK,
    bootstrap,
    home_files,
    job,
    repository,
    tool,
)
from tests.repo import tree
from tests.systemd import systemctl, until, user_manager

CONF = ".config/environment.d/50-acme.conf"
UNITS = ".config/systemd/user"


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    with user_manager(tmp_path) as found:
        (tmp_path / "home/Notes").mkdir()
        yield {**found, **tool(tmp_path / "bin", "true", "")}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "a clone")


def is_active(env: dict[str, str], unit: str) -> bool:
    return subprocess.run(["systemctl", "--user", "is-active", "-q", unit], env=env).returncode == 0


def test_a_clone_becomes_a_node_and_a_node_a_clone(
    root: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    home = tmp_path / "home"
    (home / CONF).parent.mkdir(parents=True)
    kept = f"{MARK}\nACME_NODE=wombat\n".encode()
    (home / CONF).write_bytes(kept)
    (home / CONF).chmod(0o600)
    before = home_files(home)

    planned = bootstrap(root, "plan", home, env)
    assert planned.code == 0 and f"write {home / CONF} (outside of the repository)" in planned.out
    assert home_files(home) == before
    assert bootstrap(root, "doctor", home, env).code == 1

    ran = bootstrap(root, "apply", home, env)
    assert ran.code == 0, ran.out + ran.err
    until((home / "seen").exists)
    assert (home / "seen").read_text() == f"koala\n{root}\n"
    assert is_active(env, API) and is_active(env, f"{TICK}.timer")
    assert not is_active(env, OFF) and (home / UNITS / f"{OFF}.service").exists()
    assert (home / "logs/api.log").exists()
    doctor = bootstrap(root, "doctor", home, env)
    assert doctor.code == 0 and "failed" not in doctor.out, doctor.out
    assert "the code knows that this is koala, and where" in doctor.out

    (home / "logs/api.log").unlink()
    undone = bootstrap(root, "apply", home, env, "--undo")
    assert undone.code == 0, undone.out
    assert home_files(home) == before and (home / CONF).stat().st_mode & 0o777 == 0o600
    assert not is_active(env, API)
    assert tree(home / "logs") == {"api.log": b""}  # opened again at the end of the service
    assert not (home / ".local/state/fleetmod").exists()
    assert "ACME_NODE=wombat" in systemctl(env, "show-environment").splitlines()


def test_a_second_run_changes_nothing(root: Path, tmp_path: Path, env: dict[str, str]) -> None:
    home = tmp_path / "home"
    assert bootstrap(root, "apply", home, env).code == 0
    state = home / ".local/state/fleetmod/acme-koala/journal.json"
    files, remembered = home_files(home), state.read_bytes()
    started = systemctl(env, "show", "--property=ExecMainStartTimestampMonotonic", API, ONCE)
    ran = bootstrap(root, "apply", home, env)
    assert ran.code == 0 and "did" not in ran.out, ran.out
    assert (home_files(home), state.read_bytes()) == (files, remembered)
    assert started == systemctl(
        env, "show", "--property=ExecMainStartTimestampMonotonic", API, ONCE
    )
    assert state.stat().st_mode & 0o777 == 0o600 and state.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("at", ["daemon-reload", f"enable {API}.service", f"start {ONCE}.service"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_run_that_is_killed_is_resumed_and_undone(
    root: Path, tmp_path: Path, env: dict[str, str], at: str, before: bool
) -> None:
    home, flag = tmp_path / "home", tmp_path / "kill"
    empty = home_files(home)
    flag.touch()
    real = shutil.which("systemctl")
    kill = f"rm {flag}; kill -9 $PPID; exit"
    when = f'[ "$*" = "--user {at}" ] && [ -e {flag} ]'
    script = f'if {when}; then {kill}; fi; exec {real} "$@"'
    if not before:
        script = f'{real} "$@"; code=$?; if {when}; then {kill}; fi; exit $code'
    env = {**env, **tool(tmp_path / "bin", "systemctl", script)}
    assert bootstrap(root, "apply", home, env).code == -9 and not flag.exists()
    resumed = bootstrap(root, "apply", home, env)
    assert resumed.code == 0, resumed.out + resumed.err
    assert bootstrap(root, "doctor", home, env).code == 0
    undone = bootstrap(root, "apply", home, env, "--undo")
    assert undone.code == 0, undone.out
    assert home_files(home) == empty


def test_a_service_that_does_not_start_is_told_and_the_others_run(
    tmp_path: Path, env: dict[str, str]
) -> None:
    bad = {
        "infra/a.plist": job("dev.example.a", "/opt/none/bin/x", RunAtLoad=True),
        "infra/b.plist": job("dev.example.b", "/etc/hosts", RunAtLoad=True),  # no program
    }
    root, home = repository(tmp_path / "clone", bad), tmp_path / "home"
    ran = bootstrap(root, "apply", home, env)
    assert ran.code == 1 and is_active(env, API)
    assert "dev.example.a.service is not started: /opt/none/bin/x is not on this node" in ran.out
    assert "start dev.example.b.service: systemctl ended with 1" in ran.out
    assert "journalctl --user -u dev.example.b.service" in ran.out
    assert bootstrap(root, "doctor", home, env).code == 1
    assert bootstrap(root, "apply", home, env, "--undo").code == 0

    without = ("--without", "dev.example.a", "--without", "dev.example.b")
    ran = bootstrap(root, "apply", home, env, *without)
    assert ran.code == 0, ran.out
    assert not (home / UNITS / "dev.example.a.service").exists()
    assert bootstrap(root, "plan", home, env, "--without", "dev.example.c").code == 2


def test_what_somebody_else_wrote_is_never_replaced(
    root: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    home = tmp_path / "home"
    own = home / UNITS / f"{API}.service"
    own.parent.mkdir(parents=True)
    own.write_text("[Service]\nExecStart=/bin/true\n")
    ran = bootstrap(root, "apply", home, env)
    assert ran.code == 1 and f"{own} is somebody's own" in ran.out
    assert own.read_text() == "[Service]\nExecStart=/bin/true\n"
    assert not (home / UNITS / f"{TICK}.timer").exists()

    own.unlink()
    assert bootstrap(root, "apply", home, env).code == 0
    own.write_text("[Service]\nExecStart=/bin/false\n")
    undone = bootstrap(root, "apply", home, env, "--undo")
    assert undone.code == 1 and "was changed since" in undone.out
    assert own.read_text() == "[Service]\nExecStart=/bin/false\n"
    assert not (home / CONF).exists()
