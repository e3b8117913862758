"""What a type check or a test run printed, as facts that can be compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fleetmod.verify.commands import TYPECHECK, Command

NOT_RUN = (126, 127)  # POSIX sh: found and not executable, not found
TIMED_OUT = 124  # as timeout(1) has it
_LINES, _CHARACTERS = 15, 2000  # of what is shown of an output's end

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# `file(1,2): error TS1: text`; --pretty `file:1:2 - error TS1: text`; astro `error ts(1): text`
_TSC = re.compile(
    r"(?P<file>[^\s()]+?)[(:](?P<line>\d+)[,:]\d+\)?(?: -|:) error "
    r"(?P<code>TS\d+|ts\(\d+\)): (?P<text>.*)"
)
# no types are checked while an error is in no file, or while a file does not parse: what TypeScript
# calls global and syntactic diagnostics (executeCommandLine). These are the parser's commonest.
_UNPARSED = frozenset(
    "1002 1003 1005 1009 1010 1068 1109 1110 1126 1127 1128 1131 1135 1136 1137 1138 1160 1161 "
    "1185 1434 1435 17002 17008".split()
)
_TSC_WHOLE = re.compile(r"error (?P<code>TS\d+): (?P<text>.*)")  # of a program, in no file
# bun: (pass) a; node, jest and vitest: ✓ a, ✔ a, ✕ a; TAP: ok 1 - a, not ok 1 - a; mocha: 1) a
_PASS = re.compile(r"(?:\(pass\)|[✓✔√]|ok \d+ -?|PASS ) *(?P<name>\S.*)")
_FAIL = re.compile(
    r"(?:\(fail\)|[✕✖✗✘\u00d7](?: \[fail\]:)?|not ok \d+ -?|FAIL |\d+\)) *(?P<name>\S.*)"
)
_TIMES = re.compile(r"\s*(?:\[[\d.]+ ?m?s\]|\([\d.]+ ?m?s\)|[\d.]+ ?m?s|# (?:SKIP|TODO).*)$")
# `@acme/app:test: ` (turbo), `packages/app test: ` (pnpm, bun), `[@acme/app]: ` (yarn),
# `@acme/app: ` (lerna)
_PREFIX = re.compile(
    r"(?:\[(?P<yarn>[@\w./-]+)\]:|(?P<one>@?[\w./-]+|//)(?::[\w:.-]+)?:"
    r"|(?P<two>@?[\w./-]+) (?!TS\d)[\w:.-]+:) ?(?P<rest>\S.*|$)"
)
# `> @acme/app@1.0.0 test` (npm, yarn), `> nx run @acme/app:test`, `> @acme/app:test` (lerna)
_HEADER = re.compile(
    r"> (?:(?P<npm>@?[\w./-]+)@\S+ [\w:.-]+|(?:nx run )?(?P<nx>@?[\w./-]+):[\w:.-]+)$"
)
_FILE = re.compile(r"(?P<file>[\w@./+\[\]-]+\.(?:[cm]?[jt]sx?))(?::?$| \(\d+ tests?\b| > )")
# what runs many packages says of those that failed
_BROKEN = (
    re.compile(r"Failed: +(?P<names>\S.*#.*)"),  # turbo
    re.compile(r"(?P<names>[@\w./-]+) [\w:.-]+: Failed$"),  # pnpm
    re.compile(r"npm (?:error|ERR!) workspace (?P<names>@?[\w./-]+)(?:@\S*)?$"),
    re.compile(r"lerna ERR! .* exited \d+ in '(?P<names>[^']+)'"),
)
_UNLOADED = "# Unhandled error between tests"  # bun's, below the name of the file
_NX_FAILED = re.compile(r"Failed tasks:")
_NX_TASK = re.compile(r"- (?P<name>@?[\w./-]+):\S+$")

TypeErrorKey = tuple[str, str, str]  # file, code, message
TestKey = tuple[str, str]  # the package as the output names it, the test's name
Renames = Sequence[tuple[str, str]]  # old and new texts


@dataclass(frozen=True)
class Outcome:
    """One run: its exit code, its type errors, its tests by package and name.

    `places` are the packages, folders and files that the output names, `tested` those of which
    a test passed; `broken` are packages of which it says that they failed, and nothing what.
    """

    code: int
    errors: Counter[TypeErrorKey]
    passed: Counter[TestKey]
    failed: frozenset[TestKey]
    tail: str = ""  # the last lines, for people
    places: frozenset[str] = frozenset()
    tested: frozenset[str] = frozenset()
    broken: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()  # the packages with a type error that is in no file

    @property
    def tests(self) -> int:
        return self.passed.total() + len(self.failed)


def read_outcome(code: int, output: str, root: str) -> Outcome:
    """The facts of a run in the folder `root`, whose name is no part of them."""
    reader = _Reader()
    lines = _ANSI.sub("", output).replace(root + "/", "").splitlines()
    for line in lines:
        reader.read(line.strip())
    ends = [line.rstrip() for line in lines if line.strip()][-_LINES:]
    tail = "\n".join(ends)[-_CHARACTERS:]
    return reader.outcome(code, tail)


class _Reader:
    def __init__(self) -> None:
        self.errors: Counter[TypeErrorKey] = Counter()
        self.passed: Counter[TestKey] = Counter()
        self.failed: set[TestKey] = set()
        self.places: set[str] = set()
        self.tested: set[str] = set()
        self.broken: list[str] = []
        self.explained: set[str] = set()
        self.whole: set[str] = set()
        self.header = ""  # the package that the lines below a header are about
        self.file = ""
        self.listing = False  # inside nx's list of failed tasks

    def outcome(self, code: int, tail: str) -> Outcome:
        # where the output does not say whose a test is, it may be any of theirs
        untold = () if "" in self.explained else self.broken
        broken = tuple(dict.fromkeys(name for name in untold if name not in self.explained))
        return Outcome(
            code,
            self.errors,
            self.passed,
            frozenset(self.failed),
            tail,
            frozenset(self.places),
            frozenset(self.tested),
            broken,
            frozenset(self.whole),
        )

    def read(self, line: str) -> None:
        if self._failed_package(line) or self._error("", line):
            return
        owner, bare = "", line
        if (match := _PREFIX.match(line)) and not _FILE.fullmatch(line):
            owner = match["yarn"] or match["one"] or match["two"]
            bare = match["rest"].strip()
            self.places.add(owner)
            if self._error(owner, bare):
                return
        if header := _HEADER.match(bare):
            self.header, self.file = header["npm"] or header["nx"], ""
            self.places.add(self.header)
        self._test(owner or self.header, bare)

    def _error(self, owner: str, line: str) -> bool:
        where = owner or self.header
        if match := _TSC.fullmatch(line):
            file = f"{where}: {match['file']}" if where else match["file"]
            self.errors[file, match["code"], match["text"].strip()] += 1
        elif match := _TSC_WHOLE.fullmatch(line):
            self.errors[where, match["code"], match["text"].strip()] += 1
            self.whole.add(where)
        else:
            return False
        self.explained.add(where)
        return True

    def _test(self, owner: str, line: str) -> None:
        if match := _FILE.match(line):
            self.file = match["file"]
            self.places.add(self.file)
        if line == _UNLOADED and self.file:
            self._failed(owner, f"{self.file}: an error between its tests")
        failed, passed = _FAIL.match(line), _PASS.match(line)
        found = failed or passed
        if found is None:
            return
        name = _TIMES.sub("", found["name"])
        if name.startswith("nx run "):  # a task, and no test
            self.places.add(name.removeprefix("nx run ").partition(":")[0])
            return
        if name == "failing tests:":  # node's
            return
        file = _FILE.match(name)
        if failed:
            self._failed(owner, name)
        else:
            self.passed[owner, name] += 1
            self.tested |= {owner, self.file, file["file"] if file else ""}

    def _failed(self, owner: str, name: str) -> None:
        self.failed.add((owner, name))
        self.explained.add(owner)

    def _failed_package(self, line: str) -> bool:
        for pattern in _BROKEN:
            if match := pattern.search(line):
                names = match["names"].split(",")
                self.broken += [name.strip().partition("#")[0] for name in names]
                return True
        if _NX_FAILED.search(line):
            self.listing = True
        elif self.listing and (match := _NX_TASK.match(line)):
            self.broken.append(match["name"])
            return True
        return False


def doubt(command: Command, outcome: Outcome) -> str:
    """Why a run proves nothing: no fact that it printed explains its end; "" where one does."""
    code = outcome.code
    if code in NOT_RUN:
        return "could not be run"
    if code == TIMED_OUT and outcome.tail.endswith(" s"):
        return "did not finish"
    if code < 0:
        return f"was ended by signal {-code}"
    if code == 0:
        return ""
    if not outcome.failed and not outcome.errors:
        return f"ended with {code} and named no test that fails and no error"
    if outcome.broken:
        return f"failed in {', '.join(outcome.broken)} and named no test or error there"
    if command.kind == TYPECHECK and (first := _unchecked(outcome)):
        return f"stopped at `{first}` before it checked any type"
    return ""


def _unchecked(outcome: Outcome) -> str:
    """The error for which TypeScript checks no types, of whatever package; "" for none."""
    for file, code, text in sorted(outcome.errors):
        if file in outcome.whole or code.removeprefix("TS") in _UNPARSED:
            return f"{file + ': ' if file else ''}error {code}: {text}"
    return ""


@dataclass(frozen=True)
class Regression:
    """What is worse after: `what` is a type error, a test that fails, or a test that is gone."""

    kind: str  # type error, failing test, missing test, exit code
    what: str
    test: TestKey = ("", "")


def regressions(before: Outcome, after: Outcome, renames: Renames = ()) -> tuple[Regression, ...]:
    """What is worse in the second of two runs of one command.

    `renames` are the texts that changed in the tests, which may be in their names.
    """
    out = [
        Regression("type error", _error_text(key))
        for key in sorted((after.errors - before.errors).elements())
    ]
    out += list(_worse_tests(before, after, renames))
    if not out and after.code != 0 and before.code == 0:
        out.append(Regression("exit code", f"{after.code}, and 0 before:\n{after.tail}"))
    return tuple(out)


def _worse_tests(before: Outcome, after: Outcome, renames: Renames) -> Iterator[Regression]:
    known = before.failed | {(owner, _renamed(name, renames)) for owner, name in before.failed}
    fails = sorted(after.failed - known)
    for key in fails:
        yield Regression("failing test", _test_text(key), key)
    # a name that several tests have is counted
    now = Counter(after.passed)
    for owner, name in sorted(before.passed):
        count = before.passed[owner, name]
        new = (owner, _renamed(name, renames))
        here = max(now[owner, name], now[new])
        if here < count and not {(owner, name), new} & set(fails):
            kind = "failing test" if new in after.failed else "missing test"
            yield Regression(kind, _test_text((owner, name)), (owner, name))


def _error_text(key: TypeErrorKey) -> str:
    return ": ".join(each for each in key if each)


def _test_text(key: TestKey) -> str:
    return ": ".join(each for each in key if each)


def _renamed(name: str, renames: Renames) -> str:
    for old, new in renames:
        name = name.replace(old, new)
    return name
