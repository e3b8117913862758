"""Root in another user's repository: nothing that the owner may put there leads to what is root's.

Whoever owns the repository may put links in it; root works there as that user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest

import fleetmod
from fleetmod.cli import as_owner
from fleetmod.cli.as_owner import work_as_owner
from fleetmod.errors import FleetmodError
from fleetmod.lsp.folder import Folder
from tests.attacks.archive import OTHER, USER
from tests.attacks.test_hostile_state import as_user
from tests.repo import Ran, git, make

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs other users")

SOURCE = "packages/app/src"
CONFIG = 'version = 1\n[home]\nusers = ["alice"]\n'
FILES: dict[str, str | bytes] = {
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/app/package.json": '{"name": "@acme/app"}\n',
    "fleetmod.toml": CONFIG,
    f"{SOURCE}/a.ts": 'export const p = "/Users/alice/plain";\n',
}
SECRET = "/Users/alice/deep-secret"
COMMANDS = (["audit"], ["check"], ["gate", "--phase", "1a,1b"], ["migrate", "--dry-run"], ["init"])


def give(root: Path, user: int) -> None:
    for path in (root, *root.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)


@cache
def python() -> dict[str, str]:
    """A Python with what fleetmod needs that other users can run, and its environment; this one may
    be root's own."""
    site = str(Path(click.__file__).parents[1])
    env = {"PYTHONPATH": os.pathsep.join([str(Path(fleetmod.__file__).parents[1]), site])}
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for each in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        words = [each, "-c", "import sys, tree_sitter, libcst; sys.exit(not sys.prefix)"]
        outside = {**env, "PYTHONHOME": "", "PATH": os.environ["PATH"]}
        done = partial(subprocess.run, words, env=outside, cwd="/", check=True, capture_output=True)
        if Path(each).exists() and as_user(USER, lambda done=done: done()) == "":  # type: ignore[misc]
            return {"python": each, **env}
    return {}


