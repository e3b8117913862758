"""Writes a `Config` as a commented TOML text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields

from fleetmod.workspace.schema import TABLES, Config

EXPLAIN = {
    "workspace.packages": "workspace globs",
    "workspace.scan": "folders audited",
    "workspace.gate": "folders the gates grep (*.ts)",
    "workspace.exclude": "extra globs that are never read",
    "workspace.rules": "folders with rules of your own",
    "home.users": "user names whose home folders are debt",
    "home.root": 'this repository\'s checkout, as spelled in the code ("" = none)',
    "home.vault": 'a notes vault, as spelled in the code ("" = none)',
    "home.fixture": "neutral home written into test data",
    "identity.node_env": "names this node",
    "identity.root_env": "names this repository's checkout",
    "identity.vault_env": "names the notes vault",
    "process.label_prefix": "how the labels of this repository's services begin",
    "process.adapters": "this repository's own adapters of launchctl, which are left",
    "process.every_node": "labels of services that each node runs; the others run on one node",
    "container.vm_addresses": "addresses of Colima's machine, as spelled in the code",
    "container.adapters": "this repository's own adapters of Colima, which are left",
    "runtime.dir": "where the runtime packages are installed",
    "runtime.scope": "npm scope they get",
    "runtime.install": "always: also where texts alone, or files that nothing loads, use them",
    "images.publish": "scripts that publish container images",
    "images.platforms": "platforms that every image must have",
    "images.builder": "the buildx builder that makes them",
    "images.tags": "images that gate 2 reads, where the scripts' tags are not constant",
    "cluster.manifests": "folders with Kubernetes manifests; the first gets the generated files",
    "cluster.platform": "what the nodes run: talos or other",
    "cluster.nodes": 'what a Talos node is: machines, or containers of Docker ("" = from the docs)',
    "cluster.endpoint": 'the control plane as another machine reaches it, to join ("" = unknown)',
    "cluster.node_subnets": "networks that the nodes' own addresses are in",
    "cluster.api": 'the API server as each node reaches it, for Cilium ("" = unknown)',
    "cluster.cni": "the pods' network today: flannel, cilium or other",
    "cluster.specs": "gets the policies and pools that nothing may deploy before the runbook does",
    "cluster.pod_cidr": "flannel's network for pods",
    "cluster.service_cidr": "the network of Services",
    "cluster.vxlan_port": "flannel's UDP port: 8472 by default, 4789 on Talos",
    "cluster.cilium_cidr": "a new network for pods, of Cilium's own",
    "cluster.client_source": "dsr: a client's address reaches the pod on any node; snat: not",
    "cluster.clients": "networks from which published ports are used",
    "cluster.edges": "who talks to whom beyond what files show: 'a -> b.example.com:443'",
    "cluster.ingress_namespace": 'where the ingress controller runs ("" = there is none)',
    "cluster.lb_range": 'addresses for LoadBalancer Services ("" = none)',
    "cluster.charts": 'unpacked Helm charts to check values against ("" = none)',
    "rehearse.install": 'installs the dependencies ("" = as the package manager does)',
    "rehearse.commands": "what a second node starts (none = each program with --help)",
    "rehearse.env": "'NAME=value' that the commands cannot start without; no secrets",
    "rehearse.image": "the image of the workload that tests a node of a cluster; has a shell",
}
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


# what a person has to read in each repository; the rest stands in a short file where it was found
_ALWAYS: tuple[str, ...] = (
    "workspace.packages",
    "workspace.gate",
    "workspace.exclude",
    "home.users",
    "home.root",
)
_ALWAYS += ("home.vault", "process.label_prefix", "process.adapters")


def render_config(
    config: Config, comments: Mapping[str, str], full: bool = True, schema: str = ""
) -> str:
    """`config` as TOML. `comments` maps a dotted key to a remark that is written above it; one that
    is not `full` leaves out what has its default and no remark. `schema` is where editors find the
    schema, if they do.

    Reading the text back gives an equal `Config`.
    """
    lines = [f"#:schema {schema}"] if schema else []
    lines.append(f"version = {config.version}")
    for name in TABLES:
        table = getattr(config, name)
        told = [
            item
            for item in fields(table)
            if full
            or f"{name}.{item.name}" in (*_ALWAYS, *comments)
            or getattr(table, item.name) != item.default
        ]
        if told:
            lines += ["", f"[{name}]"]
        for item in told:
            dotted = f"{name}.{item.name}"
            if remark := comments.get(dotted):
                lines.append(f"# {_one_line(remark)}")
            lines.append(f"{item.name} = {_value(getattr(table, item.name))}  # {EXPLAIN[dotted]}")
    return "\n".join(lines) + "\n"


def _value(value: str | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_quoted, value))}]"
    return _quoted(value)


def _quoted(text: str) -> str:
    return '"' + re.sub(r'[\x00-\x1f\x7f"\\]', _escape, text) + '"'


def _escape(match: re.Match[str]) -> str:
    return _SHORT.get(match[0]) or f"\\u{ord(match[0]):04x}"


def _one_line(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()
