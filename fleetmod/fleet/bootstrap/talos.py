"""Joining a Talos cluster: with the secrets, the versions and the endpoint that it has.

A machine configuration holds the cluster's certificates and tokens. `talosctl gen config` makes
new ones unless it is given a bundle with --with-secrets, and no machine with new ones can join.
(Talos, Reference: CLI, `talosctl gen config`, `gen secrets`, `machineconfig patch`, `apply-config`)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.fresh import fresh_secrets
from fleetmod.fleet.bootstrap.machine_config import (
    LABEL,
    foreign,
    kinds_of,
    kinds_since,
    patches,
)
from fleetmod.fleet.bootstrap.model import (
    Act,
    Argv,
    Ask,
    Check,
    Fact,
    Join,
    Node,
    Reach,
    Run,
    Step,
)
from fleetmod.fleet.talos_nodes import in_containers
from fleetmod.project import Project
from fleetmod.workspace.config import FILE
from fleetmod.workspace.infer_talos import is_loopback
from fleetmod.workspace.schema import Cluster

_WHY = (
    "The cluster takes in only a machine that knows its secrets. They stand in the secrets.yaml "
    "that it was made from, and in the machine configuration of each of its nodes."
)
_RECOVER = (
    "Give --secrets with --cluster-name, or --machine-config of a node of the same role; secrets "
    "come back from a control plane's configuration with: talosctl gen secrets "
    "--from-controlplane-config controlplane.yaml -o secrets.yaml"
)
# no API for it in a container (siderolabs/talos, internal/app/machined/pkg/runtime/mode.go), and
# its addresses are those of a network inside of one Docker (Talos, Docker: 10.5.0.0/24 by default)
_CONTAINERS = (
    "Its address and its overlay exist inside of that Docker only, and `reboot`, `upgrade` and "
    "`reset` are not there. Ways on: (1) make a cluster on machines of their own (Talos' image on "
    "hardware, or a virtual machine with an address in your network), move the workloads, and join "
    "the next node to that; (2) keep this cluster, and let the second node run services without it"
)


def join_step(project: Project, node: Node, join: Join, offline: bool = False) -> Step:
    """What makes the node's machine configuration from the existing secrets, and applies it.

    `offline` leaves out the look at the ports.
    """
    settings = project.config.cluster
    place = in_containers(project)
    if place:
        what = f"the cluster's node is a container of Docker ({place}): no second machine can join"
        fact = Fact(what, False, _CONTAINERS)
        return Step("join", "join the Talos cluster", _WHY, needs=(fact,), independent=True)
    target = node.state / "machine.yaml"
    needs = list(_missing(settings, join))
    acts: list[Act] = []
    notes: list[str] = []
    if join.secrets or join.machine_config:
        needs.append(_same_cluster(join))
        needs += _foreign(join)
        if all(each.ok for each in needs):
            acts.append(_generate(join, node, settings, target))
        notes += _notes(settings, join, node)
    if acts and join.address:
        acts.append(_apply(join, target))
    reached = [] if offline else list(_ports(settings, join))
    joined = Ask(
        "the cluster has the node, and it is Ready",
        (
            (
                *("kubectl", "get", "nodes", "-l", f"{LABEL}={node.name}", "-o"),
                'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
            ),
        ),
        r"\A(?:True\s*)+\Z",
        "A machine needs some minutes; see: kubectl get nodes",
    )
    return Step(
        "join",
        "make the machine's configuration from the cluster's secrets, and apply it",
        _WHY,
        needs=(*needs, *reached, *fresh_secrets(project)),
        acts=tuple(acts),
        checks=(joined,),
        independent=True,
        notes=tuple(notes),
    )


def _missing(settings: Cluster, join: Join) -> Iterator[Fact]:
    """What was not given and cannot be done without."""
    if not join.secrets and not join.machine_config:
        yield Fact("the existing cluster's secrets are not given", False, _RECOVER)
    elif not join.address:
        todo = "Boot the machine from Talos' image, and give --address, the one that it shows"
        yield Fact("the machine that is to join is not given", False, todo)
    if join.secrets:
        if not join.cluster:
            yield Fact("the cluster's name is not given", False, "Give --cluster-name")
        yield from _endpoint(settings)
        todo = "Set kubectl's context to the cluster, or give --{0}-version, as it runs now"
        for name, version in (("talos", join.talos), ("kubernetes", join.kubernetes)):
            if not version:
                what = f"the cluster does not tell one version of {name.capitalize()}"
                yield Fact(what, False, todo.format(name))
        if not join.disk:
            what = "the disk that Talos is installed on is not given"
            yield Fact(what, False, "Give --install-disk; see: talosctl get disks --insecure -n IP")


def _endpoint(settings: Cluster) -> Iterator[Fact]:
    """cluster.api is what Cilium asks on each node, and may be that node's own balancer."""
    todo = f"Give cluster.endpoint in {FILE}: the control plane's, as another machine reaches it"
    if not settings.endpoint:
        yield Fact("the control plane's endpoint is not known", False, todo)
    elif is_loopback(settings.endpoint):
        what = f"cluster.endpoint is {settings.endpoint}, which is the joining machine itself"
        yield Fact(what, False, todo)


