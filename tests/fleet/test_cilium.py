"""Cilium's values and load balancer, from the manifests and the configuration."""

from __future__ import annotations

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
    (values,) = made(harbor(tmp_path / "a"), VALUES)
    assert values["tunnelPort"] == 8472  # Talos: flannel has 4789
    (values,) = made(harbor(tmp_path / "b", CONFIG.replace('"4789"', '"8472"')), VALUES)
    assert values["tunnelPort"] == 8473


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
