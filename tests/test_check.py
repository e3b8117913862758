"""`fleetmod check`: new debt in any subset of files is blocked, and what to write is shown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.repo import commit, fleetmod, git, make

HEAD = 'import { execFileSync } from "node:child_process";\n'
STOP = 'export async function stop() {\n  execFileSync("launchctl", ["stop", "com.acme.a"]);\n}\n'
CLEAN = "export const one = 1;\n"
CONFIG = 'version = 1\n[workspace]\nexclude = ["**/legacy/**"]\n'
CONFIG += '[home]\nusers = ["alice"]\n[runtime]\nscope = "@acme"\n'
FLEETMOD = Path(sys.executable).parent / "fleetmod"
A, B = "packages/app/src/a.ts", "packages/app/src/b.ts"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r", "workspaces": ["packages/*"]}\n',
            "fleetmod.toml": CONFIG,
            "packages/app/package.json": '{"name": "app", "type": "module"}\n',
            A: HEAD + STOP,
            B: CLEAN,
            "tools/legacy/old.ts": HEAD + STOP,
        },
    )


NONE = "No new debt.\n"


def check(root: Path, *files: str) -> tuple[int, str]:
    ran = fleetmod(root, "check", *(str(root / f) if f[0] != "-" else f for f in files))
    return ran.code, ran.out + ran.err


def test_a_finding_is_shown_with_place_reason_and_replacement(root: Path) -> None:
    code, out = check(root, A)
    assert code == 1
    place = f"{A}:3:3: launchctl-call: launchctl call `execFileSync("
    assert place in out
    assert "  3 -   execFileSync(" in out
    assert '    +   await processManager.stop("com.acme.a");\n' in out
    assert '    + import { processManager } from "@acme/process-manager";\n' in out
    assert "launchctl-call: launchctl exists on macOS only" in out


def test_what_an_audit_leaves_out_is_left_out_by_name_too(root: Path) -> None:
    (root / "packages/app/src/link.ts").symlink_to("a.ts")
    (root / "node_modules/x").mkdir(parents=True)
    (root / "node_modules/x/a.ts").write_text(HEAD + STOP)
    (root / "run.py").write_text("launchctl = 1\n")
    left_out = [
        "tools/legacy/old.ts",
        "packages/app/src/link.ts",
        "node_modules/x/a.ts",
        "run.py",
    ]
    assert check(root, *left_out) == (0, NONE)


def test_a_deleted_file_and_a_clean_one(root: Path) -> None:
    (root / A).unlink()
    assert check(root, A, B) == (0, NONE)


def test_files_from_outside_are_told(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "x.ts"
    outside.write_text(CLEAN)
    for file in (outside, tmp_path):
        ran = fleetmod(root, "check", str(file))
        assert (ran.code, "lies outside of" in ran.err) == (2, True)


@pytest.mark.parametrize("folder", ["packages", "packages/app/", "packages/app/src/../src", "."])
def test_a_folder_stands_for_the_files_below_it(root: Path, folder: str) -> None:
    (root / "packages/app/src/link.ts").symlink_to("a.ts")
    (root / "packages/app/src/types.d.ts").write_text("// launchctl\n")  # which only a grep reads
    whole = [ln for ln in check(root)[1].splitlines() if ln.startswith("packages/")]
    code, out = check(root, folder)
    assert (code, [ln for ln in out.splitlines() if ln.startswith("packages/")]) == (1, whole)
    assert check(root, "tools/legacy") == (0, NONE)
    assert check(root, A, "tools/legacy")[1] == check(root, A)[1]


@pytest.mark.parametrize(
    "path",
    [
        "packages/app/src/nope.ts",
        "packages/app/src/*.tsx",
        "packages\\app\\src\\a.ts",
        f"{A}/x.ts",
        "nope",
        "nope.py",
    ],
)
def test_a_file_that_never_was_is_wrong_usage(root: Path, path: str) -> None:
    for files in ([path], [B, path]):
        code, out = check(root, *files)
        assert (code, out) == (2, f"fleetmod: {path}: no such file. Name files that are there\n")
    told = subprocess.run([FLEETMOD, "check", path], cwd=root, capture_output=True, text=True)
    assert (told.returncode, told.stderr) == (2, out)


def test_what_git_knows_as_deleted_is_passed_over(root: Path) -> None:
    (root / A).unlink()
    assert check(root, A) == (0, NONE)
    git(root, "rm", "-q", "--cached", A)
    assert check(root, A) == (0, NONE)
    commit(root)
    assert check(root, A)[0] == 2


def test_any_split_of_the_files_finds_the_same(root: Path) -> None:
    (root / B).write_text(f'{CLEAN}export const home = "/Users/alice/Documents";\n')
    _, both = check(root, A, B)
    _, first = check(root, A)
    _, second = check(root, B)
    places = [line for line in both.splitlines() if line.startswith("packages/")]
    apart = [ln for ln in (first + second).splitlines() if ln.startswith("packages/")]
    assert places == apart and len(places) == 2


def test_a_test_file_alone_is_judged_with_its_package(root: Path) -> None:
    """What a test may expect hangs on the code of its package, which the commit need not touch."""
    test = "packages/app/test/a.test.ts"
    (root / B).write_text('export const vault = "/Users/alice/Vault";\n')
    (root / test).parent.mkdir()
    (root / test).write_text('expect(vault).toBe("/Users/alice/Vault");\n')
    commit(root)
    whole = [ln for ln in check(root)[1].splitlines() if ln.startswith(test)]
    assert (
        whole and [ln for ln in check(root, test)[1].splitlines() if ln.startswith(test)] == whole
    )


def test_the_index_counts_and_not_the_working_tree(root: Path) -> None:
    fleetmod(root, "baseline")
    (root / B).write_text(HEAD + STOP)
    git(root, "add", B)
    (root / B).write_text(CLEAN)
    assert check(root, "--staged")[0] == 1
    git(root, "add", B)
    (root / B).write_text(HEAD + STOP)
    assert check(root, "--staged") == (0, NONE)
    assert check(root, B)[0] == 1


def test_a_broken_file_is_unproven(root: Path) -> None:
    (root / B).write_text('export const = = "launchctl stop x" (;\n')
    code, out = check(root, B)
    assert (code, "unproven: packages/app/src/b.ts:1-1 does not parse" in out) == (3, True)


def test_fix_installs_what_is_needed_and_rewrites_no_other_code(root: Path) -> None:
    (root / B).write_text(HEAD + STOP)
    told = check(root, A)[1]
    assert f'"@acme/process-manager" is not installed yet:\n  fleetmod check --fix {A}\n' in told
    code, out = check(root, A, "--fix")
    assert (code, f"fixed {A}" in out, (root / B).read_text()) == (0, True, HEAD + STOP)
    assert "processManager.stop" in (root / A).read_text()
    assert (root / "packages/process-manager/package.json").is_file()
    assert "not installed yet" not in check(root, B)[1]
    assert check(root, B, "--fix")[0] == 0
    assert "processManager.stop" in (root / B).read_text()
    assert fleetmod(root, "gate", "--phase", "1a").code == 0


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github", "gitlab", "markdown", "html"])
def test_every_format_tells_the_new_finding(root: Path, form: str, tmp_path: Path) -> None:
    report = tmp_path / "report"
    ran = fleetmod(root, "check", str(root / A), "--format", form, "--output", str(report))
    assert (ran.code, ran.out) == (1, "")
    assert "launchctl-call" in report.read_text()


def test_what_is_known_is_unchanged_to_machines(root: Path) -> None:
    fleetmod(root, "baseline")
    (root / B).write_text(HEAD + STOP)
    sarif = fleetmod(root, "check", "--format", "sarif")
    assert sarif.code == 1
    states = [line.strip(" ,") for line in sarif.out.splitlines() if "baselineState" in line]
    assert states == [f'"baselineState": "{state}"' for state in ("unchanged", "new")]
    audit = fleetmod(root, "audit", "--format", "sarif").out
    assert audit.count('"baselineState": "unchanged"') == 1
    assert fleetmod(root, "check", "--format", "github").out.count("launchctl-call") == 1
