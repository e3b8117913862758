"""Runs a repository's own type check and tests before and after its migration, and compares."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fleetmod.apply import write
from fleetmod.errors import CLEAN, DEBT, UNPROVEN
from fleetmod.model import Plan
from fleetmod.project import Project
from fleetmod.testfiles import is_test
from fleetmod.verify.commands import Command, find_commands
from fleetmod.verify.outcome import Outcome, Regression, Renames, read_outcome, regressions
from fleetmod.verify.scratch import has_dependencies, link_packages, scratch_copy

Say = Callable[[str], None]
_NOT_RUN = (126, 127)  # POSIX sh: found and not executable, not found


@dataclass(frozen=True)
class Comparison:
    """One command before and after. `flaky` are tests that failed once and passed once."""

    command: Command
    before: Outcome
    after: Outcome
    worse: tuple[Regression, ...]
    flaky: tuple[str, ...]

    @property
    def ran(self) -> bool:
        return self.before.code not in _NOT_RUN


@dataclass(frozen=True)
class Verdict:
    """All comparisons; `unproven` says why nothing, or not enough, could be compared."""

    comparisons: tuple[Comparison, ...]
    unproven: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        if any(c.worse for c in self.comparisons):
            return DEBT
        return UNPROVEN if self.unproven else CLEAN


def verify(
    project: Project,
    plan: Plan,
    typecheck: str | None = None,
    test: str | None = None,
    seconds: int = 900,
    say: Say = lambda _: None,
) -> Verdict:
    """Compare a scratch copy of the repository with the same copy migrated by `plan`.

    The repository itself is not touched. `seconds` bounds each run of each command.
    """
    commands = find_commands(project.root, typecheck, test)
    unproven = [
        f"no {kind} command found; give one with --{kind}"
        for kind, given in (("typecheck", typecheck), ("test", test))
        if given is None and kind not in {c.kind for c in commands}
    ]
    if not has_dependencies(project.root):
        unproven.append("the dependencies are not installed; run the package manager's install")
    with (
        tempfile.TemporaryDirectory(prefix="fleetmod-verify-") as parent,
        scratch_copy(project.root, Path(parent)) as copy,
    ):
        befores = []
        for command in commands:
            say(f"before: {command.line} ({command.why})")
            befores.append(_run(command, copy, seconds))
        write(copy, plan.changes)
        ports = {name: project.port_folder(port) for port, name in project.packages.items()}
        link_packages(copy, ports)
        renames = _renames(project.root, plan)
        comparisons = []
        for command, before in zip(commands, befores, strict=True):
            say(f"after: {command.line}")
            comparisons.append(_compare(command, before, copy, seconds, renames, say))
    unproven += [
        f"`{c.command.line}` could not be run: {c.before.tail.splitlines()[-1:] or ['no output']}"
        for c in comparisons
        if not c.ran
    ]
    return Verdict(tuple(comparisons), tuple(unproven))


def _renames(root: Path, plan: Plan) -> Renames:
    """What the plan writes in tests for what, longest first: a title is a test's name."""
    out = set()
    for change in plan.changes:
        if change.sha256 and is_test(change.path):
            data = (root / change.path).read_bytes()
            out |= {(data[e.start : e.end].decode(), e.text) for e in change.edits}
    return sorted((pair for pair in out if all(pair)), key=lambda pair: -len(pair[0]))


def _compare(
    command: Command, before: Outcome, copy: Path, seconds: int, renames: Renames, say: Say
) -> Comparison:
    after = _run(command, copy, seconds)
    worse = regressions(before, after, renames)
    flaky: set[str] = set()
    if any(r.kind == "failing test" for r in worse):
        say("again, to tell flaky tests: " + command.line)
        second = _run(command, copy, seconds)
        flaky = {r.what for r in worse if r.what in second.passed}
        worse = tuple(r for r in worse if r.what not in flaky)
    return Comparison(command, before, after, worse, tuple(sorted(flaky)))


def _run(command: Command, folder: Path, seconds: int) -> Outcome:
    """Run in a session of its own, so that a time-out ends everything it started."""
    env = {**os.environ, "CI": "1", "NO_COLOR": "1", "FORCE_COLOR": "0", "TURBO_FORCE": "1"}
    process = subprocess.Popen(
        ["sh", "-c", command.line],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=seconds)
        code = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        output += f"\nnot finished after {seconds} s".encode()
        code = 124
    return read_outcome(code, output.decode("utf-8", "replace"), str(folder))
