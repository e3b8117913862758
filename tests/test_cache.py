"""An audit that takes what the last one found says what one without would say."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from fleetmod.model import FileResult
from tests.repo import Ran, commit, copy, fleetmod, make

CALL = """import { execFileSync } from "node:child_process";
export function stop() {
  execFileSync("launchctl", ["stop", "com.example.api"]);
}
"""
PATH = 'export const notes = "/Users/ada/notes/today.md";\n'
TEST = 'test("notes", () => expect(read()).toBe("/Users/ada/notes/today.md"));\n'
CONFIG = 'version = 1\n\n[home]\nusers = ["ada"]\n\n[process]\nadapters = [{adapters}]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "it", "workspaces": ["packages/*"]}\n',
        "packages/api/package.json": '{"name": "api"}\n',
        "packages/api/src/stop.ts": CALL,
        "packages/api/src/notes.ts": PATH,
        "packages/api/src/notes.test.ts": TEST,
        "fleetmod.toml": CONFIG.format(adapters=""),
    }
    return make(tmp_path / "repo", files)


def audit(root: Path, *args: str) -> Ran:
    """An audit with what is kept beside the repository."""
    env = {"FLEETMOD_CACHE_DIR": str(root.parent / "cache")}
    return fleetmod(root, "audit", "--format", "json", *args, env=env)


def same(root: Path) -> Ran:
    """What two audits say that keep and take results, and one that does neither."""
    plain = fleetmod(root, "audit", "--format", "json")
    assert audit(root) == plain
    assert audit(root) == plain
    return plain


def test_the_demo_is_audited_alike(tmp_path: Path) -> None:
    assert same(copy("demo", tmp_path / "demo")).code == 1


def test_a_file_that_changes_is_looked_at_anew(root: Path) -> None:
    same(root)
    (root / "packages/api/src/stop.ts").write_text("export const none = 1;\n")
    assert "com.example.api" not in same(root).out


def test_a_test_follows_the_code_of_its_package(root: Path) -> None:
    before = same(root)
    (root / "packages/api/src/notes.ts").write_text("export const notes = 1;\n")
    (root / "packages/api/src/stop.ts").write_text("export const none = 1;\n")
    after = same(root)
    assert "notes.test.ts" in before.out
    assert after.out != before.out


def test_another_configuration_counts_at_once(root: Path) -> None:
    assert '"refuse"' not in same(root).out
    adapter = '"packages/api/src/stop.ts"'
    (root / "fleetmod.toml").write_text(CONFIG.format(adapters=adapter))
    assert "own adapter of the tool" in same(root).out


def test_a_package_that_goes_takes_its_rewrites_with_it(root: Path) -> None:
    same(root)
    (root / "packages/api/package.json").unlink()
    (root / "package.json").unlink()
    assert "no package.json stands above the file" in same(root).out


def test_a_file_that_moves_is_found_where_it_is(root: Path) -> None:
    same(root)
    (root / "packages/api/src/stop.ts").rename(root / "packages/api/src/halt.ts")
    commit(root)
    assert "halt.ts" in same(root).out


def test_what_is_kept_for_one_rule_alone_is_not_kept(root: Path) -> None:
    one = audit(root, "--only", "home-path")
    assert one == fleetmod(root, "audit", "--format", "json", "--only", "home-path")
    assert one.out != same(root).out


@pytest.mark.parametrize("content", [b"", b"no pickle", b"\x80\x05N.", b"\x80\x05]\x94."])
def test_a_damaged_file_is_as_good_as_none(root: Path, content: bytes) -> None:
    audit(root)
    (kept,) = (root.parent / "cache").iterdir()
    kept.write_bytes(content)
    same(root)


def test_a_folder_that_cannot_be_made_is_no_error(root: Path) -> None:
    (root.parent / "cache").write_text("a file\n")
    same(root)


def test_files_that_are_gone_are_not_kept(root: Path) -> None:
    audit(root)
    (kept,) = (root.parent / "cache").iterdir()
    assert b"stop.ts" in kept.read_bytes()
    (root / "packages/api/src/stop.ts").unlink()
    audit(root)
    assert b"stop.ts" not in kept.read_bytes()


def test_the_hook_keeps_what_an_audit_found(root: Path) -> None:
    audit(root)
    env = {"FLEETMOD_CACHE_DIR": str(root.parent / "cache")}
    (root / "packages/api/src/new.ts").write_text(CALL)
    assert fleetmod(root, "check", str(root / "packages/api/src/new.ts"), env=env).code == 1
    (kept,) = (root.parent / "cache").iterdir()
    assert b"stop.ts" in kept.read_bytes()
    assert b"new.ts" in kept.read_bytes()


def test_an_audit_without_news_parses_nothing(root: Path) -> None:
    audit(root)
    code = (
        "import sys\nfrom fleetmod.cli import cli\n"
        "cli.main(['-C', sys.argv[1], 'audit', '--format', 'json'], standalone_mode=False)\n"
        "print([m for m in ('tree_sitter', 'fleetmod.engine', 'rich') if m in sys.modules])\n"
    )
    env = {**os.environ, "FLEETMOD_CACHE_DIR": str(root.parent / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)], capture_output=True, text=True, env=env
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_gate_proves_anew(root: Path) -> None:
    audit(root)
    (kept,) = (root.parent / "cache").iterdir()
    stamp, known = pickle.loads(kept.read_bytes())
    for (kind, path), (key, result) in known.items():
        if kind == "result":
            known[kind, path] = (key, FileResult(path, result.sha256))
    kept.write_bytes(pickle.dumps((stamp, known)))
    assert json.loads(audit(root).out)["findings"] == []  # an audit believes what is kept
    env = {"FLEETMOD_CACHE_DIR": str(root.parent / "cache")}
    for command in ("gate", "migrate"):
        assert "packages/api/src/stop.ts" in fleetmod(root, command, env=env).out
