"""Rules of a user's own: patterns with holes, templates, and the commands around them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fleetmod.errors import FleetmodError
from fleetmod.model import REFUSE
from fleetmod.rules import Rule, load_rules, read_rule
from fleetmod.syntax.pattern import Pattern
from fleetmod.syntax.source import Source, open_source, walk
from tests.repo import fleetmod, make
from tests.scan import look, migrated

RULE = """id = "mac-notify"
title = "a notification of macOS"
family = "process"
class = "call"
pattern = "showOnMac($TEXT, $$$MORE)"
template = "notify($TEXT, $$$MORE)"
prose = "Use notify."
"""


def found(pattern: str, text: str) -> list[dict[str, str]]:
    """What the holes stand for, in each node that a pattern matches."""
    own, source = Pattern(pattern), open_source("a.ts", text.encode())
    bound = [own.match(node, source) for node in walk(source.root)]
    return [
        {name: _text(source, nodes) for name, nodes in b.items()} for b in bound if b is not None
    ]


def _text(source: Source, nodes: object) -> str:
    assert isinstance(nodes, (list, tuple))
    return " | ".join(map(source.text, nodes))


@pytest.mark.parametrize(
    ("pattern", "text", "holes"),
    [
        ("f($A)", "f(1); f(); f(1, 2); g(1); f?.(1); f<T>(1); x.f(1);", [{"A": "1"}]),
        ("f($A)", "f(\n  a + b, // why\n);", [{"A": "a + b"}]),
        ("f($$$A)", "f(); f(1); f(1, ...x);", [{"A": ""}, {"A": "1"}, {"A": "1 | ...x"}]),
        ("f($A, $$$B, $C)", "f(1, 2); f(1); f(1, 2, 3, 4);", None),
        ('f("a", $B)', "f('a', b); f(`a`, b); f('ab', b);", [{"B": "b"}]),
        ("$A === $A", "x === x; x === y; a.b === a . b; x !== x;", [{"A": "x"}, {"A": "a.b"}]),
        ("$A.log($B)", "console.log(1); a?.log(2); a.log;", [{"A": "console", "B": "1"}]),
        ("async () => $A", "async () => 1; () => 2;", [{"A": "1"}]),
        ("() => $A", "async () => 1; () => 2;", [{"A": "2"}]),
        ("if ($A) return;", "function f() { if (a) return; if (b) { return; } }", [{"A": "a"}]),
        ("const $A = f()", "const a = f(); let b = f();", [{"A": "a"}]),
        ("f({ a: $A, $$$R })", "f({ b: 1, a: 2 }); f({ a: 3, b });", [{"A": "3", "R": "b"}]),
        ("$A ?? $B", "a ?? b; a || b;", [{"A": "a", "B": "b"}]),
    ],
)
def test_a_pattern_matches_code_of_the_same_shape(
    pattern: str, text: str, holes: list[dict[str, str]] | None
) -> None:
    wanted = [{"A": "1", "B": "", "C": "2"}, {"A": "1", "B": "2 | 3", "C": "4"}]
    assert found(pattern, text) == (wanted if holes is None else holes)


def rule(folder: Path, old: str = "", new: str = "") -> Rule:
    file = folder / "mac-notify.toml"
    assert old in RULE
    file.write_text(RULE.replace(old, new) if old else RULE)
    return read_rule(file)


PATTERN, TEMPLATE = '"showOnMac($TEXT, $$$MORE)"', '"notify($TEXT, $$$MORE)"'


@pytest.mark.parametrize(
    ("pattern", "template", "before", "after"),
    [
        (None, None, "showOnMac(a ? b : c);\n", "notify(a ? b : c, );\n"),
        ("mac($A)", "$A.length", "f(mac(a + b));\n", "f((a + b).length);\n"),
        ("mac($A)", "$A.length", "f(mac(a.b()));\n", "f(a.b().length);\n"),
        ("mac($A)", "$A + 1", "const x = 2 * mac(a);\n", "const x = 2 * (a + 1);\n"),
        ("mac($A)", "$A + 1", "const x = mac(a);\n", "const x = a + 1;\n"),
        ("mac($A)", "$A + 1", "f(`${mac(a)}`);\n", "f(`${a + 1}`);\n"),
        ("mac($A)", "-$A", "f(mac(a - b));\n", "f(-(a - b));\n"),
        ("mac($A)", "$A", "x = 2 * mac(a + b);\n", "x = 2 * (a + b);\n"),
        ("if (mac) $A", "$A", "if (mac) stop();\n", "stop();\n"),
        (
            "mac($A, $B)",
            "both({ a: $A, b: $B })",
            "mac('x', 'y');\n",
            "both({ a: 'x', b: 'y' });\n",
        ),
    ],
)
def test_a_template_keeps_what_an_expression_means(
    pattern: str | None, template: str | None, before: str, after: str, tmp_path: Path
) -> None:
    file = tmp_path / "mac-notify.toml"
    text = RULE if pattern is None else RULE.replace(PATTERN, f"'''{pattern}'''")
    file.write_text(text if template is None else text.replace(TEMPLATE, f"'''{template}'''"))
    assert migrated(before, rules=(read_rule(file),)) == after


def test_a_template_imports_what_it_needs(tmp_path: Path) -> None:
    own = rule(tmp_path, "prose =", 'imports = { "@acme/io" = ["notify"] }\nprose =')
    made = migrated('import { a } from "b";\nshowOnMac(a, 1);\n', rules=(own,))
    assert made == 'import { notify } from "@acme/io";\nimport { a } from "b";\nnotify(a, 1);\n'
    result = look('const notify = 1;\nshowOnMac("x", notify);\n', rules=(own,))
    assert [f.reason for f in result.findings] == [
        "`notify` is another thing in this file; rewrite it by hand"
    ]
    assert not look('import { a } from "b";\nshowOnMac(a);\n', rules=(own,)).needs


def test_a_comment_is_not_lost(tmp_path: Path) -> None:
    (finding,) = look("showOnMac(/* why */ a, 1);\n", rules=(rule(tmp_path),)).findings
    assert (finding.action, finding.reason.partition(";")[0]) == (
        REFUSE,
        "a comment stands in what would be replaced",
    )
    assert migrated("showOnMac(f(/* why */), 1);\n", rules=(rule(tmp_path),)) == (
        "notify(f(/* why */), 1);\n"
    )


def test_the_captures_of_a_query_are_holes_too(tmp_path: Path) -> None:
    query = (
        "query = '((call_expression function: (identifier) @f arguments: (arguments . (_) @what))"
        ' @debt (#eq? @f "showOnMac"))\'\ntriggers = ["showOnMac"]'
    )
    file = tmp_path / "mac-notify.toml"
    file.write_text(
        RULE.replace(f"pattern = {PATTERN}", query).replace(TEMPLATE, '"notify($WHAT)"')
    )
    assert migrated("showOnMac(a, b);\n", rules=(read_rule(file),)) == "notify(a);\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (f"pattern = {PATTERN}\n", "", "a rule has a query or a pattern, one of them"),
        (PATTERN, '"f(1); g(2)"', "the pattern is not one statement or expression"),
        (PATTERN, '"f(1"', "the pattern is not one statement or expression"),
        (PATTERN, '"$ALL"', "the pattern is nothing but a hole"),
        (TEMPLATE, '"notify($OTHER)"', "`$OTHER` of the template stands for nothing"),
        (TEMPLATE, '"if ($TEXT) f()"', "one of pattern and template is a statement"),
        (TEMPLATE, '"f({ $TEXT })"', "a hole of the template is a field's name, too"),
        ("prose =", 'refusal = "x"\nprose =', "has a `template` and `refusal`"),
        ("prose =", 'imports = { "./io" = ["a"] }\nprose =', "`./io` is no module"),
    ],
)
def test_a_mistake_in_a_pattern_is_named(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(FleetmodError, match=r"mac-notify\.toml:\d+: .*") as error:
        rule(tmp_path, old, new)
    assert said in str(error.value)


def test_begin_a_rule_test_it_and_migrate_by_it(tmp_path: Path) -> None:
    config = 'version = 1\n[workspace]\nrules = ["tools/rules"]\n'
    code = 'import { showOnMac } from "./mac";\nshowOnMac("done");\n'
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "it"}\n',
        "fleetmod.toml": config,
        "src/a.ts": code,
        "tools/rules/README": "",
    }
    root = make(tmp_path / "r", files)
    assert "no rules of its own" in fleetmod(root, "rules", "test").out
    assert fleetmod(root, "rules", "new", "../x").code == 2
    assert fleetmod(root, "rules", "new", "mac-notify").code == 0
    again = fleetmod(root, "rules", "new", "mac-notify")
    assert again.code == 2 and "is there already" in again.err
    ran = fleetmod(root, "rules", "test")
    assert (ran.code, ran.out) == (0, "2 examples of 1 rule: all come true.\n")
    file = root / "tools/rules/mac-notify.toml"
    file.write_text(file.read_text().replace('$OPTIONS)"\nimports', '$OPTIONS, 1)"\nimports'))
    ran = fleetmod(root, "rules", "test", "mac-notify")
    assert ran.code == 1 and "+notify(`done: ${name}`, { sound: true }, 1);" in ran.out
    assert "1 failed" in ran.out
    assert {r.id for r in load_rules((file.parent,))} >= {"mac-notify"}
