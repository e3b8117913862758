"""The installed ports with the real tools that run, compile, test, pack and install code.

Each test takes a copy of one workspace, into which `fleetmod install` has put every port, and has a
tool do what its users have it do; the program says what the ports say. Between the copies it
differs how the ports are found: as links, as a workspace has them, or copied below node_modules.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.node import check
from tests.repo import fleetmod, make

TOML = """version = 1
[home]
users = ["alice"]
root = "/Users/alice/acme"
[runtime]
scope = "@acme"
"""
APPS = {"app": "module", "old": "commonjs"}  # the packages that import the ports, by their type
ENV = {"HOME": "/srv/sam", "NODE_ID": "anvil", "PROCESS_MANAGER": "null"}
_PORTS = {
    "nodeIdentity": "node-identity",
    "processManager": "process-manager",
    "containerRuntime": "container-runtime",
}
FUNCTION = """
export async function said(): Promise<string> {
  const { nodeId, homeDir, repoRoot } = nodeIdentity;
  const services = await processManager.list("");
  return JSON.stringify([nodeId, homeDir, repoRoot, services, typeof containerRuntime.vmIp]);
}
"""
IMPORTS = "".join(f'import {{ {name} }} from "@acme/{port}";\n' for name, port in _PORTS.items())
PRINTS = "void said().then((text) => console.log(text));\n"
MODULE = IMPORTS + FUNCTION  # TypeScript that any tool takes
_JAVASCRIPT = FUNCTION.replace(": Promise<string>", "")
ESM = IMPORTS + _JAVASCRIPT + PRINTS
COMMONJS = (
    "".join(f'const {{ {name} }} = require("@acme/{port}");\n' for name, port in _PORTS.items())
    + _JAVASCRIPT.replace("export ", "")
    + PRINTS
)


def says(root: Path | str, *command: str | Path, cwd: Path, env: Mapping[str, str] = ENV) -> None:
    """Run a program that prints what the ports say, with the repository's root as `root`."""
    expected = ["anvil", "/srv/sam", str(root), [], "function"]
    assert json.loads(check(*command, cwd=cwd, env=env)) == expected


def workspace(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """A workspace with every port, and a package of each type that imports them."""
    given = {
        "fleetmod.toml": TOML,
        ".gitignore": "node_modules\n",
        "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}',
        "packages/app/src/main.ts": MODULE + PRINTS,
        **(files or {}),
    }
    for name, kind in APPS.items():
        manifest = {"name": f"@acme/{name}", "version": "1.0.0", "private": True, "type": kind}
        given[f"packages/{name}/package.json"] = json.dumps(manifest)
    make(root, given)
    packages = [flag for name in APPS for flag in ("--package", f"packages/{name}")]
    ran = fleetmod(root, "install", *packages)
    assert ran.code == 0, ran.out + ran.err
    return root


def find_ports(root: Path, how: str, app: str = "") -> Path:
    """Have the ports be found below a package's node_modules, "linked" or "copied"; gives that
    package's folder, by default the root."""
    place = root / "packages" / app if app else root
    scope = place / "node_modules" / "@acme"
    scope.mkdir(parents=True)
    for port in _PORTS.values():
        if how == "linked":
            (scope / port).symlink_to(root / "packages" / port)
        else:
            shutil.copytree(root / "packages" / port, scope / port)
    return place
