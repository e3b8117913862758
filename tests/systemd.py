"""A real user manager of systemd with a home and a runtime folder of its own.

As tests/runtime/support/systemd.ts does for the TypeScript tests: the manager serves its socket in
its runtime folder itself, so neither a login session nor a bus is needed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

_MANAGERS = [Path("/lib/systemd/systemd"), Path("/usr/lib/systemd/systemd")]
_BOOTED = Path("/run/systemd/system")  # sd_booted(3): systemctl refuses to work without it
_PATIENCE = 20.0  # seconds


def analyze() -> str:
    """systemd-analyze; skips the test where it is not installed, except in CI."""
    found = shutil.which("systemd-analyze")
    if found is None:
        _unavailable("the package systemd is not installed")
    return found


@contextmanager
def user_manager(folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which `systemctl --user` speaks with a manager whose HOME is below."""
    manager = next((path for path in _MANAGERS if path.exists()), None)
    if manager is None:
        _unavailable("the package systemd is not installed")
    if not _BOOTED.exists() and os.geteuid() != 0:
        _unavailable(f"not booted with systemd, and only root can make {_BOOTED}")
    home, runtime = folder / "home", folder / "run"
    home.mkdir(exist_ok=True)
    runtime.mkdir(mode=0o700)
    dropped = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS"}
    env = {key: value for key, value in os.environ.items() if key not in dropped}
    env |= {"HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)}
    _BOOTED.mkdir(parents=True, exist_ok=True)  # it stays: tests beside this one need it, too
    process = subprocess.Popen([str(manager), "--user"], env=env, stderr=subprocess.DEVNULL)
    try:
        until((runtime / "systemd/private").exists)
        yield env
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(done: Callable[[], object]) -> None:
    """Wait for something to become true; fails when it does not."""
    end = time.monotonic() + _PATIENCE
    while not done():
        assert time.monotonic() < end, f"{done} did not become true"
        time.sleep(0.02)


def systemctl(env: dict[str, str], *args: str) -> str:
    command = ["systemctl", "--user", "--no-pager", *args]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
