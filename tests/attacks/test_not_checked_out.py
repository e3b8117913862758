"""Debt of a commit that the disk does not show: nothing may be called proven, and git's flags that
hide it are told."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fleetmod.workspace import git as git_module
from fleetmod.workspace.search import Search
from tests.repo import commit, fleetmod, git, make

DEBT = """import { execSync } from "node:child_process";
execSync("launchctl kickstart -k gui/501/com.acme.api");
export const data = "/Users/sam/data";
"""
FILES = {
    "fleetmod.toml": 'version = 1\n[workspace]\ngate = ["packages"]\n[home]\nusers = ["sam"]\n',
    "package.json": '{"name": "acme", "workspaces": ["packages/*"]}\n',
    "packages/app/package.json": '{"name": "app"}\n',
    "packages/app/src/a.ts": "export const a = 1;\n",
    "docs/readme.md": "words\n",
}
HIDDEN = "packages/other/src/debt.ts"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose commit holds debt in one file."""
    return make(tmp_path / "r", {**FILES, HIDDEN: DEBT})


def certificate(root: Path, code: int, *phases: str) -> dict[str, Any]:
    ran = fleetmod(root, "gate", "--phase", ",".join(phases or ("1a", "1b")), "--format", "json")
    assert ran.code == code, ran.out + ran.err
    document: dict[str, Any] = json.loads(ran.out)
    return document


def told(root: Path, path: str = HIDDEN, audit: int = 3) -> str:
    """Why the gate is unproven: it stands at a path in the certificate, and an audit says it."""
    document = certificate(root, 3)
    (reason,) = [each["reason"] for each in document["not_read"] if each["path"] == path]
    for phase in document["phases"]:
        assert phase["verdict"] == "unproven"
        assert f"{path} cannot be read: {reason}" in phase["unproven"]
    assert fleetmod(root, "audit").code == audit
    return str(reason)


def proven(root: Path) -> None:
    assert certificate(root, 0)["not_read"] == []


def skip(root: Path) -> None:
    git(root, "update-index", "--skip-worktree", HIDDEN)
    (root / HIDDEN).unlink()


def assume(root: Path) -> None:
    git(root, "update-index", "--assume-unchanged", HIDDEN)
    (root / HIDDEN).unlink()


def assume_and_change(root: Path) -> None:
    git(root, "update-index", "--assume-unchanged", HIDDEN)
    (root / HIDDEN).write_text("export {};\n")


def skip_and_change(root: Path) -> None:
    git(root, "update-index", "--skip-worktree", HIDDEN)
    (root / HIDDEN).write_text("export {};\n")


@pytest.mark.parametrize(
    ("hide", "said"),
    [
        (skip, "keeps it off the disk"),
        (assume, "assume-unchanged hides that"),
        (assume_and_change, "it differs from the index, and assume-unchanged hides that"),
        (skip_and_change, "it differs from the index, and skip-worktree hides that"),
    ],
)
def test_a_flag_hides_a_file(root: Path, hide: Callable[[Path], None], said: str) -> None:
    hide(root)
    assert said in told(root, HIDDEN if (root / "packages/other").exists() else "packages/other")
    assert git(root, "status", "--porcelain") == ""


def test_a_sparse_checkout_is_told_by_its_folders(root: Path) -> None:
    for number in range(30):
        (root / "packages/other/src" / f"{number}.ts").write_text("export {};\n")
    commit(root)
    git(root, "sparse-checkout", "set", "packages/app")
    assert not (root / "packages/other").exists()
    assert "31 of its files are missing" in told(root, "packages/other")
    assert len(certificate(root, 3)["not_read"]) == 1


def test_what_no_phase_looks_at_may_be_left_out(root: Path) -> None:
    (root / HIDDEN).unlink()
    commit(root)
    git(root, "sparse-checkout", "set", "packages")
    assert not (root / "docs").exists()
    proven(root)
    phases = certificate(root, 3, "1a", "portable")["phases"]
    assert [phase["verdict"] for phase in phases] == ["passed", "unproven"]
    assert phases[1]["unproven"][0].startswith("docs cannot be read: ")


def test_a_flag_that_hides_nothing_proves(root: Path) -> None:
    for path in (HIDDEN, "packages/app/src/a.ts"):
        git(root, "update-index", "--assume-unchanged", path)
    certificate(root, 1)
    (root / HIDDEN).write_text("export {};\n")
    assert git(root, "status", "--porcelain") == ""
    told(root)
    git(root, "update-index", "--no-assume-unchanged", HIDDEN)
    commit(root)
    git(root, "update-index", "--assume-unchanged", HIDDEN)
    proven(root)


