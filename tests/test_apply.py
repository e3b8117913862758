"""All or nothing: every way a write can break must leave the tree as it was."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetmod import journal
from fleetmod.apply import recover, write
from fleetmod.edits import render
from fleetmod.errors import FleetmodError
from fleetmod.model import Edit, FileChange
from fleetmod.workspace.beneath import Folder
from fleetmod.workspace.lock import State, locked, state_folder

KILLS = 200
Tree = dict[str, tuple[str, bytes]]


def edit(start: int, end: int, text: str) -> Edit:
    return Edit(start, end, text, "test")


@contextmanager
def held(root: Path) -> Iterator[tuple[Folder, State]]:
    """The work tree and its state, as a writer holds them."""
    with locked(state_folder(root)) as state, Folder.open(root) as top:
        yield top, state


def broken(root: Path, files: list[journal.Staged], placed: int) -> None:
    """A write that stops when some of its files have their place."""
    with held(root) as (top, state):
        entries = journal.begin(top, state, files)
        journal.place_all(top, state, entries[:placed])


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def change(root: Path, path: str, text: str) -> FileChange:
    """Puts `text` at the top of a file, or makes a new file of it."""
    file = root / path
    digest = sha(file.read_bytes()) if file.exists() else ""
    return FileChange(path, digest, (edit(0, 0, text),))


def tree(root: Path) -> Tree:
    """Every file and folder below `root`, except git's own."""
    out: Tree = {}
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root).as_posix()
        if path.split("/")[0] != ".git":
            mode = oct(file.lstat().st_mode)
            out[path] = (mode, b"" if file.is_dir() else file.read_bytes())
    return out


def status(root: Path) -> str:
    command = ["git", "status", "--porcelain", "-uall"]
    return subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    (root / "src").mkdir(parents=True)
    (root / "a.ts").write_bytes(b"a\r\n")
    (root / "src/b.sh").write_bytes(b"#!/bin/sh\n")
    (root / "src/b.sh").chmod(0o755)
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    for args in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "x"]):
        subprocess.run(["git", *args], cwd=root, check=True, capture_output=True)
    return root


def three(root: Path) -> list[FileChange]:
    return [
        change(root, "a.ts", "A"),
        change(root, "src/b.sh", "B"),
        change(root, "new/deep/c.ts", "C"),
    ]


def test_render() -> None:
    content = "aé|b".encode()
    edits = [edit(4, 5, "B"), edit(0, 0, "1"), edit(0, 1, "A"), edit(0, 0, "2"), edit(5, 5, "!")]
    assert render(content, edits).decode() == "12Aé|B!"
    assert render(content, [edit(3, 4, ""), edit(4, 4, "x")]).decode() == "aéxb"
    assert render(b"\xff\xfe", [edit(1, 1, "x")]) == b"\xffx\xfe"


@pytest.mark.parametrize(
    "edits",
    [
        [edit(0, 2, ""), edit(1, 3, "")],
        [edit(0, 2, ""), edit(1, 1, "x")],
        [edit(0, 2, "a"), edit(0, 2, "a")],
        [edit(2, 1, "")],
        [edit(-1, 0, "")],
        [edit(0, 4, "")],
    ],
)
def test_render_rejects(edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match=r"overlaps|outside"):
        render(b"abc", edits)


@given(st.binary(), st.lists(st.tuples(st.integers(0, 30), st.text(max_size=3)), max_size=5))
def test_insertions_take_nothing_away(content: bytes, texts: list[tuple[int, str]]) -> None:
    edits = [edit(min(at, len(content)), min(at, len(content)), text) for at, text in texts]
    out = render(content, edits)
    assert len(out) == len(content) + sum(len(text.encode()) for _, text in texts)
    at = 0
    for byte in content:  # what was there is there still, in its order
        at = out.index(byte, at) + 1


def test_write(root: Path) -> None:
    write(root, three(root))
    assert (root / "a.ts").read_bytes() == b"Aa\r\n"
    assert (root / "src/b.sh").read_bytes() == b"B#!/bin/sh\n"
    assert (root / "src/b.sh").stat().st_mode & 0o777 == 0o755
    assert (root / "new/deep/c.ts").read_bytes() == b"C"
    plain = root / "plain"
    plain.touch()
    assert (root / "new/deep/c.ts").stat().st_mode == plain.stat().st_mode
    plain.unlink()
    assert status(root) == " M a.ts\n M src/b.sh\n?? new/deep/c.ts\n"
    assert not state_folder(root).exists()
    assert recover(root) is None


