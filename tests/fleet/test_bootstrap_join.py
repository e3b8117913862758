"""Joining a Talos cluster; `talosctl` and `kubectl` are stand-ins that tell their calls."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import yaml

from fleetmod.fleet.bootstrap.fresh import fresh_lines
from fleetmod.fleet.bootstrap.model import Reach
from tests.fleet.bootstrap import TOML, bootstrap, job, repository, tool
from tests.repo import Ran

ENDPOINT = 'endpoint = "10.0.0.5:6443"\nnode_subnets = ["10.0.0.0/24"]\n'
TALOS = TOML + f'[cluster]\nplatform = "talos"\napi = "localhost:7445"\n{ENDPOINT}'
SECRET = "planted-c2VjcmV0"
# Says everything that it reads, as talosctl does with a configuration that does not parse.
TALOSCTL = """
echo "$@" >> {log}
cat {secrets} >&2; cat {secrets}
while [ $# -gt 0 ]; do [ "$1" = --output ] && cat {secrets} > "$2"; shift; done
exit $(cat {code})
"""
KUBECTL = """
case "$*" in
  "version -o json") echo '{{"serverVersion": {{"major": "1", "gitVersion": "v1.35.0"}}}}' ;;
  *osImage*) cat {folder}/talos 2>/dev/null || echo 'Talos (v1.12.4) Talos (v1.12.4)' ;;
  *Ready*) grep -q apply-config {log} && cat {folder}/ready 2>/dev/null || echo True ;;
esac
"""
STATE = ".local/state/fleetmod/acme-koala"


class Cluster:
    """A clone, a home, the cluster's files, and the tools."""

    def __init__(self, folder: Path) -> None:
        self.log, self.code = folder / "log", folder / "code"
        self.secrets, self.client = folder / "secrets.yaml", folder / "talosconfig"
        self.code.write_text("0")
        self.write("Y2E=")
        context = {"ca": "Y2E=", "crt": "eA==", "key": SECRET}
        self.client.write_text(yaml.safe_dump({"context": "c", "contexts": {"c": context}}))
        secret = job("dev.example.x", "/bin/true", EnvironmentVariables={"TOKEN": SECRET})
        self.root = repository(folder / "clone", {"infra/x.plist": secret}, TALOS)
        self.home = folder / "home"
        self.home.mkdir()
        script = TALOSCTL.format(log=self.log, secrets=self.secrets, code=self.code)
        self.env = {
            **tool(folder / "bin", "talosctl", script),
            **tool(folder / "bin", "kubectl", KUBECTL.format(log=self.log, folder=folder)),
            "MY_TOKEN": SECRET,
        }
        tool(folder / "bin", "systemctl", self.manager())

    def manager(self) -> str:
        """A systemctl that says that all is well, and too much besides."""
        shown = f"ACME_NODE=koala\\nHOME={self.home}\\nACME_ROOT={self.root}\\n"
        return f"""
case "$*" in
  *show-environment*) printf '{shown}ACME_NOTES={self.home}/Notes\\n' ;;
  *NeedDaemonReload*) echo no ;;
  *ActiveState*) printf 'Result=success\\nActiveState=active\\n' ;;
  *) echo {SECRET}; echo {SECRET} >&2 ;;
esac"""

    def write(self, certificate: str) -> None:
        os = {"crt": certificate, "key": SECRET}
        bundle = {"certs": {"os": os}, "secrets": {"bootstraptoken": SECRET}}
        self.secrets.write_text(yaml.safe_dump(bundle))

    def run(self, action: str, *args: str) -> Ran:
        given = ("--secrets", str(self.secrets), "--cluster-name", "harbour")
        return self.with_options(action, *given, "--install-disk", "/dev/nvme0n1", *args)

    def with_options(self, action: str, *args: str) -> Ran:
        args = ("--talosconfig", str(self.client), *args)
        ran = bootstrap(self.root, action, self.home, self.env, *args)
        assert SECRET not in ran.out + ran.err
        return ran

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def join_of(ran: Ran) -> str:
    """What is told of the step."""
    return ran.out.partition("\njoin: ")[2].partition("\nworkload: ")[0]


def test_the_machine_is_given_the_existing_secrets_once(cluster: Cluster) -> None:
    machine = cluster.home / STATE / "machine.yaml"
    machine_patch = {
        "nodeLabels": {"fleetmod/node-id": "koala"},
        "kubelet": {"nodeIP": {"validSubnets": ["10.0.0.0/24"]}},
    }
    # since 1.12 the name stands in a document of its own
    name = {"apiVersion": "v1alpha1", "kind": "HostnameConfig", "auto": "off", "hostname": "koala"}
    made = (
        f"gen config harbour https://10.0.0.5:6443 --with-secrets {cluster.secrets} --output-types "
        "worker --force --talos-version v1.12.4 --kubernetes-version 1.35.0 --install-disk "
        f"/dev/nvme0n1 --config-patch {json.dumps({'machine': machine_patch})} --config-patch "
        f"{json.dumps(name)} --output {machine}"
    )
    given = f"--nodes 10.0.0.9 apply-config --insecure --file {machine}"
    cluster.run("plan", "--address", "10.0.0.9")
    assert not cluster.calls
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert "failed" not in join_of(ran), ran.out
    assert cluster.calls == [made, given]
    assert machine.parent.stat().st_mode & 0o777 == 0o700
    cluster.run("apply", "--address", "10.0.0.9")
    assert cluster.calls == [made, given]
    cluster.run("apply", "--address", "10.0.0.9", "--undo")
    assert "reset --system-labels-to-wipe STATE" in cluster.calls[-1] and not machine.exists()


