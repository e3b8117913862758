"""The identity step: who and where the node is, for every service and program of the user."""

from __future__ import annotations

import os
import plistlib
import re
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.files import ours
from fleetmod.fleet.bootstrap.model import Ask, Check, Fact, Node, Run, Step, Write
from fleetmod.workspace.schema import Config

MARK = "# Written by `fleetmod bootstrap`; a change here is lost."
_WHY = (
    "Services and the node-identity package read the node's name and places from the environment; "
    "without them they fall back to the first machine's."
)


def variables(node: Node, config: Config) -> dict[str, str]:
    """The variables under the names that the configuration gives; the vault only where known."""
    found = {
        config.identity.node_env: node.name,
        "HOME": str(node.home),
        config.identity.root_env: str(node.root),
        config.identity.vault_env: node.vault,
    }
    return {name: value for name, value in found.items() if value}


def env_file(values: dict[str, str]) -> str:
    """The text of a file for environment.d(5), which a shell reads alike.

    Raises FleetmodError for `$`, which environment.d always expands, and for a line break.
    """
    lines = [MARK]
    for name, value in values.items():
        if "$" in value or not value.isprintable():
            raise FleetmodError(
                f"{name} cannot stand in an environment file: it holds `$` or a control character",
                todo="Choose another path",
            )
        quoted = re.sub(r'(["\\`])', r"\\\1", value)
        lines.append(f'{name}="{quoted}"')
    return "\n".join(lines) + "\n"


def identity_step(node: Node, config: Config) -> Step:
    """An env file for the user manager of systemd, or a launch agent that sets the variables."""
    values = variables(node, config)
    name = config.runtime.scope.removeprefix("@")
    if node.platform == "darwin":
        return _launchd(node, values, f"{config.process.label_prefix or f'{name}.'}environment")
    file = node.config / "environment.d" / f"50-{name}.conf"
    lines = "".join(
        rf"(?=[\s\S]*^{re.escape(key)}=(?:{re.escape(value)}|\$'.*')$)"
        for key, value in values.items()
    )
    return Step(
        "identity",
        f"tell every service of the user that this is {node.name}",
        f"{_WHY} A shell takes them with: set -a; . {file}; set +a",
        needs=(ours(file, MARK),),
        acts=(Write(file, env_file(values)),),
        settle=("systemctl", "--user", "daemon-reload"),
        settled=Ask(
            "the user manager knows the variables",
            (("systemctl", "--user", "show-environment"),),
            rf"(?m)\A{lines}",
            "Log in to a session with systemd (`systemctl --user status` must answer)",
        ),
        checks=_folders(node),
    )


def _launchd(node: Node, values: dict[str, str], label: str) -> Step:
    """launchd has no file of variables: an agent sets them at login (launchctl(1), setenv)."""
    script = "".join(f'launchctl setenv {key} "${key}"\n' for key in values if key != "HOME")
    agent = node.home / "Library/LaunchAgents" / f"{label}.plist"
    job = {
        "Label": label,
        "ProgramArguments": ["/bin/sh", "-c", script],
        "EnvironmentVariables": {k: v for k, v in values.items() if k != "HOME"},
        "RunAtLoad": True,
    }
    asks = tuple(
        Ask(
            f"launchd knows {key}",
            (("launchctl", "getenv", key),),
            rf"\A{re.escape(value)}\n?\Z",
            f"Run: launchctl kickstart -k gui/$(id -u)/{label}",
        )
        for key, value in values.items()
        if key != "HOME"
    )
    return Step(
        "identity",
        f"tell every service of the user that this is {node.name}",
        _WHY,
        needs=(ours(agent, label),),
        acts=(Write(agent, plistlib.dumps(job).decode()), load_agent(label, str(agent))),
        checks=(*asks, *_folders(node)),
    )


def load_agent(label: str, agent: str) -> Run:
    """Load a launch agent into the session of whoever runs this (launchctl(1), bootstrap)."""
    domain = f"gui/{os.getuid()}"
    loaded = Ask(f"{label} is loaded", (("launchctl", "print", f"{domain}/{label}"),))
    return Run(
        ("launchctl", "bootstrap", domain, agent),
        ("launchctl", "bootout", f"{domain}/{label}"),
        loaded,
    )


def _folders(node: Node) -> tuple[Check, ...]:
    found: list[Check] = [Fact(f"the checkout is at {node.root}", node.root.is_dir())]
    if node.vault:
        found.append(
            Fact(
                f"the vault is at {node.vault}",
                Path(node.vault).is_dir(),
                "Bring it there, or name its place with --vault",
            )
        )
    return tuple(found)
