"""Cilium's values and load balancer, from the manifests and the configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fleetmod.fleet.manifests.read import documents
from fleetmod.fleet.network.generate import BALANCER, MIGRATION, RUNBOOK, VALUES, generate
from tests.fleet.harbor import CONFIG, harbor, surveyed

OTHER = CONFIG.replace('"talos"', '"other"').replace('"localhost:7445"', '"10.3.0.1:6443"')


def made(root: Path, name: str) -> list[dict[str, Any]]:
    project, cluster, graph = surveyed(root)
    body = next(f.body for f in generate(cluster, graph, project.config.cluster) if name in f.path)
    return [document.data for document in documents(name, body)]


def test_on_talos_cilium_asks_kubeprism_and_loads_no_modules(tmp_path: Path) -> None:
    (values,) = made(harbor(tmp_path / "r"), VALUES)
    assert (values["k8sServiceHost"], values["k8sServicePort"]) == ("localhost", 7445)
    assert values["kubeProxyReplacement"] is True
    assert values["cgroup"] == {"autoMount": {"enabled": False}, "hostRoot": "/sys/fs/cgroup"}
    assert "SYS_MODULE" not in values["securityContext"]["capabilities"]["ciliumAgent"]


def test_elsewhere_nothing_of_talos_is_written(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r", OTHER)
    (values,) = made(root, VALUES)
    assert (values["k8sServiceHost"], values["k8sServicePort"]) == ("10.3.0.1", 6443)
    assert not {"cgroup", "securityContext"} & set(values)
    project, cluster, graph = surveyed(root)
    files = generate(cluster, graph, project.config.cluster)
    (runbook,) = [f.body for f in files if f.path.endswith(RUNBOOK)]
    assert "talosctl" not in runbook and "kube-flannel-ds" in runbook


def test_cilium_keeps_off_the_port_that_flannel_has(tmp_path: Path) -> None:
    snat = CONFIG + 'client_source = "snat"\n'
    (values,) = made(harbor(tmp_path / "a", snat), VALUES)
    assert values["tunnelPort"] == 8472  # Talos: flannel has 4789
    (values,) = made(harbor(tmp_path / "b", snat.replace('"4789"', '"8472"')), VALUES)
    assert values["tunnelPort"] == 8473
    assert "loadBalancer" not in values


def test_a_clients_address_is_handed_on_where_a_port_is_published(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    (values,) = made(root, VALUES)
    assert (values["tunnelProtocol"], values["tunnelPort"]) == ("geneve", 6081)
    assert values["loadBalancer"] == {"mode": "dsr", "dsrDispatch": "geneve"}
    for name, kind in (("api", "LoadBalancer"), ("postgres", "NodePort")):
        file = root / f"k8s/{name}.yaml"
        file.write_text(file.read_text().replace(f"type: {kind}", "type: ClusterIP"))
    (values,) = made(root, VALUES)
    assert values["tunnelProtocol"] == "vxlan" and "loadBalancer" not in values


def text_of(root: Path, name: str, container: str = "") -> str:
    project, cluster, graph = surveyed(root)
    files = generate(cluster, graph, project.config.cluster, container)
    return next(f.body for f in files if f.path.endswith(name))


def test_nothing_is_deleted_before_a_node_was_restarted_and_looked_at(tmp_path: Path) -> None:
    root = harbor(tmp_path / "a")
    step = text_of(root, RUNBOOK).partition("## 4. ")[2].partition("## 5. ")[0]
    order = ["helm upgrade", "KubeProxyReplacement", "restart one node", "delete ds/kube-flannel"]
    places = [step.index(each) for each in order]
    assert places == sorted(places)
    back = step.partition("Rollback")[2]
    assert back.index("kubectl apply -f flannel-before.yaml") < back.index("migration-values.yaml")
    saved = text_of(root, RUNBOOK).partition("## 1. ")[2].partition("## 2. ")[0]
    assert "> flannel-before.yaml" in saved and "> kube-proxy-before.yaml" in saved


def test_the_nodes_addresses_are_pinned_before_cilium(tmp_path: Path) -> None:
    before = text_of(harbor(tmp_path / "a"), RUNBOOK).partition("## 2. ")[0]
    assert before.count('validSubnets: ["10.3.0.0/24", "!10.245.0.0/16"]') == 2
    # two of one family stop the controller manager (Talos, KubeNetworkConfig)
    assert "podSubnets:" not in before and "`podSubnets` stays 10.244.0.0/16" in before
    assert 'advertisedSubnets: ["10.3.0.0/24"]' in before
    bare = CONFIG.replace('node_subnets = ["10.3.0.0/24"]\n', "")
    told = text_of(harbor(tmp_path / "b", bare), RUNBOOK)
    assert "cluster.node_subnets is empty" in told


def test_busybox_is_asked_for_a_whole_name(tmp_path: Path) -> None:
    """Its nslookup appends no search domain, so a short name is never found."""
    told = text_of(harbor(tmp_path / "r"), RUNBOOK)
    assert "nslookup -type=a kubernetes.default.svc.cluster.local." in told


def test_versions_are_pinned_and_talos_has_both_spellings(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    told = text_of(root, RUNBOOK)
    assert told.count("cilium/cilium --version 1.") == told.count("cilium/cilium ")
    assert "kind: KubeFlannelCNIConfig\n$patch: delete" in told and "name: none" in told


def test_a_node_in_docker_is_restarted_by_docker(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    told = text_of(root, RUNBOOK, "ops.md:3")
    assert "talosctl --nodes" not in told.partition("## 3. ")[2].partition("## 4. ")[0]
    assert 'docker restart "$NODE"' in told and "(ops.md:3)" in told
    assert " reboot\n" not in told
    assert "docker restart" not in text_of(root, RUNBOOK)


def test_where_cilium_runs_there_is_no_way_from_flannel(tmp_path: Path) -> None:
    config = CONFIG.replace('lb_range = "192.168.7.240/28"', 'cni = "cilium"')
    project, cluster, graph = surveyed(harbor(tmp_path / "r", config))
    files = generate(cluster, graph, project.config.cluster)
    assert [f.path for f in files] == [
        "cluster-specs/network-policies.yaml",
        "cluster-specs/cilium-policies.yaml",
    ]


def test_a_wider_range_says_which_of_the_nodes_ports_it_holds(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    file = root / "k8s/postgres.yaml"
    file.write_text(file.read_text().replace("31432", "5432"))
    told = text_of(root, RUNBOOK)
    assert "--service-node-port-range=5432-32767" in told
    assert "It holds 6443, 10250, 10256, which nodes use themselves" in told


def test_node_ports_outside_of_the_usual_range_widen_it(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    assert "nodePort" not in made(root, VALUES)[0]
    file = root / "k8s/postgres.yaml"
    file.write_text(file.read_text().replace("31432", "5432"))
    assert made(root, VALUES)[0]["nodePort"] == {"range": "5432,32767"}


def test_the_migration_takes_over_nothing_until_it_is_told(tmp_path: Path) -> None:
    (values,) = made(harbor(tmp_path / "r"), MIGRATION)
    assert values["cni"] == {"customConf": True, "uninstall": False}
    assert values["policyEnforcementMode"] == "never"
    assert values["kubeProxyReplacement"] is False


def test_addresses_are_given_and_announced_for_the_namespaces_with_balancers(
    tmp_path: Path,
) -> None:
    pool, policy = made(harbor(tmp_path / "a"), BALANCER)
    assert pool["spec"]["blocks"] == [{"cidr": "192.168.7.240/28"}]
    assert "disabled" not in pool["spec"]
    (selected,) = pool["spec"]["serviceSelector"]["matchExpressions"]
    assert selected["values"] == ["harbor"]
    assert policy["spec"]["loadBalancerIPs"] is True
    config = CONFIG.replace("192.168.7.240/28", "192.168.7.240-192.168.7.250")
    pool, _ = made(harbor(tmp_path / "b", config), BALANCER)
    assert pool["spec"]["blocks"] == [{"start": "192.168.7.240", "stop": "192.168.7.250"}]


def test_announcements_need_a_rate_limit_and_no_balancer_needs_none(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r", CONFIG.replace('lb_range = "192.168.7.240/28"\n', ""))
    (values,) = made(root, VALUES)
    assert values["l2announcements"] == {"enabled": True} and values["k8sClientRateLimit"]["qps"]
    file = root / "k8s/api.yaml"
    file.write_text(file.read_text().replace("type: LoadBalancer", "type: ClusterIP"))
    (values,) = made(root, VALUES)
    assert values["l2announcements"] == {"enabled": False} and "k8sClientRateLimit" not in values
    pool, _ = made(root, BALANCER)
    assert pool["spec"]["disabled"] is True and pool["spec"]["blocks"] == []


def test_no_block_writes_one_file_twice(tmp_path: Path) -> None:
    """Whoever pastes a whole block would have the older Talos' form in the place of the newer's."""
    told = text_of(harbor(tmp_path / "r"), RUNBOOK)
    for block in re.findall(r"```sh\n(.*?)```", told, re.S):
        written = re.findall(r"cat > (\S+)", block)
        assert len(written) == len(set(written)), written
