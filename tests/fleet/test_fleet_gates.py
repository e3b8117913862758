"""The gates 3 and 4, from nothing to passed, and what makes them fail again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fleetmod.fleet.blocks import block_of
from fleetmod.fleet.manifests.read import documents
from fleetmod.fleet.review import review_of
from tests.fleet.bootstrap import tool
from tests.fleet.harbor import CONFIG, harbor
from tests.repo import Ran, fleetmod

SPECS = ["k8s/redis-ha-values.yaml", "k8s/typesense-ha-values.yaml"]
NETWORK = [
    *(f"cluster-specs/{name}.yaml" for name in ("network-policies", "cilium-policies")),
    *("cluster-specs/cilium-load-balancer.yaml", "k8s/cilium-values.yaml"),
    *("k8s/cilium-migration-values.yaml", "k8s/flannel-to-cilium-runbook.md"),
]


def gate(root: Path, phases: str = "3,4") -> dict[str, Any]:
    ran = fleetmod(root, "gate", "--phase", phases, "--format", "json")
    assert ran.code in (0, 1, 3), ran.err
    return {found["phase"]: found for found in json.loads(ran.out)["phases"]}


def told(found: dict[str, Any]) -> str:
    return "\n".join(f"{p['path']}:{p['line']} {p['text']}" for p in found["grep"])


# What the charts make of the specs, so far as the specs speak of it.
HELM = """cat > /dev/null
ports() { echo "---"; echo "{kind: Service, metadata: {name: $1}, spec: {ports: [$2]}}"; }
case "$3" in
  */redis-ha) ports "$2" "{port: 6380}, {port: 26379}" ;;
  */typesense)
    ports "$2-headless-svc" "{port: 8108}, {port: 8107}"
    echo "---"; echo "kind: Pod"
    echo "spec: {containers: [{envFrom: [{secretRef: {name: $2-env}}]}]}" ;;
  *) echo "{}" ;;