def _checked_out_anew(root: Path) -> None:
    (root / HIDDEN).unlink()
    git(root, "checkout", "-q", "--", HIDDEN)
    later = time.time() + 9  # git looks into what is as new as its index
    os.utime(root / ".git/index", (later, later))


def encoded(encoding: str) -> Callable[[Path], None]:
    def hide(root: Path) -> None:
        (root / ".git/info/attributes").write_text(f"{HIDDEN} working-tree-encoding={encoding}\n")
        _checked_out_anew(root)

    return hide


def filtered(root: Path) -> None:
    git(root, "config", "filter.x.smudge", "sed s,/Users/sam,/x,\\;s,launchctl,x,")
    git(root, "config", "filter.x.clean", f"git cat-file blob HEAD:{HIDDEN}")
    (root / ".git/info/attributes").write_text(f"{HIDDEN} filter=x\n")
    _checked_out_anew(root)


def replaced(root: Path) -> None:
    (root / "docs/clean.ts").write_text("export {};\n")
    clean = git(root, "hash-object", "-w", "docs/clean.ts").strip()
    (root / "docs/clean.ts").unlink()
    git(root, "replace", git(root, "rev-parse", f":{HIDDEN}").strip(), clean)
    _checked_out_anew(root)


@pytest.mark.parametrize(
    "hide",
    [encoded("UTF-16LE"), encoded("IBM037"), encoded("UTF-32LE"), filtered, replaced],
    ids=["utf-16", "ebcdic", "utf-32", "filter", "replace"],
)
def test_what_git_makes_of_a_file_on_the_disk_is_not_its_content(
    root: Path, hide: Callable[[Path], None]
) -> None:
    """Git calls the file unchanged, and nothing on the disk shows the debt of the commit."""
    hide(root)
    assert git(root, "status", "--porcelain") == ""
    assert b"/Users/sam" not in (root / HIDDEN).read_bytes()
    assert "git has another content of it" in told(root)
    assert fleetmod(root, "migrate").code == 3
    assert git(root, "status", "--porcelain") == ""


def test_a_flag_hides_no_encoding(root: Path) -> None:
    encoded("UTF-16LE")(root)
    git(root, "update-index", "--assume-unchanged", HIDDEN)
    assert "it differs from the index" in told(root)


def test_control_what_conversions_make_of_a_file_is_no_difference(tmp_path: Path) -> None:
    content = b"export const wanted = 1;\n"
    oid = hashlib.sha256(content).hexdigest()
    files: dict[str, str | bytes] = {
        **FILES,
        ".gitattributes": "*.ts text eol=crlf\nident.ts ident\n"
        "wide.ts working-tree-encoding=UTF-16\n",
        "packages/app/src/ident.ts": "// $Id$\n",
        "packages/app/src/wide.ts": "export const wide = 1;\n".encode("utf-16"),
        "packages/app/src/fetched.ts": POINTER.format(oid, len(content)),
    }
    root = make(tmp_path / "r", files)
    for path in git(root, "ls-files", "packages").split():
        (root / path).unlink()
    git(root, "checkout", "-q", "--", ".")
    assert b"\r\n" in (root / "packages/app/src/a.ts").read_bytes()
    assert b"$Id: " in (root / "packages/app/src/ident.ts").read_bytes()
    (root / "packages/app/src/fetched.ts").write_bytes(content)
    for path in git(root, "ls-files", "packages").split():
        git(root, "update-index", "--assume-unchanged", path)
    proven(root)


@pytest.mark.parametrize("attributes", ["*.ts filter=lfs diff=lfs merge=lfs -text\n", ""])
def test_a_pointer_of_git_lfs_is_not_the_code(tmp_path: Path, attributes: str) -> None:
    pointer = POINTER.format("0" * 64, 1234)
    root = make(tmp_path / "r", {**FILES, ".gitattributes": attributes, HIDDEN: pointer})
    assert "git lfs pull" in told(root)


def test_control_a_text_that_speaks_of_git_lfs_is_code(tmp_path: Path) -> None:
    line = "version https://git-lfs.github.com/spec/v1"
    root = make(
        tmp_path / "r",
        {**FILES, "packages/app/src/b.ts": f"// {line}\n", "docs/lfs.md": POINTER.format(1, 1)},
    )
    proven(root)