def test_nothing_is_visible_meanwhile(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = journal.place_all

    def spy(*args: Any) -> None:
        seen.append(status(root))
        real(*args)

    monkeypatch.setattr(journal, "place_all", spy)
    write(root, three(root))
    assert seen == [""]


def test_a_change_that_alters_nothing_is_not_written(root: Path) -> None:
    before = (root / "a.ts").stat()
    write(root, [FileChange("a.ts", sha(b"a\r\n"), (edit(0, 1, "a"),))])
    assert (root / "a.ts").stat() == before


def test_every_changed_file_is_named_and_none_is_written(root: Path) -> None:
    changes = three(root)
    (root / "a.ts").write_text("other")
    (root / "new/deep").mkdir(parents=True)
    (root / "new/deep/c.ts").write_text("there now")
    before = tree(root)
    with pytest.raises(FleetmodError, match=r"^a\.ts, new/deep/c\.ts: changed since the plan"):
        write(root, changes)
    (root / "a.ts").unlink()
    with pytest.raises(FleetmodError, match=r"^a\.ts, new"):
        write(root, changes)
    (root / "a.ts").write_text("other")
    assert tree(root) == before


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x", "", ".git/config", "src"])
def test_a_place_outside_is_refused(root: Path, path: str) -> None:
    with pytest.raises(FleetmodError):
        write(root, [FileChange(path, "", (edit(0, 0, "x"),))])


def test_a_path_that_comes_twice_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match="two changes"):
        write(root, [change(root, "a.ts", "x")] * 2)


def test_links_are_refused(root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "link.ts").symlink_to("a.ts")
    (root / "folder").symlink_to(outside)
    for path in ("link.ts", "folder/x.ts"):
        with pytest.raises(FleetmodError, match="symbolic link"):
            write(root, [change(root, path, "x"), change(root, "a.ts", "x")])
    assert list(outside.iterdir()) == []
    assert (root / "a.ts").read_bytes() == b"a\r\n"


STEPS = [
    *("os.replace", "os.fsync", "os.open", "os.mkdir", "os.fchmod", "os.unlink", "os.utime"),
    *("journal._create", "journal._move", "journal.hash_of", "journal.end"),
]
ERRORS: list[Callable[[], BaseException]] = [
    lambda: OSError(errno.ENOSPC, "No space left on device"),
    lambda: PermissionError(errno.EACCES, "Permission denied", "a.ts"),
    KeyboardInterrupt,
    MemoryError,
]


class Breaking:
    """Stands in for a function and fails at its n-th call, once."""

    def __init__(self, real: Callable[..., Any], at: int, error: Callable[[], BaseException]):
        self.real, self.left, self.error = real, at, error

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            raise self.error()
        return self.real(*args, **kwargs)


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_leaves_the_tree_as_it_was(
    root: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    modules = {"os": os, "journal": journal}
    module, name = step.split(".")
    before, changes, real = tree(root), three(root), getattr(modules[module], name)
    failed = 0
    for error in ERRORS:
        for at in range(1, 40):
            breaking = Breaking(real, at, error)
            with monkeypatch.context() as patch:
                patch.setattr(modules[module], name, breaking)
                try:
                    write(root, changes)
                except (FleetmodError, KeyboardInterrupt, MemoryError) as caught:
                    assert isinstance(caught, FleetmodError) == isinstance(error(), OSError)
                    failed += 1
                    assert tree(root) == before or after_commit(root)
                    reset(root, before)
                    continue
            assert after_commit(root)
            reset(root, before)  # it went well: the failure was not reached, or did not matter
            if breaking.left > 0:
                break
    assert failed > 0


def after_commit(root: Path) -> bool:
    """An interrupt that comes when the journal is gone already finds everything written."""
    new = (root / "new/deep/c.ts").exists() and (root / "a.ts").read_bytes() == b"Aa\r\n"
    return new and not (journal.folder_of(state_folder(root)) / "journal.json").exists()


def reset(root: Path, before: Tree) -> None:
    recover(root)
    if tree(root) != before:
        assert (root / "new/deep/c.ts").read_bytes() == b"C"
        shutil.rmtree(root / "new")
        subprocess.run(["git", "checkout", "-q", "."], cwd=root, check=True)
    assert tree(root) == before
    shutil.rmtree(state_folder(root), ignore_errors=True)


def test_a_file_that_changes_meanwhile_stops_the_write(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = journal.begin

    def slow(*args: Any) -> Any:
        entries = real(*args)
        (root / "src/b.sh").write_bytes(b"edited")
        return entries

    monkeypatch.setattr(journal, "begin", slow)
    with pytest.raises(FleetmodError, match=r"^src/b\.sh: changed while"):
        write(root, three(root))
    assert (root / "a.ts").read_bytes() == b"a\r\n"
    assert (root / "src/b.sh").read_bytes() == b"edited"
    assert not (root / "new").exists()


def test_a_journal_on_another_disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.replace

    def replace(source: str, target: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        if src_dir_fd != dst_dir_fd:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "replace", replace)
    write(root, three(root))
    assert status(root) == " M a.ts\n M src/b.sh\n?? new/deep/c.ts\n"
    assert (root / "src/b.sh").stat().st_mode & 0o777 == 0o755
    before = tree(root)
    breaking = Breaking(journal._move, 2, KeyboardInterrupt)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "_move", breaking)
        with pytest.raises(KeyboardInterrupt):
            write(root, three(root))
    assert tree(root) == before


def test_a_read_only_folder(root: Path) -> None:
    before, changes = tree(root), three(root)
    (root / "src").chmod(0o555)
    try:
        if os.access(root / "src", os.W_OK):
            pytest.skip("this user may write everywhere")
        with pytest.raises(FleetmodError, match=r"^src/b\.sh: nothing was written: Permission"):
            write(root, changes)
    finally:
        (root / "src").chmod(int(before["src"][0], 8) & 0o777)
    assert tree(root) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True, timeout=10)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("mounting is not permitted")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True, capture_output=True)


