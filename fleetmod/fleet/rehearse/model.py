"""What a rehearsal is asked for and what it saw, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MANAGER, WORKLOAD, INSTALL = "the user manager", "the workload", "the installation"
STEPS = ("start", "restart", "probe", "events", "stop")  # of the workload, as drive.mjs tells them


@dataclass(frozen=True)
class Node:
    """A node to be rehearsed. `home` and `checkout` are as the node sees them, `stage` is the
    folder on this machine that holds its files."""

    name: str
    user: str
    uid: int
    home: Path
    checkout: Path
    stage: Path

    def outside(self, path: Path) -> Path:
        """Where a path below the node's home is on this machine."""
        return self.stage / "home" / path.relative_to(self.home.parent)


@dataclass(frozen=True, order=True)
class Touch:
    """Something of the old machine that a process reached for.

    `kind` says what it is ("the old home", "a tool of macOS"), `what` is the path or the tool,
    `how` the call and its outcome ("openat: ENOENT"), `process` the command line that did it.
    """

    kind: str
    what: str
    how: str
    process: str


@dataclass(frozen=True)
class Run:
    """One command on a node; `name` is that of its log and traces. `code` is None for what runs
    until the node ends."""

    name: str
    what: str
    code: int | None
    output: str
    touches: tuple[Touch, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.code and not self.touches


@dataclass(frozen=True)
class Outcome:
    """What became of a node: its runs, the steps that its workload did, the nodes whose probe
    events it saw, what was wrong besides, and the migrated files that its commands ran."""

    node: Node
    runs: tuple[Run, ...]
    steps: tuple[str, ...]
    seen: tuple[str, ...]
    problems: tuple[str, ...] = ()
    ran: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.problems and all(run.passed for run in self.runs)


@dataclass(frozen=True)
class Rehearsal:
    """The outcomes of all nodes; `unproven` says what nothing was seen of, `migrated` are the
    files whose code uses the ports."""

    outcomes: tuple[Outcome, ...]
    unproven: tuple[str, ...] = ()
    migrated: tuple[str, ...] = ()

    @property
    def ran(self) -> tuple[str, ...]:
        """The migrated files that some node's commands ran."""
        seen = {path for outcome in self.outcomes for path in outcome.ran}
        return tuple(path for path in self.migrated if path in seen)

    @property
    def passed(self) -> bool:
        return all(outcome.passed for outcome in self.outcomes)
