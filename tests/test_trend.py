"""The debt over git's history."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fleetmod.workspace.history import Commit, spread
from tests.repo import commit, fleetmod, git, make, tree

CONFIG = """version = 1
[workspace]
exclude = ["tools/old/**"]
[home]
users = ["alice"]
"""
DEBT = 'export const a = "/Users/alice/x";\n'
FILES = {
    "package.json": '{\n  "name": "acme"\n}\n',
    "fleetmod.toml": CONFIG,
    "packages/app/src/a.ts": DEBT,
    "tools/old/src/b.ts": DEBT,
    "packages/app/node_modules/x.ts": DEBT,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four commits with 1, 2, 2 and 1 findings, and an uncommitted one."""
    root = make(tmp_path / "r", dict(FILES))
    second = root / "packages/app/src/ö b.ts"
    second.write_text(DEBT)
    commit(root, "add\tone")
    second.rename(root / "packages/app/src/moved.ts")
    commit(root, "move")
    (root / "packages/app/src/a.ts").write_text("export const a = 1;\n")
    commit(root, "mend")
    (root / "packages/app/src/more.ts").write_text(DEBT)
    return root


def points(root: Path, *options: str) -> list[dict[str, Any]]:
    ran = fleetmod(root, "trend", "--format", "json", *options)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)["points"]
    return found


def test_each_commit_counts_its_own_files(root: Path) -> None:
    before = tree(root), git(root, "status", "--porcelain")
    found = points(root)
    assert [(p["debt"].get("home", 0), p["files"]) for p in found] == [
        *((1, 1), (2, 2), (2, 2), (1, 1))
    ]
    assert [p["subject"] for p in found] == ["x", "add\tone", "move", "mend"]
    assert found[-1]["commit"] == git(root, "rev-parse", "HEAD").strip()
    assert (tree(root), git(root, "status", "--porcelain")) == before


def test_commits_are_spread_evenly_with_the_ends(root: Path) -> None:
    assert [p["subject"] for p in points(root, "--commits", "2")] == ["x", "mend"]
    assert [p["subject"] for p in points(root, "--commits", "1")] == ["mend"]
    many = [Commit(str(n), "", "") for n in range(101)]
    assert [c.sha for c in spread(many, 5)] == ["0", "25", "50", "75", "100"]


def test_only_commits_since_a_date(tmp_path: Path) -> None:
    root = make(tmp_path / "r", dict(FILES))
    for year in ("2020", "2021"):
        date = {"GIT_COMMITTER_DATE": f"{year}-06-01T00:00:00Z"}
        git(root, "commit", "--allow-empty", "-qm", year, env=date)
    assert [p["subject"] for p in points(root, "--since", "2021-01-01")] == ["2021"]
    assert points(root, "--since", "2022-01-01") == []


def test_it_counts_what_an_audit_counts(root: Path) -> None:
    """Also what only the gate's grep finds, in a file that no rule looks at."""
    (root / "packages/app/src/types.d.ts").write_text("/** /Users/alice/x */\n")
    commit(root)
    found = json.loads(fleetmod(root, "audit", "--format", "json").out)["findings"]
    assert sorted(f["rule"] for f in found) == ["gate-grep", "home-path", "home-path"]
    assert points(root)[-1]["debt"] == {"home": 3}


def test_a_folder_of_a_repository(root: Path) -> None:
    """What fleetmod is pointed at may lie below the folder that git knows."""
    inner = root / "packages/app"
    (inner / "fleetmod.toml").write_text(CONFIG)
    commit(root)
    assert [p["debt"].get("home", 0) for p in points(inner)] == [1, 2, 2, 1, 2]


def test_the_other_formats(root: Path) -> None:
    assert "add" in fleetmod(root, "trend").out
    assert "| home | all | files |" in fleetmod(root, "trend", "--format", "markdown").out
    assert "<h1>From 1 to <b>1</b>" in fleetmod(root, "trend", "--format", "html").out


def test_a_history_may_be_several_trends_in_one_file(root: Path, tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    older = fleetmod(root, "trend", "--format", "json", "--commits", "2").out
    newer = fleetmod(root, "trend", "--format", "json").out
    history.write_text(older + json.dumps(json.loads(newer)) + "\n")
    page = fleetmod(root, "audit", "--format", "html", "--history", str(history)).out
    assert "phase 1b from 1 to 2" in page and page.count('class="point"') == 5


@pytest.mark.parametrize("text", ["{}", "[1]", "{", '{"format": "fleetmod-trend", "version": 2}'])
def test_a_history_that_is_none(root: Path, tmp_path: Path, text: str) -> None:
    history = tmp_path / "history.json"
    history.write_text(text)
    ran = fleetmod(root, "audit", "--format", "html", "--history", str(history))
    assert (ran.code, ran.out) == (2, "") and "is no trend" in ran.err


def test_without_git_there_is_no_history(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text("{}")
    ran = fleetmod(tmp_path, "trend")
    assert ran.code == 2 and "has no git history" in ran.err
