"""Commits changes on a branch of their own; the work tree and the index stay as they are."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.workspace.git import clean_environment, command

_NEW_FILE = b"100644"


def commit_branch(
    root: Path,
    branch: str,
    changed: Mapping[str, tuple[bytes | None, bytes]],
    message: str,
    parent: str = "HEAD",
) -> str:
    """Make a branch on top of a commit, in which files have another content; gives its commit.

    `changed` gives for a path below `root` what is on the disk, as the parent has it (None for a
    new file), and what the commit has. Nothing of the repository's configuration runs: no hook, no
    filter, no signing. Raises FleetmodError where the branch exists, where git stores a file in
    another form than the disk has it, and where git refuses.
    """
    if _git(root, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", fails=True):
        todo = f"Delete it with `git branch -D {branch}`, or merge it first"
        raise FleetmodError("is a branch already", where=branch, todo=todo)
    prefix = _git(root, "rev-parse", "--show-prefix").rstrip(b"\n")
    held = _held(root, parent)
    with tempfile.TemporaryDirectory() as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        _git(root, "read-tree", parent, env=env)
        entries = []
        for path, (before, after) in sorted(changed.items()):
            name = prefix + os.fsencode(path)
            mode, blob = held.get(os.fsencode(path), (_NEW_FILE, b""))
            if before is not None and blob != _blob(before, len(blob)):
                todo = "Commit on this checkout with `fleetmod migrate --path` instead"
                what = "git stores it in another form than the disk has it"
                raise FleetmodError(what, where=path, todo=todo)
            made = _git(root, "hash-object", "-w", "--no-filters", "--stdin", given=after).strip()
            entries.append(mode + b" " + made + b"\t" + name + b"\0")
        top = Path(os.fsdecode(_git(root, "rev-parse", "--show-toplevel").rstrip(b"\n")))
        _git(top, "update-index", "-z", "--index-info", given=b"".join(entries), env=env)
        tree = _git(root, "write-tree", env=env).strip().decode()
    below = _git(root, "rev-parse", parent).strip().decode()
    made = _git(root, "commit-tree", tree, "-p", below, given=message.encode()).strip()
    _git(root, "update-ref", f"refs/heads/{branch}", made.decode(), "0" * len(made))
    return made.decode()


def _held(root: Path, commit: str) -> dict[bytes, tuple[bytes, bytes]]:
    """The mode and the blob of each file of a commit, by its path below `root`."""
    out = {}
    for entry in _git(root, "ls-tree", "-rz", commit).split(b"\0"):
        if entry:
            about, _, path = entry.partition(b"\t")
            mode, _, blob = about.split(b" ")
            out[path] = (mode, blob)
    return out


def _blob(data: bytes, length: int) -> bytes:
    """The name that git gives a content, in its old or in its new format (gitformat-loose(5))."""
    name = hashlib.sha1 if length == 40 else hashlib.sha256
    return name(b"blob %d\0" % len(data) + data).hexdigest().encode()


def _git(
    root: Path,
    *args: str,
    given: bytes = b"",
    env: Mapping[str, str] | None = None,
    fails: bool = False,
) -> bytes:
    """What git answers; b"" where it may fail and does. Raises FleetmodError for a failure."""
    words: Sequence[str | bytes] = command(args)
    try:
        done = subprocess.run(
            words,
            cwd=root,
            input=given,
            capture_output=True,
            env={**clean_environment(), **(env or {})},
        )
    except OSError as error:
        raise FleetmodError(f"git cannot be started: {error.strerror}") from error
    if done.returncode and not fails:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        what = f"`git {args[0]}` failed: {said[-1] if said else 'it does not say why'}"
        raise FleetmodError(what, where=str(root))
    return b"" if done.returncode else done.stdout
