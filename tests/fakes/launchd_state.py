"""What the fake launchd holds, in a JSON file that a test may write and read.

Keys, all optional:
  services         target -> job, as `Job` has it
  overrides        "system" or a uid -> label -> whether `disable` was the last word
  faults           [{verb, code, stderr?, times?, hang?}]: the next `times` calls of `verb` (one by
                   default) answer that and do nothing; `hang` never answers
  teardown         {polls, code?, bootstrap?}: a removed job is still found by so many calls;
                   `bootout` answers `code` (36), `bootstrap` meanwhile answers `bootstrap` (5)
  leaving          target -> calls that will still find it
  absent_domains   domains that nobody is logged in to
  old_words        `print-disabled` says true and false, as it once did
  session          the domain of the subcommands that name none; by default gui/UID
  next_pid         the pid of the next process
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class Job:
    """A loaded job and its process; `status` is how the last one ended, as wait(2) gives it."""

    def __init__(
        self,
        label: str,
        path: str,
        program: str,
        arguments: list[str],
        working_directory: str | None,
        keep_alive: bool,
        pid: int | None = None,
        runs: int = 0,
        exited: bool = False,
        status: int = 0,
        exit_timeout: int = 5,
    ) -> None:
        self.label = label
        self.path = path
        self.program = program
        self.arguments = arguments
        self.working_directory = working_directory
        self.keep_alive = keep_alive
        self.pid = pid
        self.runs = runs
        self.exited = exited
        self.status = status
        self.exit_timeout = exit_timeout


class State:
    def __init__(self, raw: dict[str, Any]) -> None:
        jobs: dict[str, dict[str, Any]] = raw.get("services", {})
        self.services = {target: Job(**facts) for target, facts in jobs.items()}
        self.overrides: dict[str, dict[str, bool]] = raw.get("overrides", {})
        self.faults: list[dict[str, Any]] = raw.get("faults", [])
        self.teardown: dict[str, int] = raw.get("teardown", {})
        self.leaving: dict[str, int] = raw.get("leaving", {})
        self.absent_domains: list[str] = raw.get("absent_domains", [])
        self.old_words: bool = raw.get("old_words", False)
        self.session: str = raw.get("session", f"gui/{os.getuid()}")
        self.next_pid: int = raw.get("next_pid", 501)

    def fault(self, verb: str) -> dict[str, Any] | None:
        """The scripted answer to this call, used up by it."""
        for fault in self.faults:
            if fault["verb"] == verb and fault.setdefault("times", 1) > 0:
                fault["times"] -= 1
                return fault
        return None

    def find(self, target: str) -> Job | None:
        """The loaded job, or one that is still being removed; each look brings that nearer."""
        job = self.services.get(target)
        if job is not None and target in self.leaving:
            self.leaving[target] -= 1
            if self.leaving[target] < 0:
                self.forget(target)
                return None
        return job

    def forget(self, target: str) -> None:
        self.services.pop(target, None)
        self.leaving.pop(target, None)

    def spawn(self, job: Job) -> None:
        job.pid = self.next_pid
        self.next_pid += 1
        job.runs += 1

    def end(self, job: Job, status: int) -> None:
        """Its process ends; KeepAlive starts the next (launchd.plist(5), KeepAlive)."""
        job.pid, job.exited, job.status = None, True, status
        if job.keep_alive:
            self.spawn(job)

    def overrides_of(self, domain: str) -> dict[str, bool]:
        """A user's domains share one table, /var/db/com.apple.xpc.launchd/disabled.UID.plist."""
        return self.overrides.setdefault(domain.rpartition("/")[2], {})

    def is_disabled(self, domain: str, label: str) -> bool:
        return self.overrides_of(domain).get(label, False)


@contextmanager
def locked(path: Path) -> Iterator[State]:
    """The state, written back at the end; concurrent calls wait for one another."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = State(json.loads(path.read_text()) if path.exists() else {})
        yield state
        path.write_text(json.dumps(vars(state), indent=1, default=vars))
