"""Proposes what is known of the cluster: where its manifests stand, and what its nodes run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from fleetmod.regex import lazy
from fleetmod.testfiles import is_test
from fleetmod.workspace.schema import Cluster, is_relative

TRIGGER = b"apiVersion:"
_KIND = lazy(
    r"^kind:\s*[\"']?(?:Deployment|StatefulSet|DaemonSet|CronJob|Job|Service|Ingress|Pod)\b", re.M
)
_YAML = lazy(r"\.ya?ml$")
_TALOS = lazy(r"\btalos(?:ctl)?\b", re.I)
_NGINX = lazy(r"ingressClassName:\s*[\"']?nginx\b")


def cluster(texts: Mapping[str, str], why: dict[str, str]) -> Cluster:
    """The cluster's table; `texts` are files by path, those with `apiVersion:` among them.

    A chart's templates are no manifests: they are not YAML before Helm has filled them in.
    """
    manifests = {
        path: text
        for path, text in texts.items()
        if _YAML.search(path) and _KIND.search(text) and "{{" not in text and not is_test(path)
    }
    found = Counter(path.rpartition("/")[0] or "." for path in manifests)
    folders = tuple(
        sorted(
            (
                folder
                for folder in found
                if is_relative(folder)
                and not any(f != folder and folder.startswith(f"{f}/") for f in found)
            ),
            key=lambda folder: (-found[folder], folder),
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
    talos = next((path for path in sorted(near) if _TALOS.search(near[path])), "")
    if not talos:
        return Cluster(manifests=folders, ingress_namespace=namespace)
    why["cluster.platform"] = f"{talos} speaks of Talos"
    # KubePrism is on by default since Talos 1.6; Talos gives flannel IANA's VXLAN port
    # (siderolabs/talos, pkg/machinery/config/types/v1alpha1 and k8stemplates/flannel.go)
    why["cluster.api"] = "KubePrism, which Talos runs on each node"
    why["cluster.vxlan_port"] = "what Talos sets"
    return Cluster(
        manifests=folders,
        platform="talos",
        api="localhost:7445",
        vxlan_port="4789",
        ingress_namespace=namespace,
    )
