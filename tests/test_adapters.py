"""A repository that has a boundary of its own keeps its adapters, and the gate knows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.flow.adapters import BEHIND, by_shape
from fleetmod.flow.bound import COLIMA
from fleetmod.workspace.graph import read_graph
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


DRIVER = """import { execFileSync } from "node:child_process";
import type { VmDriver } from "./types";
const run = (...args: string[]) => execFileSync("limactl", args, { encoding: "utf8" });
export class LimaDriver implements VmDriver {
  start(name: string) {
    run("start", name);
  }
}
"""
DOCKER = """import type { VmDriver } from "./types";
export const docker: VmDriver = { start(name) {} };
"""
SATISFIES = DOCKER.replace(": VmDriver = ", " = ").replace("};", "} satisfies VmDriver;")
REMOTE = "export class Remote implements VmDriver {\n  start() {}\n}\n"
OBJECT = DRIVER.replace("class LimaDriver implements VmDriver {", "const lima: VmDriver = {")


@pytest.mark.parametrize(
    ("driver", "other", "found"),
    [
        (DRIVER, DOCKER, True),
        (DRIVER, SATISFIES, True),
        (DRIVER.replace("limactl", "colima"), REMOTE, True),
        (OBJECT, DOCKER, True),
        # nobody else implements it, or what runs the tool is there for others as well
        (DRIVER, DOCKER.replace("VmDriver", "Driver"), False),
        (DRIVER, DOCKER + 'export const tool = "limactl";\n', False),
        (DRIVER.replace("const run", "export const run"), DOCKER, False),
        (DRIVER.replace(" implements VmDriver", ""), DOCKER, False),
        (DRIVER + 'export const stop = () => execFileSync("limactl", ["stop"]);\n', DOCKER, False),
    ],
)  # fmt: skip
def test_a_driver_beside_another_of_its_interface(
    tmp_path: Path, driver: str, other: str, found: bool
) -> None:
    texts = {"src/vm/machine.ts": driver, "src/vm/other.ts": other}
    shaped = by_shape(tmp_path, texts, lambda: read_graph(tmp_path, texts), {"c": COLIMA})
    assert shaped["c"] == ({"src/vm/machine.ts": BEHIND} if found else {})
