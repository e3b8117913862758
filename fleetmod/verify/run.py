"""Runs a repository's own type check and tests before and after its migration, and compares."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fleetmod.apply import write
from fleetmod.errors import CLEAN, DEBT, UNPROVEN
from fleetmod.filekinds import is_code
from fleetmod.model import Plan
from fleetmod.project import Project
from fleetmod.snapshots import left_behind
from fleetmod.sources import read_sources
from fleetmod.testfiles import is_test
from fleetmod.verify.commands import (
    TEST,
    TYPECHECK,
    Command,
    find_commands,
    own_compiler,
    own_runner,
    package_manager,
)
from fleetmod.verify.compiler import Compiler
from fleetmod.verify.coverage import (
    Coverage,
    test_files,
    tested_packages,
    typed_files,
)
from fleetmod.verify.outcome import (
    TIMED_OUT,
    Outcome,
    Regression,
    Renames,
    doubt,
    read_outcome,
    regressions,
)
from fleetmod.verify.packages import Package, package_of, read_packages
from fleetmod.verify.preflight import ENVIRONMENT, in_the_way
from fleetmod.verify.scratch import link_packages, scratch_copy
from fleetmod.verify.scripts import calls
from fleetmod.verify.style import Style, Told
from fleetmod.workspace.copy import own_files
from fleetmod.workspace.manifest import member_folders

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """What the caller asks for. `require` is the least coverage in percent; `anyway` runs although
    something is in the way."""

    typecheck: str | None = None
    test: str | None = None
    seconds: int = 900
    require: Mapping[str, float] = field(default_factory=dict)
    anyway: bool = False


@dataclass(frozen=True)
class Comparison:
    """One command before and after. `after` is None where the run before proves nothing; `flaky`
    are tests that failed once and passed once, `unproven` says why this is no proof."""

    command: Command
    before: Outcome
    after: Outcome | None
    worse: tuple[Regression, ...] = ()
    flaky: tuple[str, ...] = ()
    unproven: str = ""


@dataclass(frozen=True)
class Verdict:
    """All comparisons; `unproven` says why nothing, or not enough, could be compared."""

    comparisons: tuple[Comparison, ...] = ()
    unproven: tuple[str, ...] = ()
    coverage: Coverage | None = None
    style: tuple[Told, ...] = ()
    left: tuple[str, ...] = ()  # expectations that the migration leaves behind
    told: tuple[str, ...] = ()  # under what the commands ran all the same

    @property
    def exit_code(self) -> int:
        if any(c.worse for c in self.comparisons):
            return DEBT
        return UNPROVEN if self.unproven else CLEAN


def verify(project: Project, plan: Plan, options: Options, say: Say = lambda _: None) -> Verdict:
    """Compare a scratch copy of the repository with the same copy migrated by `plan`.

    The repository itself is not touched.
    """
    packages = read_packages(
        project.root, member_folders(project.root, project.config.workspace.packages)
    )
    rewritten = tuple(c.path for c in plan.changes if c.sha256 and is_code(c.path))
    commands = find_commands(project.root, packages, options.typecheck, options.test)
    manager = package_manager(project.root)
    managed = any(call.name == manager for command in commands for call in calls(command.line))
    folders = [package_of(packages, path).folder for path in rewritten]
    troubles = in_the_way(project.root, packages, folders, managed)
    left = _left(project, plan)
    for trouble in troubles:
        say(f"in the way: {trouble}")
    if troubles and not options.anyway:
        return Verdict(unproven=tuple(troubles), left=left)
    with (
        tempfile.TemporaryDirectory(prefix="fleetmod-verify-") as parent,
        scratch_copy(project.root, Path(parent).resolve()) as copy,
    ):
        trial = _Trial(project, plan, options, say, packages, rewritten, copy)
        comparisons = trial.compare(commands)
        coverage, style = trial.coverage(comparisons), trial.style
    unproven = _unproven(comparisons, coverage, options)
    return Verdict(comparisons, unproven, coverage, style, left, tuple(troubles))


def _left(project: Project, plan: Plan) -> tuple[str, ...]:
    changed = {change.path for change in plan.changes}
    left = left_behind(project, read_sources(project), plan.findings, changed)
    return tuple(each.note(project.config.home.fixture) for each in left)


def _unproven(
    comparisons: Sequence[Comparison], coverage: Coverage, options: Options
) -> tuple[str, ...]:
    out = []
    kinds = {c.command.kind for c in comparisons}
    for kind, given in ((TYPECHECK, options.typecheck), (TEST, options.test)):
        if given is None and kind not in kinds:
            out.append(f"no {kind} command found; give one with --{kind}")
    out += [c.unproven for c in comparisons if c.unproven]
    tests = [c for c in comparisons if c.command.kind == TEST and not c.unproven]
    if tests and not any(c.after.tests for c in tests if c.after is not None):
        lines = ", ".join(dict.fromkeys(f"`{c.command.line}`" for c in tests))
        out.append(
            f"{lines} named no test, so nothing tells that one ran; give --test a command "
            "that prints each test's name"
        )
    for what, least in options.require.items():
        share = coverage.share(what)
        if share < least:
            out.append(
                f"{what} cover {share:.0f} % of the rewritten files, and --require asks "
                f"for {least:.0f} %"
            )
    seen = coverage.typed | coverage.tested
    own = options.typecheck is None and options.test is None
    if own and coverage.rewritten and not seen and not out:
        out.append(
            "none of the rewritten files is known to be type-checked, or in a package whose "
            "tests ran"
        )
    return tuple(out)


class _Trial:
    """The runs in one scratch copy."""

    def __init__(
        self,
        project: Project,
        plan: Plan,
        options: Options,
        say: Say,
        packages: Sequence[Package],
        rewritten: Sequence[str],
        copy: Path,
    ) -> None:
        self.project, self.plan, self.options, self.say = project, plan, options, say
        self.packages, self.rewritten, self.copy = packages, rewritten, copy
        self.compiler = Compiler(copy)
        self.tests = test_files(own_files(project.root, "verify"), packages)
        self.created = {change.path for change in plan.changes if not change.sha256}
        self.style: tuple[Told, ...] = ()

    def compare(self, commands: Sequence[Command]) -> tuple[Comparison, ...]:
        befores = [self._before(command) for command in commands]
        # where a script proves nothing, nor does what would only stand in for one
        doubted = {command.kind for command, _, reason in befores if reason}
        runs = [(command, outcome) for command, outcome, _ in befores]
        more = self._more(runs, doubted)
        befores += [self._before(command) for command in more]
        style = Style(self.copy, self.packages)
        style.before(change.path for change in self.plan.changes if change.sha256)
        # what a test imports is asked of the files as they were when the tests were found
        self.reached = self._reached([(c, o) for c, o, _ in befores])
        if befores and all(reason for *_, reason in befores):
            return tuple(Comparison(c, o, None, unproven=reason) for c, o, reason in befores)
        write(self.copy, self.plan.changes)
        ports = {n: self.project.port_folder(port) for port, n in self.project.packages.items()}
        link_packages(self.copy, ports)
        created = [f for f in ports.values() if f"{f}/package.json" in self.created]
        self.style = style.after((change.path for change in self.plan.changes), created)
        renames = _renames(self.project.root, self.plan)
        return tuple(
            Comparison(command, before, None, unproven=reason)
            if reason
            else self._after(command, before, renames)
            for command, before, reason in befores
        )

    def coverage(self, comparisons: Sequence[Comparison]) -> Coverage:
        runs = [(c.command, c.after) for c in comparisons if c.after is not None]
        typed = typed_files(self.compiler, runs, self.packages, self.rewritten)
        # a test that passed before can fail after
        befores = [(c.command, c.before) for c in comparisons if c.after is not None]
        folders = tested_packages(befores, self.packages, self.copy)
        tested = frozenset(
            p for p in self.rewritten if package_of(self.packages, p).folder in folders
        )
        reached = self.reached & frozenset(self.rewritten) if self.reached is not None else None
        return Coverage(tuple(self.rewritten), typed, tested, reached)

    def _more(
        self, runs: Sequence[tuple[Command, Outcome]], doubted: Collection[str]
    ) -> list[Command]:
        """Commands for what the scripts leave out: the nearest tsconfig, a package's own runner;
        none of a kind in `doubted`."""
        out = []
        if self.options.typecheck is None and TYPECHECK not in doubted:
            typed = typed_files(self.compiler, runs, self.packages, self.rewritten)
            configs = {self.compiler.nearest(p) for p in self.rewritten if p not in typed}
            found = [own_compiler(self.copy, config) for config in sorted(filter(None, configs))]
            out += [command for command in found if command is not None]
        if self.options.test is None and TEST not in doubted:
            ran = tested_packages(runs, self.packages, self.copy)
            for package in self.packages:
                holds = any(package_of(self.packages, p) is package for p in self.rewritten)
                tests = self.tests.get(package.folder)
                scripted = any(c.kind == TEST and c.folder == package.folder for c, _ in runs)
                if holds and tests and package.folder not in ran and not scripted:
                    command = own_runner(self.copy, self.packages, package, tests)
                    out += [command] if command is not None else []
        return out

    def _reached(self, runs: Sequence[tuple[Command, Outcome]]) -> frozenset[str] | None:
        """The files that tests which ran import; None where no compiler tells."""
        found: frozenset[str] | None = None
        for folder in sorted(tested_packages(runs, self.packages, self.copy)):
            if tests := self.tests.get(folder):
                files = self.compiler.reached(folder, tests)
                if files is not None:
                    found = (found or frozenset()) | files
        return found

    def _before(self, command: Command) -> tuple[Command, Outcome, str]:
        where = f" in {command.folder}" if command.folder else ""
        self.say(f"before: {command.line}{where} ({command.why})")
        outcome = self._run(command)
        return command, outcome, _reason(command, outcome, "before")

    def _after(self, command: Command, before: Outcome, renames: Renames) -> Comparison:
        self.say(f"after: {command.line}" + (f" in {command.folder}" if command.folder else ""))
        after = self._run(command)
        worse = regressions(before, after, renames)
        flaky: set[str] = set()
        if any(r.kind == "failing test" for r in worse):
            self.say("again, to tell flaky tests: " + command.line)
            second = self._run(command)
            steady = second.passed.keys() - second.failed
            flaky = {r.what for r in worse if r.test in steady}
            worse = tuple(r for r in worse if r.what not in flaky)
        reason = _reason(command, after, "after")
        if reason:  # an exit code alone is no fact of what is worse
            worse = tuple(r for r in worse if r.kind != "exit code")
        elif command.stops and after.code != 0 and not worse and not flaky:
            reason = (
                f"`{command.line}` stops at its first failure, which was there before, so what "
                f"stands behind it did not run; give --{command.kind} a command that runs all"
            )
        return Comparison(command, before, after, worse, tuple(sorted(flaky)), reason)

    def _run(self, command: Command) -> Outcome:
        """Run in a session of its own, so that a time-out ends everything it started."""
        env = {**os.environ, **ENVIRONMENT, "FORCE_COLOR": "0", "TURBO_FORCE": "1"}
        env |= {"NX_SKIP_NX_CACHE": "true", "NX_DAEMON": "false", "TURBO_TELEMETRY_DISABLED": "1"}
        process = subprocess.Popen(
            ["sh", "-c", command.line],
            cwd=self.copy / command.folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        seconds = self.options.seconds
        try:
            output, _ = process.communicate(timeout=seconds)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\nnot finished after {seconds} s".encode()
            code = TIMED_OUT
        return read_outcome(code, output.decode("utf-8", "replace"), str(self.copy))


def _reason(command: Command, outcome: Outcome, when: str) -> str:
    """Why a run proves nothing, with the last lines that it printed; "" where it proves."""
    why = doubt(command, outcome)
    if not why:
        return ""
    where = f" in {command.folder}" if command.folder else ""
    lines = "".join(f"\n    {line}" for line in outcome.tail.splitlines() or ["(no output)"])
    return f"`{command.line}`{where} {why} ({when} the migration):{lines}"


def _renames(root: Path, plan: Plan) -> Renames:
    """What the plan writes in tests for what, longest first: a title is a test's name."""
    out = set()
    for change in plan.changes:
        if change.sha256 and is_test(change.path):
            data = (root / change.path).read_bytes()
            out |= {(data[e.start : e.end].decode(), e.text) for e in change.edits}
    return sorted((pair for pair in out if all(pair)), key=lambda pair: -len(pair[0]))
