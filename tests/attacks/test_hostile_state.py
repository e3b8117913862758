"""State that fleetmod finds in a repository and did not write: it is told, and nothing is touched.

An archive, a package or an image can bring `.fleetmod` or `.git/fleetmod` along.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from fleetmod import journal
from fleetmod.apply import recover, write
from fleetmod.errors import FleetmodError
from fleetmod.workspace.beneath import Folder, is_inside
from fleetmod.workspace.lock import locked, state_folder
from tests.attacks.archive import AS_ROOT, OTHER, PRECIOUS, USER, change, digest, tree, unpack
from tests.repo import copy, fleetmod, git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return unpack(tmp_path / "space/repo")


def refused(root: Path, match: str) -> None:
    """Neither a write nor a recovery goes on, and not a byte of anything around is touched."""
    before = tree(root.parent)
    with pytest.raises(FleetmodError, match=match) as caught:
        write(root, change(root))
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    assert tree(root.parent) == before
    try:
        recover(root)
    except FleetmodError as error:
        assert error.exit_code == 2
    assert tree(root.parent) == before


# -- the lock and the folder


def link_out(lock: Path) -> None:
    lock.symlink_to("../../home/precious")


def dangling(lock: Path) -> None:
    lock.symlink_to("../../home/new")


def hard_link(lock: Path) -> None:
    os.link(lock.parents[1] / "src/a.ts", lock)


def pipe(lock: Path) -> None:
    os.mkfifo(lock)


def folder(lock: Path) -> None:
    lock.mkdir()


def text(lock: Path) -> None:
    lock.write_text("a letter to my sister, which is longer than any number of a process\n")


@pytest.mark.parametrize("plant", [link_out, dangling, hard_link, pipe, folder, text])
def test_a_lock_that_is_none(root: Path, plant: Callable[[Path], None]) -> None:
    (root / ".fleetmod").mkdir()
    plant(root / ".fleetmod/lock")
    done = threading.Event()
    threading.Timer(20, lambda: done.is_set() or os._exit(9)).start()  # a pipe may block for ever
    refused(root, r"lock: is (a symbolic link|no regular file|no lock of yours)")
    done.set()


@AS_ROOT
def test_a_lock_or_folder_of_another_user(root: Path) -> None:
    state = root / ".fleetmod"
    state.mkdir()
    (state / "lock").write_text("1\n")
    os.chown(state / "lock", OTHER, OTHER)
    refused(root, "is no lock of yours")
    os.chown(state, OTHER, OTHER)
    refused(root, "belongs to another user")
    os.chown(state, 0, 0)
    (state / "lock").unlink()
    state.chmod(0o777)
    refused(root, "may be written by everybody")


@AS_ROOT
def test_a_lock_that_another_user_holds_is_told_as_such(root: Path) -> None:
    with locked(state_folder(root)):
        os.chown(root / ".fleetmod/lock", OTHER, OTHER)
        with pytest.raises(FleetmodError, match=rf"another fleetmod .*pid {os.getpid()}\)"):
            write(root, change(root))


@pytest.mark.parametrize("name", [".fleetmod", ".git/fleetmod"])
def test_a_state_folder_that_is_a_link(root: Path, name: str) -> None:
    if name.startswith(".git"):
        git(root, "init", "-q")
    victim = root.parent / "victim"
    (victim / "journal").mkdir(parents=True)
    (victim / "journal/day1").write_text("diary\n")
    (root / name).symlink_to(victim)
    refused(root, r"fleetmod: is a symbolic link")
    shutil.rmtree(victim)
    (victim / "journal").mkdir(parents=True)
    refused(root, r"fleetmod: is a symbolic link")


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_git_folder_elsewhere(root: Path, kind: str) -> None:
    """What is not git's is not taken for it; of another repository's, nothing is used."""
    victim = root.parent / "victim"
    (victim / "fleetmod/journal").mkdir(parents=True)
    (victim / "fleetmod/journal/1.old").write_text("diary\n")
    (victim / "HEAD").write_text("ref: refs/heads/main\n")
    if kind == "link":
        (root / ".git").symlink_to(victim)
    else:
        (root / ".git").write_text("gitdir: ../victim\n")
    before = tree(victim)
    assert state_folder(root) == root / ".fleetmod"
    write(root, change(root))
    assert tree(victim) == before
    git(victim, "init", "-q", "--bare", ".")
    before = tree(victim)
    assert state_folder(root).parent == victim
    assert state_folder(root).name != "fleetmod"
    assert recover(root) is None
    write(root, change(root))
    assert tree(victim) == before


@AS_ROOT
def test_a_git_folder_of_another_user_is_not_followed(root: Path) -> None:
    victim = root.parent / "victim"
    victim.mkdir()
    git(victim, "init", "-q", "--bare", ".")
    (root / ".git").write_text("gitdir: ../victim\n")
    os.chown(root / ".git", OTHER, OTHER)
    assert state_folder(root) == root / ".fleetmod"


# -- the journal


def plant(root: Path, files: list[Any], known: bool = False, **more: Any) -> Path:
    """A journal as an attacker writes it, who knows all that can be known before; with `known`,
    even what nobody can: the number and the time of its seal."""
    folder = root / ".fleetmod/journal"
    folder.mkdir(parents=True, mode=0o700)
    for number in range(len(files)):
        (folder / f"{number}.old").write_bytes(b"evil\n")
    (folder / "seal").touch()
    if known:
        found = (folder / "seal").stat()
        more["seal"] = f"{found.st_ino} {found.st_ctime_ns}"
    (folder / "journal.json").write_text(json.dumps({"files": files, "folders": [], **more}))
    return folder


def entry(path: str, old: bytes | None, new: bytes | None) -> dict[str, str]:
    hashes = ("" if each is None else digest(each) for each in (old, new))
    return dict(zip(("path", "old", "new"), (path, *hashes), strict=True))


CREATE, DELETE = (b"evil\n", None), (None, PRECIOUS)


OUTSIDE = [
    *(entry("../home/authorized_keys", *CREATE), entry("../home/precious", *DELETE)),
    *(entry("src/../../home/precious", *DELETE), entry("{home}/precious", *DELETE)),
    *(entry(".git/hooks/pre-commit", *CREATE), entry(".GIT/hooks/pre-commit", *CREATE)),
    *({"path": 7, "old": "", "new": ""}, {"path": "src/a.ts"}, "src/a.ts", None),
    entry("src/new.ts", *CREATE),  # no content of a file is the new one
    {"path": "src/a.ts", "old": digest(b"evil\n"), "new": ["x"]},
]
INSIDE = [  # and yet nobody's doing
    entry("src/a.ts", b"evil\n", b"a\n"),
    entry("src/a.ts", None, b"a\n"),
    entry("link/precious", *DELETE),
]


@pytest.mark.parametrize(
    ("each", "known"),
    [(each, False) for each in [*OUTSIDE, *INSIDE]] + [(each, True) for each in OUTSIDE],
)
def test_a_planted_journal(root: Path, each: Any, known: bool) -> None:
    home = root.parent / "home"
    (root / "link").symlink_to(home)
    if isinstance(each, dict) and isinstance(each["path"], str):
        each = {**each, "path": each["path"].replace("{home}", str(home))}
    plant(root, [each], known)
    refused(root, r"/journal: .*nothing was touched")


def test_a_file_behind_a_link_is_never_deleted(root: Path) -> None:
    (root / "link").symlink_to(root.parent / "home")
    plant(root, [entry("link/precious", *DELETE)], known=True)
    refused(root, r"^link/precious: changed after a write was stopped")


@pytest.mark.parametrize("known", [True, False])
def test_a_planted_journal_that_names_folders(root: Path, known: bool) -> None:
    (root.parent / "empty").mkdir()
    (root / "src/empty").mkdir()
    plant(root, [], known, folders=["src/empty", "../empty"])
    refused(root, "nothing was touched")


@pytest.mark.parametrize("way", ["ignored", "excluded", "submodule", "nested"])
def test_a_journal_that_names_what_git_does_not_track(root: Path, way: str) -> None:
    """Whoever may write git's folder can seal a journal; it still gets at no secret or build."""
    git(root, "init", "-q")
    (root / "inner").mkdir()
    file = "inner/.env"
    (root / file).write_bytes(b"SECRET=1\n")
    if way == "ignored":
        (root / ".gitignore").write_text(".env\n")
    elif way == "excluded":
        (root / ".git/info/exclude").write_text("/inner\n")
    else:
        git(root / "inner", "init", "-q")
        git(root / "inner", "add", ".")
        git(root / "inner", "commit", "-qm", "x")
        if way == "submodule":
            git(root, "-c", "advice.addEmbeddedRepo=false", "add", "inner")
    others = [entry("src/a.ts", b"evil\n", b"a\n"), entry("b.ts", None, b"not yet\n")]
    for old in (None, b"evil\n"):
        plant(root, [*others, entry(file, old, b"SECRET=1\n")], known=True)
        (root / ".fleetmod").rename(root / ".git/fleetmod")
        refused(root, r"names 'inner/\.env', which git neither tracks nor would track, so nothing")
        shutil.rmtree(root / ".git/fleetmod")


