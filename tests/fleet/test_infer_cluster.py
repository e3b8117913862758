"""What `init` proposes for the cluster."""

from __future__ import annotations

import pytest

from fleetmod.workspace import infer_talos
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


@pytest.mark.parametrize(
    ("text", "nodes"),
    [
        ("Talos: docker start acme-controlplane-1\n", "containers"),
        ("talosctl cluster create docker --name acme\n", "containers"),
        ("talosctl cluster create --name acme\n", "containers"),
        ("talosctl cluster create qemu --name acme\n", ""),
        ("talosctl cluster create --provisioner qemu\n", ""),
        ("The cluster is Talos Linux on Colima.\n", "containers"),
        ("Talos v1.12.4 container, one node\n", "containers"),
        ("Talos, whose containerd is its own\n", ""),
        ("talosctl apply-config --insecure -n 10.0.0.2 -f worker.yaml\n", "machines"),
        ("# try Talos in Docker first\ntalosctl apply-config --insecure -n a -f b\n", "machines"),
        ("docker start acme-controlplane-1\n", ""),
        ("talosctl -n 10.0.0.2 dashboard\n", ""),
    ],
)
def test_what_a_talos_node_is(text: str, nodes: str) -> None:
    told = infer_talos.nodes({"docs/a.md": text})
    assert (told.nodes if told else "") == nodes


def test_the_endpoint_is_one_that_another_machine_reaches() -> None:
    own = "talosctl gen config acme https://localhost:6443\n"
    lan = "clusterName: acme\nendpoint: https://10.0.0.5:6443\n"
    assert infer_talos.endpoint({"a.sh": own}) == ("", "")
    assert infer_talos.endpoint({"a.sh": own, "b.yaml": lan}) == ("10.0.0.5:6443", "b.yaml:2")


def test_a_machine_configuration_tells_endpoint_and_networks() -> None:
    text = (
        "cluster:\n  controlPlane:\n    endpoint: https://k8s.lan:6443\n"
        "  discovery:\n    endpoint: https://discovery.example.com/\n"
        "machine:\n  kubelet:\n    nodeIP:\n      validSubnets:\n        - 10.0.0.0/24  # lan\n"
    )
    assert infer_talos.endpoint({"c.yaml": text}) == ("k8s.lan:6443", "c.yaml:2")
    assert infer_talos.node_subnets({"c.yaml": text}) == (("10.0.0.0/24",), "c.yaml:9")


@pytest.mark.parametrize(
    ("text", "cni"),
    [
        ("helm upgrade --install cilium \\\n  cilium/cilium -n kube-system\n", "cilium"),
        ("apiVersion: cilium.io/v2alpha1\nkind: CiliumL2AnnouncementPolicy\n", "cilium"),
        ("helmCharts:\n  - name: cilium\n    repo: https://helm.cilium.io\n", "cilium"),
        ("name: cilium\ndescription: notes on it\n", "flannel"),
        ("# helm install cilium cilium/cilium, some day\n", "flannel"),
    ],
)
def test_a_network_that_is_cilium_already(text: str, cni: str) -> None:
    assert cluster({"k8s/a.yaml": SERVICE, "k8s/b": text}, {}).cni == cni


def test_tailscales_machines_are_clients_where_it_is_spoken_of() -> None:
    found = cluster({"k8s/a.yaml": SERVICE, "README.md": "Reach it over Tailscale.\n"}, {})
    assert "100.64.0.0/10" in found.clients
    assert "100.64.0.0/10" not in cluster({"k8s/a.yaml": SERVICE}, {}).clients


def test_cilium_hands_on_no_address_unless_a_file_says_so() -> None:
    pool = "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\n"
    texts = {"k8s/a.yaml": SERVICE, "k8s/p.yaml": pool}
    assert cluster(texts, {}).client_source == "snat"
    dsr = {**texts, "k8s/v.yaml": "cilium:\n  loadBalancer:\n    mode: dsr\n"}
    assert cluster(dsr, {}).client_source == "dsr"


def test_patches_describe_nothing_and_charts_count_as_one() -> None:
    kustomization = "resources: [../base]\npatches:\n  - path: replicas.yaml\n"
    texts = {
        "deploy/base/a.yaml": SERVICE,
        "deploy/prod/kustomization.yaml": kustomization,
        "deploy/prod/replicas.yaml": SERVICE,
        "charts/x/Chart.yaml": "apiVersion: v2\nname: x\n",
        "charts/x/templates/a.yaml": SERVICE + "spec: {{ .Values.spec }}\n",
        "charts/x/templates/b.yaml": SERVICE + "spec: {{ .Values.spec }}\n",
    }
    assert cluster(texts, {}).manifests == ("deploy/base", "charts/x")


def test_many_apps_are_named_by_what_they_have_in_common() -> None:
    texts = {f"kubernetes/apps/a{n}/app/x.yaml": SERVICE for n in range(12)}
    assert cluster({**texts, "ci/y.yaml": SERVICE}, {}).manifests == ("kubernetes/apps", "ci")
