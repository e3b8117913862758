"""Homes of a test stay where their length decides a number or a shape that it expects, and move
where a number only stands near: bun runs what moved, before and after."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import commit, fleetmod
from tests.test_homes_together import HEAD, Files, proven, repository, spelled

CODE = """export const measure = (text: string) => text.length;
export const locate = (text: string, word: string) => ({ column: text.indexOf(word) });
export const short = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most)}…` : text;
export const row = (path: string, branch: string) => `${path.padEnd(24)}${branch}`;
export const parse = (path: string) => ({ path, parts: path.split("/"), rank: 12 });
"""
IMPORT = HEAD + 'import { locate, measure, parse, row, short } from "./lengths";\n'


def case(*lines: str) -> Files:
    body = "\n".join(lines)
    return {"src/lengths.ts": CODE, "src/a.test.ts": f'{IMPORT}test("a", () => {{\n{body}\n}});\n'}


DECIDED = {
    "its length": ['expect("/Users/sam/x".length).toBe(12);'],
    "of a constant": ['const at = "/Users/sam/x";', "expect(at).toHaveLength(12);"],
    "made of it": ['const out = row("/Users/sam/x", "main");', "expect(out.length).toBe(28);"],
    "by the code": ['expect(measure("/Users/sam/x")).toBe(12);'],
    "a column": ['const at = locate("/Users/sam/x: no", ": no");', "expect(at.column).toBe(12);"],
    "in an object": [
        'const at = locate("/Users/sam/x: no", ": no");',
        "expect(at).toEqual({ column: 12 });",
    ],
    "an index": ['expect("/Users/sam/x !".indexOf("!")).toBe(13);'],
    "cut by the test": ['const at = "/Users/sam/x";', 'expect(at.slice(11)).toBe("x");'],
    "cut by the code": ['expect(short("/Users/sam/notes", 14)).toBe("/Users/sam/not…");'],
    "cut in a word": ['expect(short("/Users/sam/notes", 14).slice(0, -1)).toBe("/Users/sam/not");'],
    "filled up": ['expect(row("/Users/sam/x", "main")).toBe("/Users/sam/x            main");'],
}
NEAR = {
    "a count of lists": [
        'expect(["/Users/sam/x", "/Users/sam/y"].length).toBe(2);',
        'expect("/Users/sam/x".split("/")).toHaveLength(4);',
    ],
    "a count as large as it": [
        "const many = Array.from({ length: 12 }, () => parse('/Users/sam/x'));",
        "expect(many.map((each) => each.path)).toHaveLength(12);",
    ],
    "a line that it names": [
        'const link = (text: string) => ({ lineStart: Number(text.split(":")[1]) });',
        'expect(link("/Users/sam/x.ts:12")).toEqual({ lineStart: 12 });',
    ],
    "another field": ['expect(parse("/Users/sam/x").rank).toBe(12);'],
    "another text": [
        'const at = parse("/Users/sam/x");',
        'expect("twelve chars").toHaveLength(12);',
    ],
    "a code beside it": ['expect({ path: parse("/Users/sam/x").path, code: 12 }.code).toBe(12);'],
    "a place before its end": ['expect("/Users/sam/x".indexOf("sam")).toBe(7);'],
    "its owner, by a name": [
        'const owner = "sam";',
        'expect("/Users/sam/x".split("/")[2]).toBe(owner);',
    ],
    "a folder with its slash": ['expect("/Users/sam/notes/a").toContain("/Users/sam/notes/");'],
    "a path above": ['expect("/Users/sam/notes/a").toStartWith("/Users/sam/notes");'],
}


@pytest.mark.parametrize("lines", DECIDED.values(), ids=DECIDED)
def test_what_its_length_decides_stays(tmp_path: Path, lines: list[str]) -> None:
    root = repository(tmp_path / "r", case(*lines))
    out = fleetmod(root, "migrate", "--dry-run").out
    assert "length" in out and "by hand" in out, out


@pytest.mark.parametrize("lines", NEAR.values(), ids=NEAR)
def test_what_only_stands_near_moves(tmp_path: Path, lines: list[str]) -> None:
    root = repository(tmp_path / "r", case(*lines))
    proven(root)
    assert "a.test.ts" not in spelled(root)


COMMENTS = """// /Users/sam/.config is spared: `Users` has a capital
// and another row
const at = "/Users/sam/.config"; // as /Users/sam/.config is
test("a", () => expect(at.split("/")[3]).toBe(".config"));
test("b", () => expect({ USER: "sam", HOME: "/Users/sam" }.HOME).toBe("/Users/sam"));
"""


def test_comments_and_users_go_with_the_data(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"src/a.test.ts": HEAD + COMMENTS})
    proven(root)
    now = (root / "packages/app/src/a.test.ts").read_text()
    assert "sam" not in now and now.count("/Users/fixture") == 5 and 'USER: "fixture"' in now, now


def test_what_the_code_opens_is_no_file_of_this_host(tmp_path: Path) -> None:
    code = "export const openFolder = (url: string) => ({ path: url.slice(7) });\n"
    lines = (
        'import { openFolder } from "./open";\n'
        "let unlinkHandler: ((path: string) => string) | undefined;\n"
        'test("opens", () => {\n'
        '  expect(openFolder("file:///Users/sam/x")).toEqual({ path: "/Users/sam/x" });\n'
        "  unlinkHandler = (path) => path;\n"
        '  expect(unlinkHandler?.("/Users/sam/y")).toBe("/Users/sam/y");\n'
        "});\n"
    )
    root = repository(tmp_path / "r", {"src/open.ts": code, "src/a.test.ts": HEAD + lines})
    assert "nodeIdentity" not in proven(root)
    assert "a.test.ts" not in spelled(root)


@pytest.mark.parametrize(
    ("user", "line", "why"),
    [
        ("sam", 'expect(join("/Users", "sam", "x")).toBe("/Users/sam/x");', "in parts"),
        ("user", 'expect("/Users/user/x".split("user").length).toBe(2);', "something else"),
    ],
)
def test_a_home_in_parts_and_a_name_that_is_a_word(
    tmp_path: Path, user: str, line: str, why: str
) -> None:
    head = HEAD + 'import { join } from "node:path";\n'
    root = repository(tmp_path / "r", {"src/a.test.ts": f'{head}test("a", () => {{ {line} }});\n'})
    config = root / "fleetmod.toml"
    config.write_text(config.read_text().replace('"samuel"', '"user"'))
    out = fleetmod(root, "migrate", "--dry-run").out
    assert why in out and f"/Users/{user}/x" in (root / "packages/app/src/a.test.ts").read_text()


def test_a_name_that_the_folder_s_name_holds(tmp_path: Path) -> None:
    """`me` stands in `/home`, too."""
    code = "// e.g. `/home/me/a`, or /home/me/x\nexport const one = 1;\n"
    root = repository(tmp_path / "r", {"src/one.ts": code})
    config = root / "fleetmod.toml"
    config.write_text(config.read_text().replace('"samuel"', '"me"'))
    commit(root)
    fleetmod(root, "migrate")
    assert "// e.g. `~/a`, or ~/x\n" in (root / "packages/app/src/one.ts").read_text()
