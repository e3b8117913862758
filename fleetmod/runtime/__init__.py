"""Installs the runtime packages that the migrated code imports into the target repository."""

from __future__ import annotations

import json
from pathlib import Path

from fleetmod.model import Edit, FileChange
from fleetmod.project import Project
from fleetmod.workspace.manifest import packages

RULE = "runtime"
_PLACEHOLDER = "@fleetmod/"
_SKIPPED = {"node_modules"}


def install_changes(project: Project, ports: set[str]) -> list[FileChange]:
    """The files to create so that every port in `ports` is a package of the workspace.

    A package of that name that the workspace has already is left as it is.
    """
    present = {info.name for info in packages(project.root, project.config)}
    changes = []
    for port in sorted(ports):
        if project.packages[port] in present:
            continue
        folder = Path(__file__).parent / port
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            relative = path.relative_to(folder)
            if _SKIPPED & set(relative.parts):
                continue
            text = path.read_text(encoding="utf-8")
            target = f"{project.port_folder(port)}/{relative.as_posix()}"
            changes.append(_created(target, _adapted(project, relative.as_posix(), text)))
    return changes


def _created(path: str, text: str) -> FileChange:
    return FileChange(path, "", (Edit(0, 0, text, RULE),))


def _adapted(project: Project, name: str, text: str) -> str:
    """A shipped file as it stands in the target: with its scope and its own defaults."""
    if name == "identity.json":
        return json.dumps(identity(project), indent=2) + "\n"
    return text.replace(_PLACEHOLDER, project.config.runtime.scope + "/")


def identity(project: Project) -> dict[str, dict[str, str]]:
    """The data of node-identity: variables to ask, and the old values as last resort."""
    config = project.config
    home = next((f"/Users/{user}" for user in config.home.users), "")
    for user in config.home.users:
        for prefix in ("/Users/", "/home/"):
            if config.home.root.startswith(f"{prefix}{user}/"):
                home = f"{prefix}{user}"

    def below(path: str) -> str:
        return "~" + path[len(home) :] if home and path.startswith(home + "/") else path

    return {
        "env": {
            "nodeId": config.identity.node_env,
            "home": "HOME",
            "root": config.identity.root_env,
            "vault": config.identity.vault_env,
        },
        "defaults": {
            "home": home,
            "root": below(config.home.root),
            "vault": below(config.home.vault) or "~/Vault",
        },
    }