def test_new_secrets_are_refused(cluster: Cluster) -> None:
    cluster.write("bmV3")
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert ran.code == 1 and not cluster.calls
    assert "Its secrets are new or of another cluster" in join_of(ran)


def test_an_existing_workers_configuration_is_patched(cluster: Cluster) -> None:
    worker = cluster.root.parent / "worker.yaml"
    worker.write_text(yaml.safe_dump({"machine": {"ca": {"crt": "Y2E="}, "token": SECRET}}))
    args = ("--machine-config", str(worker), "--address", "10.0.0.9")
    assert "failed" not in join_of(cluster.with_options("apply", *args))
    assert cluster.calls[0].startswith(f"machineconfig patch {worker} --patch ")


def test_nothing_that_a_tool_or_a_broken_file_says_is_shown(cluster: Cluster) -> None:
    cluster.code.write_text("1")
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert ran.code == 1 and "talosctl ended with 1" in join_of(ran)
    for action in ("plan", "doctor", "apply"):
        cluster.run(action)
    cluster.secrets.write_text(f"a: [{SECRET}\n b: {SECRET}: c")
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert f"{cluster.secrets}: is no YAML" in join_of(ran)
    cluster.run("apply", "--undo")


def test_without_secrets_it_says_where_they_come_from(cluster: Cluster) -> None:
    ran = cluster.with_options("apply")
    assert ran.code == 1 and not cluster.calls
    assert "gen secrets --from-controlplane-config" in join_of(ran)
    ran = cluster.with_options("plan", "--secrets", str(cluster.secrets))
    assert ran.code == 1 and "Give --cluster-name" in join_of(ran)
    assert "Give --install-disk" in join_of(ran)


def with_config(cluster: Cluster, old: str, new: str) -> None:
    file = cluster.root / "fleetmod.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.parametrize("endpoint", ["", "localhost:7445", "127.0.0.1:6443"])
def test_a_machine_is_not_pointed_at_itself(cluster: Cluster, endpoint: str) -> None:
    """cluster.api is KubePrism's, on each node; the joining machine needs the control plane's."""
    with_config(cluster, 'endpoint = "10.0.0.5:6443"', f'endpoint = "{endpoint}"')
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert ran.code == 1 and not cluster.calls
    assert "Give cluster.endpoint in fleetmod.toml" in join_of(ran)
    assert ("which is the joining machine itself" in join_of(ran)) is bool(endpoint)


def test_a_node_that_is_not_ready_has_not_joined(cluster: Cluster) -> None:
    (cluster.root.parent / "ready").write_text("False")
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert ran.code == 1 and len(cluster.calls) == 2
    assert "failed   the cluster has the node, and it is Ready" in join_of(ran)


def test_versions_that_differ_are_asked_of_the_user(cluster: Cluster) -> None:
    (cluster.root.parent / "talos").write_text("Talos (v1.12.4) Talos (v1.13.0)")
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert "the cluster does not tell one version of Talos" in join_of(ran) and not cluster.calls
    cluster.run("apply", "--address", "10.0.0.9", "--talos-version", "v1.14.1")
    assert "--talos-version v1.14.1 --kubernetes-version 1.35.0" in cluster.calls[0]
    assert '"kind": "KubeNodeConfig", "labels": {"fleetmod/node-id": "koala"}' in cluster.calls[0]


def test_a_control_plane_joins_as_one_with_settings_of_its_own(cluster: Cluster) -> None:
    more = cluster.root.parent / "sans.yaml"
    more.write_text("machine: {certSANs: [koala.lan]}\n")
    args = ("--role", "controlplane", "--config-patch", str(more), "--address", "10.0.0.9")
    assert "failed" not in join_of(cluster.run("apply", *args))
    assert "--output-types controlplane" in cluster.calls[0]
    assert '"advertisedSubnets": ["10.0.0.0/24"]' in cluster.calls[0]
    assert f"--config-patch @{more}" in cluster.calls[0]