def test_the_configuration_itself_is_looked_at(root: Path) -> None:
    git(root, "update-index", "--assume-unchanged", "fleetmod.toml")
    (root / "fleetmod.toml").write_text(
        'version = 1\n[workspace]\nscan = ["docs"]\ngate = ["docs"]\n'
    )
    (root / "docs/a.ts").write_text("export {};\n")
    assert "assume-unchanged" in told(root, "fleetmod.toml")


def test_a_baseline_that_a_flag_hides_is_no_proof(root: Path) -> None:
    """Else debt is recorded where no commit will ever show it."""
    (root / HIDDEN).unlink()
    (root / ".fleetmod-baseline").write_text("# fleetmod baseline 2: nothing\n")
    commit(root)
    assert fleetmod(root, "check").code == 0
    git(root, "update-index", "--assume-unchanged", ".fleetmod-baseline")
    (root / ".fleetmod-baseline").unlink()
    (root / "packages/app/src/a.ts").write_text(DEBT)
    assert fleetmod(root, "baseline").code == 0
    ran = fleetmod(root, "check")
    assert ran.code == 3 and ".fleetmod-baseline" in ran.out and "assume-unchanged" in ran.out


def pipe(file: Path) -> None:
    os.mkfifo(file)


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="root alone makes devices")


