"""Proposes what is known of the cluster: where its manifests stand, and what its nodes run."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace import infer_talos
from fleetmod.workspace.schema import Cluster, is_relative

_MANY = 8  # folders that a person would name one by one
TRIGGERS = (b"apiVersion:", b"patches", b"cilium", b"ailscale", b"tailnet")
_KIND = lazy(
    r"^kind:\s*[\"']?(?:Deployment|StatefulSet|DaemonSet|CronJob|Job|Service|Ingress|Pod"
    r"|HelmRelease)\b",
    re.M,
)
_YAML = lazy(r"\.ya?ml$")
_TALOS = lazy(r"\btalos(?:ctl)?\b", re.I)
# an object of Cilium's, a HelmRelease or Kustomize entry of its chart, or Helm's own command
_CILIUM = lazy(
    r"^apiVersion:\s*[\"']?cilium\.io/"
    r"|^\s*(?:- )?(?:chart|chartName|name):\s*[\"']?cilium[\"']?\s*$(?=[\s\S]{0,200}?"
    r"helm\.cilium\.io)"
    r"|^[^#\n]*\bhelm\s+(?:install|upgrade)\b(?:[^\n\\]|\\\n)*\bcilium/cilium\b"
    r"|^[ \t]*(?:\$ )?cilium\s+install\b",
    re.M,
)
_FILE = lazy(r"^\s*(?:- )?(?:path:\s*)?[\"']?([\w./-]+\.ya?ml)[\"']?\s*$")
_DSR = lazy(r"\bloadBalancer\.mode=(?:dsr|hybrid)\b|^\s+mode:\s*[\"']?dsr\b", re.M)
_TAILSCALE = lazy(r"\b(?:tailscale|tailnet)\b", re.I)
_NGINX = lazy(r"ingressClassName:\s*[\"']?nginx\b")


def cluster(texts: Mapping[str, str], why: dict[str, str]) -> Cluster:
    """The cluster's table; `texts` are files by path, those with `apiVersion:` among them.

    A chart's templates count as their chart's folder, which Helm renders; the patches of a
    Kustomization describe nothing of their own.
    """
    patches = {path for name, text in texts.items() for path in _patches(name, text)}
    manifests = {
        path: text
        for path, text in texts.items()
        if _YAML.search(path)
        and _KIND.search(text)
        and "{{" not in text
        and path not in patches
        and not is_test(path)
    }
    folder_of = {path: path.rpartition("/")[0] or "." for path in manifests}
    charts = [p.rpartition("/")[0] for p in texts if p.rpartition("/")[2] == "Chart.yaml"]
    for path, text in texts.items():  # what Helm fills in counts as its chart
        chart = next((c for c in charts if c and path.startswith(f"{c}/templates/")), "")
        if chart and _YAML.search(path) and _KIND.search(text) and not is_test(path):
            manifests[path] = text
            folder_of[path] = chart
    found = Counter(folder_of.values())
    found = _together(found) if len(found) > _MANY else found
    folders = tuple(
        sorted(
            (
                folder
                for folder in found
                if is_relative(folder)
                and not any(f != folder and folder.startswith(f"{f}/") for f in found)
            ),
            # the first gets the generated files, which are none of a chart's
            key=lambda folder: (folder in charts, -found[folder], folder),
        )
    )
    if not folders:
        return Cluster()
    count = len(manifests)
    why["cluster.manifests"] = f"hold {count} manifest{'s' * (count > 1)}"
    near = {
        path: text
        for path, text in texts.items()
        if any(path.startswith(f"{folder}/") for folder in folders)
    }
    ingress = next((path for path in sorted(manifests) if _NGINX.search(manifests[path])), "")
    if ingress:
        why["cluster.ingress_namespace"] = f"where ingress-nginx is usually installed ({ingress})"
    namespace = "ingress-nginx" if ingress else ""
    cni = _cni(texts, why)
    network: dict[str, Any] = {"cni": cni, "clients": _clients(texts, why)}
    if cni == "cilium" and not any(_DSR.search(text) for text in texts.values()):
        network["client_source"] = "snat"
        why["cluster.client_source"] = "Cilium's default; no file sets another"
    outside = {path: text for path, text in texts.items() if not is_test(path)}
    talos = next((path for path in sorted(near) if _TALOS.search(near[path])), "")
    talos = talos or next((p for p in sorted(outside) if infer_talos.runs_it(outside[p])), "")
    if not talos:
        return Cluster(manifests=folders, ingress_namespace=namespace, **network)
    why["cluster.platform"] = f"{talos} speaks of Talos"
    told = infer_talos.nodes(outside)
    if told is not None:
        why["cluster.nodes"] = f"so says {told.where}"
    endpoint, place = infer_talos.endpoint(outside)
    if endpoint:
        why["cluster.endpoint"] = f"so says {place}"
    subnets, place = infer_talos.node_subnets(outside)
    if subnets:
        why["cluster.node_subnets"] = f"so says {place}"
    # KubePrism is on by default since Talos 1.6; Talos gives flannel IANA's VXLAN port
    # (siderolabs/talos, pkg/machinery/config/types/v1alpha1 and k8stemplates/flannel.go)
    why["cluster.api"] = "KubePrism, which Talos runs on each node"
    why["cluster.vxlan_port"] = "what Talos sets"
    return Cluster(
        manifests=folders,
        platform="talos",
        nodes=told.nodes if told is not None else "",
        endpoint=endpoint,
        node_subnets=subnets,
        api="localhost:7445",
        vxlan_port="4789",
        ingress_namespace=namespace,
        **network,
    )


def _together(found: Counter[str]) -> Counter[str]:
    """The folders by what those below one top have in common: a folder each for many apps."""
    tops: dict[str, list[str]] = {}
    for folder in found:
        tops.setdefault(folder.partition("/")[0], []).append(folder)
    made: Counter[str] = Counter()
    for folders in tops.values():
        made[posixpath.commonpath(folders)] = sum(found[folder] for folder in folders)
    return made


def _patches(path: str, text: str) -> Iterator[str]:
    """The files that a Kustomization changes others by; they describe nothing of their own."""
    folder, _, name = path.rpartition("/")
    if name not in ("kustomization.yaml", "kustomization.yml"):
        return
    part = ""
    for line in text.splitlines():
        if line and not line[0].isspace() and not line.startswith("-"):
            part = line.partition(":")[0]
        elif part.startswith("patches") and (match := _FILE.search(line)):
            yield posixpath.normpath(posixpath.join(folder, match[1]))


def _clients(texts: Mapping[str, str], why: dict[str, str]) -> tuple[str, ...]:
    """The private networks, and Tailscale's where a document speaks of it: its machines have
    addresses of 100.64.0.0/10 (tailscale.com/kb/1015/100.x-addresses)."""
    for path, text in sorted(texts.items()):
        if not is_test(path) and (found := _TAILSCALE.search(text)):
            line = text.count("\n", 0, found.start()) + 1
            why["cluster.clients"] = f"the private networks, and Tailscale's ({path}:{line})"
            return (*Cluster().clients, "100.64.0.0/10")
    return Cluster().clients


def _cni(texts: Mapping[str, str], why: dict[str, str]) -> str:
    """`cilium` where a file installs it or holds one of its objects, else the default."""
    for path, text in sorted(texts.items()):
        if not is_test(path) and (found := _CILIUM.search(text)):
            line = text.count("\n", 0, found.start()) + 1
            why["cluster.cni"] = f"so says {path}:{line}"
            return "cilium"
    return Cluster().cni
