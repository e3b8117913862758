"""A repository that has a boundary of its own keeps its adapters, and the gate knows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.workspace.infer_adapters import best_adapters
from tests.repo import commit, fleetmod, make, tree

MANIFESTS: dict[str, str | bytes] = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/app/package.json": '{\n  "name": "@acme/app"\n}\n',
}
CALL = """import { execSync } from "node:child_process";
export async function restart() {
  execSync("launchctl kickstart -k system/com.acme.api");
}
"""


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["src/service/launchd.ts", "src/service/systemd.ts", "src/service/launchd.test.ts"],
         ("src/service/launchd.test.ts", "src/service/launchd.ts")),
        (["src/launchd/plist.ts", "src/launchd/run.ts", "src/systemd/run.ts"], ("src/launchd",)),
        (["src/launchd.ts", "src/linux.md"], ()),
        (["src/launchd.ts", "lib/systemd.ts"], ()),
        (["src/launchd.ts", "src/systemd.ts", "tests/lib-launchd.test.ts"],
         ("src/launchd.ts", "tests/lib-launchd.test.ts")),
        (["src/launchd.ts", "src/systemd.ts", "src/doctor.launchctl-env.test.ts"],
         ("src/launchd.ts",)),
        (["src/service/launchd.ts", "tests/launchd.test.ts", "tests/windows.test.ts"], ()),
        (["src/darwin.ts", "src/linux.ts", "src/win32.ts"], ("src/darwin.ts",)),
        (["src/service-mac.ts", "src/service-linux.ts"], ("src/service-mac.ts",)),
        (["src/machine.ts", "src/linux.ts"], ()),
        (["src/macos/run.ts", "src/windows/run.ts"], ("src/macos",)),
    ],
)  # fmt: skip
def test_what_is_an_adapter(paths: list[str], found: tuple[str, ...]) -> None:
    assert best_adapters(paths, paths).globs == found


def test_a_module_for_macos_that_does_not_name_the_tool() -> None:
    paths = ["src/fonts/darwin.ts", "src/fonts/linux.ts"]
    assert best_adapters(paths, ["src/other.ts"]).globs == ()


def test_an_adapter_is_told_and_left(tmp_path: Path) -> None:
    folder = "packages/app/src/service"
    files = {f"{folder}/launchd.ts": CALL, f"{folder}/systemd.ts": "export {};\n"}
    root = make(tmp_path / "r", {**MANIFESTS, **files})
    assert fleetmod(root, "init").code == 0
    assert f'adapters = ["{folder}/launchd.ts"]' in (root / "fleetmod.toml").read_text()
    commit(root)
    before = tree(root)
    ran = fleetmod(root, "audit")
    assert ran.code == 0 and "no debt: the repository's own adapter" in ran.out
    assert fleetmod(root, "migrate").code == 0
    assert tree(root) == before
    assert fleetmod(root, "gate", "--phase", "1a").code == 0
    (root / "packages/app/src/a.ts").write_text(CALL)
    assert fleetmod(root, "gate", "--phase", "1a").code == 1
