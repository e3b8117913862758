"""Phase 1c: what the audit counts, what the gate wants, and what init proposes for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleetmod.model import REFUSE, REWRITE
from tests.infer import make as infer
from tests.infer import manifest
from tests.repo import commit, fleetmod, make, tree
from tests.scan import look

MANIFESTS: dict[str, str | bytes] = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/app/package.json": '{\n  "name": "@acme/app"\n}\n',
}
CONFIG = """version = 1
[workspace]
gate = ["packages"]
[container]
vm_addresses = ["192.168.64.2"]
adapters = ["packages/app/src/machine.ts"]
[runtime]
scope = "@acme"
"""
CALL = """import { execSync } from "node:child_process";
export async function ensure() {
  execSync("colima status || colima start");
}
"""
ADDRESS = 'export const VM_IP = "192.168.64.2";\n'
SOURCE = "packages/app/src/a.ts"


def repository(folder: Path, *texts: str, config: str = CONFIG) -> Path:
    files = {f"packages/app/src/{'abc'[i]}.ts": text for i, text in enumerate(texts)}
    return make(folder / "r", {**MANIFESTS, "fleetmod.toml": config, **files})


def verdict(root: Path) -> dict[str, Any]:
    ran = fleetmod(root, "gate", "--phase", "1c", "--format", "json")
    (found,) = json.loads(ran.out)["phases"]
    assert ran.code == {"passed": 0, "failed": 1, "unproven": 3}[found["verdict"]]
    result: dict[str, Any] = found
    return result


def rows(root: Path) -> dict[str, int]:
    document = json.loads(fleetmod(root, "audit", "--format", "json").out)
    assert document["unexplained"] == []
    return {row["needle"]: row["lines"] for row in document["text"] if row["family"] == "container"}


def test_a_repository_without_containers_passes(tmp_path: Path) -> None:
    root = repository(tmp_path, "export const a = 1;\n")
    assert verdict(root)["verdict"] == "passed"
    assert rows(root) == {}


def test_a_migration_installs_the_port_and_passes(tmp_path: Path) -> None:
    root = repository(tmp_path, CALL)
    assert rows(root) == {"colima": 1}
    assert verdict(root)["verdict"] == "failed"
    assert fleetmod(root, "migrate").code == 0
    assert "await containerRuntime.start();" in (root / SOURCE).read_text()
    assert (root / "packages/container-runtime/src/index.ts").is_file()
    assert "@acme/container-runtime" in (root / "packages/app/package.json").read_text()
    assert verdict(root)["verdict"] == "passed"
    commit(root)
    before = tree(root)
    assert fleetmod(root, "migrate").code == 0
    assert tree(root) == before


def test_an_address_is_debt_where_it_is_configured(tmp_path: Path) -> None:
    other = ADDRESS.replace("64.2", "64.20")
    root = repository(tmp_path, ADDRESS, other)
    assert rows(root) == {"192.168.64.2": 1}
    found = verdict(root)
    assert [line["path"] for line in found["grep"]] == [SOURCE]
    assert [finding["rule"] for finding in found["findings"]] == ["container-address"]
    unconfigured = CONFIG.replace('["192.168.64.2"]', "[]")
    (root / "fleetmod.toml").write_text(unconfigured)
    assert verdict(root)["verdict"] == "passed"


def test_grep_and_syntax_tree_count_the_same_lines(tmp_path: Path) -> None:
    text = (
        "// run `colima start` first; the machine is 192.168.64.2\n"
        'export const colima = ["colima", "docker"];\n'
        "export const log = (x: string) => `colima status unhealthy: ${x}`;\n"
        'export const hint = "Colima is down: colima start";\n'
    )
    root = repository(tmp_path, text)
    found = verdict(root)
    assert [line["line"] for line in found["grep"]] == [4]
    assert [finding["line"] for finding in found["findings"]] == [4]


def test_a_repository_s_own_adapter_is_left(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "packages/app/src").mkdir(parents=True)
    (root / "packages/app/src/machine.ts").write_text(CALL)
    commit(root)
    before = tree(root)
    assert fleetmod(root, "migrate").code == 0
    assert tree(root) == before
    assert verdict(root)["verdict"] == "passed"


def test_the_default_gate_does_not_ask_for_it(tmp_path: Path) -> None:
    root = repository(tmp_path, ADDRESS)
    assert fleetmod(root, "gate").code == 0


@pytest.mark.parametrize("address", ["192.168.64", "10.0.0.2", "192.168.64.256", "192.168.64.2:80"])
def test_an_address_that_is_none_is_named(address: str, tmp_path: Path) -> None:
    root = repository(tmp_path, config=CONFIG.replace("192.168.64.2", address))
    ran = fleetmod(root, "audit")
    assert ran.code == 2
    assert "fleetmod.toml:5" in ran.err and "an address like '192.168.64.2'" in ran.err


def test_addresses_are_proposed_where_the_code_calls_them_the_machine_s(tmp_path: Path) -> None:
    code = (
        'export const DEFAULT_COLIMA_VM_IP = "192.168.64.2";\n'
        'const vmHost = "192.168.105.4", gateway = "192.168.64.1"; // colima\n'
        'const help = "an appliance VM IP such as 192.168.7.2";\n'
        'const nas = "192.168.1.163";\nconst net = "192.168.64.0/24"; // lima\n'
    )
    test = 'const vmIp = "192.168.64.9";\n'
    files = {"package.json": manifest("acme"), "src/a.ts": code, "src/a.test.ts": test}
    config, why = infer(tmp_path, files)
    assert config.container.vm_addresses == ("192.168.64.2", "192.168.105.4")
    assert why["container.vm_addresses"] == "called the machine's in src/a.ts:1"


def test_a_runner_of_another_file_is_seen_however_it_gets_the_command() -> None:
    code = """import { run } from "./run.ts";
export async function prepare(name: string, args: string[]): Promise<void> {
  await run("brew services start colima");
  await run("brew", ["services", "start", "colima"]);
  await run("limactl", ["copy", "a", `${name}:b`]);
  await run("limactl", args);
  await run("brew", ["install", "colima"]);
}
"""
    found = look(code).findings
    assert {f.line for f in found if f.action == REFUSE} == {3, 4, 5, 6}


def test_a_path_of_colimas_below_a_home_stays_debt_when_the_home_moves() -> None:
    result = look('export const socket = "/Users/alice/.colima/docker.sock";\n')
    assert {f.rule: f.action for f in result.findings} == {
        "home-path": REWRITE,
        "container-path": REFUSE,
    }
