"""Test data moves to another home only where everything that spells it can move along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fleetmod.edits import render
from fleetmod.engine import scan
from fleetmod.model import REFUSE, REWRITE
from fleetmod.places import Places
from fleetmod.settings import Settings
from tests.repo import fleetmod, make
from tests.scan import RULES, SETTINGS

TEST = "packages/app/src/a.test.ts"
KEPT = 'expect(path({ home: "/Users/alice" })).toBe("/Users/alice/notes/a");\n'


def made_for(
    literals: frozenset[str] = frozenset(), users: tuple[str, ...] = ("alice",)
) -> Settings:
    return replace(SETTINGS, places=Places(users), production_literals={"": literals})


def outcomes(
    text: str, literals: frozenset[str] = frozenset(), users: tuple[str, ...] = ("alice",)
) -> set[tuple[str, str, str]]:
    """The rule, the action and the beginning of the reason of each finding."""
    findings = scan(TEST, text.encode(), made_for(literals, users), RULES).findings
    return {(f.rule, f.action, f.reason[:40]) for f in findings}


def refusals(text: str, **given: object) -> set[str]:
    found = outcomes(text, **given)  # type: ignore[arg-type]
    assert {action for _, action, _ in found} == {REFUSE}, found
    return {reason for _, _, reason in found}


def moved(text: str, **given: object) -> str:
    """A test's text once its homes have moved."""
    settings = made_for(**given)  # type: ignore[arg-type]
    result = scan(TEST, text.encode(), settings, RULES)
    return render(text.encode(), result.edits).decode()


def test_two_users_stay_two() -> None:
    text = 'expect(move("/Users/alice/a", "/Users/bob")).toBe("/Users/bob/a");\n'
    after = 'expect(move("/Users/fixture/a", "/Users/fixture2")).toBe("/Users/fixture2/a");\n'
    assert moved(text, users=("alice", "bob")) == after


def test_a_neutral_name_that_is_taken_stays_another_ones() -> None:
    text = 'expect(move("/Users/alice/a", "/Users/fixture/b")).toBe("/Users/alice/b");\n'
    assert moved(text) == text.replace("alice", "fixture2")


ENCODED = (
    'expect(at("/Users/alice/a")).toBe("worktree:/Users/alice/a");\n',
    'expect(slug("/Users/alice/a b")).toBe("-Users-alice-a-b");\n',
    'expect(slug("/Users/alice/Code")).toBe("users-alice-code");\n',
    'expect(slug("/Users/alice")).toBe("users_alice");\n',
    'expect(href("/Users/alice/a")).toBe("?at=%2FUsers%2Falice%2Fa");\n',
    'expect(twice("/Users/alice/a")).toBe("%252FUsers%252Falice%252Fa");\n',
    'expect(json("/Users/alice/a")).toBe("\\"\\\\/Users\\\\/alice\\\\/a\\"");\n',
    'expect(tail("/Users/alice/a")).toBe("Users/alice/a");\n',
    'expect(mount("/Users/alice/a")).toBe("/mnt/host/Users/alice/a");\n',
    'expect(row("/Users/alice/a")).toBe("x\\t/Users/alice/a\\tFoo");\n',
    'expect(owner("/Users/alice/a")).toEqual({ name: "alice" });\n',
    "run(`cat <<'X'\none|/Users/alice/a\nX\nprintf 'n/Users/alice/a'`);\n",
    'expect(at("/Users/alice/a")).toMatch(/^\\/Users\\/alice/);\n',
)


@pytest.mark.parametrize("text", ENCODED)
def test_every_spelling_of_a_home_moves_in_one_plan(text: str) -> None:
    assert moved(text) == text.replace("alice", "fixture")
    assert moved(moved(text)) == moved(text)


APART = (
    'keep({ nas: "/volume1/home/alice/books", out: "/Users/@/inbox" });\n',
    'visit("https://example.org/users/alice", "/Users/@/inbox");\n',
    'approve({ by: "alice", at: "/Users/@/a" }), expect(by()).toBe("alice");\n',
    'expect(label("/Users/@/a")).toBe("com.alice.agent");\n',
)


@pytest.mark.parametrize("text", APART)
def test_what_is_no_home_of_this_host_stays_and_holds_nothing(text: str) -> None:
    assert moved(text.replace("@", "alice")) == text.replace("@", "fixture")


HELD = {
    "in base64": 'expect(open("YXQgL1VzZXJzL2FsaWNlL2E")).toBe("at /Users/alice/a");\n',
    "a text of the test is a part of it": 'keep("/srv/home/alice/a"), has("/home/alice/");\n',
    "perhaps a hash": 'expect(hash("/Users/alice/a")).toBe("9b1c04aa");\n',
    "perhaps its length": 'expect(size("/Users/alice/a")).toBe(14);\n',
    "may be made of it": 'expect(slug("/Users/alice/a")).toBe("users-alice-zz");\n',
    "which the code under test spells": 'expect(who("/Users/alice/a")).toBe("alice");\n',
}


@pytest.mark.parametrize("reason", HELD)
def test_what_may_be_made_of_a_home_and_cannot_move_holds_it(reason: str) -> None:
    literals = frozenset({"alice"})
    found = outcomes(HELD[reason], literals)
    assert {action for rule, action, _ in found if rule == "home-test-data"} == {REFUSE}
    assert moved(HELD[reason], literals=literals) == HELD[reason]


