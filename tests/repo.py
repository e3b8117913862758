"""A copy of a fixture monorepo under git, and the command line run on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"
AUTHOR = ("-c", "user.name=t", "-c", "user.email=t@example.com")


@dataclass(frozen=True)
class Ran:
    """What a command answered: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def git(root: Path, *args: str, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", *AUTHOR, *args],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
    )
    return done.stdout


def commit(root: Path, message: str = "x") -> None:
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)


def make(root: Path, files: dict[str, str | bytes]) -> Path:
    """A git repository with these files."""
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    git(root, "init", "-q")
    commit(root)
    return root


def copy(fixture: str, root: Path) -> Path:
    """A fixture monorepo as a fresh git repository."""
    shutil.copytree(FIXTURES / fixture, root)
    git(root, "init", "-q")
    commit(root)
    return root


def fleetmod(
    root: Path, *args: str, env: Mapping[str, str] | None = None, answers: str | None = None
) -> Ran:
    """`fleetmod -C ROOT ARGS`, in a process of its own; it reads `answers`."""
    env = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **(env or {})}
    done = subprocess.run(
        [sys.executable, "-m", "fleetmod", "-C", str(root), *args],
        capture_output=True,
        text=True,
        env=env,
        input=answers,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def tree(root: Path) -> dict[str, bytes]:
    """Every file below `root` except git's own."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] != ".git"
    }
