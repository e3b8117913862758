"""Lays out what a node holds before it starts: its home, the checkout, and who it is."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.fleet.bootstrap.identity import identity_step, variables
from fleetmod.fleet.bootstrap.model import Node as Bootstrapped
from fleetmod.fleet.bootstrap.model import Write
from fleetmod.fleet.rehearse.model import Node
from fleetmod.fleet.rehearse.programs import FOLDER, SYSTEM_PATH
from fleetmod.places import VAULT
from fleetmod.project import PROCESS_MANAGER, Project
from fleetmod.runtime.identity import identity_json
from fleetmod.runtime.ports import packaged
from fleetmod.workspace.copy import copy_files

NODE_IDENTITY = "node-identity"
WORKLOAD = "workload"  # the folder of the home with the service that is run
EVENTS = Path("/var/lib/events")  # on every node, and shared by them


def lay_out(
    node: Node,
    project: Project,
    paths: Sequence[str],
    links: Iterable[tuple[str, str]],
    plan: Iterable[str],
) -> None:
    """Write the node's stage: its home with a clone of the repository, whose `links` may lead out
    of it, /etc, and `plan`, the lines of node.sh's functions.

    Raises FleetmodError where something cannot be copied.
    """
    for folder in ("root", "etc", "trace"):
        (node.stage / folder).mkdir(parents=True)
    checkout = node.outside(node.checkout)
    checkout.mkdir(parents=True)
    copy_files(project.root, paths, checkout)
    for path, target in links:
        file = checkout / path
        if not file.is_symlink():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.symlink_to(target)
    make_repository(checkout)
    there = bootstrapped(node, project)
    if there.vault:
        node.outside(Path(there.vault)).mkdir(parents=True, exist_ok=True)
    for act in identity_step(there, project.config).acts:  # as `fleetmod bootstrap` writes it
        if isinstance(act, Write):
            file = node.outside(act.path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(act.text)
    _workload(node, project)
    for name, text in _who(node).items():
        (node.stage / "etc" / name).write_text(text)
    (node.stage / "plan.sh").write_text("".join(f"{line}\n" for line in plan))
    (node.stage / "node.sh").write_bytes(_bundled("node.sh"))
    subprocess.run(
        ["chown", "-R", "-h", f"{node.uid}:{node.uid}", str(node.outside(node.home))], check=True
    )


def bootstrapped(node: Node, project: Project) -> Bootstrapped:
    """The node as `fleetmod bootstrap` knows one."""
    below = project.places.below_home(VAULT) or "vault"  # never where the first machine has it
    vault = str(node.home / below) if project.config.home.vault else ""
    config, state = node.home / ".config", node.home / ".local/state"
    return Bootstrapped(
        node.name, node.home, node.checkout, vault, "linux", os.uname().machine, config, state
    )


def environment(node: Node) -> dict[str, str]:
    """What a login on the node has, the identity's variables aside."""
    return {
        "HOME": str(node.home),
        "USER": node.user,
        "LOGNAME": node.user,
        "SHELL": "/bin/sh",
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "PATH": f"{FOLDER}/bin:{SYSTEM_PATH}",
        "XDG_RUNTIME_DIR": f"/run/user/{node.uid}",
    }


def identity(node: Node, project: Project) -> dict[str, str]:
    """The variables that say who and where the node is, as its shell gets them."""
    return variables(bootstrapped(node, project), project.config)


def entry(node: Node, project: Project, port: str) -> Path:
    """A port's entry on the node: the repository's own, or ours where it has none."""
    own = project.present.get(port)
    folder = node.checkout / own if own else node.home / WORKLOAD / port
    built = folder / "js/index.mjs"
    return built if built.is_file() else folder / "src/index.ts"


def _workload(node: Node, project: Project) -> None:
    """The service that is run, what drives it, and the packages that the repository lacks."""
    folder = node.outside(node.home / WORKLOAD)
    folder.mkdir()
    for name in ("serve.mjs", "drive.mjs"):
        (folder / name).write_bytes(_bundled(name))
    for port in (PROCESS_MANAGER, NODE_IDENTITY):
        if port not in project.present:
            shutil.copytree(packaged(port), folder / port)
    if NODE_IDENTITY not in project.present:
        (folder / NODE_IDENTITY / "identity.json").write_text(identity_json(project.config))


def _who(node: Node) -> Mapping[str, str]:
    """Files of /etc: the node's user, and its name."""
    uid = node.uid
    passwd = Path("/etc/passwd").read_text() + f"{node.user}:x:{uid}:{uid}::{node.home}:/bin/sh\n"
    return {
        "passwd": passwd,
        "group": Path("/etc/group").read_text() + f"{node.user}:x:{uid}:\n",
        "hostname": f"{node.name}\n",
        "hosts": f"127.0.0.1 localhost {node.name}\n::1 localhost {node.name}\n",
        "resolv.conf": _resolvers(),
    }


def _resolvers() -> str:
    """A copy: the file is often a link into /run, which a node has of its own."""
    try:
        return Path("/etc/resolv.conf").read_text()
    except OSError:
        return ""


def make_repository(checkout: Path) -> None:
    """Make a git repository of all files in a folder, since a clone is one."""
    identity = ("-c", "user.name=fleetmod", "-c", "user.email=fleetmod@localhost")
    # of this machine's configuration, only filters and templates could have a say: no node has them
    env = {
        "PATH": os.environ["PATH"],
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": "/nonexistent",
    }
    for words in (
        ("init", "-q"),
        ("add", "-A", "-f"),
        ("commit", "-q", "--allow-empty", "-m", "clone"),
    ):
        done = subprocess.run(
            ["git", "-C", checkout, *identity, *words], env=env, capture_output=True, text=True
        )
        if done.returncode:
            raise FleetmodError(
                f"git {words[0]} failed: {done.stderr.strip()}",
                where=str(checkout),
                exit_code=UNPROVEN,
            )


def line(*words: object) -> str:
    """A line of plan.sh."""
    return shlex.join(map(str, words))


def _bundled(name: str) -> bytes:
    return (files("fleetmod.fleet.rehearse") / name).read_bytes()
