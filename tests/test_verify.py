"""`verify` on small repositories whose own commands are real programs."""

from __future__ import annotations

import sys
from pathlib import Path

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
    assert ran.code == 3 and "`no-such-program` could not be run (before" in ran.out
    assert "\n    sh: " in ran.out and "['" not in ran.out  # its last lines, plainly
    assert "`true` named no test" in ran.out
    assert "after: no-such-program" not in ran.out  # nothing is run twice in vain


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
    assert ran.code == 3 and "124 → not run" in ran.out
    assert "did not finish (before the migration):\n    not finished after 1 s" in ran.out


def test_a_test_that_the_migration_renames_is_the_same(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "packages/app/src/a.test.ts").write_text('test("asks launchctl", () => {});\n')
    runner = TESTS.replace("src/a.ts", "src/a.test.ts").replace(
        'print("(pass) loads [0.1ms]")', """print("(pass)", text.split('"')[1])"""
    )
    (root / "run.py").write_text(runner)
    ran = fleetmod(root, "verify", *commands("async", "none"))
    assert "Verdict: clean" in ran.out and "missing test" not in ran.out


def test_an_end_without_a_fact_is_unproven(tmp_path: Path) -> None:
    root = repository(tmp_path)
    ran = fleetmod(root, "verify", "--typecheck", "", "--test", "echo no space left; exit 1")
    assert ran.code == 3, ran.out
    assert "named no test that fails and no error (before the migration):\n    no space" in ran.out
    # before it goes well, after it ends as badly: that proves nothing, either
    late = (
        f"{sys.executable} -c 'print(\"(pass) a\")'; ! grep -q processManager packages/app/src/a.ts"
    )
    ran = fleetmod(root, "verify", "--typecheck", "", "--test", late)
    assert ran.code == 3 and "(after the migration):\n    (pass) a" in ran.out
    # a test that passes explains no failure
    ran = fleetmod(root, "verify", "--typecheck", "", "--test", "echo '(pass) a'; exit 1")
    assert ran.code == 3
    # nor do tests that fail prove what stands behind them, when nothing behind them ran
    ran = fleetmod(root, "verify", "--typecheck", "", "--test", "(echo '(fail) a'; false) && true")
    assert ran.code == 3 and "stops at its first failure" in ran.out


def test_a_failure_that_was_there_before_is_no_regression(tmp_path: Path) -> None:
    root = repository(tmp_path)
    ran = fleetmod(root, "verify", "--typecheck", "", "--test", "echo '(fail) a'; exit 1")
    assert ran.code == 0 and "Verdict: clean" in ran.out


def test_a_coverage_that_is_required(tmp_path: Path) -> None:
    root = repository(tmp_path)
    # the one error names the one rewritten file: the checker saw it
    ran = fleetmod(root, "verify", *commands("async", "none"), "--require", "types=100%")
    assert ran.code == 0, ran.out
    assert "Of 1 rewritten file, 1 is type-checked and 0 are in packages whose tests" in ran.out
    ran = fleetmod(root, "verify", *commands("async", "none"), "--require", "types=100,tests=50")
    assert ran.code == 3
    assert "tests cover 0 % of the rewritten files, and --require asks for 50 %" in ran.out
    ran = fleetmod(root, "verify", "--require", "lines=5")
    assert ran.code == 2 and "--require does not know `lines=5`" in ran.err