@pytest.mark.parametrize("files", [3, 40])
def test_a_full_disk(small_disk: Path, files: int) -> None:
    for number in range(files):
        (small_disk / f"{number}.ts").write_text("x" * 100)
    before = tree(small_disk)
    changes = [change(small_disk, f"{number}.ts", "y" * 90_000) for number in range(files)]
    with pytest.raises(FleetmodError, match="No space left"):
        write(small_disk, changes)
    assert tree(small_disk) == before


# kills itself at the n-th thing it does to the disk after "go"; 0 only counts
WRITER = """
import hashlib, os, pathlib, signal, sys
sys.path.insert(0, sys.argv[2])
from fleetmod.apply import write
from fleetmod.model import Edit, FileChange
root, moment, count = pathlib.Path(sys.argv[1]), int(sys.argv[3]), 0
changes = [
    FileChange(f"d{i}/f.ts", hashlib.sha256((root / f"d{i}/f.ts").read_bytes()).hexdigest(),
               (Edit(0, 0, "new\\n", "t"),))
    for i in range(30)
] + [FileChange(f"n{i}/f.ts", "", (Edit(0, 0, "new\\n", "t"),)) for i in range(10)]
def hook(event, args):
    global count
    if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"):
        count += 1
        if count == moment:
            os.kill(os.getpid(), signal.SIGKILL)
print("go", flush=True)
sys.addaudithook(hook)
write(root, changes)
print("done", count, flush=True)
"""
HERE = str(Path(journal.__file__).parents[1])


def start_writer(root: Path, moment: int = 0) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(root), HERE, str(moment)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def fill(root: Path) -> None:
    for number in range(30):
        (root / f"d{number}").mkdir(parents=True)
        (root / f"d{number}/f.ts").write_text(f"old {number}\n")


def test_a_kill_at_any_moment_is_taken_back(tmp_path: Path) -> None:
    rng = random.Random()
    fill(tmp_path / "count")
    moments = int(start_writer(tmp_path / "count").communicate()[0].split()[-1])
    messages = set()
    for number in range(KILLS):
        root = tmp_path / str(number)
        fill(root)
        if number % 2:  # whose journal lies there, and names what git would track
            subprocess.run(["git", "init", "-q", str(root)], check=True)
        before = tree(root)
        moment = 1 + int(moments * (number + rng.random()) / KILLS)
        process = start_writer(root, moment)
        process.communicate(timeout=20)
        assert process.returncode == -signal.SIGKILL
        messages.add(recover(root))
        assert recover(root) is None
        after = tree(root)
        after.pop(".fleetmod/lock", None)  # of the dead process
        after.pop(".fleetmod", None)
        bodies = [body for path, (_, body) in after.items() if path.endswith(".ts")]
        written = len(bodies) == 40 and all(body.startswith(b"new") for body in bodies)
        assert after == before or written, f"killed at step {moment} of {moments}"
        write(root, [change(root, "d0/f.ts", "again")])  # the dead lock is taken over
        assert not state_folder(root).exists()
    assert None in messages  # some before the first file was touched
    assert any(message and "rolled back" in message for message in messages)


