"""What the docker config knows of a registry's user: `auths`, `credHelpers`, `credsStore`.

Source: docker/cli, cli/config/configfile, and docker/docker-credential-helpers (a helper is
`docker-credential-NAME get`, asked by the server's name on standard input; it answers as JSON with
`Username` and `Secret`, and the user `<token>` marks an identity token).
"""

from __future__ import annotations

import base64
import binascii
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleetmod.fleet.images.reference import HUB

_HELPER_SECONDS = 20
_HUB_KEY = "https://index.docker.io/v1/"


class NoCredentials(Exception):
    """The config or its helper cannot be read; the message holds no secret."""


@dataclass(frozen=True)
class Credentials:
    """A user with a password, or an identity token; nothing of it is ever printed."""

    user: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


def config_file(environment: Mapping[str, str]) -> Path:
    """The docker config's path: DOCKER_CONFIG, else ~/.docker."""
    folder = environment.get("DOCKER_CONFIG")
    return (Path(folder) if folder else Path.home() / ".docker") / "config.json"


def find_credentials(host: str, environment: Mapping[str, str]) -> Credentials | None:
    """The credentials for a registry's host; None when there are none.

    Raises NoCredentials for a config that is no JSON and for a helper that fails.
    """
    path = config_file(environment)
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise NoCredentials(f"{path} cannot be read as JSON") from error
    if not isinstance(config, dict):
        raise NoCredentials(f"{path} holds no JSON object")
    keys = [_HUB_KEY] if host == HUB else [host, f"https://{host}", f"https://{host}/v1/"]
    helpers = _table(config, "credHelpers")
    helper = next((helpers[key] for key in (host, *keys) if key in helpers), None)
    helper = helper or config.get("credsStore")
    if isinstance(helper, str) and helper and (found := _ask(helper, keys[0], environment)):
        return found
    auths = _table(config, "auths")
    entry = next((auths[key] for key in keys if isinstance(auths.get(key), dict)), None)
    return _from_entry(entry, path) if entry else None


def _table(config: dict[str, Any], key: str) -> dict[str, Any]:
    value = config.get(key)
    return value if isinstance(value, dict) else {}


def _from_entry(entry: dict[str, Any], path: Path) -> Credentials | None:
    if token := entry.get("identitytoken"):
        return Credentials(token=str(token))
    if not (packed := entry.get("auth")):
        user, password = str(entry.get("username", "")), str(entry.get("password", ""))
        return Credentials(user, password) if user else None
    try:
        user, _, password = base64.b64decode(str(packed)).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NoCredentials(f"an `auth` in {path} is not base64") from error
    return Credentials(user, password.rstrip("\0"))


def _ask(helper: str, server: str, environment: Mapping[str, str]) -> Credentials | None:
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"],
            input=server,
            capture_output=True,
            text=True,
            timeout=_HELPER_SECONDS,
            env=dict(environment),
        )
    except FileNotFoundError as error:
        raise NoCredentials(
            f"{program}, which the docker config names, is not installed"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCredentials(f"{program} did not answer") from error
    if done.returncode:
        # its answer for a server that it does not know, on standard output
        if "credentials not found" in done.stdout:
            return None
        raise NoCredentials(f"{program} failed with exit code {done.returncode}")
    try:
        answer = json.loads(done.stdout)
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise NoCredentials(f"{program} did not answer as the protocol says") from error
    return Credentials(token=secret) if user == "<token>" else Credentials(user, secret)
