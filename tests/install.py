"""A small repository with debt, and its migration, for the tests of what gets installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.repo import Ran, fleetmod, make, tree

CALL = """import { execSync } from "node:child_process";
export async function go() {
  execSync("launchctl kickstart -k system/com.acme.api");
}
"""
HOME = 'export const home = process.env.HOME ?? "/Users/alice";\n'
TOML = """version = 1
[workspace]
gate = ["."]
[home]
users = ["alice"]
[runtime]
scope = "@acme"
"""
PM, ID = "@acme/process-manager", "@acme/node-identity"


def repo(tmp_path: Path, files: dict[str, str]) -> Path:
    return make(tmp_path / "r", {"fleetmod.toml": TOML, **files})


def migrated(root: Path, code: int = 0) -> Ran:
    """After the migration, whose second run must not change a byte."""
    ran = fleetmod(root, "migrate")
    assert ran.code == code, ran.out + ran.err
    before = tree(root)
    assert fleetmod(root, "migrate", "--allow-dirty").code == code
    assert tree(root) == before
    return ran


def dependencies(root: Path, folder: str = "") -> Any:
    return json.loads((root / folder / "package.json").read_text()).get("dependencies")