def test_a_roll_back_that_fails_can_be_finished_later(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, changes, real, calls = tree(root), three(root), journal._move, []

    def move(source: Folder, name: str, folder: Folder, target: str) -> None:
        calls.append(target)
        if len(calls) > 1:
            raise OSError(errno.EIO, "Input/output error", str(folder.path / target))
        real(source, name, folder, target)

    with monkeypatch.context() as patch:
        patch.setattr(journal, "_move", move)
        with pytest.raises(FleetmodError, match=r"^a\.ts: cannot be rolled back yet"):
            write(root, changes)
    assert tree(root) != before
    assert recover(root) == "An earlier run was stopped in the middle; 1 file rolled back."
    assert tree(root) == before


@pytest.mark.parametrize("placed", [0, 1, 2, 3])
def test_recover_is_exact_and_can_be_repeated(
    root: Path, placed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, state = tree(root), state_folder(root)
    files = [
        journal.Staged("a.ts", b"a\r\n", b"Aa"),
        journal.Staged("src/b.sh", b"#!/bin/sh\n", b"B"),
        journal.Staged("new/deep/c.ts", None, b"C"),
    ]
    broken(root, files, placed)
    if placed == 3:
        assert recover(root) == "An earlier run had written every file; cleaned up behind it."
        assert (root / "a.ts").read_bytes() == b"Aa"
    else:
        with monkeypatch.context() as patch:  # the recovery is killed, too
            patch.setattr(journal, "end", Breaking(journal.end, 1, KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                recover(root)
        message = recover(root)
        assert message is not None
        assert "stopped in the middle" in message
        assert tree(root) == before
    assert recover(root) is None
    assert not state.exists()


def test_recover_does_not_overwrite_what_was_edited_since(root: Path) -> None:
    state = state_folder(root)
    files = [
        journal.Staged("a.ts", b"a\r\n", b"A"),
        journal.Staged("src/b.sh", b"#!/bin/sh\n", b"B"),
    ]
    files.append(journal.Staged("last.ts", None, b"L"))
    broken(root, files, 2)
    (root / "a.ts").write_text("edited")
    for _ in range(2):
        with pytest.raises(FleetmodError, match=r"^a\.ts: changed after"):
            recover(root)
    assert (root / "a.ts").read_text() == "edited"
    assert (root / "src/b.sh").read_bytes() == b"#!/bin/sh\n"
    assert (journal.folder_of(state) / "0.old").read_bytes() == b"a\r\n"


def test_write_takes_back_a_broken_write_first(root: Path) -> None:
    changes = three(root)
    files = [journal.Staged("a.ts", b"a\r\n", b"broken"), journal.Staged("x.ts", None, b"x")]
    broken(root, files, 1)
    assert (root / "a.ts").read_bytes() == b"broken"
    write(root, changes)
    assert (root / "a.ts").read_bytes() == b"Aa\r\n"


def test_a_live_holder_is_named(root: Path) -> None:
    with held(root) as (top, state):
        with pytest.raises(FleetmodError, match=rf"another fleetmod .*pid {os.getpid()}\b"):
            write(root, three(root))
        journal.begin(top, state, [journal.Staged("x.ts", None, b"x")])
        with pytest.raises(FleetmodError, match="another fleetmod"):
            recover(root)
    assert (root / "a.ts").read_bytes() == b"a\r\n"


def test_a_lock_of_a_dead_process_is_taken_over(root: Path) -> None:
    lock = state_folder(root) / "lock"
    lock.parent.mkdir()
    lock.write_text("999999999\n")
    write(root, three(root))
    assert not lock.exists()


def test_two_writers_at_once(tmp_path: Path) -> None:
    for number in range(3):
        root = tmp_path / str(number)
        fill(root)
        both = [start_writer(root) for _ in range(2)]
        answers = [process.communicate(timeout=20) for process in both]
        won = [out for out, _ in answers if b"done" in out]
        lost = [err for out, err in answers if b"done" not in out]
        # one that started late reads what the first has written, and may add to it
        assert won
        assert all(b"another fleetmod" in err or b"changed since" in err for err in lost)
        heads = {file.read_text().count("new") for file in root.glob("d*/f.ts")}
        assert heads == {1}


def test_where_the_state_is_kept(root: Path, tmp_path: Path) -> None:
    assert state_folder(root) == root / ".git/fleetmod"
    subprocess.run(
        ["git", "worktree", "add", "-q", "--detach", str(tmp_path / "linked")],
        cwd=root,
        check=True,
        capture_output=True,
    )
    linked = tmp_path / "linked"
    assert (linked / ".git").is_file()
    assert state_folder(linked) == root / ".git/worktrees/linked/fleetmod"
    assert state_folder(root / "src").parent == root / ".git"
    assert state_folder(root / "src") != state_folder(root)
    write(linked, three(linked))
    assert status(linked) == " M a.ts\n M src/b.sh\n?? new/deep/c.ts\n"
    plain = tmp_path / "plain"
    plain.mkdir()
    assert state_folder(plain) == plain / ".fleetmod"
    write(plain, [change(plain, "x.ts", "x")])
    assert [path.name for path in plain.iterdir()] == ["x.ts"]