def test_a_journal_where_git_cannot_tell_what_it_tracks(root: Path) -> None:
    git(root, "init", "-q")
    broken(root)
    config = (root / ".git/config").read_text()
    (root / ".git/config").write_text("[core\n")
    refused(root, "git cannot tell whether it tracks them, so nothing was touched")
    (root / ".git/config").write_text(config)
    assert recover(root) == "An earlier run was stopped in the middle; 1 file rolled back."
    assert (root / "src/a.ts").read_bytes() == b"a\n"


def test_a_journal_takes_away_no_folder_but_that_of_a_new_file(root: Path) -> None:
    (root / "logs").mkdir()
    plant(root, [entry("src/a.ts", b"evil\n", b"a\n")], known=True, folders=["logs"])
    refused(root, "names the folder 'logs', which is of no new file, so nothing was touched")


@pytest.mark.parametrize("path", ["build/a.ts", "build/new.ts", "made/new.ts"])
def test_nothing_is_written_that_no_commit_would_hold(root: Path, path: str) -> None:
    """So that a broken write is always taken back, a journal's limits are those of the write."""
    git(root, "init", "-q")
    (root / ".gitignore").write_text("build\nmade/\n")
    (root / "build").mkdir()
    (root / "build/a.ts").write_bytes(b"a\n")
    before = tree(root)
    with pytest.raises(FleetmodError, match=rf"^{path}: is a file that git neither tracks nor"):
        write(root, [*change(root), *change(root, path)])
    assert tree(root) == before
    git(root, "add", "-f", "build/a.ts")
    write(root, change(root, "build/a.ts"))


