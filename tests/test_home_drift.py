"""Test data moves to another home only where everything that spells it can move along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fleetmod.engine import scan
from fleetmod.model import REFUSE, REWRITE
from fleetmod.places import Places
from tests.repo import fleetmod, make
from tests.scan import RULES, SETTINGS

TEST = "packages/app/src/a.test.ts"
KEPT = 'expect(path(config)).toBe("/Users/alice/notes/a");\n'


def outcomes(
    text: str, literals: frozenset[str] = frozenset(), users: tuple[str, ...] = ("alice",)
) -> set[tuple[str, str, str]]:
    """The rule, the action and the beginning of the reason of each finding."""
    settings = replace(SETTINGS, places=Places(users), production_literals={"": literals})
    findings = scan(TEST, text.encode(), settings, RULES).findings
    return {(f.rule, f.action, f.reason[:40]) for f in findings}


def refusals(text: str, **given: object) -> set[str]:
    found = outcomes(text, **given)  # type: ignore[arg-type]
    assert {action for _, action, _ in found} == {REFUSE}, found
    return {reason for _, _, reason in found}


def test_two_users_stay_two() -> None:
    text = 'expect(move("/Users/alice/a")).toBe("/Users/bob/a");\n'
    assert refusals(text, users=("alice", "bob")) == {"the homes of alice and bob would become "}


def test_what_stands_behind_a_word_and_a_colon_holds_the_rest() -> None:
    text = 'expect(at("/Users/alice/a")).toBe("worktree:/Users/alice/a");\n'
    found = {rule: action for rule, action, _ in outcomes(text)}
    assert found["home-test-data"] == REFUSE


def test_a_home_that_the_code_has_by_itself_is_looked_up_like_there() -> None:
    text = 'expect(plist()).toContain("<string>/Users/alice</string>");\n'
    code = frozenset({"/Users/alice"})
    assert {(r, a) for r, a, _ in outcomes(text, code)} == {("home-path", REWRITE)}


def test_a_pattern_beside_what_the_code_spells_holds_both() -> None:
    text = 'expect(plist("/Users/alice")).toMatch(/\\/Users\\/alice/);\n'
    code = frozenset({"/Users/alice"})
    assert refusals(text, literals=code) == {"some of it the code under test spells as"}


def test_a_comment_beside_another_spelling_of_the_home_stays() -> None:
    text = "// /Users/alice/.acme becomes -Users-alice--acme\nexport const a = 1;\n"
    assert refusals(text) == {"the file also spells Users-alice for it;"}


def test_a_data_file_that_spells_the_same_path_holds_the_test(tmp_path: Path) -> None:
    config = 'version = 1\n[workspace]\ngate = ["."]\n[home]\nusers = ["alice"]\n'
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "acme", "private": true}\n',
        "fleetmod.toml": config,
        "src/a.test.ts": KEPT,
        "configs/repos.json": '{"path": "/Users/alice/notes/a"}\n',
    }
    root = make(tmp_path / "r", files)
    ran = fleetmod(root, "migrate")
    assert "configs/repos.json spells it as well" in ran.out
    assert (root / "src/a.test.ts").read_text() == KEPT
    (root / "configs/repos.json").write_text('{"path": "/Users/alice/notes/ab"}\n')
    fleetmod(root, "migrate", "--allow-dirty")
    assert "/Users/fixture/notes/a" in (root / "src/a.test.ts").read_text()


def test_a_file_of_test_data_that_the_test_names_holds_it(tmp_path: Path) -> None:
    text = 'expect(read("log.txt")).toBe("/Users/alice/notes/a");\n'
    config = 'version = 1\n[workspace]\ngate = ["."]\n[home]\nusers = ["alice"]\n'
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "acme", "private": true}\n',
        "fleetmod.toml": config,
        "src/a.test.ts": text,
        "src/fixtures/log.txt": "cwd=/Users/alice\n",
    }
    root = make(tmp_path / "r", files)
    assert "src/fixtures/log.txt spells it as well" in fleetmod(root, "migrate").out
    assert (root / "src/a.test.ts").read_text() == text
