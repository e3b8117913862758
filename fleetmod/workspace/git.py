"""Runs git for questions that only read, and says None whenever git cannot answer."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

_SECONDS = 60
# a hook's environment points git at the hook's own repository and index
_FOREIGN = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
    "GIT_CEILING_DIRECTORIES",
)


def run_git(
    root: Path, args: Sequence[str | bytes], ok: tuple[int, ...] = (0,)
) -> list[str] | None:
    """The NUL-separated answer of `git <args>` in `root`; paths are literal, not patterns.

    None when git is missing, fails, takes too long, or ends with a code that is not in `ok`.
    """
    try:
        done = subprocess.run(
            ["git", *args],
            cwd=root,
            env=clean_environment(),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    if done.returncode not in ok:
        return None
    return [os.fsdecode(part) for part in done.stdout.split(b"\0") if part]


def clean_environment() -> dict[str, str]:
    """The environment for a git that only reads, and reads the repository of its folder."""
    env = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return env | {"GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}


def head(root: Path) -> tuple[str, bool]:
    """The commit that is checked out, "" where there is none, and whether tracked files differ."""
    commit = run_git(root, ["rev-parse", "HEAD"])
    changed = run_git(root, ["status", "--porcelain", "-z", "--untracked-files=no", "--", "."])
    return (commit[0].strip() if commit else ""), bool(changed)
