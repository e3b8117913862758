"""The homes of a test, its helpers, its data and its snapshots move in one plan or not at all, and
a real runner says the same before and after, on any host."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.node import npm, run
from tests.repo import commit, fleetmod, git, make

CONFIG = """version = 1
[workspace]
packages = ["packages/*"]
gate = ["packages"]
[home]
users = ["sam", "samuel"]
root = "/Users/sam/code/acme"
[runtime]
dir = "packages"
scope = "@acme"
"""
SLUG = """export const slug = (path: string) => path.replace(/[^A-Za-z0-9]/g, "-");
export const low = (path: string) => slug(path).slice(1).toLowerCase();
export const href = (path: string) => `/?at=${encodeURIComponent(path)}`;
export const owner = (path: string) => path.split("/")[2];
export const tag = (path: string) => `project:${path}`;
"""
HEAD = 'import { expect, test } from "bun:test";\n'
Files = dict[str, str | bytes]


def repository(folder: Path, files: Files) -> Path:
    app = {f"packages/app/{path}": text for path, text in files.items()}
    base: Files = {
        "fleetmod.toml": CONFIG,
        "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
        "packages/app/package.json": '{"name": "app", "private": true, "type": "module"}\n',
        "packages/app/src/slug.ts": SLUG,
    }
    return make(folder, {**base, **app})


def results(root: Path, user: str) -> list[str]:
    """What bun says of each test where `user` runs it."""
    scope = root / "node_modules" / "@acme"
    if (root / "packages/node-identity").is_dir() and not scope.exists():
        scope.mkdir(parents=True)
        (scope / "node-identity").symlink_to(root / "packages/node-identity")
    bun = npm("bun") / ".bin" / "bun"
    env = {"HOME": f"/Users/{user}", "USER": user, "CI": "true", "NO_COLOR": "1"}
    done = run(bun, "test", "packages/app", cwd=root, env=env)
    lines = (done.stdout + done.stderr).splitlines()
    found = [line.split(" [")[0] for line in lines if line.startswith(("(pass)", "(fail)"))]
    assert found, done.stdout + done.stderr
    return sorted(found)


def moved(root: Path) -> str:
    """What a migration changes; the second one changes nothing."""
    fleetmod(root, "migrate")
    changed = git(root, "diff")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "migrated", "--allow-empty")
    again = fleetmod(root, "migrate")
    assert "rewrote 0 finding(s) in 0 file(s)" in again.out, again.out
    assert not git(root, "status", "--porcelain")
    return changed


def proven(root: Path, users: tuple[str, ...] = ("sam", "fixture", "zoe")) -> str:
    """The same, with the tests run before and after it on several hosts."""
    before = [results(root, user) for user in users]
    changed = moved(root)
    assert [results(root, user) for user in users] == before
    return changed


def spelled(root: Path) -> list[str]:
    """The files of the tests' package that still spell a user's home in some way."""
    texts = {path: path.read_text() for path in (root / "packages/app").rglob("*.*")}
    return sorted(path.name for path, text in texts.items() if "sam" in text)


SPELLINGS = (
    HEAD
    + """import { href, low, owner, slug, tag } from "./slug";
const at = "/Users/sam/code/acme";
test("encodes", () => {
  expect(slug(at)).toBe("-Users-sam-code-acme");
  expect(low(at)).toBe("users-sam-code-acme");
  expect(href(at)).toBe("/?at=%2FUsers%2Fsam%2Fcode%2Facme");
  expect(tag(at)).toBe("project:/Users/sam/code/acme");
  expect([at, "Foo"].join("\\t")).toBe("/Users/sam/code/acme\\tFoo");
  expect(owner(at)).toBe("sam");
  expect(at).toMatch(/^\\/Users\\/sam\\/code/);
});
test("keeps two apart", () => {
  expect(new Set(["/Users/sam/a", "/Users/samuel/b"].map(owner)).size).toBe(2);
  expect({ nas: "/volume1/home/sam/books" }.nas).toEndWith("/books");
});
"""
)


def test_every_spelling_of_two_homes(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"src/slug.test.ts": SPELLINGS})
    changed = proven(root)
    assert '"/Users/fixture/a", "/Users/fixture2/b"' in changed
    assert "/volume1/home/sam/books" in (root / "packages/app/src/slug.test.ts").read_text()


SHARED: Files = {
    "test/helper.ts": 'export const AT = "/Users/sam/code/acme";\n',
    "test/keys.ts": 'export const KEY = "-Users-sam-code-acme";\n',
    "test/fixtures/rows.json": '{"at": "/Users/sam/code/acme", "key": "-Users-sam-code-acme"}\n',
    "test/fixtures/log.txt": "cwd=/Users/sam/code/acme\n",
    "test/a.test.ts": HEAD
    + """import { slug } from "../src/slug";
