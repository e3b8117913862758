"""Whether a Talos cluster's nodes are containers of Docker, as a repository's own files say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fleetmod.regex import lazy

MACHINES, CONTAINERS = "machines", "containers"
TRIGGERS = (b"talos", b"Talos", b"validSubnets", b"controlPlane:")
_TALOS = lazy(r"\btalos(?:ctl)?\b", re.I)
# talosctl's Docker provisioner calls a node's container CLUSTER-controlplane-1
# (siderolabs/talos, pkg/provision/providers/docker/node.go)
_CONTAINER = lazy(
    r"\b(?:docker|podman|colima)\b[^\n]{0,120}?(?<![\w-])[\w-]+-(?:controlplane|worker)-\d+\b"
)
# `cluster create` alone made containers until it got the subcommands docker and qemu
_CREATE = lazy(
    r"\btalosctl\b[^\n|;&]*\bcluster\s+create\b(?!\s+(?:qemu|dev)\b)"
    r"(?![^\n]*--provisioner[= ]+(?!docker))"
)
_SAID = lazy(
    r"\btalos\b[^.\n]{0,40}\b(?:in|on|inside|inside of)\s+(?:a\s+)?(?:docker|colima|orbstack)\b"
    r"|\btalos(?:\s+v[\d.]+)?[ -](?:in-docker|container\b(?!d))",
    re.I,
)
# what only a machine of its own is given
_MACHINE = lazy(
    r"\btalosctl\b[^\n|;&]*\b(?:apply-config\b[^\n|;&]*--insecure|upgrade\b[^\n]*--image)"
    r"|\bfactory\.talos\.dev/|\bmetal-(?:amd64|arm64)\b|^\s*installDisk:|\btalhelper\b",
    re.M,
)
_RUNS = lazy(r"^[ \t]*(?:\$ |sudo |- )*talosctl[ \t]+[a-z-]", re.M)
# `talosctl gen config NAME URL`, and talhelper's talconfig.yaml
_ENDPOINT = lazy(
    r"(?:\btalosctl\b[^\n|;&]*\bgen\s+config\b[^\n|;&]*?\s|^endpoint:\s*"
    r"|^[ \t]+controlPlane:[ \t]*\n[ \t]+endpoint:\s*)[\"']?https://"
    r"([A-Za-z0-9.-]+:\d{1,5})\b",
    re.M,
)
_SUBNETS = lazy(r"^[ \t]*validSubnets:[ \t]*\n((?:[ \t]+-[^\n]*(?:\n|$))+)", re.M)
_NETWORK = lazy(r"-\s*[\"']?(\d+(?:\.\d+){3}/\d+)[\"']?\s*(?:#.*)?$", re.M)
_LOOPBACK = lazy(r"localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|(?:.*\.)?example(?:\.(?:com|org|net))?")


@dataclass(frozen=True)
class Told:
    """What the nodes are, `where` (path:line), and `node`, the name of a node's container."""

    nodes: str
    where: str
    node: str = ""


def nodes(texts: Mapping[str, str]) -> Told | None:
    """What files say of the nodes of a Talos cluster; None where they say nothing of it.

    A command that names a node's container decides. What only speaks of containers counts where
    nothing shows machines: a `cluster create` may be for a trial.
    """
    named = {path: text for path, text in texts.items() if _TALOS.search(text)}
    for path, text in sorted(named.items()):
        if found := _CONTAINER.search(text):
            return Told(CONTAINERS, _place(path, text, found), found[0].split()[-1].strip("'\"`"))
    for pattern, kind in ((_MACHINE, MACHINES), (_CREATE, CONTAINERS), (_SAID, CONTAINERS)):
        for path, text in sorted(named.items()):
            if found := pattern.search(text):
                return Told(kind, _place(path, text, found))
    return None


def runs_it(text: str) -> bool:
    """Whether a text runs talosctl, and does not only speak of it."""
    return _RUNS.search(text) is not None


def endpoint(texts: Mapping[str, str]) -> tuple[str, str]:
    """The control plane's endpoint that files name for other machines, and where; "" for none."""
    for path, text in sorted(texts.items()):
        for found in _ENDPOINT.finditer(text):
            if not is_loopback(found[1]):
                return found[1], _place(path, text, found)
    return "", ""


def node_subnets(texts: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """The networks that a machine configuration takes the nodes' addresses from, and where."""
    for path, text in sorted(texts.items()):
        for found in _SUBNETS.finditer(text):
            if networks := tuple(_NETWORK.findall(found[1])):
                return networks, _place(path, text, found)
    return (), ""


def is_loopback(address: str) -> bool:
    """Whether `host:port` is a machine's own address, or a document's example (RFC 2606)."""
    host = address.rpartition(":")[0].strip("[]")
    return host == "::1" or _LOOPBACK.fullmatch(host) is not None


def _place(path: str, text: str, found: re.Match[str]) -> str:
    return f"{path}:{text.count(chr(10), 0, found.start()) + 1}"
