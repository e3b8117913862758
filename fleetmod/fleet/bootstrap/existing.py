"""What the existing cluster runs, asked of it through the user's own kubectl."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from fleetmod.fleet.bootstrap.model import Argv

_KUBERNETES: Argv = ("kubectl", "version", "-o", "json")
_IMAGES: Argv = ("kubectl", "get", "nodes", "-o", "jsonpath={.items[*].status.nodeInfo.osImage}")
_SERVER = re.compile(r'"serverVersion"\s*:\s*\{[^}]*"gitVersion"\s*:\s*"v(\d+\.\d+\.\d+)')
_TALOS = re.compile(r"Talos \(v(\d+\.\d+\.\d+)")


@dataclass(frozen=True)
class Versions:
    """As `1.12.4`; "" where the cluster does not tell, or tells several."""

    talos: str = ""
    kubernetes: str = ""


def versions(said: Callable[[Argv], str]) -> Versions:
    """The versions of the cluster that kubectl's current context names.

    `said` gives what a command prints. A configuration for a newer version than the cluster's may
    hold documents that its machines do not know (siderolabs/talos, `gen config --talos-version`).
    """
    server = _SERVER.search(said(_KUBERNETES))
    nodes = set(_TALOS.findall(said(_IMAGES)))
    return Versions(nodes.pop() if len(nodes) == 1 else "", server[1] if server else "")