@pytest.mark.parametrize(
    ("machine", "told"),
    [
        ({"network": {"interfaces": [{"addresses": ["10.0.0.7/24"]}]}}, "interfaces[0].addresses"),
        ({"kubelet": {"extraArgs": {"hostname-override": "wombat"}}}, "hostname-override"),
        ({"type": "controlplane"}, "machine.type, controlplane, not worker"),
    ],
)
def test_no_other_nodes_address_or_name_is_copied(
    cluster: Cluster, machine: dict[str, object], told: str
) -> None:
    worker = cluster.root.parent / "worker.yaml"
    worker.write_text(yaml.safe_dump({"machine": {"ca": {"crt": "Y2E="}, **machine}}))
    args = ("--machine-config", str(worker), "--address", "10.0.0.9")
    ran = cluster.with_options("apply", *args)
    assert ran.code == 1 and not cluster.calls and told in join_of(ran)


def test_a_name_that_a_given_configuration_has_is_replaced_where_it_stands(
    cluster: Cluster,
) -> None:
    worker = cluster.root.parent / "worker.yaml"
    one = {"machine": {"ca": {"crt": "Y2E="}}}
    other = {"apiVersion": "v1alpha1", "kind": "HostnameConfig", "hostname": "wombat"}
    for documents, told in (
        ([one], '{"machine": {"network": {"hostname": "koala"}'),
        ([one, other], '"kind": "HostnameConfig", "auto": "off", "hostname": "koala"'),
    ):
        worker.write_text(yaml.safe_dump_all(documents))
        cluster.with_options("apply", "--machine-config", str(worker), "--address", "10.0.0.9")
        assert told in cluster.calls[0]
        cluster.with_options("apply", "--undo")
        cluster.log.unlink()


def test_a_cluster_in_a_container_takes_no_second_machine(cluster: Cluster) -> None:
    (cluster.root / "ops.md").write_text("talosctl is there; docker start harbour-controlplane-1\n")
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert ran.code == 1 and not cluster.calls
    told = join_of(ran)
    assert "is a container of Docker (ops.md:1): no second machine can join" in told
    assert "make a cluster on machines of their own" in told
    with_config(cluster, 'platform = "talos"', 'platform = "talos"\nnodes = "machines"')
    assert "failed" not in join_of(cluster.run("apply", "--address", "10.0.0.9"))


def test_ports_are_asked_before_anything_is_applied() -> None:
    from fleetmod.fleet.bootstrap.model import Join
    from fleetmod.fleet.bootstrap.probe import _reach
    from fleetmod.fleet.bootstrap.talos import _ports
    from fleetmod.workspace.schema import Cluster as Settings

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert _reach(Reach("x", "127.0.0.1", port)).ok is True
    assert _reach(Reach("x", "127.0.0.1", port)).ok is False
    assert _reach(Reach("x", "127.0.0.1", port, needed=False)).ok is None
    asked = list(_ports(Settings(endpoint="cp.lan:6443"), Join(address="10.0.0.9")))
    assert [(r.host, r.port, r.needed) for r in asked if isinstance(r, Reach)] == [
        *(("cp.lan", 6443, True), ("cp.lan", 50000, False), ("cp.lan", 50001, False)),
        ("10.0.0.9", 50000, True),
    ]


def test_a_script_that_makes_new_secrets_is_named_and_stops_the_step(cluster: Cluster) -> None:
    (cluster.root / "join.sh").write_text(
        "#!/bin/sh\ntalosctl gen config harbour \\\n  https://10.0.0.5:6443\n"
        "talosctl apply-config --insecure -n $1 -f worker.yaml\n"
    )
    ran = cluster.run("apply", "--address", "10.0.0.9")
    assert ran.code == 1 and not cluster.calls
    assert "join.sh:2 makes new secrets" in join_of(ran)
    (cluster.root / "join.sh").write_text(
        "#!/bin/sh\ntalosctl gen config harbour \\\n  https://10.0.0.5:6443 \\\n"
        "  --with-secrets secrets.yaml\n"
    )
    assert "failed" not in join_of(cluster.run("apply", "--address", "10.0.0.9"))


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("talosctl gen config c https://x:6443\n", [1]),
        ("talosctl -n 1.2.3.4 gen config $NAME $URL --output-dir x\n", [1]),
        ('run(["talosctl", "gen", "config", "c", url])', [1]),
        ("```sh\ntalosctl gen config <cluster-name> <endpoint>\n```", [2]),
        ("talosctl gen config --output d c https://x\n", [1]),
        ("talosctl gen config --with-secrets s.yaml c https://x\n", []),
        ("talosctl gen config c https://x \\\r\n --with-secrets s.yaml\r\n", []),
        ("talosctl gen config c https://x\ntalosctl apply-config …\ntalosctl -n a bootstrap\n", []),
        ("talosctl gen config c u\ntalosctl bootstrap\n# 2\ntalosctl gen config c u\n", [4]),
        ("# talosctl gen config c https://x makes new secrets\n", []),
        ("Never use `talosctl gen config`: it makes new secrets.\n", []),
        ("talosctl gen secrets\n", []),
    ],
)
def test_calls_that_make_new_secrets_are_found(text: str, lines: list[int]) -> None:
    assert fresh_lines(text) == lines
