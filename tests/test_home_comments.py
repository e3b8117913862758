"""Comments that name a home: they go with the data that they speak of, or say `~`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleetmod.engine import scan
from fleetmod.model import EXEMPT, REFUSE, REWRITE
from fleetmod.rules import load_rules
from tests.scan import SETTINGS

RULES = load_rules()


def outcome(text: str, path: str = "src/a.ts", gate: tuple[str, ...] = (".",)) -> dict[str, str]:
    """What becomes of the home comments of a file, by the first word of each."""
    settings = replace(SETTINGS, gate=gate)
    found = scan(path, text.encode(), settings, RULES).findings
    return {
        text.splitlines()[f.line - 1].strip("/* ").split()[0]: f.action
        for f in found
        if f.rule == "home-comment"
    }


DATA = 'test("a", () => expect(at("/Users/alice/notes/a")).toBe("/Users/alice/notes/a"));\n'


def test_a_comment_on_data_that_no_gate_looks_at_is_no_debt() -> None:
    text = "// data: /Users/alice/notes/a\n" + DATA + "// other: /Users/alice/.acme/x\n"
    assert outcome(text, "x/a.test.ts", ("src",)) == {"data:": EXEMPT, "other:": REWRITE}


def test_a_comment_on_data_that_stays_stays() -> None:
    kept = DATA + 'test("b", () => expect(key("/Users/alice/notes/a")).toBe("9f0c1d2e"));\n'
    assert outcome("// data: /Users/alice/notes/a\n" + kept, "src/a.test.ts") == {"data:": REFUSE}


@pytest.mark.parametrize(
    "comment",
    [
        "// state: /Users/alice/... in each file",
        "// state is in /Users/alice",
        "// state hard-coded as /Users/alice/a until now",
        "// state went from /Users/alice/a to the new folder because of a leak",
        "// state: const at = '/Users/alice/a';",
        "// state | /Users/alice/a |",
        "// state: cwd=/Users/alice/a",
        "// state: file:///Users/alice/a",
        "// state: 경로는 /Users/alice/a",
        "// state: HOME is /Users/alice/a",
        "// state has 14 letters in /Users/alice/a",
    ],
)
def test_a_comment_whose_point_is_the_path_stays(comment: str) -> None:
    assert outcome(f"{comment}\nexport const a = 1;\n") == {comment.split()[1]: REFUSE}


@pytest.mark.parametrize(
    "comment",
    [
        "// state: see /Users/alice/.acme/notes.md",
        "// state was old. Read `/Users/alice/.acme/notes.md` for more.",
        "/* state\n * - the length of a row\n * - rows: /Users/alice/.acme/rows\n */",
    ],
)
def test_a_comment_that_points_to_a_file_says_where(comment: str) -> None:
    line = next(line for line in comment.splitlines() if "alice" in line or "state" in line)
    text = f"{comment}\nexport const a = 1;\n"
    assert outcome(text) == {line.strip("/* ").split()[0]: REWRITE}
    edits = scan("src/a.ts", text.encode(), SETTINGS, RULES).edits
    assert [edit.text for edit in edits] == ["~"]
