"""`verify` on small repositories whose own commands are real programs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fleetmod.verify.commands import find_commands, package_manager
from fleetmod.verify.outcome import read_outcome, regressions
from tests.repo import fleetmod, make, tree

# a type checker of a few lines: an error for each file that says one of the words
CHECK = """import pathlib, sys
for file in sorted(pathlib.Path("packages/app").rglob("*.ts")):
    for word in sys.argv[1:]:
        if word in file.read_text():
            print(f"{file}(1,1): error TS1: {word} is wrong")
            sys.exitcode = 2
sys.exit(getattr(sys, "exitcode", 0))
"""
# a test runner that prints as bun does
TESTS = """import pathlib, sys
text = pathlib.Path("packages/app/src/a.ts").read_text()
print("(pass) loads [0.1ms]")
fails = any(word in text for word in sys.argv[1:])
print("(fail) restarts" if fails else "(pass) restarts [1.00ms]")
sys.exit(fails)
"""
CALL = """import { execSync } from "node:child_process";
export async function go() {
  execSync("launchctl kickstart -k system/com.acme.api");
}
"""


def repository(tmp_path: Path) -> Path:
    return make(
        tmp_path / "repo",
        {
            "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
            "packages/app/package.json": '{\n  "name": "@acme/app"\n}\n',
            "packages/app/src/a.ts": CALL,
            "check.py": CHECK,
            "run.py": TESTS,
        },
    )


def commands(check: str, test: str) -> list[str]:
    python = sys.executable
    return ["--typecheck", f"{python} check.py {check}", "--test", f"{python} run.py {test}"]


def test_a_clean_verdict(tmp_path: Path) -> None:
    root = repository(tmp_path)
    before = tree(root)
    # the type error was there before, in the same words, and is no regression
    ran = fleetmod(root, "verify", *commands("async", "none"))
    assert ran.code == 0, ran.out
    assert "1 → 1" in ran.out and "2 → 2" in ran.out and "Verdict: clean" in ran.out
    assert tree(root) == before


def test_what_is_worse_is_named(tmp_path: Path) -> None:
    root = repository(tmp_path)
    before = tree(root)
    ran = fleetmod(root, "verify", *commands("processManager", "processManager"))
    assert ran.code == 1
    assert "type error: packages/app/src/a.ts: TS1: processManager is wrong" in ran.out
    assert "failing test: restarts" in ran.out
    assert tree(root) == before


def test_a_flaky_test_is_told_from_a_failing_one(tmp_path: Path) -> None:
    root = repository(tmp_path)
    # fails in the second of three runs only: that is the first one after the migration
    count = "n=$(cat n 2>/dev/null || echo 0); echo $((n+1)) > n"
    test = f"{count}; if [ $n = 1 ]; then echo '(fail) shaky'; exit 1; fi; echo '(pass) shaky'"
    ran = fleetmod(root, "verify", "--typecheck", "", "--test", test)
    assert ran.code == 0, ran.out
    assert "flaky: shaky" in ran.out


def test_nothing_to_run_is_unproven(tmp_path: Path) -> None:
    root = repository(tmp_path)
    ran = fleetmod(root, "verify")
    assert ran.code == 3
    assert "no typecheck command found; give one with --typecheck" in ran.out
    ran = fleetmod(root, "verify", "--typecheck", "no-such-program", "--test", "true")
    assert ran.code == 3 and "`no-such-program` could not be run" in ran.out


def test_migrate_verify_writes_only_what_is_no_worse(tmp_path: Path) -> None:
    root = repository(tmp_path)
    manifest = root / "package.json"
    script = '{"name": "acme", "private": true, "workspaces": ["packages/*"], "scripts": {%s}}\n'
    check, run = f"{sys.executable} check.py", f"{sys.executable} run.py"
    manifest.write_text(script % f'"typecheck": "{check} processManager", "test": "{run} none"')
    before = tree(root)
    ran = fleetmod(root, "migrate", "--verify", "--allow-dirty")
    assert ran.code == 1 and "nothing was written" in ran.out
    assert tree(root) == before
    manifest.write_text(script % f'"typecheck": "{check} async", "test": "{run} none"')
    ran = fleetmod(root, "migrate", "--verify", "--allow-dirty")
    assert ran.code == 0, ran.out + ran.err
    assert "processManager.restart" in (root / "packages/app/src/a.ts").read_text()


def test_a_run_that_hangs_is_ended(tmp_path: Path) -> None:
    root = repository(tmp_path)
    ran = fleetmod(
        root, "verify", "--typecheck", "", "--test", "sleep 60 & sleep 60", "--timeout", "1"
    )
    assert "124 → 124" in ran.out


@pytest.mark.parametrize(
    ("files", "manager", "lines"),
    [
        ({"package.json": '{"scripts": {"test": "x", "check-types": "y"}}'}, "npm",
         ["npm run check-types", "npm run test"]),
        ({"package.json": '{"packageManager": "pnpm@9.0.0"}',
          "packages/a/package.json": '{"scripts": {"typecheck": "tsc", "test": "vitest"}}'}, "pnpm",
         ["pnpm -r --no-bail --if-present run typecheck",
          "pnpm -r --no-bail --if-present run test"]),
        ({"package.json": "{}", "bun.lock": ""}, "bun", ["bun test"]),
        ({"package.json": '{"scripts": {"test": "echo no test specified && exit 1"}}',
          "yarn.lock": ""}, "yarn", []),
        ({"package.json": "not json"}, "npm", []),
    ],
)  # fmt: skip
def test_commands(tmp_path: Path, files: dict[str, str], manager: str, lines: list[str]) -> None:
    root = make(tmp_path / "r", dict(files))
    assert package_manager(root) == manager
    assert [c.line for c in find_commands(root, None, None)] == lines


OUTPUTS = {
    "tsc": ("src/a.ts(3,5): error TS2304: Cannot find name 'x'.", ("src/a.ts", "TS2304")),
    "pretty": ("src/a.ts:3:5 - error TS2304: Cannot find name 'x'.", ("src/a.ts", "TS2304")),
    "turbo": ("@acme/app:check-types: src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
              ("src/a.ts", "TS2304")),
    "pnpm": ("packages/app typecheck: src/a.ts(3,5): error TS2304: Cannot find name 'x'.",
             ("src/a.ts", "TS2304")),
}  # fmt: skip


@pytest.mark.parametrize("tool", OUTPUTS)
def test_type_errors_of(tool: str) -> None:
    line, (file, code) = OUTPUTS[tool]
    outcome = read_outcome(2, f"Checking\n\x1b[31m{line}\x1b[0m\n", "/tmp/x")
    assert dict(outcome.errors) == {(file, code, "Cannot find name 'x'."): 1}


@pytest.mark.parametrize(
    "output",
    [
        "(pass) adds [0.12ms]\n(fail) divides [1.00ms]\n",  # bun
        "✔ adds (0.5ms)\n✖ divides (1.2ms)\n",  # node --test
        "ok 1 - adds\nnot ok 2 - divides\n",  # TAP
        " ✓ adds 3ms\n \u00d7 divides 4ms\n",  # vitest
        "  ✓ adds (3 ms)\n  ✕ divides\n",  # jest
        "@acme/app:test: (pass) adds [0.12ms]\n@acme/app:test: (fail) divides\n",  # turbo
    ],
)
def test_tests_of(output: str) -> None:
    outcome = read_outcome(1, output, "/tmp/x")
    assert (outcome.passed, outcome.failed) == ({"adds"}, {"divides"})


def test_a_test_that_the_migration_renames_is_the_same(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "packages/app/src/a.test.ts").write_text('test("asks launchctl", () => {});\n')
    runner = TESTS.replace("src/a.ts", "src/a.test.ts").replace(
        'print("(pass) loads [0.1ms]")', """print("(pass)", text.split('"')[1])"""
    )
    (root / "run.py").write_text(runner)
    ran = fleetmod(root, "verify", *commands("async", "none"))
    assert "Verdict: clean" in ran.out and "missing test" not in ran.out


def test_renames_hide_no_failure() -> None:
    before = read_outcome(0, "(pass) asks launchctl\n(fail) lists launchctl\n", "/r")
    after = read_outcome(1, "(fail) asks the manager\n(fail) lists the manager\n", "/r")
    worse = regressions(before, after, [("launchctl", "the manager")])
    assert [(r.kind, r.what) for r in worse] == [("failing test", "asks the manager")]
    assert len(regressions(before, after)) == 3


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
