"""What a formatter changes of code is no change of its tokens; what a person changes, is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from fleetmod.rules import load_rules
from fleetmod.syntax.source import open_source
from fleetmod.syntax.tokens import tokens
from tests import node
from tests.repo import fleetmod, make
from tests.scan import look


def spelled(text: str, path: str = "a.ts") -> list[str]:
    source = open_source(path, text.encode())
    return tokens(source, source.root)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("run('a', ['b'])", 'run("a", ["b"]);'),
        ("run('it\\'s \"x\"')", 'run("it\'s \\"x\\"");'),
        ("run(\n  a,\n  b,\n);", "run(a, b)"),
        ("x => x", "(x) => x;"),
        ("async x => { y }", "async (x) => {\n  y;\n};"),
        ("(a && b) && c", "a && (b && c)"),
        ("a && b || c", "(a && b) || c"),
        ("return_((a))", "return_(a)"),
        ("new A", "new A()"),
        ("if (a) b()", "if (a) {\n  b();\n}"),
        ("if (a) b(); else c()", "if (a) { b() } else { c() }"),
        ("({ 'a': 1, \"b\": 2 })", "({ a: 1, b: 2 })"),
        ("const a: | 'x' | 'y' = b", 'const a: "x" | "y" = b'),
        ("let a: { b: string, c: number }", "let a: { b: string; c: number };"),
        ("a = 0XAB + 1.50 + .5 + 5.", "a = 0xab + 1.5 + 0.5 + 5.0"),
        ("/a/gi", "/a/ig"),
        ("a /* why */ (b)", "a(b)"),
        ("`a\n  b ${ c }`", "`a\n\tb ${c}`"),
        ("class A { a = 1; ; b() {} }", "class A { a = 1\nb() {} }"),
    ],
)
def test_a_formatters_choice_is_none(before: str, after: str) -> None:
    assert spelled(before) == spelled(after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<A b='c' d={'e'}>  f\n g </A>", '<A b="c" d="e">\n  f g\n</A>'),
        ("<A></A>", "<A />"),
        ("<A>b <c/> d</A>", '<A>\n  b{" "}\n  <c /> d\n</A>'),
        ("<A b='&quot;'/>", "<A b='\"' />"),
        ("(<A/>)", "<A />"),
    ],
)
def test_in_markup_too(before: str, after: str) -> None:
    assert spelled(before, "a.tsx") == spelled(after, "a.tsx")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("run('a b')", "run('a  b')"),
        ("run('a', 'b')", "run('a')('b')"),
        ("run('a,b')", "run('a', 'b')"),
        ("(a + b) * c", "a + b * c"),
        ("(a || b) && c", "a || (b && c)"),
        ("f('x')", "f(x)"),
        ("f(`x`)", "f('x')"),
        ("[a, [b]]", "[a, b]"),
        ("a.b", "a?.b"),
        ("f({ a: b })", "f({ b: a })"),
        ("if (a) { b(); c() }", "if (a) b(); c()"),
        ("1.5", "1.05"),
        ("f(',')", "f()"),
        ("f(`,`)", "f(`;`)"),
    ],
)
def test_another_meaning_is_another_text(one: str, other: str) -> None:
    assert spelled(one) != spelled(other)


OPTIONS = (
    {},
    {"singleQuote": True, "semi": False, "trailingComma": "none", "arrowParens": "avoid"},
    {"printWidth": 40, "useTabs": True, "jsxSingleQuote": True, "quoteProps": "consistent"},
    {"printWidth": 300, "bracketSpacing": False, "objectWrap": "collapse"},
)


def examples() -> dict[str, str]:
    """The code of all rules' examples that a formatter reads, by path."""
    out = {}
    for rule in load_rules(examples=True):
        for number, example in enumerate(rule.examples):
            suffix = Path(example.path).suffix
            if "octal" in example.title:
                continue  # a module has none, and tsc says so, too
            out[f"{rule.id}-{number}{suffix}"] = example.before
    return out


def ids(text: str, name: str) -> Counter[tuple[str, str, str]]:
    path = f"packages/app/src/{name}"
    return Counter((f.rule, f.symbol, f.digest) for f in look(text, path).findings)


@pytest.fixture(scope="module")
def formatters() -> Path:
    return node.npm("prettier", "@biomejs/biome")


def prettier(modules: Path, folder: Path, options: dict[str, object]) -> None:
    (folder / ".prettierrc").write_text(json.dumps(options))
    script = modules / "prettier/bin/prettier.cjs"
    node.check(node.node(), script, "--write", "--log-level=silent", ".", cwd=folder)


def biome(modules: Path, folder: Path, options: dict[str, object]) -> None:
    style = {"quoteStyle": "single", "semicolons": "asNeeded"} if options else {}
    width = options.get("printWidth", 80)
    config = {
        "formatter": {"lineWidth": min(int(str(width)), 320)},
        "javascript": {"formatter": style},
    }
    (folder / "biome.json").write_text(json.dumps(config))
    script = modules / "@biomejs/biome/bin/biome"
    node.run(node.node(), script, "format", "--write", ".", cwd=folder)


@pytest.mark.parametrize("options", OPTIONS, ids=["default", "bare", "narrow", "wide"])
@pytest.mark.parametrize("tool", [prettier, biome])
def test_the_formatters_themselves(
    tool: object, options: dict[str, object], formatters: Path, tmp_path: Path
) -> None:
    """Every example of every rule has the same findings, formatted as people may want it."""
    texts = examples()
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    assert callable(tool)
    tool(formatters, tmp_path, options)
    after = {name: (tmp_path / name).read_text() for name in texts}
    assert sum(after[name] != texts[name] for name in texts) > len(texts) // 20
    odd = {n: ids(texts[n], n) - ids(after[n], n) for n in texts}
    assert not {name: lost for name, lost in odd.items() if lost}


CALLS = """import { execFileSync } from 'node:child_process'
export const jobs = {
  'api': (label: string) => execFileSync('launchctl', ['stop', label, "it's"]),
  web: label => { if (label) execFileSync('launchctl', ['stop', (label)]) },
}
export const home = process.env.HOME || '/Users/alice/a rather long folder/with a name/and another'
"""


@pytest.mark.parametrize("tool", [prettier, biome])
def test_a_baseline_outlives_a_formatter(tool: object, formatters: Path, tmp_path: Path) -> None:
    path = "packages/app/src/a.ts"
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r"}\n',
            "fleetmod.toml": 'version = 1\n[home]\nusers = ["alice"]\n',
            "packages/app/package.json": '{"name": "app"}\n',
            path: CALLS,
        },
    )
    assert fleetmod(root, "baseline").code == 0
    assert callable(tool)
    tool(formatters, root / "packages/app/src", {})
    assert (root / path).read_text() != CALLS
    ran = fleetmod(root, "check")
    assert (ran.code, ran.out.startswith("No new debt.")) == (0, True), ran.out
