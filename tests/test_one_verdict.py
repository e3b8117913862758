"""Whoever asks, a line gets one verdict: audit, hook, `check FILES`, the editor, the past."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from fleetmod.errors import FleetmodError
from fleetmod.lsp.folder import Folder, Mending
from tests.repo import commit, fleetmod, git, make

CONFIG = """version = 1
[workspace]
gate = ["packages"]
[home]
users = ["sam"]
root = "/Users/sam/acme"
[process]
label_prefix = "com.acme."
adapters = ["packages/core/src/mac.ts"]
[runtime]
dir = "packages"
scope = "@acme"
"""
RUNS = 'import { execFileSync } from "node:child_process";\n'
SLUG = 'export const slug = (p: string) => p.replaceAll("/", "-");\n'
TEST = 'import { expect, test } from "vitest";\nimport { slug } from "../src/slug";\n'
FILES: dict[str, str | bytes] = {
    "fleetmod.toml": CONFIG,
    "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
    "packages/core/package.json": '{"name": "@acme/core", "private": true}\n',
    # a text of the adapter's command, in another file
    "packages/core/src/mac.ts": RUNS
    + 'export const list = () => execFileSync("launchctl", ["list"]).toString();\n',
    "packages/core/src/show.ts": 'import { list } from "./mac";\n'
    "export function show() {\n  // launchctl list has a line for each\n  return list();\n}\n",
    # a text of a service that another file's call keeps
    "packages/core/src/load.ts": RUNS
    + 'export function up(file: string) {\n  execFileSync("launchctl", ["load", file]);\n}\n'
    "export function down() {\n"
    '  execFileSync("launchctl", ["stop", "com.acme.api"], { uid: 7 });\n}\n',
    "packages/core/src/hint.ts": "export const hint = "
    "'run launchctl kickstart -k gui/501/com.acme.api';\n",
    # a browser takes it in by its importer
    "packages/core/src/mock.ts": 'export const cwd = "/Users/sam/acme";\n',
    "packages/core/src/view.tsx": '"use client";\nimport { cwd } from "./mock";\n'
    "export const View = () => <p>{cwd}</p>;\n",
    # homes of tests: a group that moves, with a helper in which no rule finds anything
    "packages/core/src/slug.ts": SLUG,
    "packages/core/test/slug.test.ts": TEST + 'import { KEY } from "./key";\n'
    'test("slug", () => expect(slug("/Users/sam/x")).toBe(KEY));\n',
    "packages/core/test/key.ts": 'export const KEY = "-Users-sam-x";\n',
    # one that stays, for another file of it does
    "packages/core/test/kept.test.ts": TEST + 'import { AT } from "./at.fixture";\n'
    'test("kept", () => expect(slug(AT)).toBe("-Users-sam-y"));\n'
    'test("own", () => expect(slug("/Users/sam/z")).toBe("-Users-sam-z"));\n',
    "packages/core/test/at.fixture.ts": "// fleetmod-ignore home-test-data: recorded\n"
    'export const AT = "/Users/sam/y";\n',
    # a test that expects what code spells which it reaches, in another package
    "packages/cli/package.json": '{"name": "@acme/cli", "private": true}\n',
    "packages/cli/test/where.test.ts": 'import { expect, test } from "vitest";\n'
    'import { where } from "@acme/core/src/where";\n'
    'test("where", () => expect(where()).toBe("/Users/sam/notes"));\n',
    "packages/core/src/where.ts": 'export const where = () => "/Users/sam/notes";\n',
}
FILES |= {
    # code keeps one home, so its test must not look it up
    "packages/core/src/row.ts": 'import { db } from "./db";\n'
    'export const DATA = "/Users/sam/data";\nexport const put = () => db.insert({ path: DATA });\n',
    "packages/core/test/row.test.ts": 'import { expect, test } from "vitest";\n'
    'import { DATA } from "../src/row";\n'
    'test("row", () => expect(DATA).toBe("/Users/sam/data"));\n',
}
Said = Counter[tuple[object, ...]]


def said(text: str) -> Said:
    found = json.loads(text)["findings"]
    return Counter((f["path"], f["line"], f["rule"], f["action"], f["reason"]) for f in found)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "r", dict(FILES))


@pytest.fixture
def audited(root: Path) -> Said:
    found = said(fleetmod(root, "audit", "--format", "json").out)
    assert {action for _, _, _, action, _ in found} == {"rewrite", "refuse", "exempt"}
    return found


def about(audited: Said, path: str) -> Said:
    return Counter({key: n for key, n in audited.items() if key[0] == path})


CODE = sorted(path for path in FILES if path.endswith((".ts", ".tsx")))


@pytest.mark.parametrize("path", CODE)
def test_each_file_by_itself(root: Path, audited: Said, path: str) -> None:
    assert said(fleetmod(root, "check", str(root / path), "--format", "json").out) == about(
        audited, path
    )


@pytest.mark.parametrize("path", CODE)
def test_the_next_commit(root: Path, audited: Said, path: str) -> None:
    """The file comes with this commit; what the disk has of the others does not count."""
    git(root, "rm", "-q", "--cached", path)
    git(root, "commit", "-qm", "without")
    git(root, "add", path)
    (root / "packages/core/src/mac.ts").write_text("export const list = () => '';\n")
    (root / "packages/core/src/view.tsx").unlink()
    found = said(fleetmod(root, "check", "--staged", "--format", "json").out)
    assert found == about(audited, path)


@pytest.mark.parametrize("path", CODE)
def test_the_editor(root: Path, audited: Said, path: str) -> None:
    data = (root / path).read_bytes()
    (root / path).write_text("// not yet saved\n")
    found = Folder(root).scan(path, data).findings
    assert Counter((f.path, f.line, f.rule, f.action, f.reason) for f in found) == about(
        audited, path
    )


def test_the_past(root: Path, audited: Said) -> None:
    """Whoever changes every file afterwards changes nothing of what is said of this commit."""
    debt = sum(n for (_, _, _, action, _), n in audited.items() if action != "exempt")
    for path in CODE:
        (root / path).write_text("export {};\n")
    commit(root, "gone")
    points = json.loads(fleetmod(root, "trend", "--format", "json").out)["points"]
    assert [sum(point["debt"].values()) for point in points] == [debt, 0]


def test_beside_a_commit(root: Path) -> None:
    """What a directive accepted before is not told as newly accepted, what it does now is."""
    path = "packages/core/src/hint.ts"
    text = (root / path).read_text()
    (root / path).write_text(f"// fleetmod-ignore launchctl-display: known\n{text}")
    commit(root, "accepted")
    assert "newly accepted" not in fleetmod(root, "gate", "--since", "HEAD").out
    found = fleetmod(root, "gate", "--since", "HEAD~1").out
    assert (
        f"newly accepted: {path}:2" in found and "newly accepted: packages/core/test" not in found
    )


def test_a_test_stays_with_the_code_that_it_expects(audited: Said) -> None:
    ((_, _, _, action, reason),) = about(audited, "packages/core/test/row.test.ts")
    assert (action, str(reason).split(": ")[0]) == ("refuse", "packages/core/src/row.ts:2 keeps it")


def fix(root: Path, path: str) -> Mending | None:
    folder, data = Folder(root), (root / path).read_bytes()
    (finding,) = folder.scan(path, data).findings
    return folder.mend(finding, data)


def test_a_quick_fix_takes_the_group_along(root: Path) -> None:
    mended = fix(root, "packages/core/test/slug.test.ts")
    assert mended is not None
    before, after = mended.texts["packages/core/test/key.ts"]
    assert (before.count("-sam-"), after.count("-sam-")) == (1, 0)


@pytest.mark.parametrize(
    ("path", "other"),
    [
        ("packages/cli/test/where.test.ts", "packages/core/src/where.ts"),
        ("packages/core/src/where.ts", "packages/cli/test/where.test.ts"),
    ],
)
def test_a_quick_fix_parts_no_test_from_its_code(root: Path, path: str, other: str) -> None:
    with pytest.raises(FleetmodError, match=f"{other} must change with it"):
        fix(root, path)
