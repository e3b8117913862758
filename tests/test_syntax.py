"""Valid TypeScript that the parser alone takes for broken."""

from __future__ import annotations

import pytest

from fleetmod.edits import render
from fleetmod.model import Edit
from fleetmod.syntax.source import open_source, parses_with
from tests.scan import look, migrated

ARGUMENTS = [
    'const real = await load<typeof import("../x.js")>();',
    'vi.mock("x", async (orig) => ({ ...(await orig<typeof import("x")>()), a: 1 }));',
    "const c = await vi.importActual<typeof import('x')>(\n  'x',\n);",
    'const d = load<import("x").Y>();',
]


@pytest.mark.parametrize("text", ARGUMENTS)
def test_an_imported_type_as_an_argument_parses(text: str) -> None:
    source = open_source("a.ts", text.encode())
    assert not source.errors()
    assert source.text(source.root).strip() == text


NEWER = [
    "class P { static accessor open = false; }",
    "abstract class P { abstract accessor x: number; accessor #y = 1; }",
    'export { default as data } from "./data.json" with { type: "json" };',
    "export * from './data.json'\n  with {\n  type: 'json' };",
    'export const one: import("./box.ts").Box<string> = { value: "a" };',
    'type A = import("./box").B.C<string>[];',
    'function f(a: import("b").X<1>): import("b").Y<2> { return a; }',
    'export type * from "./box.ts";',
    'export type * as boxes from "./box.ts";',
    "export type Channel<in out T> = { value: T };",
    'class K<const T, in out U extends string = "a", out V = T> {}',
    "async function g() { await using x = open(); for (using y of x) y(); }",
    'import defer * as ns from "x";',
    "export default abstract class { abstract f(): void; }",
]
VALUES = [  # beside newer syntax, the same words as names of values
    ("accessor in home;", "binary_expression"),
    ("accessor as string;", "as_expression"),
    ("[low, out in home];", "array"),
    ("low <out;", "binary_expression"),
    ('import("x").then<string>(use);', "call_expression"),
]


@pytest.mark.parametrize("text", NEWER)
def test_newer_syntax_parses(text: str) -> None:
    source = open_source("a.ts", text.encode())
    assert not source.errors()
    assert source.text(source.root) == text
    assert len(source.root.named_children) == 1


@pytest.mark.parametrize(("text", "kind"), VALUES)
@pytest.mark.parametrize("newer", NEWER)
def test_values_of_such_names_stay(newer: str, text: str, kind: str) -> None:
    alone = open_source("b.ts", text.encode()).root.named_children[0]
    beside = open_source("a.ts", f"{newer}\n;{text}".encode()).root.named_children[-1]
    assert str(beside) == str(alone)
    assert beside.named_children[0].type == kind


def test_a_file_with_newer_syntax_is_migrated() -> None:
    head = "export class P { static accessor open = false; }\n"
    text = f'{head}export const home = "/Users/alice/a";\n'
    assert f"{head}export const home = `${{nodeIdentity.homeDir}}/a`;\n" in migrated(text)


def test_a_file_with_such_a_type_is_migrated() -> None:
    text = 'const at = load<typeof import("x")>();\nexport const home = "/Users/alice/a";\n'
    assert not look(text).unparsed
    assert migrated(text) == (
        'import { nodeIdentity } from "@acme/node-identity";\n\n'
        'const at = load<typeof import("x")>();\n'
        "export const home = `${nodeIdentity.homeDir}/a`;\n"
    )


def test_what_is_broken_stays_broken() -> None:
    assert open_source("a.ts", b'const b = f<typeof import("x">();\n').errors()


@pytest.mark.parametrize(
    ("path", "text", "old", "new", "fine"),
    [
        ("a.ts", "const é = f(1);\nf(2);\n", "1", '[\n"x",\n]', True),
        ("a.ts", "const é = f(1);\nf(2);\n", "(1", "((1", False),
        ("a.ts", "const a = `x${1}y`;\nconst b = `z`;\n", "}y`", "}y", False),
        ("a.ts", "const a = `x\n`;\nf(2);\n", "`x\n`", "f(\n1\n)", True),
        ("a.tsx", "const a = <a>Q&A</a>;\nf(2);\n", "2", "3", True),
        ("a.ts", "class A { accessor x = 1 }\nf(2);\n", "2", "3", True),
        ("a.ts", "@@@ (\nf(2);\n", "2", "3", False),
    ],
)
def test_a_changed_file_is_parsed_as_a_new_one(
    path: str, text: str, old: str, new: str, fine: bool
) -> None:
    data, at = text.encode(), text.encode().index(old.encode())
    edits = [Edit(at, at + len(old), new, "r"), Edit(len(data), len(data), "g();\n", "r")]
    assert parses_with(open_source(path, data), edits) == fine
    assert (not open_source(path, render(data, edits)).errors()) == fine
