"""A repository whose clone is to become a node, and tools in front of those of this machine."""

from __future__ import annotations

import os
import plistlib
import shutil
from pathlib import Path

from fleetmod.runtime.identity import identity_json
from fleetmod.workspace.config import parse_config
from tests.node import bin_folder
from tests.repo import FIXTURES, Ran, commit, fleetmod, make, tree

RUNTIME = FIXTURES.parent / "fleetmod/runtime"
TOML = """version = 1
[home]
users = ["alice"]
root = "/Users/alice/Code/acme"
vault = "/Users/alice/Notes"
[identity]
node_env = "ACME_NODE"
root_env = "ACME_ROOT"
vault_env = "ACME_NOTES"
[runtime]
scope = "@acme"
"""
API, TICK, ONCE, OFF = (f"dev.example.{name}" for name in ("api", "tick", "once", "off"))


def job(label: str, *command: str, **keys: object) -> bytes:
    return plistlib.dumps({"Label": label, "ProgramArguments": list(command), **keys})


JOBS: dict[str, str | bytes] = {
    "infra/api.plist": job(
        *(API, "/bin/sleep", "1000"),
        **{"RunAtLoad": True, "KeepAlive": True, "StandardOutPath": "/Users/alice/logs/api.log"},
    ),
    "infra/tick.plist": job(TICK, "/bin/true", StartInterval=3600),
    "infra/once.plist": job(
        ONCE, "/bin/sh", "-c", "printenv ACME_NODE ACME_ROOT > /Users/alice/seen", RunAtLoad=True
    ),
    "infra/off.plist": job(OFF, "/bin/sleep", "1000", RunAtLoad=True, Disabled=True),
}


def repository(root: Path, files: dict[str, str | bytes] | None = None, toml: str = TOML) -> Path:
    """A repository with services and the node-identity package."""
    make(root, {"fleetmod.toml": toml, **JOBS, **(files or {})})
    package = root / "packages/node-identity"
    shutil.copytree(RUNTIME / "node-identity" / "package", package)
    (package / "identity.json").write_text(identity_json(parse_config(toml)))
    manifest = package / "package.json"
    manifest.write_text(manifest.read_text().replace("@fleetmod/", "@acme/"))
    commit(root)
    return root


def tool(folder: Path, name: str, script: str) -> dict[str, str]:
    """A shell script of this name first on PATH, before node; gives the environment."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return {"PATH": os.pathsep.join((str(folder), str(bin_folder()), os.environ["PATH"]))}


def bootstrap(root: Path, action: str, home: Path, env: dict[str, str], *args: str) -> Ran:
    """The command on this clone, with every service started where `args` name none."""
    options = ("--node", "koala", "--home", str(home), "--offline")
    shared = () if "--with" in args else ("--with", "*")
    return fleetmod(root, "bootstrap", action, *options, *shared, *args, env=env)


def home_files(home: Path) -> dict[str, bytes]:
    """What a home holds, without what its services wrote and what the bootstrap remembers."""
    found = tree(home)
    return {
        path: data
        for path, data in found.items()
        if not path.startswith((".local/state/", "logs/")) and path != "seen"
    }
