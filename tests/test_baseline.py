"""The ratchet: what is recorded passes, what is new does not, whatever else moves."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleetmod.baseline import FILE, StableId, parse_baseline, render_baseline
from tests.repo import fleetmod, make

HEAD = 'import { execFileSync } from "node:child_process";\n'
A, B = "packages/app/src/a.ts", "packages/app/src/b.ts"


def call(name: str, label: str) -> str:
    run = f'execFileSync("launchctl", ["stop", "com.acme.{label}"]);'
    return f"export async function {name}() {{\n  {run}\n}}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r"}\n',
            "fleetmod.toml": "version = 1\n",
            "packages/app/package.json": '{"name": "app"}\n',
            A: HEAD + call("one", "a") + call("two", "b"),
            B: "export const one = 1;\n",
        },
    )
    assert fleetmod(root, "baseline").code == 0
    return root


KNOWN = "No new debt. The baseline knows 2 findings.\n"
NEXT = "Commit it: `fleetmod check` lets pass what it holds, and nothing more.\n"


def test_what_is_recorded_passes(root: Path) -> None:
    assert fleetmod(root, "check").code == 0
    lines = (root / FILE).read_text().splitlines()
    assert len(lines) == 3 and lines[1:] == sorted(lines[1:])


def test_moved_code_is_not_new(root: Path) -> None:
    (root / A).write_text("// moved\n\n" + HEAD + call("two", "b") + "\n\n" + call("one", "a"))
    ran = fleetmod(root, "check", str(root / A))
    assert (ran.code, ran.out) == (0, KNOWN)


def test_a_renamed_file_keeps_its_debt(root: Path) -> None:
    (root / A).rename(root / B)
    ran = fleetmod(root, "check", str(root / B))
    assert (ran.code, ran.out) == (0, KNOWN)


def test_a_copied_file_does_not(root: Path) -> None:
    (root / B).write_text((root / A).read_text())
    assert fleetmod(root, "check", str(root / B)).out.count("launchctl-call: launchctl call") == 2


@pytest.mark.parametrize(
    "changed",
    [
        call("one", "a") + call("two", "c"),
        call("one", "a") + call("three", "b"),
        call("one", "a") + call("one", "a").replace("function one", "function two"),
    ],
    ids=["another-label", "another-function", "the-same-label-twice"],
)
def test_a_swap_is_caught(root: Path, changed: str) -> None:
    (root / A).write_text(HEAD + changed)
    assert fleetmod(root, "check", str(root / A)).code == 1


def test_one_more_of_the_same_is_caught(root: Path) -> None:
    twice = call("one", "a").replace(
        ";\n", ';\n  execFileSync("launchctl", ["stop", "com.acme.a"]);\n'
    )
    (root / A).write_text(HEAD + twice + call("two", "b"))
    assert fleetmod(root, "check").out.count("launchctl-call: launchctl call") == 1


def test_stale_entries_are_told_by_the_whole_run_only(root: Path) -> None:
    (root / A).write_text(HEAD + call("one", "a"))
    assert "stale" not in fleetmod(root, "check", str(root / A)).out
    whole = fleetmod(root, "check")
    assert (whole.code, "stale: packages/app/src/a.ts: launchctl-call" in whole.out) == (0, True)


def test_it_only_shrinks(root: Path) -> None:
    (root / A).write_text(HEAD + call("one", "a") + call("three", "c"))
    ran = fleetmod(root, "baseline")
    assert ran.code == 1
    assert "1 finding(s), 1 taken out" in ran.out and "not taken in" in ran.out
    assert fleetmod(root, "check").code == 1
    (root / FILE).unlink()
    assert fleetmod(root, "baseline").code == 0
    assert fleetmod(root, "check").code == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [("<<<<<<< HEAD", "is a conflict marker"), ("a\tb", "is no entry of a baseline")],
)
def test_a_broken_file_is_an_error(root: Path, line: str, said: str) -> None:
    text = (root / FILE).read_text()
    (root / FILE).write_text(f"{text}{line}\n")
    ran = fleetmod(root, "check", str(root / A))
    assert (ran.code, f"{FILE}:4: {said}" in ran.err) == (2, True)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


paths = texts.map(lambda text: f"packages/{text}")


@given(st.lists(st.builds(StableId, paths, texts, texts, st.integers(0, 9), texts, texts)))
def test_what_is_written_is_read(ids: list[StableId]) -> None:
    assert list(parse_baseline(render_baseline(ids)).entries) == sorted(ids)


FORMER = "# fleetmod baseline 1: path, rule, symbol, ordinal, digest and text of known debt\n"


def former(path: str, symbol: str, label: str, ordinal: int = 0) -> str:
    """A line of format 1: its digest is that of the text, white space aside."""
    text = f'execFileSync("launchctl", ["stop", "com.acme.{label}"])'
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{path}\tlaunchctl-call\t{symbol}\t{ordinal}\t{digest}\t{text}\n"


def test_format_1_is_read_and_written_anew(root: Path) -> None:
    (root / FILE).write_text(FORMER + former(A, "one", "a") + former(A, "two", "b"))
    ran = fleetmod(root, "check")
    assert (ran.code, ran.out) == (
        0,
        f"{FILE}: is of format 1, which formatting code breaks: run `fleetmod baseline` once\n"
        + KNOWN,
    )
    assert '"known": true' in fleetmod(root, "audit", "--format", "json").out
    ran = fleetmod(root, "baseline")
    assert (ran.code, ran.out) == (0, f"{FILE}: 2 finding(s), 0 taken out\n{NEXT}")
    assert (root / FILE).read_text().startswith("# fleetmod baseline 2: ")
    assert (fleetmod(root, "check").code, fleetmod(root, "check").out) == (0, KNOWN)


def test_format_1_ratchets_too(root: Path) -> None:
    (root / FILE).write_text(FORMER + former(A, "one", "a") + former(A, "gone", "z"))
    ran = fleetmod(root, "check")
    assert ran.code == 1 and ran.out.count("launchctl-call: launchctl call") == 1
    assert f"stale: {A}: launchctl-call" in ran.out
    twice = call("one", "a").replace(
        ";\n", ';\n  execFileSync("launchctl", ["stop", "com.acme.a"]);\n'
    )
    (root / A).write_text(HEAD + twice)
    assert fleetmod(root, "check", str(root / A)).out.count("launchctl-call: launchctl call") == 1
    (root / FILE).write_text(FORMER + former("gone.ts", "one", "a") + former(A, "one", "a", 1))
    assert fleetmod(root, "check", str(root / A)).code == 0


def test_format_1_knows_no_key_with_quotes(root: Path) -> None:
    (root / A).write_text(
        f'{HEAD}export const jobs = {{\n  "api": () => execFileSync("launchctl", '
        '["stop", "com.acme.a"]),\n};\n'
    )
    (root / FILE).write_text(FORMER + former(A, "jobs", "a"))
    assert fleetmod(root, "check").code == 0
    (root / FILE).write_text(FORMER + former(A, "others", "a"))
    assert fleetmod(root, "check").code == 1


def test_a_format_of_the_future_is_an_error(root: Path) -> None:
    (root / FILE).write_text((root / FILE).read_text().replace("baseline 2:", "baseline 3:"))
    ran = fleetmod(root, "check")
    assert (ran.code, f"{FILE}:1: is of the format 3" in ran.err) == (2, True)