import rows from "./fixtures/rows.json";
import { AT } from "./helper";
import { KEY } from "./keys";
test("reads rows", () => {
  expect(rows.at).toBe("/Users/sam/code/acme");
  expect(slug(AT)).toBe(KEY);
  expect(rows.key).toBe(KEY);
  expect({ at: AT }).toMatchSnapshot();
});
""",
    "test/b.test.ts": HEAD
    + """import { readFileSync } from "node:fs";
import { AT } from "./helper";
test("reads a log", () => {
  expect(readFileSync(`${import.meta.dir}/fixtures/log.txt`, "utf8")).toBe(`cwd=${AT}\\n`);
});
""",
    "test/__snapshots__/a.test.ts.snap": """// Bun Snapshot v1, https://bun.sh/docs/test/snapshots

exports[`reads rows 1`] = `
{
  "at": "/Users/sam/code/acme",
}
`;
""",
}


def test_helpers_data_and_snapshots_move_with_the_tests_that_read_them(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", SHARED)
    assert all(line.startswith("(pass)") for line in results(root, "sam"))
    proven(root)
    assert spelled(root) == []


@pytest.mark.parametrize("held", ["test/helper.ts", "test/a.test.ts", "test/fixtures/rows.json"])
def test_one_reason_holds_the_whole_group(tmp_path: Path, held: str) -> None:
    files = dict(SHARED)
    if held.endswith(".json"):  # an application's own, which no test may move
        files["src/rows.ts"] = 'export { default as rows } from "../test/fixtures/rows.json";\n'
        files["test/a.test.ts"] = str(files["test/a.test.ts"]).replace(
            'import rows from "./fixtures/rows.json"', 'import { rows } from "../src/rows"'
        )
    else:
        files[held] = (
            str(files[held]) + '\nexport const sum = expect("/Users/sam/c").toBe("9a0b1c");'
        )
    root = repository(tmp_path / "r", files)
    ran = fleetmod(root, "migrate", "--dry-run")
    assert moved(root) == "", ran.out
    report = fleetmod(root, "audit", "--format", "json").out
    reason = "perhaps a hash of it" if held.endswith(".ts") else "rows.json spells it as well"
    assert report.count(reason) >= 2, report


def test_a_test_follows_the_code_that_it_reaches_and_no_other(tmp_path: Path) -> None:
    files: Files = {
        "src/key.ts": 'export const KEY = "/Users/sam/code/acme";\n',
        "src/own.ts": 'export * from "./key";\n',
        "src/far.test.ts": HEAD
        + """import { owner } from "./slug";
test("owns", () => expect(owner("/Users/sam/code/acme/x")).toBe("sam"));
""",
        "src/near.test.ts": HEAD
        + """import { KEY } from "./own";
