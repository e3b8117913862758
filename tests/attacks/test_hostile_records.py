"""Records that fleetmod finds and did not write, and links in the way of what root writes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleetmod.apply import write
from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.journal import Journal
from fleetmod.fleet.rehearse.model import Node, Rehearsal
from fleetmod.fleet.rehearse.needs import Options, find_needs, old_machine
from fleetmod.fleet.rehearse.record import recall, remember, tree_hash
from fleetmod.fleet.rehearse.run import Asked
from fleetmod.fleet.rehearse.run import rehearse as run_rehearsal
from fleetmod.fleet.rehearse.snapshot import snapshot
from fleetmod.fleet.rehearse.workload import _write as write_unit
from fleetmod.workspace.copy import copy_files, own_files
from tests.attacks.archive import AS_ROOT, OTHER, PRECIOUS, USER, change, tree, unpack
from tests.fleet.rehearsing import nodes, rehearse, require
from tests.node import bin_folder
from tests.repo import fleetmod, git


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return unpack(tmp_path / "space/repo")


# -- the record of a rehearsal


def rehearsed(root: Path) -> None:
    remember(root, "x", Rehearsal((), ()))


@pytest.fixture
def repository(root: Path) -> Path:
    git(root, "init", "-q")
    return root


def test_a_record_is_read_back(repository: Path) -> None:
    assert recall(repository) is None
    for _ in range(2):
        rehearsed(repository)
        found = recall(repository)
        assert found is not None
        assert found.tree == "x"
    write(repository, change(repository))
    assert recall(repository) is not None


@pytest.mark.parametrize("make", [os.symlink, os.link])
@pytest.mark.parametrize("name", ["rehearsal.json", "rehearsal.seal", "lock"])
def test_a_record_in_the_place_of_a_link(
    repository: Path, name: str, make: Callable[[Path, Path], None]
) -> None:
    secret = repository.parent / "home/precious"
    secret.chmod(0o600)
    (repository / ".git/fleetmod").mkdir()
    make(secret, repository / ".git/fleetmod" / name)
    before = secret.stat()
    try:
        rehearsed(repository)
    except FleetmodError as error:
        assert name == "lock", error
    after = secret.stat()
    assert secret.read_bytes() == PRECIOUS
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)


@AS_ROOT
def test_a_record_belongs_to_the_owner_of_the_repository(repository: Path) -> None:
    secret = repository.parent / "home/precious"
    (repository / ".git/fleetmod").mkdir()
    (repository / ".git/fleetmod/rehearsal.json").symlink_to(secret)
    for path in (repository, *repository.rglob("*")):
        os.chown(path, USER, USER, follow_symlinks=False)
    rehearsed(repository)
    state = repository / ".git/fleetmod"
    assert {each.name: each.lstat().st_uid for each in state.iterdir()} == {
        "rehearsal.json": USER,
        "rehearsal.seal": USER,
    }
    assert (secret.stat().st_uid, secret.read_bytes()) == (0, PRECIOUS)
    assert recall(repository) is not None


def test_a_state_folder_that_is_a_link_gets_no_record(repository: Path) -> None:
    victim = repository.parent / "home"
    (repository / ".git/fleetmod").symlink_to(victim)
    before = tree(victim)
    for act in (rehearsed, recall):
        with pytest.raises(FleetmodError, match="is a symbolic link"):
            act(repository)
    assert tree(victim) == before


def test_a_record_that_came_along_proves_nothing(repository: Path) -> None:
    rehearsed(repository)
    copied = repository.with_name("copied")
    shutil.copytree(repository, copied, symlinks=True)
    with pytest.raises(FleetmodError, match="was not written here"):
        recall(copied)
    file = copied / ".git/fleetmod/rehearsal.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "evidence": 7}))
    with pytest.raises(FleetmodError, match="is no record of a rehearsal"):
        recall(copied)


# -- what root copies and writes for a node


def test_a_copy_follows_no_link(root: Path) -> None:
    (root / "home").symlink_to(root.parent / "home")
    (root / "note").symlink_to("../home/precious")
    paths = ["home", "home/precious", "note", "src/a.ts", "gone.ts"]
    target = root.parent / "target"
    target.mkdir()
    copy_files(root, paths, target)
    assert sorted(str(each.relative_to(target)) for each in target.rglob("*")) == [
        *("home", "note", "src", "src/a.ts"),
    ]
    assert (target / "note").readlink() == Path("../home/precious")
    assert (target / "src/a.ts").stat().st_mtime_ns == (root / "src/a.ts").stat().st_mtime_ns
    with pytest.raises(FleetmodError, match="is no place inside"):
        copy_files(root, ["../home/precious"], target)
    assert tree_hash(root, paths) == tree_hash(root, [*paths, "home/precious2"])
    before = tree_hash(root, paths)
    (root.parent / "home/precious").write_text("other\n")
    assert tree_hash(root, paths) == before


def test_the_unit_of_a_node_goes_through_no_link(tmp_path: Path) -> None:
    """The installation runs before it is written, in a home that it may fill with links."""
    node = Node("n", "n", os.geteuid(), Path("/home/n"), Path("/home/n/src/x"), tmp_path / "stage")
    home = node.outside(node.home)
    (home / "workload").mkdir(parents=True)
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "a.service").write_bytes(PRECIOUS)
    (home / "workload/a.service").symlink_to(victim / "a.service")
    write_unit(node, node.home / "workload/a.service", "[Service]\n")
    assert (home / "workload/a.service").read_text() == "[Service]\n"
    shutil.rmtree(home / "workload")
    (home / "workload").symlink_to(victim)
    with pytest.raises(FleetmodError, match="is a symbolic link"):
        write_unit(node, node.home / "workload/a.service", "[Service]\n")
    assert {each.name: each.read_bytes() for each in victim.iterdir()} == {"a.service": PRECIOUS}


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[Path]:
    """A repository of another user's, beside a folder that root alone may enter."""
    require()
    parent = tmp_path / "owned"
    with stopped_above(parent):
        root = unpack(parent / "repo")
        (parent / "home").chmod(0o700)
        (root / ".gitignore").write_text("node_modules\n")
        (root / "package.json").write_text('{"name": "acme"}\n')
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "x")
        own(root)
        yield root


