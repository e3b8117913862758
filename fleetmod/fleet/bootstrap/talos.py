"""Joining a Talos cluster: with the secrets that it has.

A machine configuration holds the cluster's certificates and tokens. `talosctl gen config` makes
new ones unless it is given a bundle with --with-secrets, and no machine with new ones can join.
(Talos, Reference: CLI, `talosctl gen config`, `gen secrets`, `machineconfig patch`, `apply-config`)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.fresh import fresh_secrets
from fleetmod.fleet.bootstrap.model import Act, Argv, Ask, Check, Fact, Join, Node, Run, Step
from fleetmod.project import Project
from fleetmod.workspace.config import FILE

LABEL = "fleetmod/node-id"  # machine.nodeLabels in Talos' v1alpha1 configuration
_WHY = (
    "The cluster takes in only a machine that knows its secrets. They stand in the secrets.yaml "
    "that it was made from, and in the machine configuration of each of its nodes."
)
_RECOVER = (
    "Give --secrets with --cluster-name, or --machine-config of a worker; secrets come back from "
    "a control plane's configuration with: talosctl gen secrets --from-controlplane-config "
    "controlplane.yaml -o secrets.yaml"
)


def join_step(project: Project, node: Node, join: Join) -> Step:
    """What makes the node's machine configuration from the existing secrets, and applies it."""
    config = project.config.cluster
    target = node.state / "machine.yaml"
    acts: list[Act] = []
    needs: list[Check] = []
    if join.secrets or join.machine_config:
        acts.append(_generate(join, node, config.api, target))
        needs += [_same_cluster(join)]
    else:
        needs.append(Fact("the existing cluster's secrets are not given", False, _RECOVER))
    if acts and join.address:
        acts.append(_apply(join, target))
    elif acts:
        todo = "Boot the machine from Talos' image, and give --address, the one that it shows"
        needs.append(Fact("the machine that is to join is not given", False, todo))
    joined = Ask(
        "the cluster has the node",
        (("kubectl", "get", "nodes", "-l", f"{LABEL}={node.name}", "-o", "name"),),
        r"\Anode/",
        "A machine needs some minutes; see: kubectl get nodes",
    )
    return Step(
        "join",
        "make the machine's configuration from the cluster's secrets, and apply it",
        _WHY,
        needs=(*needs, *fresh_secrets(project)),
        acts=tuple(acts),
        checks=(joined,),
        independent=True,
    )


def _generate(join: Join, node: Node, api: str, target: Path) -> Run:
    """The machine's configuration, into the folder that is for the user alone."""
    patch = json.dumps({"machine": {"nodeLabels": {LABEL: node.name}}})
    undo = ("rm", "-f", str(target))
    argv: Argv
    if join.machine_config:
        argv = ("talosctl", "machineconfig", "patch", join.machine_config, "--patch", patch)
        return Run((*argv, "--output", str(target)), undo)
    if not api or not join.cluster:
        raise FleetmodError(
            "--secrets needs the cluster's name and its API server",
            todo=f"Give --cluster-name, and cluster.api in {FILE}",
        )
    argv = ("talosctl", "gen", "config", join.cluster, f"https://{api}")
    argv += ("--with-secrets", join.secrets, "--output-types", "worker", "--force")
    return Run((*argv, "--config-patch-worker", patch, "--output", str(target)), undo)


def _apply(join: Join, target: Path) -> Run:
    """A machine in maintenance mode takes its configuration without a client's certificate.

    Undone by wiping what it was given (Talos, Resetting a Machine).
    """
    talosctl = ("talosctl", "--nodes", join.address)
    wipe = ("--system-labels-to-wipe", "STATE", "--system-labels-to-wipe", "EPHEMERAL")
    return Run(
        (*talosctl, "apply-config", "--insecure", "--file", str(target)),
        (*talosctl, "reset", *wipe, "--graceful", "--reboot"),
    )


def _same_cluster(join: Join) -> Check:
    """Whether the given file has the certificate of a cluster that talosconfig knows."""
    given = join.secrets or join.machine_config
    try:
        bundle, client = _yaml(given), _yaml(join.talosconfig)
    except FleetmodError as error:
        return Fact(str(error), False, "Give readable files with --secrets and --talosconfig")
    paths = (("certs", "os", "crt"), ("machine", "ca", "crt"))
    known = set(_authorities(client))
    found = {c for document in bundle for path in paths if (c := _at(document, path))}
    if not found:
        return Fact(f"{given} holds no certificate of a cluster", False, _RECOVER)
    if not known:
        what = (
            f"nothing to compare {given} with: {join.talosconfig} is not there or knows no cluster"
        )
        return Fact(what, False, "Give the existing cluster's client configuration, --talosconfig")
    return Fact(
        f"{given} is of a cluster that {join.talosconfig} knows",
        bool(found & known),
        f"Its secrets are new or of another cluster. {_RECOVER}",
    )


def _authorities(documents: list[Any]) -> Iterator[str]:
    for document in documents:
        contexts = document.get("contexts") if isinstance(document, dict) else None
        for context in contexts.values() if isinstance(contexts, dict) else ():
            if ca := _at(context, ("ca",)):
                yield ca


def _at(value: Any, path: tuple[str, ...]) -> str:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _yaml(path: str) -> list[Any]:
    """A file's documents, none where it is not there; an error never quotes what it holds."""
    try:
        import yaml
    except ImportError as error:
        raise FleetmodError(
            "reading machine configurations needs the extra fleet",
            todo="pip install 'fleetmod[fleet]'",
        ) from error
    try:
        return list(yaml.safe_load_all(Path(path).read_bytes()))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise FleetmodError(f"cannot be read: {error.strerror}", where=path) from error
    except (yaml.YAMLError, ValueError, RecursionError):
        raise FleetmodError("is no YAML", where=path) from None
