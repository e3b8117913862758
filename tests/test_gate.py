"""What the gates look at, and when a verdict proves something."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.repo import commit, copy, fleetmod, make

CALL = """import { execSync } from "node:child_process";
export async function go() {
  execSync("launchctl kickstart -k system/com.acme.api");
}
"""
REFUSED = CALL.replace("launchctl kickstart -k system/com.acme.api", "launchctl $1")
CLEAN = "export const a = 1;\n"
SINGLE = {"package.json": '{\n  "name": "acme"\n}\n'}


def config(gate: str = '["src"]', home: str = "") -> str:
    return f'version = 1\n[workspace]\ngate = {gate}\n[home]\n{home}\n[runtime]\nscope = "@acme"\n'


def verdict(root: Path, phase: str) -> dict[str, Any]:
    ran = fleetmod(root, "gate", "--phase", phase, "--format", "json")
    (found,) = json.loads(ran.out)["phases"]
    assert ran.code == {"passed": 0, "failed": 1, "unproven": 3}[found["verdict"]]
    result: dict[str, Any] = found
    return result


def test_a_single_package_is_gated_where_its_code_is(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**SINGLE, "src/a.ts": CALL, "src/b.ts": REFUSED})
    assert fleetmod(root, "init").code == 0
    assert 'gate = ["src"]' in (root / "fleetmod.toml").read_text()
    commit(root)
    assert fleetmod(root, "migrate").code == 1
    assert (root / "packages/process-manager/package.json").is_file()
    found = verdict(root, "1a")
    assert found["verdict"] == "failed"
    assert {line["path"] for line in found["grep"]} == {"src/b.ts"}


def test_the_syntax_tree_counts_outside_of_the_folders(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(), "src/a.ts": CLEAN, "tools/b.ts": REFUSED}
    found = verdict(make(tmp_path / "r", files), "1a")
    assert found["verdict"] == "failed"
    assert found["grep"] == []
    assert [finding["path"] for finding in found["findings"]] == ["tools/b.ts"]


def test_installed_ports_prove_nothing(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config('["packages"]'), "src/a.ts": CALL}
    root = make(tmp_path / "r", files)
    assert fleetmod(root, "migrate").code == 0
    found = verdict(root, "1a")
    assert found["verdict"] == "unproven"
    assert found["unproven"] == [
        "the folder packages of workspace.gate holds no TypeScript but installed ports"
    ]


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("nowhere", "does not exist"),
        ("sr[c]", "does not exist"),
        ("src/*", "does not exist"),
        ("docs", "holds no TypeScript"),
    ],
)
def test_a_folder_that_proves_nothing(tmp_path: Path, gate: str, said: str) -> None:
    files = {**SINGLE, "fleetmod.toml": config(f'["{gate}"]'), "src/a.ts": CLEAN, "docs/x.md": ""}
    found = verdict(make(tmp_path / "r", files), "1a")
    assert found["verdict"] == "unproven"
    assert said in found["unproven"][0]


def test_any_kind_of_typescript_is_code(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(), "src/a.tsx": CLEAN}
    assert verdict(make(tmp_path / "r", files), "1a")["verdict"] == "passed"


def test_homes_without_a_user(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**SINGLE, "fleetmod.toml": config(), "src/a.ts": CLEAN})
    assert verdict(root, "1b")["verdict"] == "passed"
    (root / "src/a.ts").write_text('export const a = "/Users/bob/x";\n')
    found = verdict(root, "1b")
    assert found["verdict"] == "failed"
    assert [finding["rule"] for finding in found["findings"]] == ["home-stranger"]


LINUX = 'export const a = "/home/alice/x";\n'
NAS = 'export const a = "/volume1/home/alice/x";\n'
USER = 'users = ["alice"]'


def rows(root: Path) -> dict[str, int]:
    document = json.loads(fleetmod(root, "audit", "--format", "json").out)
    assert document["unexplained"] == []
    return {row["needle"]: row["lines"] for row in document["text"]}


def test_a_linux_home_is_looked_for(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(home=USER), "src/a.ts": LINUX}
    root = make(tmp_path / "r", files)
    assert rows(root) == {"launchctl": 0, "/Users/alice": 0, "/home/alice": 1, "launchd": 0}
    found = verdict(root, "1b")
    assert found["verdict"] == "failed"
    assert [line["path"] for line in found["grep"]] == ["src/a.ts"]


def test_a_linux_home_has_a_row_only_where_it_matters(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(home=USER), "src/a.ts": NAS}
    root = make(tmp_path / "r", files)
    assert "/home/alice" not in rows(root)
    assert verdict(root, "1b")["verdict"] == "passed"
    (root / "fleetmod.toml").write_text(config(home=f'{USER}\nfixture = "/home/fixture"'))
    assert rows(root)["/home/alice"] == 0


def test_a_checkout_that_stands_in_no_home_is_looked_for_in_the_text(tmp_path: Path) -> None:
    spelled = 'export const at = "/Volumes/Work/acme/data";\n'
    other = 'export const wiki = "/Volumes/Work/acme-wiki" + "/mnt/Volumes/Work/acme";\n'
    home = config(home='users = ["sam"]\nroot = "/Volumes/Work/acme"')
    root = make(tmp_path / "r", {"fleetmod.toml": home, "src/a.ts": spelled, "src/b.ts": other})
    found = verdict(root, "1b")
    assert [line["path"] for line in found["grep"]] == ["src/a.ts"]
    audit = fleetmod(root, "audit")
    assert audit.code == 3 and "src/a.ts:1" in audit.out and "src/b.ts" not in audit.out
    (root / "src/a.ts").write_text(CLEAN)
    assert verdict(root, "1b")["verdict"] == "passed"


def test_all_phases_in_one_table(tmp_path: Path) -> None:
    ran = fleetmod(copy("demo", tmp_path / "demo"), "gate", "--phase", "all")
    rows = [line.split("│")[1].strip() for line in ran.out.splitlines() if line.startswith("│")]
    assert rows == ["1a", "1b", "1c", "2", "3", "4", "5", "host", "portable"]
    assert ran.code == 1
