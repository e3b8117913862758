"""The data of the node-identity package: variables to ask, and the old values as last resort."""

from __future__ import annotations

import json

from fleetmod.workspace.config import Config


def identity_json(config: Config) -> str:
    """The package's identity.json for a repository."""
    return json.dumps(_identity(config), indent=2) + "\n"


# as src/data.ts and what tsc makes of it have them
_NAMES = 'env: { nodeId: "NODE_ID", home: "HOME", root: "REPO_ROOT", vault: "VAULT_PATH" }'
_DEFAULTS = 'defaults: { root: "", vault: "~/Vault" }'
_ROOT = 'rootPackage: ""'


def with_identity(code: str, config: Config, root_package: str = "") -> str:
    """The package's code with a repository's names and defaults, and the name of the package at its
    root, for a bundle that has no identity.json; without the old home, which is data and no code.
    """
    said = _identity(config)
    said["defaults"].pop("home")
    for known, field in ((_NAMES, "env"), (_DEFAULTS, "defaults")):
        values = ", ".join(f"{key}: {json.dumps(value)}" for key, value in said[field].items())
        code = code.replace(known, f"{field}: {{ {values} }}")
    return code.replace(_ROOT, f"rootPackage: {json.dumps(root_package)}")


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