def test_what_is_written_is_data_and_where_it_is_written_is_no_data() -> None:
    text = 'writeFileSync(file, "cd /Users/alice/a"), expect(read(file)).toBe("/Users/alice/a");\n'
    assert moved(text) == text.replace("alice", "fixture")
    text = 'writeFileSync("/Users/alice/a/b", x), expect(last()).toBe("/Users/alice/a/b");\n'
    assert {(r, a) for r, a, _ in outcomes(text)} == {("home-path", REWRITE)}


def test_a_home_that_the_code_has_by_itself_is_looked_up_like_there() -> None:
    text = 'expect(plist()).toContain("<string>/Users/alice</string>");\n'
    code = frozenset({"/Users/alice"})
    assert {(r, a) for r, a, _ in outcomes(text, code)} == {("home-path", REWRITE)}


def test_a_home_that_the_code_compares_with_is_looked_up_though_the_test_gives_it() -> None:
    text = 'expect(tilde("/Users/alice/a")).toBe("~/a");\n'
    alone, compared = frozenset({"/Users/alice"}), frozenset({"/Users/alice", "=/Users/alice"})
    assert moved(text, literals=alone) == text.replace("alice", "fixture")
    assert {(r, a) for r, a, _ in outcomes(text, compared)} == {("home-path", REWRITE)}


def test_one_reason_holds_all_of_a_test() -> None:
    text = 'expect(at("/Users/alice/a")).toBe("/Users/alice/b"), key("-Users-alice-b");\n'
    found = refusals(text, literals=frozenset({"/Users/alice/b"}))
    assert found == {"some of it the code under test spells as"}


def test_a_pattern_beside_what_the_code_spells_holds_both() -> None:
    text = 'expect(plist("/Users/alice/a")).toMatch(/\\/Users\\/alice\\/a/);\n'
    code = frozenset({"/Users/alice/a"})
    assert refusals(text, literals=code) == {"the code under test spells this home, an"}


def test_a_comment_that_also_spells_the_home_otherwise_stays() -> None:
    text = "// /Users/alice/.acme becomes -Users-alice--acme\nexport const a = 1;\n"
    assert refusals(text) == {"the comment also spells Users-alice for "}


@pytest.mark.parametrize(
    "text",
    [
        'test("a", () => { expect(config.path).not.toContain("/Users/alice"); });',
        'test("a", () => { expect(text).not.toMatch(/\\/Users\\/alice/); });',
        'test("a", () => { expect(/\\/Users\\/alice/.test(text)).toBe(false); });',
        'test("a", () => { assert.ok(!entry.path.startsWith("/Users/alice/")); });',
        'test("a", () => { assert(text.indexOf("/Users/alice") === -1); });',
        'test("a", () => { expect(text.includes("/Users/alice")).toBe(false); });',
        'test("a", () => { expect(lines.some((l) => l.includes("/Users/alice"))).toBe(false); });',
        'test("a", () => { expect(load().cwd).toBe("/Users/alice/notes"); });',
        'const OLD = "/Users/alice/";\nfor (const each of all) {\n'
        "  assert.ok(!each.path.startsWith(OLD), `${each.key} keeps ${OLD}`);\n}",
        # another test gives one to what it tests
        'test("a", () => { expect(text).not.toContain("/Users/alice"); });\n'
        'test("b", () => { expect(base("/Users/alice/b")).toBe("b"); });',
    ],
)
def test_a_home_that_a_test_only_looks_for_stays(text: str) -> None:
    assert refusals(text) == {f"{TEST} looks for the"}
    assert moved(text) == text


@pytest.mark.parametrize(
    "text",
    [
        'test("a", () => { expect(cut("/Users/alice/a")).not.toContain("/Users/alice"); });',
        'test("a", () => { process.env.HOME = "/Users/alice"; '
        'expect(at()).toBe("/Users/alice"); });',
        'const HOME = "/Users/alice";\n'
        'test("a", () => { expect(at(HOME)).toBe("/Users/alice/x"); });',
        'beforeEach(() => set("/Users/alice"));\n'
        'test("a", () => { expect(at()).toBe("/Users/alice/x"); });',
        'test.each([["/Users/alice/a", "a"]])("a", (path, name) => '
        "{ expect(of(path)).toBe(name); });",
        'test("a", () => { expect("/Users/alice/a".split("/")).toHaveLength(4); });',
    ],
)
def test_a_home_that_a_test_gives_moves_with_what_it_looks_for(text: str) -> None:
    assert moved(text) == text.replace("alice", "fixture")


def test_a_data_file_that_spells_the_same_path_holds_the_test(tmp_path: Path) -> None:
    config = 'version = 1\n[workspace]\ngate = ["."]\n[home]\nusers = ["alice"]\n'
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "acme", "private": true}\n',
        "fleetmod.toml": config,
        "src/a.test.ts": KEPT,
        "src/path.ts": "export const path = (of: string) => Bun.file(`configs/${of}.json`);\n",
        "configs/repos.json": '{"path": "/Users/alice/notes/a"}\n',
    }
    root = make(tmp_path / "r", files)
    ran = fleetmod(root, "migrate")
    assert "configs/repos.json spells it as well" in ran.out
    assert (root / "src/a.test.ts").read_text() == KEPT
    (root / "configs/repos.json").write_text('{"path": "/Users/alice/notes/ab"}\n')
    fleetmod(root, "migrate", "--allow-dirty")
    assert "/Users/fixture/notes/a" in (root / "src/a.test.ts").read_text()