test("key", () => expect(KEY).toBe("/Users/sam/code/acme"));
""",
    }
    root = repository(tmp_path / "r", files)
    moved(root)
    far, near = ((root / f"packages/app/src/{n}.test.ts").read_text() for n in ("far", "near"))
    assert 'owner("/Users/fixture/code/acme/x")).toBe("fixture")' in far
    assert "expect(KEY).toBe(nodeIdentity.repoRoot)" in near


RUNS = {
    "a program": 'execFileSync("node", ["src/main.js"])',
    "a module by a name that is made": 'await import(`./${["key"][0]}`)',
    "a file by path": 'readFileSync(`${import.meta.dir}/key.ts`, "utf8")',
}


@pytest.mark.parametrize("how", RUNS)
def test_the_package_counts_where_imports_do_not_tell(tmp_path: Path, how: str) -> None:
    files: Files = {
        "src/key.ts": 'export const KEY = "/Users/sam/code/acme";\n',
        "src/a.test.ts": HEAD
        + 'import { execFileSync } from "node:child_process";\n'
        + 'import { readFileSync } from "node:fs";\n'
        + f'test("runs", async () => expect(String({RUNS[how]}))'
        + '.toContain("/Users/sam/code/acme"));\n',
    }
    root = repository(tmp_path / "r", files)
    moved(root)
    after = (root / "packages/app/src/a.test.ts").read_text()
    assert "toContain(nodeIdentity.repoRoot)" in after


MIGRATED = {
    "a literal": 'export const LOG = "/Users/sam/logs/a";\n',
    "a template": "export const LOG = (n: string) => `/Users/sam/logs/${n}`;\n",
    "a join": 'import { join } from "node:path";\n'
    'const HOME = process.env.HOME ?? "/Users/sam";\nexport const LOG = join(HOME, "logs", "a");\n',
    "a command": 'export const RUN = "cd /Users/sam/logs && ls";\n',
    "a home by itself": 'export const HOME = "/Users/sam";\n',
    "a comparison": 'export const is = (p: string) => p.startsWith("/Users/sam");\n',
    "a key": 'export const KEY = "-Users-sam-logs";\n',
    "the root": 'export const ROOT = "/Users/sam/logs";\n',
}


@pytest.mark.parametrize("how", MIGRATED)
def test_a_test_that_was_refused_is_not_moved_by_the_second_run(tmp_path: Path, how: str) -> None:
    text = (
        HEAD
        + """import * as code from "./code";
test("logs", () => {
  expect(code).toEqual("/Users/sam/logs/a");
  expect(other()).toBe("/Users/sam/other/b");
  expect(code).toMatch(/\\/Users\\/sam\\/logs/);
  expect(link()).toBe("users-sam-logs");
});
"""
    )
    root = repository(tmp_path / "r", {"src/code.ts": MIGRATED[how], "src/a.test.ts": text})
    if how == "the root":
        toml = root / "fleetmod.toml"
        toml.write_text(toml.read_text().replace("/code/acme", "/logs"))
        commit(root)
    moved(root)
    assert (root / "packages/app/src/a.test.ts").read_text() == text


def test_a_folder_that_is_named_by_a_home_holds_the_test_that_names_it(tmp_path: Path) -> None:
    files: Files = {
        "test/fixtures/-Users-sam-code/a.jsonl": "{}\n",
        "test/a.test.ts": HEAD
        + """import { existsSync } from "node:fs";
test("is there", () => {
  expect("/Users/sam/code").toContain("code");
  expect(existsSync(`${import.meta.dir}/fixtures/-Users-sam-code/a.jsonl`)).toBe(true);
});
""",
    }
    root = repository(tmp_path / "r", files)
    assert proven(root) == ""


def test_a_plan_for_one_file_leaves_a_test_whose_home_others_share(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", SHARED)
    fleetmod(root, "migrate", "packages/app/test/b.test.ts", "packages/app/test/helper.ts")
    assert not git(root, "diff")


@pytest.mark.parametrize("named", [("key.ts",), ("near.test.ts",), ("key.ts", "near.test.ts")])
def test_a_plan_for_some_files_parts_no_test_from_the_code_under_it(
    tmp_path: Path, named: tuple[str, ...]
) -> None:
    files: Files = {
        "src/key.ts": 'export const KEY = "/Users/sam/code/acme";\n',
        "src/near.test.ts": HEAD
        + """import { KEY } from "./key";