def endless(file: Path) -> None:
    os.mknod(file, 0o644 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero


@pytest.mark.parametrize(
    "command",
    [["audit"], ["check"], ["gate"], ["migrate", "--dry-run"], ["init", "--force"], ["baseline"]],
    ids=" ".join,
)
@pytest.mark.parametrize("put", [pipe, pytest.param(endless, marks=AS_ROOT)])
@pytest.mark.parametrize("path", [HIDDEN, "packages/other/package.json", "docs/a.md"])
def test_what_has_no_end_in_the_place_of_a_file_is_not_read(
    root: Path, path: str, put: Callable[[Path], None], command: list[str]
) -> None:
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text("{}\n" if path.endswith("json") else "")
    commit(root)
    (root / path).unlink()
    put(root / path)
    words = [sys.executable, "-m", "fleetmod", "-C", str(root), *command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    if path == HIDDEN and command[0] in ("audit", "check", "gate"):
        assert done.returncode == 3 and "a pipe, a device or the like" in done.stdout, done


@pytest.mark.parametrize("command", [["audit"], ["check"], ["gate"], ["migrate"], ["verify"]])
@pytest.mark.parametrize(
    "path",
    [
        *(".gitignore", ".gitattributes", ".git/info/exclude", ".git/info/attributes"),
        *(".git/config", ".git/index", ".nvmrc", ".pnp.cjs", "fleetmod.toml"),
        *("tsconfig.json", "pnpm-workspace.yaml", ".fleetmod-baseline"),
    ],
)
def test_no_pipe_is_waited_for(root: Path, path: str, command: list[str]) -> None:
    """Nothing is tracked there, and git itself would wait for the end of some."""
    (root / path).unlink(missing_ok=True)
    pipe(root / path)
    words = [sys.executable, "-m", "fleetmod", "-C", str(root), *command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert "Traceback" not in done.stderr
    if path.startswith(".git") and command != ["verify"]:
        assert done.returncode in (1, 2, 3)
        assert f"{path} is a pipe" in " ".join((done.stdout + done.stderr).split())


def test_a_git_that_gives_no_answer_is_waited_for_once(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_module, "_SOON", 0.5)
    pipe(root / "packages/app/src/.gitignore")
    started = 0
    real = git_module._start

    def start(*args: Any, **kwargs: Any) -> Any:
        nonlocal started
        found = real(*args, **kwargs)
        started += found is not None
        return found

    monkeypatch.setattr(git_module, "_start", start)
    search = Search(root)
    assert search.listed is None
    assert search.listing.said[0].startswith("packages/app/src/.gitignore is a pipe")
    assert started == 3  # what was asked at the same time
    assert Search(root).listed is None and started == 3


def test_a_folder_that_git_answers_of_is_another(root: Path, tmp_path: Path) -> None:
    """core.worktree may name one without the debt that stands here."""
    other = make(tmp_path / "clean", FILES)
    (root / "packages/app/src/a.ts").write_text(DEBT)
    commit(root)
    git(root, "config", "core.worktree", str(other))
    for command in ("audit", "check", "gate"):
        ran = fleetmod(root, command)
        assert ran.code == 1 and "core.worktree names" in ran.out, ran
        assert "packages/app/src/a.ts" in ran.out


def test_a_change_that_git_is_told_not_to_see_is_one(root: Path, tmp_path: Path) -> None:
    """Of the same size and time, with a configuration that compares these alone."""
    file = root / "packages/app/src/a.ts"
    file.write_text(DEBT)
    os.utime(file, (1_000_000_000, 1_000_000_000))
    commit(root)
    git(root, "config", "core.checkStat", "minimal")
    git(root, "config", "core.trustctime", "false")
    time.sleep(1.1)  # git counts the seconds of a change alone
    file.write_text(DEBT.replace("Users", "opted"))
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert git(root, "status", "--porcelain") == ""
    assert json.loads(fleetmod(root, "gate", "--format", "json").out)["dirty"] is True


def other_owner(root: Path) -> dict[str, str]:
    """git's own switch for a repository of someone else, and no exception from its rule."""
    (root.parent / "none").write_text("")
    none = str(root.parent / "none")
    return {
        "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1",
        "GIT_CONFIG_GLOBAL": none,
        "GIT_CONFIG_SYSTEM": none,
    }


def without_git(root: Path) -> dict[str, str]:
    empty = root.parent / "empty"
    empty.mkdir()
    return {"PATH": str(empty)}


def broken(root: Path) -> dict[str, str]:
    (root / ".git/HEAD").write_text("")
    return {}


def broken_index(root: Path) -> dict[str, str]:
    (root / ".git/index").write_bytes(b"DIRC no index")
    return {}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (other_owner, "safe.directory"),
        (without_git, "not installed, or not on PATH"),
        (broken, "git cannot tell the state of this repository: not a git repository"),
        (broken_index, "git cannot tell the state of this repository: "),
    ],
)
@pytest.mark.parametrize("where", [".", "packages"])
def test_a_repository_that_git_cannot_tell_of(
    tmp_path: Path, where: str, spoil: Callable[[Path], dict[str, str]], said: str
) -> None:
    top = make(
        tmp_path / "r",
        {**FILES, "packages/fleetmod.toml": 'version = 1\n[workspace]\ngate = ["app"]\n'},
    )
    env, root = spoil(top), top / where
    if spoil is broken and where != ".":
        (top / ".git/HEAD").write_text("ref: refs/heads/main\n")
        (top / ".git/config").write_text("[core\n")  # a folder of this name alone is no repository
    ran = fleetmod(root, "gate", "--format", "json", env=env)
    assert ran.code == 3, ran.out
    document = json.loads(ran.out)
    (entry,) = document["not_read"]
    assert entry["path"] == ".git" and (said in entry["reason"] or spoil is broken)
    assert document["dirty"] is None
    assert document["commit"] == "" or spoil is broken_index  # which HEAD has no part in
    source = top / "packages/app/src/a.ts"
    source.write_text(DEBT)
    ran = fleetmod(root, "migrate", env=env)
    assert ran.code == 2 and ran.err.count("\n") == 1, ran.err
    assert ".git: git cannot tell the state" in ran.err
    assert source.read_text() == DEBT


def test_a_commit_that_git_cannot_read(root: Path) -> None:
    """The index can be listed, and yet nothing tells whether it is what the commit has."""
    (root / HIDDEN).unlink()
    (root / "packages/app/src/a.ts").write_text(DEBT)
    head = git(root, "rev-parse", "HEAD").strip()
    git(root, "rm", "-qr", "--cached", "packages/other")
    (root / ".git/objects" / head[:2] / head[2:]).unlink()
    assert fleetmod(root, "migrate").code == 2
    (root / "packages/app/src/a.ts").write_text("export {};\n")
    assert "bad object HEAD" in told(root, ".git", audit=0)
    assert certificate(root, 3)["dirty"] is None


def test_control_no_repository_at_all_is_what_the_disk_says(tmp_path: Path) -> None:
    root = make(tmp_path / "r", FILES)
    subprocess.run(["rm", "-r", str(root / ".git")], check=True)
    document = certificate(root, 0)
    assert (document["commit"], document["dirty"], document["not_read"]) == ("", False, [])
    assert certificate_without_git(root)["not_read"] == []


def certificate_without_git(root: Path) -> dict[str, Any]:
    ran = fleetmod(root, "gate", "--format", "json", env=without_git(root))
    assert ran.code == 0, ran.out
    document: dict[str, Any] = json.loads(ran.out)
    return document


@pytest.mark.parametrize("mode", [0o000, 0o444])
@pytest.mark.parametrize("tracked", [True, False])
def test_a_folder_that_cannot_be_read(tmp_path: Path, tracked: bool, mode: int) -> None:
    root = make(tmp_path / "r", FILES)
    hidden = root / "scripts/deep/debt.ts"
    hidden.parent.mkdir(parents=True)
    hidden.write_text(DEBT)
    if tracked:
        commit(root)
    hidden.parent.chmod(mode)
    # root reads everything, unless it is made to ask as others are
    bound = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] * (os.geteuid() == 0)
    command = [*bound, sys.executable, "-m", "fleetmod", "-C", str(root), "gate"]
    try:
        done = subprocess.run([*command, "--format", "json"], capture_output=True, text=True)
    finally:
        hidden.parent.chmod(0o755)
    assert done.returncode == 3, done.stdout + done.stderr
    reasons = {each["path"]: each["reason"] for each in json.loads(done.stdout)["not_read"]}
    assert set(reasons) <= {"scripts/deep", "scripts/deep/debt.ts"}
    assert set(reasons.values()) == {"Permission denied"}


