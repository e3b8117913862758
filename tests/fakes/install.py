"""Puts the fake launchctl on PATH."""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parent / "launchctl"


@dataclass(frozen=True)
class FakeLaunchctl:
    """A `launchctl` in a folder of its own: put `env` over the environment to meet it on PATH."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}",
            "FAKE_LAUNCHCTL_STATE": str(self.folder / "state.json"),
            "FAKE_LAUNCHCTL_LOG": str(self.folder / "log.jsonl"),
        }

    @property
    def state(self) -> dict[str, Any]:
        """What launchd holds; empty before the first call."""
        path = self.folder / "state.json"
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def script(self, **changes: Any) -> None:
        """Lay keys over the state: `faults`, `teardown`, … (launchd_state.py tells them)."""
        (self.folder / "state.json").write_text(json.dumps({**self.state, **changes}))

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of every invocation so far."""
        path = self.folder / "log.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def fake_launchctl(folder: Path) -> FakeLaunchctl:
    """Write the wrapper into `folder`: it names this interpreter, for tests may change PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    wrapper = folder / "launchctl"
    command = shlex.join([sys.executable, "-S", "-E", str(SCRIPT)])
    wrapper.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    wrapper.chmod(0o755)
    return FakeLaunchctl(folder)
