"""Whether this machine can rehearse at all."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError

_MANAGERS = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
_TOOLS = {  # each tool, and the Debian package that has it
    "strace": "strace",
    "ip": "iproute2",
    "systemctl": "systemd",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
    "pivot_root": "util-linux",
    "git": "git",
}


def missing() -> tuple[str, ...]:
    """What stands in the way of a rehearsal here, each with what to do; () for nothing."""
    if sys.platform != "linux":
        return (
            "the second node is a Linux host: run it there, in CI, or in the container of "
            "fleetmod's reports/rehearse.Dockerfile",
        )
    found = [] if os.geteuid() == 0 else ["only root can make namespaces: run it with sudo"]
    packages = [package for tool, package in _TOOLS.items() if shutil.which(tool) is None]
    if not any(Path(each).exists() for each in _MANAGERS):
        packages.append("systemd")
    if packages:
        found.append(f"not installed: apt-get install {' '.join(dict.fromkeys(packages))}")
    return tuple(found)


def require() -> None:
    """Raises FleetmodError, with UNPROVEN, for a machine that lacks something."""
    if lacks := missing():
        raise FleetmodError(
            f"nothing was rehearsed: {'; '.join(lacks)}",
            todo="It needs Linux, root, strace, iproute2 and systemd",
            exit_code=UNPROVEN,
        )


def manager() -> str:
    """The program that is systemd's user manager."""
    return next(each for each in _MANAGERS if Path(each).exists())
