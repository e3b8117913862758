"""The hooks, run by the real pre-commit on a real git repository."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo import AUTHOR, Ran, commit, git, make

TOP = Path(__file__).parent.parent
SHIPPED = ("fleetmod", "rules", "fixtures", "pyproject.toml", "README.md", ".pre-commit-hooks.yaml")
HEAD = 'import { execFileSync } from "node:child_process";\n'
STOP = 'export async function stop() {\n  execFileSync("launchctl", ["stop", "com.acme.a"]);\n}\n'
CLEAN = "export const one = 1;\n"
FILE = "packages/app/src/a.ts"


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This checkout as a git repository, as pre-commit clones it."""
    root = tmp_path_factory.mktemp("hooks")
    ignore = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in SHIPPED:
        if (TOP / name).is_dir():
            shutil.copytree(TOP / name, root / name, ignore=ignore)
        else:
            shutil.copy(TOP / name, root / name)
    git(root, "init", "-q")
    commit(root)
    return root


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return {**env, "PRE_COMMIT_HOME": str(tmp_path_factory.mktemp("pre-commit"))}


def run(root: Path, env: dict[str, str], *command: str) -> Ran:
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True)
    return Ran(done.returncode, done.stdout, done.stderr)


def try_commit(root: Path, env: dict[str, str], *args: str) -> Ran:
    return run(root, env, "git", *AUTHOR, "commit", "-m", "x", *args)


@pytest.fixture
def root(tmp_path: Path, hooks: Path, environment: dict[str, str]) -> Path:
    """A repository with one recorded finding, whose hooks are installed."""
    config = (
        f"repos:\n- repo: {hooks}\n  rev: {git(hooks, 'rev-parse', 'HEAD').strip()}\n"
        "  hooks:\n  - id: fleetmod-check\n  - id: fleetmod-gate\n"
    )
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r"}\n',
            "fleetmod.toml": 'version = 1\n[workspace]\nexclude = ["**/legacy/**"]\n',
            "packages/app/package.json": '{"name": "app"}\n',
            FILE: HEAD + STOP,
            ".pre-commit-config.yaml": config,
        },
    )
    assert subprocess.run([sys.executable, "-m", "fleetmod", "baseline"], cwd=root).returncode == 0
    commit(root)
    types = ("--hook-type", "pre-commit", "--hook-type", "pre-push")
    installed = run(root, environment, sys.executable, "-m", "pre_commit", "install", *types)
    assert installed.code == 0, installed.err
    return root


def test_commits_and_pushes(root: Path, environment: dict[str, str], tmp_path: Path) -> None:
    (root / "packages/app/src/b.ts").write_text(CLEAN)
    git(root, "add", "-A")
    clean = try_commit(root, environment)
    assert clean.code == 0, clean.out + clean.err

    added = STOP.replace("stop()", "again()")
    (root / FILE).write_text(HEAD + STOP + added)
    git(root, "add", "-A")
    blocked = try_commit(root, environment)
    assert blocked.code == 1
    assert f"{FILE}:6:3: launchctl-call: stop com.acme.a" in blocked.out + blocked.err

    # what is staged counts: the mend waits in the working tree
    (root / FILE).write_text(HEAD + STOP)
    partial = try_commit(root, environment)
    assert partial.code == 1, partial.out + partial.err
    assert (root / FILE).read_text() == HEAD + STOP

    git(root, "mv", FILE, "packages/app/src/renamed.ts")
    (root / "tools/legacy").mkdir(parents=True)
    (root / "tools/legacy/x.ts").write_text(HEAD + STOP)
    git(root, "add", "-A")
    mended = try_commit(root, environment)
    assert mended.code == 0, mended.out + mended.err

    git(tmp_path, "init", "-q", "--bare", "there")
    git(root, "remote", "add", "origin", str(tmp_path / "there"))
    refused = run(root, environment, "git", "push", "origin", "HEAD:refs/heads/main")
    assert refused.code == 1 and "launchctl" in refused.out + refused.err
    git(root, "rm", "-qr", "packages/app/src/renamed.ts", "tools/legacy")
    assert try_commit(root, environment).code == 0
    pushed = run(root, environment, "git", "push", "origin", "HEAD:refs/heads/main")
    assert pushed.code == 0, pushed.out + pushed.err
