"""What `verify` reads out of what type checks and test runs print."""

from __future__ import annotations

from collections import Counter

import pytest

from fleetmod.verify.commands import Command
from fleetmod.verify.outcome import doubt, read_outcome, regressions

TYPES = {
    "tsc": ("src/a.ts(3,5): error TS2304: Cannot find name 'x'.", "src/a.ts"),
    "pretty": ("src/a.ts:3:5 - error TS2304: Cannot find name 'x'.", "src/a.ts"),
    "turbo": (
        "@acme/app:check-types: src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
        "@acme/app: src/a.ts",
    ),
    "pnpm": (
        "packages/app typecheck: src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
        "packages/app: src/a.ts",
    ),
    "yarn": (
        "[@acme/app]: src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
        "@acme/app: src/a.ts",
    ),
    "no file": ("error TS2304: Cannot find name 'x'.", ""),
    "no file, turbo": ("@acme/app:types: error TS2304: Cannot find name 'x'.", "@acme/app"),
}
TEST, CHECK = Command("test", "x", ""), Command("typecheck", "x", "")


@pytest.mark.parametrize("tool", TYPES)
def test_type_errors_of(tool: str) -> None:
    line, where = TYPES[tool]
    outcome = read_outcome(2, f"Checking\n\x1b[31m{line}\x1b[0m\n", "/tmp/x")
    assert dict(outcome.errors) == {(where, "TS2304", "Cannot find name 'x'."): 1}
    stopped = "stopped at" in doubt(CHECK, outcome)
    assert stopped == tool.startswith("no file")  # TypeScript checks no types then


@pytest.mark.parametrize(
    ("output", "owner"),
    [
        ("(pass) adds [0.12ms]\n(fail) divides [1.00ms]\n", ""),  # bun
        ("✔ adds (0.5ms)\n✖ divides (1.2ms)\n✖ failing tests:\n", ""),  # node --test
        ("ok 1 - adds\nnot ok 2 - divides\n", ""),  # TAP
        (" ✓ adds 3ms\n \u00d7 divides 4ms\n", ""),  # vitest
        ("  ✓ adds (3 ms)\n  ✕ divides\n", ""),  # jest
        ("    ✔ adds (3ms)\n    1) divides\n", ""),  # mocha
        ("@acme/app:test: (pass) adds [0.12ms]\n@acme/app:test: (fail) divides\n", "@acme/app"),
        ("packages/app test: ✔ adds (1ms)\npackages/app test: ✖ divides (1ms)", "packages/app"),
        ("> @acme/app@1.0.0 test\n> node --test\n\n✔ adds (1ms)\n✖ divides (1ms)", "@acme/app"),
        ("> @acme/a:test\n\n> test\n> x\n\n✔ adds (1ms)\n✖ divides (1ms)", "@acme/a"),
        ("> nx run app:test\n\n✔ adds (1ms)\n✖ divides\n\n✖  nx run app:test", "app"),
    ],
)
def test_tests_of(output: str, owner: str) -> None:
    outcome = read_outcome(1, output, "/tmp/x")
    assert outcome.passed == Counter({(owner, "adds"): 1})
    assert outcome.failed == {(owner, "divides")}


def test_a_test_file_that_does_not_load_is_named() -> None:
    output = "src/a.test.ts:\n\n# Unhandled error between tests\n-----\nerror: Cannot find it\n"
    outcome = read_outcome(1, output, "/r")
    assert outcome.failed == {("", "src/a.test.ts: an error between its tests")}
    assert doubt(TEST, outcome) == ""
    assert outcome.tested == frozenset()  # it ran no test


def test_files_that_a_runner_names() -> None:
    bun = read_outcome(0, "packages/a/src/a.test.ts:\n(pass) adds\n", "/tmp/x")
    vitest = read_outcome(0, " ✓ packages/a/src/a.test.ts (3 tests) 5ms\n", "/tmp/x")
    jest = read_outcome(0, "PASS packages/a/src/a.test.ts (5.1 s)\n", "/tmp/x")
    for outcome in (bun, vitest, jest):
        assert "packages/a/src/a.test.ts" in outcome.tested
        assert outcome.tests == 1


