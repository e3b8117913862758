"""A git repository's past: its commits, their files, and the files' contents; nothing is checked
out."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fleetmod.errors import FleetmodError
from fleetmod.workspace.disk import readable_name
from fleetmod.workspace.git import clean_environment, command, run_git

_REGULAR = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Commit:
    """`date` is the committer's, as ISO 8601 with its offset."""

    sha: str
    date: str
    subject: str


def commits(root: Path, since: str = "") -> list[Commit]:
    """The first-parent history of the checked-out commit, oldest first.

    `since` is a date as `git log --since` takes it. Raises FleetmodError where there is no history.
    """
    options = ["log", "-z", "--first-parent", "--format=%H%x09%cI%x09%s"]
    listed = run_git(root, [*options, f"--since={since}"] if since else options)
    if listed is None:
        raise FleetmodError(
            "has no git history to look at", where=str(root), todo="Run it in a git repository"
        )
    found = (readable_name(line).split("\t", 2) for line in reversed(listed))
    return [Commit(sha, date, subject) for sha, date, subject in found]


def files(root: Path, commit: str) -> dict[str, str]:
    """The blob of each regular file of a commit below `root`, by its path relative to `root`."""
    # without --full-tree, git lists what is below the current folder, relative to it
    listed = run_git(root, ["ls-tree", "-rz", commit])
    if listed is None:
        raise FleetmodError(
            f"git cannot list the files of {commit[:12]}",
            where=str(root),
            todo="In a shallow clone, fetch the history first (fetch-depth: 0)",
        )
    found = {}
    for line in listed:
        about, path = line.split("\t", 1)
        mode, _, blob = about.split(" ")
        if mode in _REGULAR:
            found[path] = blob
    return found


class Blobs:
    """Contents by blob, from one `git cat-file --batch`."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin and process.stdout
        self._to, self._from = process.stdin, process.stdout

    def read(self, blob: str) -> bytes | None:
        """A blob's content; None when a partial or shallow clone lacks it."""
        self._to.write(f"{blob}\n".encode())
        self._to.flush()
        answer = self._from.readline().split()
        if len(answer) != 3:  # "<blob> missing"
            return None
        content = self._from.read(int(answer[2]))
        self._from.read(1)
        return content


@contextmanager
def blobs(root: Path) -> Iterator[Blobs]:
    """The reader of a repository's blobs; its process ends with the block."""
    with subprocess.Popen(
        command(["cat-file", "--batch"]),
        cwd=root,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield Blobs(process)
        finally:
            if process.stdin:
                process.stdin.close()


def spread(found: Sequence[Commit], most: int) -> list[Commit]:
    """At most `most` of some commits, evenly apart, the first and the last among them."""
    if len(found) <= most:
        return list(found)
    if most == 1:
        return [found[-1]]
    last = len(found) - 1
    return [found[round(step * last / (most - 1))] for step in range(most)]
