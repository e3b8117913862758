"""A repository's git configuration that names programs: fleetmod looks at it, and none is run."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from fleetmod.errors import FleetmodError
from fleetmod.workspace import git as ask
from fleetmod.workspace.changes import changed_files
from fleetmod.workspace.history import commits
from tests.repo import commit, copy, fleetmod, git, make

LOOKING = (  # each asks git for something else
    *(["audit"], ["check", "--staged"], ["trend"], ["migrate"]),
    ["gate", "--certificate", "{out}/certificate.json"],
)
READING = (
    *LOOKING,
    *(["check"], ["gate"], ["units"], ["migrate", "--dry-run"], ["init", "--force"]),
    *(["specs", "--dry-run"], ["images", "--dry-run"]),
    ["audit", "--format", "html", "--output", "{out}/report.html"],
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = copy("demo", tmp_path / "demo")
    fleetmod(root, "init")
    commit(root)
    return root


class Trap:
    """A program that leaves a mark when it is run, and answers as a filter would."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.mark, program = folder / "ran", folder / "program"
        program.write_text(
            f'#!/bin/sh\necho "$@" >>{shlex.quote(str(self.mark))}\n[ -d "$1" ] || cat\n'
        )
        program.chmod(0o755)
        self.program = str(program)

    def is_sprung(self) -> bool:
        sprung = self.mark.exists()
        self.mark.unlink(missing_ok=True)
        return sprung


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path / "trap")


def fsmonitor(root: Path, trap: Trap) -> None:
    git(root, "config", "core.fsmonitor", trap.program)


def clean_filter(root: Path, trap: Trap) -> None:
    filtered(root)
    git(root, "config", "filter.a.clean", trap.program)
    git(root, "config", "filter.a.required", "true")


def process_filter(root: Path, trap: Trap) -> None:
    filtered(root)
    git(root, "config", "filter.a.b.c.process", trap.program)
    (root / ".git/info/attributes").write_text("* filter=a.b.c\n")


def included_filter(root: Path, trap: Trap) -> None:
    filtered(root)
    more = f'[filter "a"]\n\tclean = {trap.program}\n\tsmudge = {trap.program}\n'
    (root / ".git/more").write_text(more)
    git(root, "config", "include.path", "more")


def filtered(root: Path) -> None:
    """Every file has a filter, and another time on the disk than in the index."""
    (root / ".git/info/attributes").write_text("* filter=a\n")
    for file in root.rglob("*"):
        if file.is_file() and ".git" not in file.parts:
            os.utime(file, (1, 1))


def hooks(root: Path, trap: Trap) -> None:
    folder = root / ".git/traps"
    folder.mkdir()
    for name in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        (folder / name).symlink_to(trap.program)
    git(root, "config", "core.hooksPath", str(folder))
    filtered(root)


def diff_programs(root: Path, trap: Trap) -> None:
    (root / ".git/info/attributes").write_text("* diff=a\n")
    for key in ("diff.external", "diff.a.command", "diff.a.textconv", "core.pager", "pager.log"):
        git(root, "config", key, trap.program)
    file = root / "package.json"
    file.write_text(file.read_text() + "\n")
    git(root, "add", "package.json")


def signatures(root: Path, trap: Trap) -> None:
    """A commit that claims to be signed, which `git log` would have the program look at."""
    git(root, "config", "log.showSignature", "true")
    git(root, "config", "gpg.program", trap.program)
    raw = git(root, "cat-file", "commit", "HEAD")
    head, body = raw.split("\n\n", 1)
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----"
    file = root.parent / "commit"
    file.write_text(f"{head}\n{signature}\n\n{body}")
    git(root, "reset", "-q", git(root, "hash-object", "-t", "commit", "-w", str(file)).strip())


def partial_clone(root: Path, trap: Trap) -> None:
    """Objects of the past are missing, and the remote that has them names a command."""
    old = git(root, "rev-parse", "HEAD:package.json").strip()
    file = root / "package.json"
    file.write_text(file.read_text() + "\n")
    commit(root)
    (root / f".git/objects/{old[:2]}/{old[2:]}").unlink()
    for key, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", str(root)),
        ("remote.origin.uploadpack", trap.program),
    ):
        git(root, "config", key, value)


def submodule(root: Path, trap: Trap) -> None:
    """A repository inside, whose own configuration names the program."""
    make(root / "inner", {"a.ts": "export {};\n"})
    git(root, "add", "inner")
    git(root, "config", "submodule.recurse", "true")
    git(root, "commit", "-qm", "x")
    git(root / "inner", "config", "core.fsmonitor", trap.program)
    (root / "inner/a.ts").write_text("export const changed = 1;\n")


KINDS = (
    *(fsmonitor, clean_filter, process_filter, included_filter, hooks, diff_programs),
    *(signatures, partial_clone, submodule),
)


