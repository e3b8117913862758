"""The steps from a clone to a node, in their order."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.identity import identity_step, variables
from fleetmod.fleet.bootstrap.model import (
    Argv,
    Ask,
    Check,
    Choice,
    Fact,
    Images,
    Join,
    Node,
    Step,
)
from fleetmod.fleet.bootstrap.services import service_steps
from fleetmod.fleet.bootstrap.talos import join_step
from fleetmod.places import VAULT
from fleetmod.project import Project

# a host name's label, or several (RFC 1123), since it is also compared with one
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_RUNTIMES = (
    ("docker", "info", "--format", "{{.OSType}}/{{.Architecture}}"),
    ("podman", "info", "--format", "{{.Host.OS}}/{{.Host.Arch}}"),
    ("nerdctl", "info", "--format", "{{.OSType}}/{{.Architecture}}"),
)


def this_node(project: Project, name: str, home: Path | None, vault: str) -> Node:
    """The node that this host is to be; `home` is another than the user's for a trial.

    Raises FleetmodError for a name that is no host name, and for a platform without services.
    """
    if not _NAME.fullmatch(name) or len(name) > 63:
        raise FleetmodError(
            f"{name!r} is no name for a node", todo="Give one like koala: a-z, 0-9, - and ."
        )
    if sys.platform not in ("linux", "darwin"):
        raise FleetmodError(f"{sys.platform} has neither systemd nor launchd")
    place = (home or Path.home()).resolve()
    xdg = {} if home else os.environ
    scope = project.config.runtime.scope.removeprefix("@")
    below = project.places.below_home(VAULT)
    state = Path(xdg.get("XDG_STATE_HOME") or place / ".local/state")
    return Node(
        name,
        place,
        project.root,
        vault or (str(place / below) if below else project.config.home.vault),
        sys.platform,
        _ARCHITECTURES.get(platform.machine(), platform.machine()),
        Path(xdg.get("XDG_CONFIG_HOME") or place / ".config"),
        state / "fleetmod" / f"{scope}-{name}",
        own_home=home is None,
    )


def steps(
    project: Project,
    node: Node,
    join: Join,
    offline: bool = False,
    choice: Choice | None = None,
) -> tuple[Step, ...]:
    """Every step that the repository asks for; those of a cluster only where it has one.

    `offline` asks no registry and no port.
    """
    services = service_steps(project, node, choice or Choice())
    found = [identity_step(node, project.config), *services]
    config = project.config
    has_cluster = any((project.root / folder).is_dir() for folder in config.cluster.manifests)
    if has_cluster or config.images.publish or config.images.tags:
        found.append(_runtime(node))
        if not offline:
            found.append(_images(node))
    if config.cluster.platform == "talos":
        found.append(join_step(project, node, join, offline))
    return (*found, _workload(project, node))


def _runtime(node: Node) -> Step:
    ask = Ask(
        "a container runtime answers",
        _RUNTIMES,
        r"(?i)\A'?linux/\w+",
        "Start Docker, Podman or nerdctl" + (", or Colima" if node.platform == "darwin" else ""),
    )
    why = "The repository's workloads are container images."
    return Step("runtime", "look for a container runtime", why, checks=(ask,))


def _images(node: Node) -> Step:
    wanted = f"linux/{node.arch}"  # also inside of the virtual machine on a Mac
    check = Images(f"every published image has {wanted}", wanted)
    why = "An image of another platform is pulled, and then dies with `exec format error`."
    return Step("images", "ask the registry for the node's platform", why, checks=(check,))


def _workload(project: Project, node: Node) -> Step:
    values = variables(node, project.config)
    why = "What counts is what a service sees, and what the code makes of it."
    checks: list[Check] = []
    run: Argv = ()
    if node.platform == "linux":
        run = ("systemd-run", "--user", "--wait", "--pipe", "--collect", "--quiet")
        seen = "".join(f"{re.escape(value)}\n" for value in values.values())
        checks.append(
            Ask(
                f"a service that is started now knows that this is {node.name}",
                ((*run, "printenv", *values),),
                rf"\A{seen}\Z",
                "See the step identity",
            )
        )
    else:  # a job of launchd has the variables that `launchctl setenv` gave (launchctl(1))
        names = [name for name in values if name != "HOME"]
        script = "".join(f'export {name}="$(launchctl getenv {name})"; ' for name in names)
        run = ("/bin/sh", "-c", f'{script}exec "$0" "$@"')
    checks += _doctor(project, values, run, node)
    return Step("workload", "run a service that tells who it is", why, checks=tuple(checks))


def _doctor(project: Project, values: dict[str, str], run: Argv, node: Node) -> list[Check]:
    """The node-identity package's own doctor, run as a service."""
    if "node-identity" not in project.present:
        return [Fact("the repository has no node-identity", False, "Run: fleetmod migrate")]
    runner = shutil.which("node") or shutil.which("bun")
    if runner is None:
        return [Fact("node is on PATH", False, "Install Node 18 or newer, or Bun")]
    doctor = project.root / project.port_folder("node-identity") / "js/doctor.mjs"
    identity = project.config.identity
    members = {
        "nodeId": identity.node_env,
        "repoRoot": identity.root_env,
        "vaultPath": identity.vault_env,
    }
    seen = "".join(
        rf"(?=[\s\S]*^{member}\s+{re.escape(values[name])}\s+\(env {name}\)$)"
        for member, name in members.items()
        if name in values
    )
    return [
        Ask(
            f"the code knows that this is {node.name}, and where",
            ((*run, runner, str(doctor)),),
            rf"(?m)\A{seen}",
            f"See: node {doctor}",
        )
    ]
