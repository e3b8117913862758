"""What `init` proposes for the cluster."""

from __future__ import annotations

from fleetmod.workspace.infer_cluster import cluster
from fleetmod.workspace.schema import Cluster

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"


def test_folders_that_hold_manifests_and_not_those_of_charts_or_tests() -> None:
    texts = {
        "deploy/prod/a.yaml": SERVICE,
        "deploy/prod/b.yaml": SERVICE,
        "deploy/prod/more/c.yaml": SERVICE,
        "infra/d.yml": SERVICE,
        "charts/x/templates/e.yaml": SERVICE + "spec: {{ .Values.spec }}\n",
        "src/__fixtures__/f.yaml": SERVICE,
        "openapi.yaml": "apiVersion: 2\nkind: spec\n",
        "docs/g.md": SERVICE,
    }
    why: dict[str, str] = {}
    assert cluster(texts, why) == Cluster(manifests=("deploy/prod", "infra"))
    assert why == {"cluster.manifests": "hold 4 manifests"}


def test_nothing_is_proposed_without_manifests() -> None:
    why: dict[str, str] = {}
    assert cluster({"a.yaml": "a: 1\n"}, why) == Cluster() and why == {}


def test_talos_brings_its_own_defaults() -> None:
    texts = {"k8s/a.yaml": SERVICE, "k8s/up.sh": "talosctl apply-config  # apiVersion:\n"}
    found = cluster(texts, why := {})
    assert (found.platform, found.api, found.vxlan_port) == ("talos", "localhost:7445", "4789")
    assert why["cluster.platform"] == "k8s/up.sh speaks of Talos"


def test_an_ingress_class_tells_where_its_controller_is() -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec:\n  ingressClassName: nginx\n"
    assert cluster({"k8s/a.yaml": text}, {}).ingress_namespace == "ingress-nginx"
