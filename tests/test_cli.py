"""The command line, end to end, on the bundled monorepo and on repositories with faults."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.repo import commit, copy, fleetmod, git, make, tree

CALL = """import { execSync } from "node:child_process";
export async function go() {
  execSync("launchctl kickstart -k system/com.acme.api");
}
"""
MANIFESTS = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/app/package.json": '{\n  "name": "@acme/app"\n}\n',
}


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    return copy("demo", tmp_path / "demo")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return make(tmp_path / "small", {**MANIFESTS, "packages/app/src/a.ts": CALL})


def test_from_init_to_the_gate(demo: Path) -> None:
    assert fleetmod(demo, "init").code == 0
    commit(demo)
    before = tree(demo)
    assert fleetmod(demo, "audit").code == 1
    assert fleetmod(demo, "gate").code == 1
    dry = fleetmod(demo, "migrate", "--dry-run")
    assert dry.code == 0 and "+++ b/packages/cli/src/commands/worker.ts" in dry.out
    assert tree(demo) == before
    done = fleetmod(demo, "migrate")
    assert (done.code, done.err) == (0, "")
    assert "0 refused" in done.out
    assert fleetmod(demo, "gate", "--phase", "1a,1b").code == 0
    assert fleetmod(demo, "audit").code == 0
    after = tree(demo)
    again = fleetmod(demo, "migrate", "--allow-dirty")
    assert "rewrote 0 finding(s) in 0 file(s); 0 file(s) created" in again.out
    assert tree(demo) == after


def test_only_lines_with_debt_change(demo: Path) -> None:
    """A removed line held debt, was part of a call that goes, or declares what nobody uses now."""
    fleetmod(demo, "init")
    commit(demo)
    fleetmod(demo, "migrate")
    diff = git(demo, "diff", "-U0", "--", "packages/worker/src/config.ts")
    removed = [line[1:] for line in diff.splitlines() if line.startswith("-") and line[1] != "-"]
    assert removed
    assert [line for line in removed if "/Users/sam" not in line] == [
        'import { join } from "node:path";'
    ]


def test_init_never_overwrites(demo: Path) -> None:
    assert fleetmod(demo, "init").code == 0
    text = (demo / "fleetmod.toml").read_text()
    again = fleetmod(demo, "init")
    assert (again.code, again.out) == (2, "")
    assert (
        again.err
        == f"fleetmod: {demo}/fleetmod.toml: is there already. Overwrite it with --force\n"
    )
    (demo / "fleetmod.toml").write_text("version = 1\n")
    assert fleetmod(demo, "init", "--force").code == 0
    assert (demo / "fleetmod.toml").read_text() == text
    printed = fleetmod(demo, "init", "--print")
    assert (printed.code, printed.out) == (0, text)


def test_a_wrong_key_is_named_with_file_and_line(demo: Path) -> None:
    (demo / "fleetmod.toml").write_text('version = 1\n\n[home]\nuser = ["sam"]\n')
    for command in (["audit"], ["migrate"], ["gate"], ["explain"]):
        ran = fleetmod(demo, *command)
        assert ran.code == 2
        assert ran.err == (
            "fleetmod: fleetmod.toml:4: home.user is not a key. Did you mean home.users?\n"
        )


def test_a_plan_is_applied_only_to_what_it_was_made_from(small: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    before = tree(small)
    assert fleetmod(small, "migrate", "--plan", str(plan)).code == 0
    assert tree(small) == before
    document = json.loads(plan.read_text())
    (change,) = [c for c in document["changes"] if c["path"].endswith("a.ts")]
    assert any("launchctl" in edit["before"] for edit in change["edits"])

    file = small / "packages/app/src/a.ts"
    file.write_text(CALL + "// more\n")
    commit(small)
    refused = fleetmod(small, "migrate", "--apply", str(plan))
    assert refused.code == 2
    assert "packages/app/src/a.ts: changed since the plan was made" in refused.err
    file.write_text(CALL)
    commit(small)
    assert tree(small) == before
    assert fleetmod(small, "migrate", "--apply", str(plan)).code == 0
    assert "processManager.restart" in file.read_text()


def test_a_dirty_tree_is_refused(small: Path) -> None:
    file = small / "packages/app/src/a.ts"
    file.write_text(CALL + "// more\n")
    before = tree(small)
    ran = fleetmod(small, "migrate")
    assert ran.code == 2 and "uncommitted changes, e.g. packages/app/src/a.ts" in ran.err
    assert "--allow-dirty" in ran.err and tree(small) == before
    assert fleetmod(small, "migrate", "--allow-dirty").code == 0
    assert "processManager.restart" in file.read_text()


def test_only_and_path_narrow_a_migration(demo: Path) -> None:
    fleetmod(demo, "init")
    commit(demo)
    fleetmod(demo, "migrate", "--only", "home-fallback", "--path", "packages/worker/*")
    changed = git(demo, "diff", "--name-only", "--", "*.ts", "*.cts").split()
    assert changed == ["packages/worker/src/config.ts"]
    text = (demo / changed[0]).read_text()
    assert "process.env.HOME" not in text and 'REPO_ROOT = "/Users/sam/Code/orchard"' in text


def test_a_path_that_looks_like_a_glob_is_a_path(tmp_path: Path) -> None:
    path = "packages/app/src/[...id]/a.ts"
    root = make(tmp_path / "r", {**MANIFESTS, path: CALL, "packages/app/src/b.ts": CALL})
    assert fleetmod(root, "migrate", "--path", f"./{path}").code == 0
    assert "processManager.restart" in (root / path).read_text()
    assert (root / "packages/app/src/b.ts").read_text() == CALL


def test_a_refusal_is_told_and_stays_as_debt(tmp_path: Path) -> None:
    text = CALL.replace("launchctl kickstart -k system/com.acme.api", "launchctl $1")
    root = make(tmp_path / "r", {**MANIFESTS, "packages/app/src/a.ts": text})
    before = tree(root)
    ran = fleetmod(root, "migrate")
    assert ran.code == 1
    assert "refused packages/app/src/a.ts:3:3" in ran.out
    assert tree(root) == before
    assert fleetmod(root, "gate", "--phase", "1a").code == 1


@pytest.mark.parametrize("command", [["audit"], ["gate", "--phase", "1a"], ["migrate"]])
def test_what_does_not_parse_is_unproven(tmp_path: Path, command: list[str]) -> None:
    """A trigger inside an ERROR node: nobody knows what it is, so nothing is claimed of it."""
    broken = 'export const a = 1;\n@@@ execSync("launchctl list") ###\n'
    root = make(tmp_path / "r", {**MANIFESTS, "packages/app/src/a.ts": broken})
    before = tree(root)
    ran = fleetmod(root, *command)
    assert ran.code == 3, ran.out
    assert "packages/app/src/a.ts:2-2" in ran.out
    assert tree(root) == before


def test_nothing_is_rewritten_beside_what_does_not_parse(tmp_path: Path) -> None:
    broken = CALL + "export const = 1;\n"
    root = make(tmp_path / "r", {**MANIFESTS, "packages/app/src/a.ts": broken})
    before = tree(root)
    ran = fleetmod(root, "migrate")
    assert ran.code == 1 and "line 5 does not parse, so nothing in the file is rewritten" in ran.out
    assert tree(root) == before


def test_wrong_usage(small: Path, tmp_path: Path) -> None:
    for args, said in (
        (["gate", "--phase", "9"], "unknown phase `9`. Phases: 1a, 1b"),
        (["explain", "no-such-rule"], "no rule and no reason is called `no-such-rule`. `fleetmod"),
        (["explain", "call-stay"], "is called `call-stay`. Did you mean call-stays?"),
        (["explain", "lauchctl-call"], "Did you mean launchctl-call?"),
        (["audit", "--only", "home-pth"], "Did you mean home-path?"),
        (["audti"], "No such command 'audti'. Did you mean audit?"),
        (["migrate", "--only", "no-such-rule"], "unknown rule `no-such-rule`"),
        (["migrate", "--apply", "none.json"], "none.json: cannot be read: No such file"),
        (["migrate", "--dry-run", "--plan", "x"], "exclude each other"),
        (["brew"], "No such command 'brew'"),
    ):
        ran = fleetmod(small, *args)
        assert ran.code == 2 and said in ran.err, ran
    missing = fleetmod(tmp_path / "nowhere", "audit")
    assert (missing.code, missing.out) == (2, "")
    assert missing.err.startswith(f"fleetmod: {tmp_path}/nowhere: is no folder.")


def test_a_repository_without_debt(tmp_path: Path) -> None:
    clean = "export const go = (id: string) => `/users/${id}`;\n"
    root = make(tmp_path / "r", {**MANIFESTS, "packages/app/src/a.ts": clean})
    before = tree(root)
    document = json.loads(fleetmod(root, "audit", "--format", "json").out)
    assert document["findings"] == [] and document["unexplained"] == []
    assert fleetmod(root, "audit").code == 0
    assert fleetmod(root, "migrate").code == 0
    assert tree(root) == before


def test_a_phase_without_a_user_has_no_home_to_find(small: Path) -> None:
    ran = fleetmod(small, "gate", "--phase", "1b")
    assert ran.code == 0 and "passed" in ran.out


def test_explain(small: Path) -> None:
    listed = fleetmod(small, "explain")
    assert listed.code == 0 and "launchctl-call" in listed.out
    one = fleetmod(small, "explain", "home-path")
    assert one.code == 0
    every = fleetmod(small, "explain", "home-path", "--full")
    assert "nodeIdentity.repoRoot" in every.out
    for out in (one.out, every.out):
        assert "before" in out and "after" in out
    assert len(one.out.splitlines()) < 60 < len(every.out.splitlines())
    assert "more examples: fleetmod explain home-path --full" in one.out


@pytest.mark.parametrize("rule", ["launchctl-call", "host-tool", "suppression", "gate-grep"])
def test_an_explanation_fits_a_screen(small: Path, rule: str) -> None:
    ran = fleetmod(small, "explain", rule)
    assert ran.code == 0 and 0 < len(ran.out.splitlines()) < 50


def test_the_demo(tmp_path: Path) -> None:
    ran = fleetmod(tmp_path, "demo", "--keep", str(tmp_path / "kept"))
    assert ran.code == 0, ran.out + ran.err
    steps = [line for line in ran.out.splitlines() if line.startswith("$ fleetmod")]
    assert [s.split()[2] for s in steps] == [
        *("init", "audit", "audit", "migrate", "migrate", "gate", "audit")
    ]
    page = tmp_path / "kept/debt.html"
    assert f"as a page:  {page}\n" in ran.out and "launchctl" in page.read_text()
    assert (tmp_path / "kept/packages/process-manager/src/index.ts").is_file()
    again = fleetmod(tmp_path, "demo", "--keep", str(tmp_path / "kept"))
    assert again.code == 2 and "is not empty" in again.err


def test_without_a_command_the_help_is_shown_as_it_is(tmp_path: Path) -> None:
    ran = fleetmod(tmp_path, "rules")
    assert ran.code == 2 and ran.err.startswith("Usage: ")
    assert "\\n" not in ran.err and "Error" not in ran.err
    assert "Run the examples of your own rules." in ran.err


def test_help_teaches() -> None:
    ran = fleetmod(Path(), "--help")
    assert ran.code == 0
    for word in ("init", "audit", "migrate", "gate", "explain", "demo", "Exit codes: 0 clean"):
        assert word in ran.out


def test_a_finding_is_one_line_of_the_audit(tmp_path: Path) -> None:
    """Though its label is an expression of several lines."""
    code = CALL.replace(
        '"launchctl kickstart -k system/com.acme.api"', "`launchctl list ${\n  LABEL\n}`"
    )
    root = make(tmp_path / "lines", {**MANIFESTS, "packages/app/src/a.ts": code})
    line = next(x for x in fleetmod(root, "audit").out.splitlines() if "a.ts:3:3" in x)
    assert "launchctl call `execSync(`launchctl list ${ LABEL }`)`" in line
    assert line.endswith("let the process-manager port inspect ${LABEL}")