def run(root: Path, *words: str) -> Ran:
    """fleetmod as root starts it."""
    found = python()
    if not found:
        pytest.skip("no Python here is one that other users can run")
    env = {**os.environ, "COLUMNS": "200", "PYTHONPATH": found["PYTHONPATH"]}
    env["SUDO_UID"] = str(USER)  # so that git answers root, too
    done = subprocess.run(
        [found["python"], "-m", "fleetmod", "-C", str(root), *words],
        capture_output=True,
        text=True,
        env=env,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def space() -> Iterator[Path]:
    """A folder that other users can reach, as pytest's own is not."""
    with TemporaryDirectory(prefix="fleetmod-") as parent:
        Path(parent).chmod(0o755)
        yield Path(parent)


@pytest.fixture
def root(space: Path) -> Path:
    """USER's repository, beside a folder of root's."""
    vault = space / "vault"
    vault.mkdir(mode=0o700)
    for name in ("a.ts", "b.ts"):
        (vault / name).write_text(f'export const q = "{SECRET}";\n')
    root = make(space / "r", FILES)
    give(root, USER)
    return root


def link(place: Path, target: Path) -> None:
    """As the owner does it."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    elif place.exists():
        place.unlink()
    place.symlink_to(target)
    os.chown(place, USER, USER, follow_symlinks=False)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("place", [SOURCE, "packages/app", "packages"])
def test_a_folder_that_is_a_link_shows_nothing_of_roots(
    root: Path, space: Path, place: str, words: list[str]
) -> None:
    inside = space / "vault" / SOURCE.removeprefix(place).strip("/")
    inside.mkdir(parents=True, exist_ok=True)
    if inside != space / "vault":
        shutil.copy(space / "vault/a.ts", inside)
    link(root / place, space / "vault")
    ran = run(root, *words)
    assert "deep-secret" not in ran.out + ran.err


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    "name",
    ["fleetmod.toml", "package.json", "packages/app/package.json", ".fleetmod-baseline"],
)
def test_a_file_that_is_a_link_shows_nothing_of_roots(
    root: Path, space: Path, name: str, words: list[str]
) -> None:
    (space / "vault/a.ts").write_text("[deep-secret]\ndeep-secret = deep-secret\n")
    link(root / name, space / "vault/a.ts")
    ran = run(root, *words)
    assert "deep-secret" not in ran.out + ran.err


def test_what_explains_a_rule_shows_nothing_of_roots(root: Path, space: Path) -> None:
    (space / "vault/a.toml").write_text("deep-secret = 1\n")
    (root / "fleetmod.toml").write_text(f'{CONFIG}[workspace]\nrules = ["../vault"]\n')
    ran = run(root, "explain", "home-path")
    assert ran.code == 2 and "deep-secret" not in ran.out + ran.err


@pytest.mark.parametrize("word", ["plan", "doctor", "apply"])
def test_no_node_of_roots_is_made_of_it(root: Path, space: Path, word: str) -> None:
    """Its services would run, as root, whatever the owner puts there later."""
    home = space / "home"
    home.mkdir()
    ran = run(root, "bootstrap", word, "--node", "koala", "--home", str(home), "--offline")
    assert ran.code == 2 and f"belongs to user {USER}" in ran.err and "as that user" in ran.err
    assert not list(home.iterdir())


def test_an_editor_of_roots_opens_its_own_repositories_alone(root: Path, space: Path) -> None:
    own = make(space / "own", FILES)
    link(root / SOURCE, space / "vault")

    def act() -> None:
        assert Folder(own).scan(f"{SOURCE}/a.ts", b'export const p = "/Users/alice/x";').findings
        with pytest.raises(FleetmodError, match=f"belongs to user {USER}"):
            Folder(root)

    assert as_root(act) == ""


def test_rules_of_another_folder_show_nothing_of_roots(root: Path, space: Path) -> None:
    (space / "vault/a.toml").write_text("deep-secret = 1\n")
    (root / "fleetmod.toml").write_text(f'{CONFIG}[workspace]\nrules = ["../vault"]\n')
    ran = run(root, "audit")
    assert ran.code == 2 and "deep-secret" not in ran.out + ran.err


def test_a_quick_check_reads_nothing_of_roots(
    root: Path, space: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer for plain files, too, tells what they hold: by its exit code."""
    from fleetmod.quick import is_clean

    (space / "vault/a.ts").write_text("export {};\n")
    link(root / SOURCE, space / "vault")
    monkeypatch.chdir(root)
    assert not is_clean([f"{SOURCE}/a.ts"])


def test_what_root_writes_is_the_owners(root: Path, space: Path) -> None:
    assert run(root, "migrate").code == 0
    changed = git(root, "-c", f"safe.directory={root}", "status", "--porcelain", "-uall")
    written = [root / line[3:] for line in changed.splitlines()]
    assert len(written) > 5
    assert {path.lstat().st_uid for path in written} == {USER}


@pytest.mark.parametrize("place", [SOURCE, "packages/node-identity", "packages"])
def test_nothing_is_written_through_a_link(root: Path, space: Path, place: str) -> None:
    before = {path: path.read_bytes() for path in (space / "vault").rglob("*")}
    link(root / place, space / "vault")
    run(root, "migrate", "--allow-dirty")
    assert {path: path.read_bytes() for path in (space / "vault").rglob("*")} == before


def test_no_right_of_roots_is_left(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(as_owner, "_OURS", ())

    def act() -> None:
        os.environ["XDG_CACHE_HOME"] = "/root/.cache"
        work_as_owner(root)
        assert (os.getresuid(), os.getresgid()) == ((USER,) * 3, (USER,) * 3)
        assert 0 not in os.getgroups() and "XDG_CACHE_HOME" not in os.environ
        assert os.environ["HOME"] != "/root"
        with pytest.raises(PermissionError):
            os.setuid(0)

    assert as_root(act) == ""


def as_root(act: object) -> str:
    """The same as `as_user`, in a process that is root's until it changes that itself."""
    return as_user(0, act)  # type: ignore[arg-type]


@pytest.mark.parametrize("hidden", ["ours", "theirs"])
def test_an_owner_who_cannot_read_what_is_needed_is_told(
    root: Path, space: Path, hidden: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hidden == "ours":
        monkeypatch.setattr(as_owner, "_OURS", (space / "vault",))
    else:
        space.chmod(0o700)
    said = as_root(lambda: work_as_owner(root))
    assert "as whom root works on it" in said and "cannot be read by that user" in said
    assert f"user {USER}" in said and "\n" not in said


def test_a_root_that_cannot_become_another_user_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_user: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "setuid", refuse)
    with pytest.raises(FleetmodError, match="root cannot become that user here"):
        monkeypatch.setattr(os, "setgid", lambda _: None)
        monkeypatch.setattr(os, "setgroups", lambda _: None)
        work_as_owner(root)


def test_control_a_repository_of_roots_is_worked_on_as_root(root: Path) -> None:
    give(root, 0)

    def act() -> None:
        work_as_owner(root)
        assert os.getuid() == 0

    assert as_root(act) == ""
    assert "packages/app/src/a.ts" in run(root, "audit").out


def test_control_the_owners_debt_is_found(root: Path) -> None:
    for words in COMMANDS[:4]:
        ran = run(root, *words)
        assert "packages/app/src/a.ts" in ran.out, ran


def test_control_another_user_is_nobody_else(root: Path) -> None:
    def act() -> None:
        work_as_owner(root)
        assert os.getuid() == OTHER

    assert as_user(OTHER, act) == ""


def test_nothing_of_gits_configuration_is_run(root: Path, space: Path) -> None:
    """Not even as the owner, who decides when to run it."""
    sprung = space / "r/sprung"
    git(root, "-c", f"safe.directory={root}", "config", "core.fsmonitor", f"touch {sprung};:")
    give(root, USER)
    for words in COMMANDS:
        run(root, *words)
        assert not sprung.exists(), words


def test_a_link_in_gits_folder_shows_nothing(root: Path, space: Path) -> None:
    (space / "vault/HEAD").write_text("deep-secret\n")
    link(root / ".git/HEAD", space / "vault/HEAD")
    for words in COMMANDS:
        ran = run(root, *words)
        assert "deep-secret" not in ran.out + ran.err
