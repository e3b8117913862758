"""Records that fleetmod finds and did not write, and links in the way of what root writes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fleetmod.apply import write
from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.journal import Journal
from fleetmod.fleet.rehearse.model import Node, Rehearsal
from fleetmod.fleet.rehearse.record import recall, remember, tree_hash
from fleetmod.fleet.rehearse.workload import _write as write_unit
from fleetmod.workspace.copy import copy_files
from tests.attacks.archive import AS_ROOT, OTHER, PRECIOUS, USER, change, tree, unpack
from tests.repo import git


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
