"""`check --staged` and the hook judge git's index: nothing that the disk has besides counts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repo import Ran, commit, fleetmod, git, make

HEAD = 'import { execFileSync } from "node:child_process";\n'
STOP = 'export async function stop() {\n  execFileSync("launchctl", ["stop", "com.acme.a"]);\n}\n'
DEBT, CLEAN = HEAD + STOP, "export const one = 1;\n"
CONFIG = 'version = 1\n[home]\nusers = ["alice"]\n[runtime]\nscope = "@acme"\n'
# in a folder of the gate, its grep would read what is excluded
EXCLUDE = CONFIG + '[workspace]\ngate = ["lib"]\nexclude = ["packages/**"]\n'
CLEAN_BLOB = "HEAD:lib/one.ts"
A, B = "packages/app/src/a.ts", "packages/app/src/b.ts"
FLEETMOD = Path(sys.executable).parent / "fleetmod"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r", "workspaces": ["packages/*"]}\n',
            "fleetmod.toml": CONFIG,
            "packages/app/package.json": '{"name": "app", "type": "module"}\n',
            "lib/one.ts": CLEAN,
            A: CLEAN,
        },
    )


def stage(root: Path, path: str, content: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(content)
    git(root, "add", path)


def hook(root: Path, *files: str) -> Ran:
    """As the hook calls it: in the repository, with the names of the commit's files."""
    done = subprocess.run(
        [FLEETMOD, "check", "--staged", *files], cwd=root, capture_output=True, text=True
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def codes(root: Path, *files: str) -> set[int]:
    """The exit codes of both ways to ask, and of asking from a folder below."""
    below = subprocess.run(
        [FLEETMOD, "-C", "..", "check", "--staged"], cwd=root / "packages", capture_output=True
    )
    return {fleetmod(root, "check", "--staged").code, hook(root, *files).code, below.returncode}


def gone(root: Path) -> None:
    (root / A).unlink()


def gone_with_its_folder(root: Path) -> None:
    shutil.rmtree(root / "packages/app/src")


def linked(root: Path) -> None:
    (root / A).unlink()
    (root / A).symlink_to("/dev/null")


def linked_folder(root: Path) -> None:
    shutil.rmtree(root / "packages/app")
    (root / "packages/app").symlink_to(root.parent)


def folder(root: Path) -> None:
    (root / A).unlink()
    (root / A).mkdir()


def unreadable(root: Path) -> None:
    (root / A).unlink()
    os.mkfifo(root / A)


def mended(root: Path) -> None:
    (root / A).write_text(CLEAN)


def ignored(root: Path) -> None:
    (root / ".gitignore").write_text("packages\n")
    git(root, "update-index", "--assume-unchanged", A)


def baseline(root: Path) -> None:
    fleetmod(root, "baseline")
    assert fleetmod(root, "check").code == 0


def accepted(root: Path) -> None:
    directive = "// fleetmod-ignore-file launchctl-call: not staged\n"
    (root / A).write_text(directive + DEBT)


def excluded(root: Path) -> None:
    (root / "fleetmod.toml").write_text(EXCLUDE)
    assert fleetmod(root, "check").code == 0


def no_configuration(root: Path) -> None:
    (root / "fleetmod.toml").unlink()


def broken_configuration(root: Path) -> None:
    (root / "fleetmod.toml").write_text("[[[")


def own_adapter(root: Path) -> None:
    (root / "fleetmod.toml").write_text(f'{CONFIG}[process]\nadapters = ["{A}"]\n')


def replaced(root: Path) -> None:
    git(root, "replace", git(root, "rev-parse", f":{A}").strip(), CLEAN_BLOB)


@pytest.mark.parametrize(
    "disk",
    [
        replaced, gone, gone_with_its_folder, linked, linked_folder, folder, unreadable, mended,
        ignored, baseline, accepted, excluded, no_configuration, broken_configuration,
        own_adapter,
    ],
)  # fmt: skip
def test_staged_debt_is_told_whatever_the_disk_has(
    root: Path, disk: Callable[[Path], None]
) -> None:
    stage(root, A, DEBT)
    disk(root)
    assert codes(root, A) == {1}
    told = f'{A}:3:3: launchctl-call: launchctl call `execFileSync("launchctl", ["stop", "com'
    assert told in hook(root, A).out


def dirty(root: Path) -> None:
    (root / A).write_text(DEBT)


def no_baseline(root: Path) -> None:
    (root / ".fleetmod-baseline").unlink()


def other_baseline(root: Path) -> None:
    (root / ".fleetmod-baseline").write_text("<<<<<<<\n")


def other_rules(root: Path) -> None:
    (root / "own").mkdir()
    (root / "own/x.toml").write_text("no = rule")
    (root / "fleetmod.toml").write_text(f'{CONFIG}[workspace]\nrules = ["own"]\n')


@pytest.mark.parametrize("disk", [dirty, gone, broken_configuration, other_rules])
def test_a_clean_commit_passes_whatever_the_disk_has(
    root: Path, disk: Callable[[Path], None]
) -> None:
    stage(root, A, CLEAN + CLEAN.replace("one", "two"))
    disk(root)
    assert codes(root, A) == {0}


@pytest.mark.parametrize("disk", [no_baseline, other_baseline, dirty, broken_configuration])
def test_a_staged_baseline_counts(root: Path, disk: Callable[[Path], None]) -> None:
    stage(root, A, DEBT)
    assert fleetmod(root, "baseline").code == 0
    git(root, "add", "-A")
    disk(root)
    assert codes(root, A) == {0}
    # what is recorded of a file that the commit renames goes with it, wherever it is on the disk
    git(root, "mv", "-f", A, B)
    (root / A).write_text(DEBT)
    assert codes(root, B) == {0}


def test_a_staged_exclude_and_its_opposite(root: Path) -> None:
    stage(root, A, DEBT)
    stage(root, "fleetmod.toml", EXCLUDE)
    (root / "fleetmod.toml").write_text(CONFIG)
    assert codes(root, A) == {0}
    stage(root, "fleetmod.toml", CONFIG)
    (root / "fleetmod.toml").write_text(EXCLUDE)
    assert codes(root, A) == {1}


RULE = """id = "own-tool"
title = "a tool of our own"
family = "process"
class = "call"
triggers = ["ourtool"]
query = '((identifier) @debt (#eq? @debt "ourtool"))'
refusal = "call it by its port"
prose = "It runs on one machine."

[[example]]
title = "a call"
refused = "ourtool();"
"""


def test_rules_of_the_commit_count(root: Path) -> None:
    stage(root, A, "ourtool();\n")
    stage(root, "fleetmod.toml", f'{CONFIG}[workspace]\nrules = ["own"]\n')
    stage(root, "own/tool.toml", RULE)
    assert codes(root, A) == {1}
    shutil.rmtree(root / "own")
    assert codes(root, A) == {1}
    git(root, "rm", "-qr", "--cached", "own")
    stage(root, "own/tool.toml", RULE.replace("ourtool", "another"))
    (root / "own/tool.toml").write_text(RULE)
    assert codes(root, A) == {0}


def test_the_manifests_of_the_commit_count(root: Path) -> None:
    """A rewrite is offered where a package.json stands above the file: in the commit."""
    stage(root, A, DEBT)
    (root / "packages/app/package.json").unlink()
    (root / "package.json").unlink()
    assert "+   await processManager.stop" in hook(root, A).out
    git(root, "rm", "-q", "--cached", "packages/app/package.json", "package.json")
    (root / "package.json").write_text("{}")
    assert "no package.json stands above the file" in hook(root, A).out


def test_a_test_is_judged_with_the_code_of_the_commit(root: Path) -> None:
    """What a test may expect hangs on what the rest of its package spells."""
    test = "packages/app/test/a.test.ts"
    stage(root, B, 'export const vault = "/Users/alice/Vault";\n')
    commit(root)
    stage(root, test, 'expect(vault).toBe("/Users/alice/Vault");\n')
    told = hook(root, test).out
    (root / B).unlink()
    assert hook(root, test).out == told
    git(root, "rm", "-q", "--cached", B)
    (root / B).write_text('export const vault = "/Users/alice/Vault";\n')
    assert hook(root, test).out != told


def test_without_a_configuration_the_proposal_is_of_the_commit(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {"package.json": '{"name": "r"}\n', "src/a.ts": CLEAN})
    stage(root, "src/a.ts", 'export const a = "/Users/carol/x";\n')
    (root / "src/a.ts").write_text(CLEAN)
    (root / "fleetmod.toml").write_text(CONFIG)
    assert hook(root, "src/a.ts").code == 1
    below = hook(root / "src", "a.ts")
    assert below.code == 1
    stage(root, "fleetmod.toml", CONFIG.replace("alice", "carol"))
    (root / "fleetmod.toml").unlink()
    below = hook(root / "src", "a.ts")
    assert (below.code, "configured above it" in below.err) == (2, True)


@pytest.mark.parametrize("kind", ["link", "submodule", "intent"])
def test_what_is_no_content(root: Path, kind: str) -> None:
    if kind == "link":
        (root / B).symlink_to("/Users/alice/launchctl")
        git(root, "add", B)
        (root / B).unlink()
        (root / B).write_text(DEBT)
    elif kind == "submodule":
        sha = git(root, "rev-parse", "HEAD").strip()
        git(root, "update-index", "--add", "--cacheinfo", f"160000,{sha},{B}")
        (root / B).write_text(DEBT)
    else:
        (root / B).write_text(DEBT)
        git(root, "add", "-N", B)
    assert codes(root, B) == {0}


def test_what_the_index_does_not_have_is_wrong_usage(root: Path) -> None:
    (root / B).write_text(CLEAN)
    ran = hook(root, B)
    assert (ran.code, ran.err) == (
        2,
        f"fleetmod: {B}: no such file in git's index. Add it with `git add`\n",
    )
    git(root, "rm", "-q", "--cached", A)
    assert hook(root, A).code == 0  # the commit deletes it
    assert hook(root, "packages").code == 0


def test_filters_do_not_run(root: Path, tmp_path: Path) -> None:
    stage(root, A, DEBT)
    stage(root, ".gitattributes", "*.ts filter=x diff=x\n")
    touched = tmp_path / "ran"
    for key in ("filter.x.smudge", "filter.x.clean", "diff.x.textconv", "diff.x.command"):
        git(root, "config", key, f"touch {touched}; cat")
    assert codes(root, A) == {1}
    assert not touched.exists()


def test_control_nothing_is_left_behind(root: Path, tmp_path: Path) -> None:
    stage(root, A, DEBT)
    before = sorted((root / ".git").rglob("*"))
    env = {"TMPDIR": str(tmp_path / "t")}
    (tmp_path / "t").mkdir()
    assert fleetmod(root, "check", "--staged", env=env).code == 1
    assert not list((tmp_path / "t").iterdir())
    assert sorted((root / ".git").rglob("*")) == before