esac"""


@pytest.fixture(autouse=True)
def helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", tool(tmp_path / "bin", "helm", HELM)["PATH"])


def charted(root: Path) -> None:
    """Charts that know every key of the specs, named in the configuration."""
    for name, files in (
        ("redis-ha", SPECS[:1]),
        ("typesense", SPECS[1:]),
        ("cilium", [path for path in NETWORK if path.endswith("values.yaml")]),
    ):
        folder = root / "charts" / name
        folder.mkdir(parents=True)
        (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n")
        keys = {key for file in files for key in documents(file, (root / file).read_text())[0].data}
        known = sorted(keys | {"exporter"})
        (folder / "values.yaml").write_text("".join(f"{key}: 1\n" for key in known))
    replace(root / "fleetmod.toml", "[cluster]", '[cluster]\ncharts = "charts"')


def passing(folder: Path) -> Path:
    root = harbor(folder)
    for command in ("specs", "network"):
        assert fleetmod(root, command).code == 0
    assert fleetmod(root, "review", *SPECS, *NETWORK, "--by", "Ada Example").code == 0
    charted(root)
    return root


def replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_from_missing_to_unreviewed_to_passed(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    found = gate(root)
    assert {p: f["verdict"] for p, f in found.items()} == {"3": "failed", "4": "failed"}
    for path in SPECS:
        assert f"{path}:0 is missing" in told(found["3"])
    assert fleetmod(root, "specs").code == fleetmod(root, "network").code == 0
    found = gate(root)
    assert {f["verdict"] for f in found.values()} == {"failed"}
    assert all("not reviewed" in p["text"] for f in found.values() for p in f["grep"])
    assert len(found["3"]["grep"]) == len(SPECS) and len(found["4"]["grep"]) == len(NETWORK)
    assert fleetmod(root, "review", *SPECS, *NETWORK, "--by", "Ada Example").code == 0
    found = gate(root)  # no chart to check values against
    assert {p: f["verdict"] for p, f in found.items()} == {"3": "unproven", "4": "unproven"}
    charted(root)
    found = gate(root)
    assert {p: f["verdict"] for p, f in found.items()} == {"3": "passed", "4": "passed"}


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    before = {path: (root / path).read_bytes() for path in [*SPECS, *NETWORK]}
    for command in ("specs", "network"):
        assert "created" not in fleetmod(root, command).out
    assert {path: (root / path).read_bytes() for path in before} == before


@pytest.mark.parametrize(
    ("file", "old", "new", "phases"),
    [
        ("queue.yaml", "port: 6380", "port: 6390", {"3", "4"}),
        ("queue.yaml", "512mb", "1gb", {"3"}),
        ("queue.yaml", "7.4.1", "7.4.2", {"3"}),
        ("search.yaml", "storage: 8Gi", "storage: 9Gi", {"3"}),
        ("api.yaml", "containerPort: 8080", "containerPort: 8081", {"4"}),
        ("postgres.yaml", "nodePort: 31432", "nodePort: 3432", {"4"}),
    ],
)
def test_a_change_of_the_manifests_fails_the_gates(
    tmp_path: Path, file: str, old: str, new: str, phases: set[str]
) -> None:
    root = passing(tmp_path / "r")
    replace(root / "k8s" / file, old, new)
    assert {p for p, found in gate(root).items() if found["verdict"] == "failed"} == phases


def test_code_that_moves_by_a_line_fails_nothing_and_a_new_address_does(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    file = root / "packages/harbor-worker/src/index.ts"
    file.write_text(f"// a line more\n{file.read_text()}")
    assert gate(root, "4")["4"]["verdict"] == "passed"
    file.write_text(f'{file.read_text()}fetch("http://search:8108/debug");\n')
    found = gate(root, "4")["4"]
    assert "harbor/harbor-worker to harbor/search, port 8108/TCP, is used" in told(found)


def test_a_rule_taken_away_or_added_by_hand_is_caught(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    file = root / "cluster-specs/network-policies.yaml"
    text = file.read_text()
    file.write_text(text.replace("port: 6379", "port: 6378"))
    assert "harbor/harbor-api to harbor/queue, port 6379/TCP, is used and not" in told(
        gate(root, "4")["4"]
    )
    more = (
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        "metadata: {name: more, namespace: harbor}\nspec:\n"
        "  podSelector: {matchLabels: {app.kubernetes.io/name: queue}}\n"
        "  ingress: [{from: [{namespaceSelector: {}}]}]\n"
    )
    file.write_text(text + more)
    said = told(gate(root, "4")["4"])
    assert "harbor-jobs/cleanup" not in said  # its own egress holds it back
    assert "kube-system/any other pod to harbor/queue" in said
    assert "was changed after Ada Example reviewed it" in said


def test_what_people_add_outside_of_the_block_stays(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    file = root / "k8s/redis-ha-values.yaml"
    file.write_text(f"{file.read_text()}\nexporter:\n  enabled: true  # ours\n")
    replace(root / "k8s/queue.yaml", "512mb", "1gb")
    assert fleetmod(root, "specs").code == 0
    text = file.read_text()
    assert text.endswith("\nexporter:\n  enabled: true  # ours\n") and '"1gb"' in text
    review = review_of(text)
    assert review is not None and review.who == "Ada Example" and not review.valid
    assert fleetmod(root, "review", SPECS[0], "--by", "Bo Example").code == 0
    assert file.read_text().count("reviewed by") == 1
    assert gate(root, "3")["3"]["verdict"] == "passed"


def test_a_key_that_stands_twice_is_no_valid_file(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    file = root / SPECS[0]
    file.write_text(f"{file.read_text()}auth: true\n")
    assert "the key `auth` stands twice" in told(gate(root, "3")["3"])


def test_a_file_of_somebodys_own_is_not_overwritten(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r")
    own = root / SPECS[0]
    own.write_text("replicas: 1\n")
    ran = fleetmod(root, "specs")
    assert ran.code == 2 and "did not write it" in ran.err
    assert own.read_text() == "replicas: 1\n" and not (root / SPECS[1]).exists()


def test_a_service_that_the_chart_does_not_make_fails(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    replace(tmp_path / "bin/helm", "$2-headless-svc", "$2-svc")
    assert "Service search-ha-headless-svc, port 8108, is not what" in told(gate(root, "3")["3"])


def test_damaged_marks_are_named(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    replace(root / SPECS[0], "# <<< fleetmod", "")
    ran = fleetmod(root, "specs")
    assert ran.code == 2 and "marks of the generated block are damaged" in ran.err
    assert "damaged" in told(gate(root, "3")["3"])


def test_dry_run_shows_the_diff_and_writes_nothing(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    replace(root / "k8s/queue.yaml", "512mb", "1gb")
    before = (root / SPECS[0]).read_bytes()
    ran = fleetmod(root, "specs", "--dry-run")
    assert '+    maxmemory: "1gb"' in ran.out and (root / SPECS[0]).read_bytes() == before


def test_settings_under_which_the_two_networks_clash_fail(tmp_path: Path) -> None:
    config = CONFIG.replace('lb_range = "192.168.7.240/28"', 'cilium_cidr = "10.244.0.0/17"')
    root = harbor(tmp_path / "r", config)
    assert fleetmod(root, "network").code == 0
    said = told(gate(root, "4")["4"])
    assert "cluster.pod_cidr and cluster.cilium_cidr overlap" in said
    assert "cluster.lb_range is empty, and harbor-api needs an address" in said


def test_a_policy_lies_where_the_manifests_deployment_does_not_take_it(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    assert sorted(path.name for path in (root / "k8s").glob("*-policies.yaml")) == []
    moved = root / "k8s/network-policies.yaml"
    moved.write_text((root / "cluster-specs/network-policies.yaml").read_text())
    assert "would be deployed from there; move it to cluster-specs/" in told(gate(root, "4")["4"])
    moved.unlink()
    replace(root / "fleetmod.toml", "[cluster]", '[cluster]\nspecs = "k8s/specs"')
    ran = fleetmod(root, "network")
    assert ran.code == 2 and "is in a folder of manifests, which is deployed" in ran.err


def test_source_translation_opens_published_ports_and_fails_the_gate(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    replace(root / "k8s/cilium-values.yaml", "mode: dsr", "mode: snat")
    said = told(gate(root, "4")["4"])
    assert "the internet, by another node's published port to harbor/postgres" in said


@pytest.mark.parametrize("who", ["", "two\nlines", "<!-- x"])
def test_a_reviewer_is_one_line(tmp_path: Path, who: str) -> None:
    root = passing(tmp_path / "r")
    before = (root / SPECS[0]).read_bytes()
    ran: Ran = fleetmod(root, "review", SPECS[0], "--by", who)
    assert ran.code == 2 and (root / SPECS[0]).read_bytes() == before


def test_only_generated_files_are_reviewed(tmp_path: Path) -> None:
    ran = fleetmod(harbor(tmp_path / "r"), "review", "k8s/api.yaml", "--by", "Ada")
    assert ran.code == 2 and "is no generated file" in ran.err


def test_a_manifest_that_cannot_be_read_proves_nothing(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    (root / "k8s/broken.yaml").write_text("kind: [\n")
    found = gate(root, "3")["3"]
    assert found["verdict"] == "unproven" and "k8s/broken.yaml:2" in found["unproven"][0]


def test_code_that_does_not_parse_and_may_hold_an_address_proves_nothing(tmp_path: Path) -> None:
    root = passing(tmp_path / "r")
    (root / "packages/ctl/src/odd.ts").write_text('const = { u: "http://search:8108" ;;\n')
    found = gate(root, "4")["4"]
    assert found["verdict"] == "unproven"
    assert fleetmod(root, "network").code == 3
    assert "packages/ctl/src/odd.ts:1: does not parse" in found["unproven"][0]


def test_a_repository_without_manifests_is_told_so(tmp_path: Path) -> None:
    root = harbor(tmp_path / "r", CONFIG.replace('["k8s"]', '["deploy"]'))
    for command in ("specs", "network"):
        ran = fleetmod(root, command)
        assert ran.code == 2 and "no Kubernetes manifest in deploy" in ran.err


@pytest.mark.parametrize("module", ["yaml", "kubernetes_validate"])
def test_without_the_extra_the_commands_say_what_to_install(tmp_path: Path, module: str) -> None:
    root = passing(tmp_path / "r")
    code = f"import sys; sys.modules[{module!r}] = None; from fleetmod.cli import main; main()"
    arguments = ["-C", str(root), "gate", "--phase", "4"]
    ran = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True)
    assert ran.returncode == 2 and "fleetmod[fleet]" in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_the_block_is_found_between_other_text() -> None:
    text = "a: 1\n# >>> fleetmod: x\nb: 2\n# <<< fleetmod\nc: 3\n"
    found = block_of("a.yaml", text)
    assert found is not None and text[slice(*found)] == "# >>> fleetmod: x\nb: 2\n# <<< fleetmod"
