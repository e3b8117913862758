"""Gate 5 on a cluster: the real kubectl, against an API of our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fleet.kube import Cluster, node, served
from tests.repo import Ran, fleetmod, make

TOML = 'version = 1\n[identity]\nnode_env = "ACME_NODE"\n'
GATE = ("gate", "--phase", "5", "--context", "acme")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "acme", {"fleetmod.toml": TOML, "packages/a/a.ts": "export {};\n"})


def ask(root: Path, cluster: Cluster, *args: str) -> Ran:
    with served(cluster, root.parent) as env:
        return fleetmod(root, *GATE, *args, env=env)


def test_every_node_runs_a_workload_that_tells_its_name_and_goes_again(root: Path) -> None:
    cluster = Cluster(node("koala"), node("wombat", ("dedicated", "NoSchedule")))
    done = ask(root, cluster)
    assert "koala: ran the workload; it is koala, Linux" in done.out
    assert "wombat: ran the workload; it is wombat, Linux" in done.out
    assert "failed:" not in done.out
    assert len(cluster.created) == 2 and not cluster.pods
    # a pod of busybox proves nothing of the repository
    assert done.code == 3 and "unproven: nothing was rehearsed here" in done.out


def test_one_node_can_be_asked_for(root: Path) -> None:
    cluster = Cluster(node("koala"), node("wombat"))
    done = ask(root, cluster, "--node", "wombat")
    assert "wombat: ran the workload" in done.out and len(cluster.created) == 1
    unknown = ask(root, cluster, "--node", "emu")
    assert unknown.code == 2 and "no node emu. It has: koala, wombat" in unknown.err


def test_a_workload_that_calls_itself_another_node_fails(root: Path) -> None:
    cluster = Cluster(node("koala"), node("wombat"))
    cluster.lies = "sams-mac"
    done = ask(root, cluster)
    assert (
        done.code == 1 and "failed: wombat: the workload says that it runs on sams-mac" in done.out
    )
    assert not cluster.pods


def test_another_architecture_than_the_nodes_fails(root: Path) -> None:
    done = ask(root, Cluster(node("koala"), node("pi", arch="riscv64")))
    assert done.code == 1 and "and the node is riscv64" in done.out


@pytest.mark.parametrize(
    ("wombat", "image", "why"),
    [
        (node("wombat", ready=False), "busybox:stable", "the node is not ready"),
        # Kubernetes' own taint of a node that is cordoned
        (
            node("wombat", ("node.kubernetes.io/unschedulable", "NoSchedule")),
            "busybox:stable",
            "Unschedulable: 0/2 nodes are available",
        ),
        (node("wombat"), "ghcr.io/acme/none:1", "ErrImagePull: not found"),
    ],
)
def test_a_node_that_runs_nothing_fails_with_the_reason(
    root: Path, wombat: dict[str, object], image: str, why: str
) -> None:
    (root / "fleetmod.toml").write_text(f'{TOML}[rehearse]\nimage = "{image}"\n')
    cluster = Cluster(node("koala"), wombat)
    done = ask(root, cluster, "--node", "wombat", "--timeout", "1")
    assert done.code == 1 and why in done.out
    assert not cluster.pods


def test_a_cluster_of_one_node_has_no_second(root: Path) -> None:
    done = ask(root, Cluster(node("koala")))
    assert done.code == 3 and "unproven: the cluster has no second node" in done.out


def test_a_context_that_is_not_there_is_told(root: Path) -> None:
    with served(Cluster(), root.parent) as env:
        done = fleetmod(root, *GATE[:-1], "other", env=env)
    assert done.code == 3 and "other" in done.err


def test_a_context_is_of_phase_5(root: Path) -> None:
    assert fleetmod(root, "gate", "--phase", "1a", "--context", "acme").code == 2
    assert fleetmod(root, "gate", "--phase", "5", "--node", "koala").code == 2
