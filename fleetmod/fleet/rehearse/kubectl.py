"""Questions to a cluster through kubectl, whose configuration and credentials are the user's."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from fleetmod.errors import UNPROVEN, FleetmodError

_SECONDS = 60


class KubectlError(FleetmodError):
    """The API server, or kubectl, said no; `what` is its first line."""


@dataclass(frozen=True)
class Kubectl:
    """kubectl on one context of the user's kubeconfig."""

    context: str

    def get(self, *what: str) -> dict[str, Any]:
        """The object or list that `kubectl get` finds; raises KubectlError."""
        found: dict[str, Any] = json.loads(self.run("get", *what, "-o", "json"))
        return found

    def create(self, document: dict[str, Any]) -> None:
        """Create an object, which the server validates; raises KubectlError."""
        self.run("create", "--validate=false", "-f", "-", given=json.dumps(document))

    def run(self, *words: str, given: str = "") -> str:
        """What a command prints; raises KubectlError where it fails or is missing."""
        bound = f"--request-timeout={_SECONDS}s"
        try:
            done = subprocess.run(
                ["kubectl", f"--context={self.context}", bound, *words],
                input=given,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=2 * _SECONDS,
            )
        except FileNotFoundError:
            raise FleetmodError(
                "kubectl is not on PATH", todo="Install it, or leave out --context"
            ) from None
        except subprocess.TimeoutExpired:
            raise KubectlError(
                f"kubectl {words[0]} did not end within {2 * _SECONDS} s", exit_code=UNPROVEN
            ) from None
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if line.strip()]
            said = lines[-1] if lines else f"it ended with {done.returncode}"
            raise KubectlError(f"kubectl {words[0]}: {said}", exit_code=UNPROVEN)
        return done.stdout