def submodule(tmp_path: Path, at: str) -> Path:
    make(tmp_path / "library", {"src/debt.ts": DEBT})
    origin = make(tmp_path / "origin", FILES)
    allow = ("-c", "protocol.file.allow=always")
    git(origin, *allow, "submodule", "add", "-q", str(tmp_path / "library"), at)
    commit(origin)
    git(tmp_path, "clone", "-q", str(origin), "clone")
    return tmp_path / "clone"


def test_a_submodule_of_the_gate_that_is_not_checked_out(tmp_path: Path) -> None:
    root = submodule(tmp_path, "packages/library")
    assert "git submodule update --init" in told(root, "packages/library")
    git(root, "-c", "protocol.file.allow=always", "submodule", "update", "-q", "--init")
    certificate(root, 1)  # the gate's grep looks into it


def test_control_a_submodule_that_the_gate_would_not_look_into(tmp_path: Path) -> None:
    proven(submodule(tmp_path, "library"))


def test_a_partial_clone_is_judged_without_the_network(root: Path) -> None:
    git(root, "config", "uploadpack.allowFilter", "true")
    source = root.rename(root.with_name("source"))
    options = ("--filter=blob:none", "--sparse", "--no-local")
    git(source.parent, "clone", "-q", *options, f"file://{source}", "r")
    git(root, "sparse-checkout", "set", "packages/app")
    missing = git(root, "rev-list", "--objects", "--all", "--missing=print")
    assert "\n?" in missing
    told(root, "packages/other")
    assert git(root, "rev-list", "--objects", "--all", "--missing=print") == missing


def test_migrate_refuses_what_a_flag_hides(root: Path) -> None:
    (root / "packages/app/src/a.ts").write_text(DEBT)
    commit(root)
    skip(root)
    ran = fleetmod(root, "migrate")
    assert ran.code == 2 and ran.err.count("\n") == 1, ran.err
    assert "packages/other" in ran.err and "keeps it off the disk" in ran.err
    assert git(root, "status", "--porcelain") == ""
    assert fleetmod(root, "migrate", "--allow-dirty").code in (1, 3)
    assert git(root, "status", "--porcelain") != ""


def test_control_what_is_not_committed_yet_is_looked_at(tmp_path: Path) -> None:
    """Intent to add, a change, a deletion: git calls them so, and the disk counts."""
    root = make(tmp_path / "r", FILES)
    (root / HIDDEN).parent.mkdir(parents=True)
    (root / HIDDEN).write_text(DEBT)
    git(root, "add", "-N", HIDDEN)
    document = certificate(root, 1)
    assert document["dirty"] is True and document["not_read"] == []
    (root / HIDDEN).write_text("export {};\n")
    (root / "packages/app/src/a.ts").unlink()
    document = certificate(root, 0)
    assert document["dirty"] is True and document["not_read"] == []


def test_control_an_unmerged_file_is_looked_at(root: Path) -> None:
    git(root, "checkout", "-qb", "theirs")
    (root / HIDDEN).write_text("export const theirs = 1;\n")
    commit(root)
    git(root, "checkout", "-q", "-")
    (root / HIDDEN).write_text(f"{DEBT}export const ours = 1;\n")
    commit(root)
    with pytest.raises(subprocess.CalledProcessError):
        git(root, "merge", "theirs")
    document = certificate(root, 1)
    assert document["dirty"] is True
    (root / HIDDEN).write_text("export const both = 1;\n")
    proven(root)
