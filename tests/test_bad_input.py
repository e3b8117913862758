"""Files that nobody should have: each gives a clear answer, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo import Ran, commit, fleetmod, make, tree

CALL = """import { execSync } from "node:child_process";
export async function go() {
  execSync("launchctl kickstart -k system/com.acme.api");
}
"""
MANIFESTS: dict[str, str | bytes] = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/app/package.json": '{\n  "name": "@acme/app"\n}\n',
}
ODD = "packages/app/src/odd.ts"


def repository(tmp_path: Path, odd: str | bytes) -> Path:
    return make(tmp_path / "r", {**MANIFESTS, "packages/app/src/a.ts": CALL, ODD: odd})


def migrated(root: Path) -> Ran:
    """Migrate: the odd file stays to the byte, and the other one is done."""
    before = tree(root)[ODD]
    ran = fleetmod(root, "migrate")
    after = tree(root)
    assert after[ODD] == before
    assert b"processManager.restart" in after["packages/app/src/a.ts"]
    return ran


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        # Latin-1
        (
            b'// caf\xe9\nexecSync("launchctl list");\n',
            "1-3 is no UTF-8 text; save it as UTF-8, and it holds a trigger",
        ),
        # too deep for anybody
        (
            'execSync("launchctl list"' + ' + " x"' * 3000 + ");\n",
            "1-2 nests deeper than 400 levels",
        ),
    ],
)
def test_what_cannot_be_analysed_is_unproven(tmp_path: Path, odd: str | bytes, why: str) -> None:
    root = repository(tmp_path, odd)
    assert fleetmod(root, "audit").code == 1  # the other file's debt
    ran = migrated(root)
    assert ran.code == 3
    assert f"unproven: {ODD}:{why}" in ran.out
    commit(root)
    assert fleetmod(root, "audit").code == 3
    assert fleetmod(root, "gate", "--phase", "1a").code == 3


def test_a_binary_file_is_no_source(tmp_path: Path) -> None:
    root = repository(tmp_path, b"\0\1\2 launchctl \0")
    ran = migrated(root)
    # grep finds the word in it all the same, so the gate does not pass, and it is debt
    assert ran.code == 1, ran.out
    assert "a binary file holds `launchctl`" in ran.out
    assert fleetmod(root, "gate", "--phase", "1a").code == 1


def test_deep_nesting_is_no_obstacle(tmp_path: Path) -> None:
    odd = "export const x = " + "[" * 3000 + "1" + "]" * 3000 + "; // TODO\n"
    assert migrated(repository(tmp_path, odd)).code == 0


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize("text", ["export {};\n", 'export const root = "/Users/sam/x";\n'])
def test_a_file_that_cannot_be_read_is_unproven(tmp_path: Path, text: str, tracked: bool) -> None:
    toml = 'version = 1\n[workspace]\ngate = ["packages"]\n'
    files = {"package.json": '{"name": "acme"}', "packages/a.ts": "export {};\n"}
    root = make(tmp_path, {**files, "fleetmod.toml": toml})
    hidden = root / "scripts" / "hidden.ts"
    hidden.parent.mkdir()
    hidden.write_text(text)
    if tracked:
        commit(root)
    hidden.chmod(0)
    # root reads everything, unless it is made to ask as others are
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] * (os.geteuid() == 0)
    command = [*bound, sys.executable, "-m", "fleetmod", "-C", str(root), "audit"]
    done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["unreadable"] == [
        {"path": "scripts/hidden.ts", "reason": "Permission denied"}
    ]


def test_links_are_never_followed(tmp_path: Path) -> None:
    root = repository(tmp_path, "export {};\n")
    source = root / "packages/app/src"
    (source / "broken.ts").symlink_to("nowhere.ts")
    (source / "loop.ts").symlink_to("loop.ts")
    (source / "around").symlink_to("..")
    outside = tmp_path / "outside.ts"
    outside.write_text(CALL)
    (source / "outside.ts").symlink_to(outside)
    commit(root)
    assert migrated(root).code == 0
    assert outside.read_text() == CALL


def test_a_file_that_goes_between_plan_and_apply(tmp_path: Path) -> None:
    root = repository(tmp_path, "export {};\n")
    plan = tmp_path / "plan.json"
    assert fleetmod(root, "migrate", "--plan", str(plan)).code == 0
    (root / "packages/app/src/a.ts").unlink()
    before = tree(root)
    ran = fleetmod(root, "migrate", "--apply", str(plan), "--allow-dirty")
    assert ran.code == 2
    assert "packages/app/src/a.ts: changed since the plan was made" in ran.err
    assert tree(root) == before


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "x"}', '{"format": "fleetmod-plan"}'])
def test_a_plan_that_is_none(tmp_path: Path, text: str) -> None:
    root = repository(tmp_path, "export {};\n")
    plan = tmp_path / "plan.json"
    plan.write_text(text)
    ran = fleetmod(root, "migrate", "--apply", str(plan))
    assert ran.code == 2 and "is no plan that this fleetmod can read" in ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize("form", ["text", "json"])
def test_output_that_cannot_be_written_is_one_line(tmp_path: Path, form: str) -> None:
    root = make(tmp_path / "repo", {"package.json": "{}", "a.ts": "export {};\n"})
    command = [sys.executable, "-m", "fleetmod", "-C", str(root), "audit", "--format", form]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 3
    assert done.stderr.startswith("fleetmod: ")
    assert done.stderr.count("\n") == 1


def test_a_folder_of_a_configured_repository(tmp_path: Path) -> None:
    """It stands for all of the repository, unless it has a configuration of its own."""
    root = make(tmp_path / "r", {**MANIFESTS, "fleetmod.toml": "version = 1\n", ODD: CALL})
    for folder in (root / "packages", root / "packages/app"):
        assert fleetmod(folder, "audit").out == fleetmod(root, "audit").out
    (root / "packages/app/fleetmod.toml").write_text("version = 1\n")
    assert fleetmod(root / "packages/app", "audit").code == 1


def test_a_folder_that_is_no_repository(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text('export const at = "/Users/sam/x";\n')
    ran = fleetmod(tmp_path, "audit")
    assert (ran.code, ran.out) == (2, "")
    assert "is no repository: it has no package.json" in ran.err and "-C" in ran.err
    (tmp_path / "package.json").write_text("{}")
    assert fleetmod(tmp_path, "audit").code == 1
