"""What a type check or a test run printed, as facts that can be compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# `file(1,2): error TS1: text` and, with --pretty, `file:1:2 - error TS1: text`; turbo and pnpm put
# the package's name in front
_TSC = re.compile(
    r"^(?:\S+(?: \S+)?: )?(?P<file>[^\s()]+?)[(:](?P<line>\d+)[,:]\d+\)?(?: -|:) error "
    r"(?P<code>TS\d+): (?P<text>.*)$"
)
# bun: (pass) a; node, jest and vitest: ✓ a, ✔ a, ✕ a; TAP: ok 1 - a, not ok 1 - a
_PASS = re.compile(r"^(?:\(pass\)|[✓✔√]|ok \d+ -?) *(?P<name>\S.*)$")
_FAIL = re.compile(r"^(?:\(fail\)|[✕✖✗\u00d7]|not ok \d+ -?|FAIL ) *(?P<name>\S.*)$")
_TIMES = re.compile(r"\s*(?:\[[\d.]+ ?m?s\]|\([\d.]+ ?m?s\)|[\d.]+ ?m?s|# (?:SKIP|TODO).*)$")
_PREFIX = re.compile(r"^(?:[@\w./-]+(?::[\w:-]+)?:|[\w./-]+ [\w:-]+:) (?=\S)")

TypeErrorKey = tuple[str, str, str]
Renames = Sequence[tuple[str, str]]  # old and new texts


@dataclass(frozen=True)
class Outcome:
    """One run: its exit code, its type errors by (file, code, message), its tests by name."""

    code: int
    errors: Counter[TypeErrorKey]
    passed: frozenset[str]
    failed: frozenset[str]
    tail: str  # the last lines, for people


def read_outcome(code: int, output: str, root: str) -> Outcome:
    """The facts of a run in the folder `root`, whose name is no part of them."""
    errors: Counter[TypeErrorKey] = Counter()
    passed: set[str] = set()
    failed: set[str] = set()
    lines = _ANSI.sub("", output).replace(root + "/", "").splitlines()
    for line in lines:
        bare = line.strip()
        if match := _TSC.match(bare):
            errors[match["file"], match["code"], match["text"].strip()] += 1
            continue
        bare = _PREFIX.sub("", bare)
        if match := _FAIL.match(bare):
            failed.add(_TIMES.sub("", match["name"]))
        elif match := _PASS.match(bare):
            passed.add(_TIMES.sub("", match["name"]))
    tail = "\n".join(line for line in lines if line.strip())[-2000:]
    return Outcome(code, errors, frozenset(passed - failed), frozenset(failed), tail)


@dataclass(frozen=True)
class Regression:
    """What is worse after: `what` is a type error, a test that fails, or a test that is gone."""

    kind: str  # type error, failing test, missing test, exit code
    what: str


def regressions(before: Outcome, after: Outcome, renames: Renames = ()) -> tuple[Regression, ...]:
    """What is worse in the second of two runs of one command.

    `renames` are the texts that changed in the tests, which may be in their names.
    """
    ran = after.passed | after.failed
    failed = before.failed | {_renamed(name, renames) for name in before.failed}
    out = [
        Regression("type error", f"{file}: {code}: {text}")
        for (file, code, text) in sorted((after.errors - before.errors).elements())
    ]
    out += [Regression("failing test", name) for name in sorted(after.failed - failed)]
    gone = {name for name in before.passed - ran if _renamed(name, renames) not in ran}
    out += [Regression("missing test", name) for name in sorted(gone)]
    if not out and after.code != 0 and before.code == 0:
        out.append(Regression("exit code", f"{after.code}, and 0 before:\n{after.tail}"))
    return tuple(out)


def _renamed(name: str, renames: Renames) -> str:
    for old, new in renames:
        name = name.replace(old, new)
    return name