@pytest.mark.parametrize("prepare", KINDS, ids=lambda kind: str(kind.__name__))
def test_no_command_runs_what_the_configuration_names(
    root: Path, trap: Trap, tmp_path: Path, prepare: Callable[[Path, Trap], None]
) -> None:
    prepare(root, trap)
    trap.is_sprung()  # by the preparation
    for words in READING if prepare is fsmonitor else LOOKING:
        ran = fleetmod(root, *(word.replace("{out}", str(tmp_path)) for word in words))
        assert not trap.is_sprung(), words
        assert ran.code in (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (fsmonitor, ["status"]),
        (clean_filter, ["status"]),
        (process_filter, ["status"]),
        (included_filter, ["status"]),
        (hooks, ["status"]),
        (diff_programs, ["diff", "--cached"]),
        (signatures, ["log"]),
        (partial_clone, ["cat-file", "-p", "HEAD~1:package.json"]),
        (submodule, ["status"]),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_trap_is_one(
    root: Path, trap: Trap, prepare: Callable[[Path, Trap], None], words: list[str]
) -> None:
    """A plain git runs the program, so that the test above can fail."""
    prepare(root, trap)
    trap.is_sprung()
    os.system(f"git -C {shlex.quote(str(root))} {shlex.join(words)} >/dev/null 2>&1")
    assert trap.is_sprung()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_nothing_is_run_as_root_for_the_user_of_sudo(root: Path, trap: Trap) -> None:
    """Where root cannot work as the owner, who reaches no folder of pytest's, it does not work."""
    fsmonitor(root, trap)
    for path in (root, *root.rglob("*")):
        os.chown(path, 1234, 1234, follow_symlinks=False)
    for words in (["audit"], ["gate"], ["migrate", "--dry-run"]):
        ran = fleetmod(root, *words, env={"SUDO_UID": "1234"})
        assert ran.code == 2 and "cannot be read by that user" in ran.err
        assert not trap.is_sprung(), words


@pytest.mark.parametrize("recent", [True, False])
def test_a_file_of_git_lfs_is_not_called_changed(root: Path, recent: bool) -> None:
    data = b"a picture\n" * 1000
    pointer = (
        "version https://git-lfs.github.com/spec/v1\n"
        f"oid sha256:{sha256(data).hexdigest()}\nsize {len(data)}\n"
    )
    (root / ".gitattributes").write_text("*.png filter=lfs -text\n")
    git(root, "config", "filter.lfs.clean", "false")
    picture = root / "packages/a picture.png"
    picture.write_text(pointer)
    git(root, "-c", "filter.lfs.clean=", "add", "-A")
    git(root, "-c", "filter.lfs.clean=", "commit", "-qm", "x")
    picture.write_bytes(data)
    if not recent:
        os.utime(picture, (1, 1))
    assert changed_files(root) == []
    assert changed_files(root / "packages") == []
    picture.write_bytes(data[:-1] + b"?")
    assert changed_files(root) == ["packages/a picture.png"]
    assert changed_files(root / "packages") == ["a picture.png"]
    assert "packages/a picture.png" in fleetmod(root, "migrate").err


def test_other_filters_change_nothing_of_what_is_changed(root: Path) -> None:
    git(root, "config", "filter.a.clean", "sed s/x/y/")
    (root / ".git/info/attributes").write_text("*.md filter=a\n")
    assert changed_files(root) == []
    file = root / "package.json"
    file.write_text(file.read_text() + "\n")
    (root / "README.md").write_text("new\n")
    assert changed_files(root) == ["README.md", "package.json"]


def write_before(file: Path, text: str, seconds: int) -> None:
    """Write a file as of so many seconds ago: git looks at whole seconds, and notes no size of what
    is as new as its index (git's Documentation/technical/racy-git)."""
    file.write_text(text)
    past = file.stat().st_mtime - seconds
    os.utime(file, (past, past))


def test_what_a_filter_makes_of_a_file_is_not_called_changed(root: Path) -> None:
    """As encrypted files are: git has other bytes of them than the disk, and no pointer."""
    git(root, "config", "filter.a.clean", "tr a-z A-Z")
    (root / ".git/info/attributes").write_text("*.txt filter=a\n")
    names = ["a.txt", "packages/b c.txt", "packages/\u00fc.txt"]
    for name in names:
        write_before(root / name, "secret\n", 9)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "x")
    assert "SECRET" in git(root, "cat-file", "blob", "HEAD:a.txt")
    assert changed_files(root) == []
    write_before(root / "a.txt", "secret\n", 5)
    assert changed_files(root) == ["a.txt"]  # only the filter could tell
    git(root, "status")
    assert changed_files(root) == []
    for name in names:
        (root / name).write_text("public\n")
    assert changed_files(root) == names
    assert changed_files(root / "packages") == ["b c.txt", "\u00fc.txt"]


def test_a_filter_that_cannot_be_turned_off_is_told(root: Path, trap: Trap, tmp_path: Path) -> None:
    filtered(root)
    (root / ".git/info/attributes").write_text("* filter=x=y\n")
    git(root, "config", "filter.x=y.clean", trap.program)
    with pytest.raises(FleetmodError, match=r"filter 'x=y'"):
        changed_files(root)
    ran = fleetmod(root, "gate", "--certificate", str(tmp_path / "certificate.json"))
    assert ran.code == 2
    assert not trap.is_sprung()


def test_a_certificate_still_says_what_differs(root: Path, tmp_path: Path) -> None:
    def dirty() -> bool:
        fleetmod(root, "gate", "--certificate", str(tmp_path / "c.json"))
        return bool(json.loads((tmp_path / "c.json").read_text())["dirty"])

    assert not dirty()
    (root / "README.md").write_text("new\n")
    assert dirty()


def test_history_is_read_without_what_a_partial_clone_lacks(root: Path, trap: Trap) -> None:
    partial_clone(root, trap)
    trap.is_sprung()
    assert len(commits(root)) == 3
    assert ask.run_git(root, ["cat-file", "blob", "HEAD~1:package.json"]) is None
    assert not trap.is_sprung()
