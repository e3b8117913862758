"""Joining a Talos cluster; `talosctl` and `kubectl` are stand-ins that tell their calls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from fleetmod.fleet.bootstrap.fresh import fresh_lines
from tests.fleet.bootstrap import TOML, bootstrap, job, repository, tool
from tests.repo import Ran

TALOS = TOML + '[cluster]\nplatform = "talos"\napi = "10.0.0.5:6443"\n'
SECRET = "planted-c2VjcmV0"
# Says everything that it reads, as talosctl does with a configuration that does not parse.
TALOSCTL = """
echo "$@" >> {log}
cat {secrets} >&2; cat {secrets}
while [ $# -gt 0 ]; do [ "$1" = --output ] && cat {secrets} > "$2"; shift; done
exit $(cat {code})
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
            **tool(folder / "bin", "kubectl", f"grep -q apply-config {self.log} && echo node/x"),
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
        return self.with_options(action, *given, *args)

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
    patch = json.dumps({"machine": {"nodeLabels": {"fleetmod/node-id": "koala"}}})
    made = (
        f"gen config harbour https://10.0.0.5:6443 --with-secrets {cluster.secrets} --output-types "
        f"worker --force --config-patch-worker {patch} --output {machine}"
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
    assert bootstrap(
        cluster.root, "plan", cluster.home, cluster.env, "--secrets", str(cluster.secrets)
    ).code == 2  # fmt: skip


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
