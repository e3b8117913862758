"""The short way of a hook: it answers only where the whole command would say the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleetmod import quick
from fleetmod.project import open_project
from fleetmod.sources import triggers
from tests.repo import fleetmod, git, make


def test_it_knows_every_trigger(tmp_path: Path) -> None:
    always, named, pathed = quick._triggers()
    assert sorted({*always, *pathed}) == triggers(open_project(tmp_path))
    (tmp_path / "fleetmod.toml").write_text('version = 1\n[home]\nusers = ["alice"]\n')
    assert sorted({*always, *named, *pathed}) == triggers(open_project(tmp_path))


@pytest.mark.parametrize("key", ["root", "vault"])
@pytest.mark.parametrize("place", ["", "/Code", "/Code/acme", "/Code/acme/deep"])
def test_it_knows_the_triggers_of_a_place_below_the_home(
    place: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fleetmod.toml").write_text(
        f'version = 1\n[home]\nusers = ["alice"]\n{key} = "/Users/alice{place}"\n'
    )
    monkeypatch.chdir(tmp_path)
    always, named, pathed = map(set, quick._triggers())
    wanted = set(triggers(open_project(tmp_path))) - named - pathed
    for trigger in sorted(wanted - always):
        (tmp_path / "a.ts").write_bytes(b"f(" + trigger + b");\n")
        assert not quick.is_clean(["a.ts"]), trigger
    if place.strip("/"):
        assert wanted - always


@pytest.mark.parametrize(
    ("config", "clean"),
    [
        ('users = ["bob"]', True),
        ('users = ["alice"]', False),
        ('users = ["bob", "alice"]', False),
        ('users = [\n"alice"]', False),
        ('users = ["a.b"]', False),
        ("users = ['alice']", False),
        ("users = []", True),
        (None, False),
    ],
)
def test_what_counts_only_beside_a_users_name(
    config: str | None, clean: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A text such as `/users/` sends only a file to the whole command that names a user."""
    if config is not None:
        (tmp_path / "fleetmod.toml").write_text(f"version = 1\n[home]\n{config}\n")
    (tmp_path / "a.ts").write_text('export const at = "cd /users/alice/x";\n')
    monkeypatch.chdir(tmp_path)
    assert quick.is_clean(["a.ts"]) is clean


@pytest.mark.parametrize(
    ("files", "clean"),
    [
        (["a.ts"], True),
        (["a.ts", "b.py"], True),
        (["a.ts", "gone.ts"], False),
        (["gone.py"], False),
        (["link.ts"], False),
        (["pipe.ts"], False),
        (["debt.ts"], False),
        (["a.ts", "debt.ts"], False),
        (["folder"], False),
        (["ignored.ts"], False),
        ([], False),
        (["--staged"], False),
        (["../a.ts"], False),
        (["/a.ts"], False),
    ],
)
def test_what_it_answers(
    files: list[str], clean: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.ts").write_text("export const a = 1;\n")
    (tmp_path / "b.py").write_text("launchctl = 1\n")
    (tmp_path / "debt.ts").write_text('run("launchctl");\n')
    (tmp_path / "link.ts").symlink_to("a.ts")
    os.mkfifo(tmp_path / "pipe.ts")
    (tmp_path / "ignored.ts").write_text("// fleetmod-ignore home-path: gone\n")
    monkeypatch.chdir(tmp_path)
    assert quick.is_clean(files) is clean
    (tmp_path / "package.json").write_text('{"name": "acme"}')
    assert fleetmod(tmp_path, "init").code == 0
    assert quick.is_clean(files) is clean
    for rules in ('rules = ["own"]', 'rules = [\n"own"]', 'x = "#"\n"rules" = ["own"]'):
        (tmp_path / "fleetmod.toml").write_text(f"[workspace]\n{rules}\n")
        assert quick.is_clean(files) is False


@pytest.mark.parametrize(
    ("files", "clean"),
    [
        (["a.ts"], True),
        (["sub/b.ts", "a.ts", "b.py"], True),
        (["debt.ts"], False),
        (["a.ts", "debt.ts"], False),
        (["gone.ts"], False),
        (["untracked.ts"], False),
        (["sub"], False),
        (["a.ts\n:./a.ts"], False),
        (["../a.ts"], False),
        ([], False),
    ],
)
def test_what_it_answers_of_the_index(
    files: list[str], clean: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = {"a.ts": "export const a = 1;\n", "sub/b.ts": "", "b.py": "launchctl = 1\n"}
    root = make(tmp_path / "r", {**here, "debt.ts": 'run("launchctl");\n'})
    (root / "a.ts").write_text('run("launchctl");\n')
    (root / "debt.ts").write_text("")
    (root / "sub/b.ts").unlink()
    (root / "untracked.ts").write_text("")
    monkeypatch.chdir(root)
    monkeypatch.setenv("GIT_DIR", "nowhere")
    assert quick.is_clean(["--staged", *files]) is clean
    (root / "fleetmod.toml").write_text('[workspace]\nrules = ["own"]\n')
    assert quick.is_clean(["--staged", *files]) is clean
    monkeypatch.delenv("GIT_DIR")
    git(root, "add", "fleetmod.toml")
    assert quick.is_clean(["--staged", *files]) is False


def imported(folder: Path, *args: str) -> set[str]:
    """The modules that a run of the command has imported at its end."""
    code = (
        "import atexit, sys; sys.argv[0] = 'fleetmod';"
        "atexit.register(lambda: print('\\n' + ' '.join(sys.modules)));"
        "from fleetmod.quick import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args], cwd=folder, capture_output=True, text=True
    )
    return set(done.stdout.splitlines()[-1].split())


def test_what_the_hook_and_the_audit_import(tmp_path: Path) -> None:
    (tmp_path / "a.ts").write_text("export const a = 1;\n")
    (tmp_path / "debt.ts").write_text('import { run } from "x";\nrun("launchctl stop x");\n')
    heavy = {"libcst", "jinja2", "yaml", "pygls", "duckdb"}
    assert not imported(tmp_path, "check", "a.ts") & {*heavy, "click", "re", "tree_sitter", "rich"}
    make(tmp_path / "r", {"a.ts": "export const a = 1;\n"})
    index = imported(tmp_path / "r", "check", "--staged", "a.ts")
    assert not index & {*heavy, "click", "re", "subprocess", "tree_sitter"}
    assert not imported(tmp_path, "check", "debt.ts") & {*heavy, "rich"}
    (tmp_path / "package.json").write_text("{}")
    assert not imported(tmp_path, "audit", "--format", "json") & {*heavy, "rich"}
