"""The data of the node-identity package: variables to ask, and the old values as last resort."""

from __future__ import annotations

import json

from fleetmod.workspace.config import Config


def identity_json(config: Config) -> str:
    """The package's identity.json for a repository."""
    return json.dumps(_identity(config), indent=2) + "\n"


def _identity(config: Config) -> dict[str, dict[str, str]]:
    home = _home(config)

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


def _home(config: Config) -> str:
    """The old home: the one that holds the root or the vault, else the first user's."""
    home = config.home
    homes = [f"{parent}/{user}" for parent in ("/Users", "/home") for user in home.users]
    for path in (home.root, home.vault):
        if found := next((each for each in homes if path.startswith(f"{each}/")), ""):
            return found
    parent = "/home" if home.fixture.startswith("/home/") else "/Users"
    return f"{parent}/{home.users[0]}" if home.users else ""