def test_a_folder_that_a_repository_above_ignores_is_written(root: Path) -> None:
    git(root.parent, "init", "-q")
    (root.parent / ".gitignore").write_text("repo\n")
    broken(root)
    assert recover(root) == "An earlier run was stopped in the middle; 1 file rolled back."
    write(root, [*change(root), *change(root, "new/b.ts")])


def test_a_planted_journal_without_end(root: Path) -> None:
    os.truncate(plant(root, []) / "journal.json", 1 << 40)
    with pytest.raises(FleetmodError, match="cannot be read"):
        recover(root)


@pytest.mark.parametrize("body", ["", "null", "[]", "{}", "[" * 100_000, '{"files": 1}', "\0"])
def test_a_planted_journal_that_is_none(root: Path, body: str) -> None:
    (plant(root, []) / "journal.json").write_text(body)
    refused(root, "nothing was touched")


def test_the_command_says_it_in_one_line(root: Path) -> None:
    (root / "fleetmod.toml").write_text("version = 1\n")
    plant(root, [entry("src/a.ts", b"evil\n", b"a\n")])
    before = tree(root)
    for words in (["migrate"], ["migrate", "--allow-dirty"]):
        ran = fleetmod(root, *words)
        assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
        assert "was not written here" in ran.err
    assert tree(root) == before


def test_other_files_in_the_place_of_a_journal(root: Path) -> None:
    (root / ".fleetmod/journal").mkdir(parents=True)
    (root / ".fleetmod/journal/thesis.txt").write_text("years of work\n")
    refused(root, r"holds 'thesis\.txt'")