def test_types_are_not_checked_while_a_file_does_not_parse() -> None:
    output = "src/a.ts(1,1): error TS1005: ';' expected.\n"
    says = "stopped at `src/a.ts: error TS1005: ';' expected.` before it checked any type"
    assert doubt(CHECK, read_outcome(2, output, "/r")) == says
    other = "src/a.ts(1,1): error TS1484: 'T' is a type and must be imported as one.\n"
    assert doubt(CHECK, read_outcome(2, other, "/r")) == ""


def test_an_end_that_nothing_explains() -> None:
    said = "Usage Error: This project is configured to use pnpm\n"
    assert doubt(TEST, read_outcome(1, said, "/r")).startswith("ended with 1 and named no test")
    assert doubt(TEST, read_outcome(1, "(pass) a\n", "/r"))
    assert doubt(TEST, read_outcome(127, "sh: pnpm: not found", "/r")) == "could not be run"
    assert doubt(TEST, read_outcome(-9, "(fail) a\n", "/r")) == "was ended by signal 9"
    assert doubt(TEST, read_outcome(1, "(fail) a\n", "/r")) == ""
    assert doubt(TEST, read_outcome(0, "", "/r")) == ""


@pytest.mark.parametrize(
    "failed",
    [
        "Failed:    @acme/a#test, @acme/b#test",
        "@acme/a test: Failed\n@acme/b test: Failed",
        "Failed tasks:\n\n- @acme/a:test\n- @acme/b:test",
        "npm error workspace @acme/a@1.0.0\nnpm error workspace @acme/b@1.0.0",
    ],
)
def test_a_package_that_fails_without_a_fact(failed: str) -> None:
    known = "@acme/a:test: (fail) adds\n"
    outcome = read_outcome(1, known + failed, "/r")
    assert doubt(TEST, outcome) == "failed in @acme/b and named no test or error there"
    both = known + "@acme/b:test: src/b.ts(1,1): error TS1: wrong\n"
    assert doubt(TEST, read_outcome(1, both + failed, "/r")) == ""


def test_renames_hide_no_failure() -> None:
    before = read_outcome(0, "(pass) asks launchctl\n(fail) lists launchctl\n", "/r")
    after = read_outcome(1, "(fail) asks the manager\n(fail) lists the manager\n", "/r")
    worse = regressions(before, after, [("launchctl", "the manager")])
    assert [(r.kind, r.what) for r in worse] == [("failing test", "asks the manager")]
    assert len(regressions(before, after)) == 3


def test_tests_of_one_name_are_told_apart() -> None:
    both = "a test: (pass) works\nb test: (fail) works\n"
    other = "a test: (fail) works\nb test: (fail) works\n"
    worse = regressions(read_outcome(1, both, "/r"), read_outcome(1, other, "/r"))
    assert [(r.kind, r.what) for r in worse] == [("failing test", "a: works")]
    # in one package they are counted
    before = read_outcome(1, "(pass) works\n(pass) works\n(fail) works\n", "/r")
    after = read_outcome(1, "(pass) works\n(fail) works\n(fail) works\n", "/r")
    assert [r.kind for r in regressions(before, after)] == ["failing test"]
    assert regressions(before, before) == ()


def test_regressions_are_by_name_and_message_and_not_by_count() -> None:
    before = read_outcome(1, "(pass) a\n(fail) b\nx.ts(1,1): error TS1: old\n", "/tmp/x")
    after = read_outcome(1, "(fail) a\n(pass) b\ny.ts(1,1): error TS1: old\n", "/tmp/x")
    worse = regressions(before, after)
    assert [(r.kind, r.what) for r in worse] == [
        ("type error", "y.ts: TS1: old"),
        ("failing test", "a"),
    ]
    moved = read_outcome(1, "(pass) a\n(fail) b\nx.ts(9,9): error TS1: old\n", "/tmp/x")
    assert regressions(before, moved) == ()
    gone = read_outcome(0, "(fail) b\nx.ts(1,1): error TS1: old\n", "/tmp/x")
    assert [r.kind for r in regressions(before, gone)] == ["missing test"]