def _ports(settings: Cluster, join: Join) -> Iterator[Check]:
    """What a node must reach (Talos, Learn More: Network Connectivity), as far as it can be asked
    from here: the joining machine's own way may differ."""
    host, _, port = settings.endpoint.rpartition(":")
    if host and not is_loopback(settings.endpoint):
        open_it = "Open it in the firewalls between this network and the control plane"
        yield Reach(f"the API server answers at {host}:{port}", host, int(port), open_it)
        for number, what in ((50000, "Talos' API"), (50001, "Talos' trustd")):
            told = f"{what} answers at {host}:{number}"
            yield Reach(told, host, number, f"{open_it}; a balancer need not pass it", needed=False)
    if join.address:
        todo = "Boot the machine from Talos' image, in maintenance mode"
        yield Reach(f"the machine answers at {join.address}:50000", join.address, 50000, todo)


def _notes(settings: Cluster, join: Join, node: Node) -> Iterator[str]:
    """What is set, and what is left to a person."""
    subnets = ", ".join(settings.node_subnets)
    yield f"the machine becomes a {join.role} called {node.name}" + (
        f", with its address in {subnets}" if subnets else ""
    )
    if not subnets:
        yield (
            f"cluster.node_subnets is empty in {FILE}: a second address of the machine (Cilium's, "
            "Tailscale's) can become the node's own"
        )
    yield (
        f"between the nodes also UDP {settings.vxlan_port} (the overlay) and TCP 10250 (kubelet) "
        "must be open, which cannot be asked from here"
    )
    if not join.patches:
        yield (
            "kernel modules, taints, certificate names, mirrors and labels of the other nodes are "
            "not copied: give what this machine needs with --config-patch FILE"
        )


def _generate(join: Join, node: Node, settings: Cluster, target: Path) -> Run:
    """The machine's configuration, into the folder that is for the user alone."""
    undo = ("rm", "-f", str(target))
    given = _yaml(join.machine_config) if join.machine_config else []
    kinds = kinds_of(given) if given else kinds_since(join.talos)
    own = [*patches(node.name, settings.node_subnets, join.role, kinds)]
    own += [f"@{path}" for path in join.patches]
    argv: Argv
    if join.machine_config:
        argv = ("talosctl", "machineconfig", "patch", join.machine_config)
        more = [word for patch in own for word in ("--patch", patch)]
        return Run((*argv, *more, "--output", str(target)), undo)
    argv = ("talosctl", "gen", "config", join.cluster, f"https://{settings.endpoint}")
    argv += ("--with-secrets", join.secrets, "--output-types", join.role, "--force")
    argv += ("--talos-version", f"v{join.talos}", "--kubernetes-version", join.kubernetes)
    argv += ("--install-disk", join.disk)
    more = [word for patch in own for word in ("--config-patch", patch)]
    return Run((*argv, *more, "--output", str(target)), undo)


def _foreign(join: Join) -> Iterator[Fact]:
    """What of another node's own a given configuration would bring along."""
    if not join.machine_config:
        return
    try:
        found = list(foreign(_yaml(join.machine_config), join.role))
    except FleetmodError:
        return  # `_same_cluster` tells
    for what in found:
        yield Fact(
            f"{join.machine_config} holds {what}, which is another node's own",
            False,
            "Take it out of a copy of the file, and give the copy",
        )


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


def _same_cluster(join: Join) -> Fact:
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