def broken(root: Path) -> None:
    """A write that stopped with one file in its place."""
    files = [journal.Staged("src/a.ts", b"a\n", b"new\n"), journal.Staged("b.ts", None, b"b\n")]
    with locked(state_folder(root)) as state, Folder.open(root) as top:
        journal.place_all(top, state, journal.begin(top, state, files)[:1])


def test_a_journal_of_ours_is_believed_where_it_was_written(root: Path) -> None:
    broken(root)
    root.rename(root.with_name("moved"))
    root = root.with_name("moved")
    assert recover(root) == "An earlier run was stopped in the middle; 1 file rolled back."
    assert (root / "src/a.ts").read_bytes() == b"a\n"


def test_a_copy_of_a_journal_is_not_believed(root: Path) -> None:
    broken(root)
    copied = root.with_name("copied")
    shutil.copytree(root, copied, symlinks=True)
    refused(copied, "was not written here")


@pytest.mark.parametrize("way", ["changed", "gone", "link"])
def test_old_contents_that_are_not_what_was_kept(root: Path, way: str) -> None:
    broken(root)
    old = root / ".fleetmod/journal/0.old"
    old.unlink()
    if way == "changed":
        old.write_bytes(b"evil\n")
    elif way == "link":
        (root.parent / "same").write_bytes(b"a\n")
        old.symlink_to(root.parent / "same")
    refused(root, r"has lost the old content of src/a\.ts")


def test_a_roll_back_goes_through_no_link(root: Path) -> None:
    broken(root)
    (root / "src").rename(root.parent / "elsewhere")
    (root / "src").symlink_to(root.parent / "elsewhere")
    with pytest.raises(FleetmodError, match=r"^src/a\.ts: changed after a write was stopped"):
        recover(root)
    assert (root.parent / "elsewhere/a.ts").read_bytes() == b"new\n"


@AS_ROOT
def test_a_journal_of_another_user(root: Path) -> None:
    broken(root)
    os.chown(root / ".fleetmod/journal", OTHER, OTHER)
    refused(root, "belongs to another user")


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        *(("a.ts", True), ("a/b.ts", True), (".gitignore", True), (".github/x.yml", True)),
        *(("a b/ü.ts", True), ("git/x.ts", True), ("..a/b", True)),
        *(("", False), ("/a", False), ("a//b", False), ("./a", False), ("a/../b", False)),
        *((".git", False), ("a/.git/config", False), (".GiT/x", False), (".git./x", False)),
        *((".git /x", False), ("git~1/x", False), (".g\u200cit/x", False), ("a\0b", False)),
        (".git::$INDEX_ALLOCATION/x", False),
    ],
)
def test_which_paths_are_inside(path: str, inside: bool) -> None:
    assert is_inside(path) == inside


# -- writing


