"""What holds for every test: nothing kept of earlier runs, and a control group of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

# tests/test_cache.py asks for it
os.environ["FLEETMOD_CACHE_DIR"] = ""


@pytest.fixture(scope="session", autouse=True)
def control_group() -> Iterator[None]:
    """A manager of systemd takes away each empty control group below the one it is started in
    (cg_trim in its sources): those that a test beside this one has just made, too."""
    top = _cgroup2()
    group = top / f"fleetmod-tests-{os.getpid()}" if top is not None else None
    try:
        if group is not None:
            group.mkdir()
            (group / "cgroup.procs").write_text(str(os.getpid()))
    except OSError:  # only root may
        group = None
    yield
    if top is not None and group is not None:
        with suppress(OSError):
            (top / "cgroup.procs").write_text(str(os.getpid()))
        subprocess.run(["find", group, "-depth", "-type", "d", "-delete"], capture_output=True)


def _cgroup2() -> Path | None:
    """Where control groups of version 2 are mounted."""
    with suppress(OSError):
        for line in Path("/proc/mounts").read_text().splitlines():
            _, place, kind, *_ = line.split(" ")
            if kind == "cgroup2":
                return Path(place)
    return None