test("key", () => expect(KEY).toBe("/Users/sam/code/acme"));
""",
    }
    root = repository(tmp_path / "r", files)
    paths = [f"packages/app/src/{name}" for name in named]
    out = fleetmod(root, "migrate", *(each for path in paths for each in ("--path", path))).out
    both = len(named) == 2
    assert (spelled(root) == []) is both, out
    assert ("name both" in out) is not both, out


SETUP = """import { expect, test } from "bun:test";
export const matchers = () => [{ call: "read", at: "/Users/sam/.profile" }];
export const seen = (rows: { at: string }[]) => expect(rows[0]?.at).toBe("/Users/sam/.profile");
"""
HARNESS = 'export const matchers = () => [{ call: "read", at: "/Users/sam/.profile" }];\n'
USES = """import { expect, test } from "bun:test";
import { matchers } from "./NAME";
test("reads", () => expect(matchers()[0]?.at).toBe("/Users/sam/.profile"));
"""


@pytest.mark.parametrize(("name", "text"), [("queue-e2e-setup", SETUP), ("harness", HARNESS)])
@pytest.mark.parametrize("recorded", [False, True])
def test_what_only_tests_use_is_test_code_by_whatever_name(
    tmp_path: Path, name: str, text: str, recorded: bool
) -> None:
    """It moves with the tests, or stays with them where a recording holds them."""
    files: Files = {f"src/{name}.ts": text, "src/queue.test.ts": USES.replace("NAME", name)}
    if recorded:
        files["src/recordings/session.jsonl"] = '{"read": "/Users/sam/.profile"}\n'
        files["src/queue.test.ts"] = str(files["src/queue.test.ts"]) + (
            'import { readFileSync } from "node:fs";\n'
            'export const rows = () => readFileSync("src/recordings/session.jsonl", "utf8");\n'
        )
    root = repository(tmp_path / "r", files)
    changed = moved(root)
    assert "nodeIdentity" not in changed
    assert changed.count("+") == 0 if recorded else spelled(root) == []


@pytest.mark.parametrize(
    "line",
    [
        'import { chromium } from "@playwright/test";',
        'import type { Mock } from "vitest";',
        'import { defineConfig } from "vitest/config";',
        'const runs = "imports vitest";',
    ],
)
def test_a_program_that_names_a_test_runner_is_no_test(tmp_path: Path, line: str) -> None:
    code = f'{line}\nexport const at = "/Users/sam/.profile";\n'
    root = repository(tmp_path / "r", {"src/browse.ts": code})
    assert "nodeIdentity.homeDir" in moved(root)


EXPECTS: Files = {
    "src/a.test.ts": HEAD
    + """import { writeFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { slug } from "./slug";
test("makes a slug", () => {
  writeFileSync(`${mkdtempSync(`${tmpdir()}/x-`)}/README.md`, "as notes.md in docs/notes.md tells");
  expect(slug("/Users/sam/code/acme")).toBe("-Users-sam-code-acme");
});
""",
}
TEXT = "it lies in /Users/sam/code/acme\n"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("report.json", '{"at": "/Users/sam/code/acme"}\n'),
        ("config/last.json", '{"at": "/Users/sam/code/acme"}\n'),
        ("infra/voice/README.md", TEXT),
        ("docs/notes.md", TEXT),
    ],
)
def test_a_file_that_nothing_under_a_test_names_holds_nothing(
    tmp_path: Path, path: str, text: str
) -> None:
    root = repository(tmp_path / "r", EXPECTS)
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "data")
    proven(root)
    assert spelled(root) == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("report.json", 'export const at = () => readFileSync("report.json", "utf8");'),
        ("config/last.json", "export const at = (n: string) => readFileSync(`config/${n}.json`);"),
        ("report.json", 'export const at = () => spawnSync("cat", ["report.json"]);'),
    ],
)
@pytest.mark.parametrize("far", [False, True], ids=["reached", "run by the test"])
def test_a_file_that_the_code_under_a_test_names_holds_it(
    tmp_path: Path, path: str, code: str, far: bool
) -> None:
    imports = (
        'import { readFileSync } from "node:fs";\nimport { spawnSync } from "child_process";\n'
    )
    files = {**EXPECTS, "src/own.ts": f"{imports}{code}\n"}
    own = 'import { spawnSync } from "child_process";\n' if far else 'import "./own";\n'
    if far:
        own += 'export const ran = () => spawnSync("bun", ["src/own.ts"]);\n'
    files["src/a.test.ts"] = str(files["src/a.test.ts"]).replace(HEAD, HEAD + own)
    root = repository(tmp_path / "r", files)
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text('{"at": "/Users/sam/code/acme"}\n')
    git(root, "add", "-A")
    git(root, "commit", "-qm", "data")
    assert moved(root) == ""
    assert f"{path} spells it as well" in fleetmod(root, "audit").out