@pytest.mark.parametrize("moment", ["begin", "place_all"])
@pytest.mark.parametrize("path", ["src/a.ts", "src/new.ts"])
def test_a_folder_that_becomes_a_link_while_it_is_written(
    root: Path, path: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = root.parent / "outside"
    real = getattr(journal, moment)

    def swap(*args: Any) -> Any:
        if not outside.exists():
            (root / "src").rename(outside)
            (root / "src").symlink_to(outside)
        return real(*args)

    changes = change(root, path)
    monkeypatch.setattr(journal, moment, swap)
    with pytest.raises(FleetmodError):
        write(root, changes)
    assert {each.name: each.read_bytes() for each in outside.iterdir()} == {"a.ts": b"a\n"}


def test_a_file_with_another_name_elsewhere_keeps_its_bytes_there(root: Path) -> None:
    os.link(root / "src/a.ts", root.parent / "home/hard")
    write(root, change(root))
    assert (root.parent / "home/hard").read_bytes() == b"a\n"
    assert (root / "src/a.ts").read_bytes() == b"new\na\n"


def access_list(user: int) -> bytes:
    """rw- for a user by name, as acl(5) has it on the disk."""
    entries = ((1, 6, -1), (2, 6, user), (4, 4, -1), (16, 6, -1), (32, 4, -1))
    return struct.pack("<I", 2) + b"".join(
        struct.pack("<HHI", tag, rights, who & 0xFFFFFFFF) for tag, rights, who in entries
    )


def attributed(file: Path) -> dict[str, bytes]:
    """Gives a file an attribute and an access list; skips where this disk has none."""
    try:
        os.setxattr(file, "user.note", b"mine")
        os.setxattr(file, "system.posix_acl_access", access_list(USER))
    except (AttributeError, OSError):
        pytest.skip("no extended attributes or access lists here")
    return attributes(file)


def attributes(file: Path) -> dict[str, bytes]:
    return {name: os.getxattr(file, name) for name in os.listxattr(file)}


def test_access_lists_and_attributes_are_kept(root: Path) -> None:
    file = root / "src/a.ts"
    before, mode = attributed(file), file.stat().st_mode
    write(root, change(root))
    assert file.read_bytes() == b"new\na\n"
    assert attributes(file) == before
    assert file.stat().st_mode == mode


def test_a_roll_back_keeps_them_too(root: Path) -> None:
    file = root / "src/a.ts"
    file.chmod(0o640)
    before = attributed(file)
    if os.geteuid() == 0:
        os.chown(file, USER, USER)
    about = file.stat()
    broken(root)
    assert (file.read_bytes(), attributes(file)) == (b"new\n", before)
    recover(root)
    assert (file.read_bytes(), attributes(file)) == (b"a\n", before)
    now = file.stat()
    assert (now.st_mode, now.st_uid, now.st_mtime_ns) == (
        about.st_mode,
        about.st_uid,
        about.st_mtime_ns,
    )


def test_the_journals_folder_gives_no_file_its_access_list(root: Path) -> None:
    attributed(root / "src/a.ts")
    (root / "src/b.ts").write_bytes(b"b\n")
    (root / ".fleetmod").mkdir()
    os.setxattr(root / ".fleetmod", "system.posix_acl_default", access_list(OTHER))
    write(root, change(root, "src/b.ts"))
    assert attributes(root / "src/b.ts") == {}


# -- other users


def as_user(user: int, act: Callable[[], object]) -> str:
    """What error a user meets who does this, "" for none; in a process of its own."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        said = "it broke"
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            act()
            said = ""
        except FleetmodError as error:
            said = str(error)
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return said


@AS_ROOT
def test_a_user_is_not_led_by_another_ones_state() -> None:
    with TemporaryDirectory(prefix="fleetmod-") as parent:
        Path(parent).chmod(0o755)
        root = Path(parent) / "repo"
        root.mkdir()
        (root / "a.ts").write_text("a\n")
        for path in (root, root / "a.ts"):
            os.chown(path, USER, USER)
        assert as_user(USER, lambda: write(root, change(root, "a.ts"))) == ""
        assert (root / "a.ts").read_text() == "new\na\n"
        (root / ".fleetmod").mkdir()
        os.chown(root / ".fleetmod", OTHER, OTHER)
        said = as_user(USER, lambda: write(root, change(root, "a.ts")))
        assert "belongs to another user (id 4321)" in said
        shutil.rmtree(root / ".fleetmod")
        plant(root, [entry("a.ts", b"evil\n", b"new\na\n")])
        for path in (root / ".fleetmod", *(root / ".fleetmod").rglob("*")):
            os.chown(path, USER, USER)
        assert "was not written here" in as_user(USER, lambda: recover(root))
        assert "belongs to another user (id 1234)" in as_user(0, lambda: recover(root))
        assert (root / "a.ts").read_text() == "new\na\n"


# -- files at the top of a repository


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("fleetmod.toml", ["init"]),
        ("fleetmod.toml", ["init", "--force"]),
        (".fleetmod-baseline", ["baseline"]),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_a_file_of_ours_that_is_a_link(
    tmp_path: Path, name: str, words: list[str], there: bool
) -> None:
    root = copy("demo", tmp_path / "demo")
    target = tmp_path / "target"
    if there:
        target.write_text("{}\n" if name == ".fleetmod-baseline" else "version = 1\n")
    (root / name).symlink_to(target)
    assert fleetmod(root, *words).code == 2
    assert target.exists() == there
    if there:
        assert target.read_text() in ("{}\n", "version = 1\n")