def own(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        os.chown(path, USER, USER, follow_symlinks=False)


@contextmanager
def stopped_above(parent: Path) -> Iterator[None]:
    """Others may come as far as `parent`, which pytest keeps to itself."""
    parent.mkdir()
    above = [each for each in parent.parents if each.stat().st_mode & 0o077 == 0]
    for each in above:
        each.chmod(0o711)
    try:
        yield
    finally:
        for each in above:
            each.chmod(0o700)


@AS_ROOT
def test_a_configuration_behind_a_link_is_none(owned: Path) -> None:
    secret = owned.parent / "home/precious"
    secret.write_text('version = 1\n[rehearse]\ncommands = ["echo my-secret"]\n')
    (owned / "fleetmod.toml").symlink_to(secret)
    (owned / "package.json").unlink()
    (owned / "package.json").symlink_to("../home/precious")
    own(owned)
    done = rehearse(owned)
    assert "my-secret" not in done.out + done.err
    assert (done.code, nodes(done)[0]["runs"][1]["what"]) == (3, "the workload")
    assert "no command was started" in done.out


@AS_ROOT
def test_dependencies_behind_a_link_are_not_shown_to_a_node(owned: Path) -> None:
    (owned / "node_modules").symlink_to("../home")
    own(owned)
    done = rehearse(owned, "--command", "cat node_modules/precious")
    assert done.code == 2 and "node_modules: is a symbolic link, which root does not" in done.err
    assert len(done.err.splitlines()) == 1


@AS_ROOT
def test_dependencies_that_are_replaced_meanwhile_are_not_mounted(
    owned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{bin_folder()}:{os.environ['PATH']}")
    (owned / "node_modules").mkdir()
    own(owned)
    with snapshot(owned) as seen:
        needs = find_needs(seen, Options())
        (owned / "node_modules").rmdir()
        (owned / "node_modules").symlink_to("../home")
        with pytest.raises(FleetmodError, match=r"node_modules was replaced by another folder"):
            run_rehearsal(seen.project, needs, old_machine(seen.project), Asked(), print)


@AS_ROOT
@pytest.mark.parametrize("mode", [0o755, 0o777, 0o1777])
def test_nothing_is_kept_where_others_can_change_it(owned: Path, mode: int) -> None:
    there = owned.parent / "theirs"
    there.mkdir()
    there.chmod(mode)
    if mode == 0o755:
        os.chown(there, USER, USER)
    done = rehearse(owned, "--keep", str(there / "in/kept"), "--command", "true")
    if mode == 0o1777:  # as /tmp
        assert (done.code, (there / "in/kept/events").is_dir()) == (0, True)
        return
    assert done.code == 2 and f"{there} can be changed by others" in done.err
    assert not list(there.iterdir())
    done = fleetmod(owned, "rehearse", env={"TMPDIR": str(there)})
    assert done.code == 2 and f"{there} can be changed by others" in done.err


@AS_ROOT
def test_a_file_that_becomes_a_link_is_not_read(owned: Path) -> None:
    """What is read of the repository is read once, and then of the copy."""
    with snapshot(owned) as seen:
        (owned / "src/a.ts").unlink()
        (owned / "src/a.ts").symlink_to("../../home/precious")
        assert seen.project.read("src/a.ts") == b"a\n"
    (owned / "inner").symlink_to("src")
    (owned / "chain").symlink_to("outer")
    (owned / "outer").symlink_to(owned.parent / "home")
    own(owned)
    with snapshot(owned) as seen:
        there = sorted(each.name for each in seen.project.root.iterdir())
        assert there == [".git", ".gitignore", "inner", "package.json", "src"]
        assert dict(seen.links) == {
            "inner": "src",
            "chain": "outer",
            "outer": str(owned.parent / "home"),
            "src/a.ts": "../../home/precious",
        }


@AS_ROOT
def test_git_reads_a_repository_as_its_owner(owned: Path) -> None:
    """Its settings may lead git to a file that the owner must not read."""
    (owned.parent / "home/precious").write_text("src\n")
    (owned / ".git/info/exclude").unlink()
    (owned / ".git/info/exclude").symlink_to(owned.parent / "home/precious")
    (owned / "src/b.ts").write_text("b\n")
    own(owned)
    assert "src/b.ts" in own_files(owned, "rehearse")


# -- what is undone of a bootstrap


@pytest.mark.parametrize("way", ["link", "shared", "another user"])
def test_a_bootstraps_journal_that_is_not_the_callers(tmp_path: Path, way: str) -> None:
    entries = [{"step": "x", "argv": ["true"], "undo": ["touch", str(tmp_path / "ran")]}]
    state = tmp_path / "state"
    state.mkdir()
    file = state / "journal.json"
    file.write_text(json.dumps(entries))
    file.chmod(0o600)
    assert len(Journal(state).entries) == 1
    if way == "link":
        file.rename(tmp_path / "real")
        file.symlink_to(tmp_path / "real")
    elif way == "shared":
        file.chmod(0o666)
    elif os.geteuid() == 0:
        os.chown(file, OTHER, OTHER)
    else:
        pytest.skip("needs another user")
    with pytest.raises(FleetmodError, match="is no journal of yours alone"):
        Journal(state)
