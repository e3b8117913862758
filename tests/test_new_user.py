"""What a new user stumbles over: advice that can be followed, tables that can be read, and words
that say what was done."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from fleetmod import families
from fleetmod.trend import Point
from tests.repo import commit, copy, fleetmod, git, make

HEAD = 'import { execFileSync } from "node:child_process";\n'
PATH = "packages/app/src/a.ts"


def stop(name: str, label: str) -> str:
    return (
        f"export async function {name}() {{\n"
        f'  execFileSync("launchctl", ["stop", "com.acme.{label}"]);\n}}\n'
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r", "workspaces": ["packages/*"]}\n',
            "fleetmod.toml": 'version = 1\n[home]\nusers = ["alice"]\n[runtime]\nscope = "@acme"\n',
            "packages/app/package.json": '{"name": "app", "type": "module"}\n',
            PATH: HEAD + "".join(stop(f"f{n}", f"s{n}") for n in range(9)),
            "packages/app/src/b.ts": "export const one = 1;\n",
        },
    )


def on_terminal(root: Path, *args: str, env: dict[str, str]) -> str:
    """What a command prints to somebody who sits there, at 80 columns."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "fleetmod", "-C", str(root), *args],
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "40", **env},
    )
    os.close(theirs)
    out = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # how Linux tells the end
            break
        if not piece:
            break
        out += piece
    os.close(ours)
    process.wait()
    return out.decode()


def test_the_gate_may_ask_for_no_new_debt_only(root: Path) -> None:
    assert fleetmod(root, "gate", "--against-baseline").code == 1
    fleetmod(root, "baseline")
    assert fleetmod(root, "gate").code == 1
    ran = fleetmod(root, "gate", "--against-baseline", "--phase", ",".join(families.phases()))
    assert (ran.code, "the baseline holds it" in ran.out) == (0, True), ran.out
    (root / "packages/app/src/b.ts").write_text(HEAD + stop("new", "new"))
    ran = fleetmod(root, "gate", "--against-baseline")
    assert ran.code == 1
    assert "1 line(s)" in ran.out and "packages/app/src/b.ts:3" in ran.out
    (root / "packages/app/src/b.ts").write_text("// fleetmod-ignore everything\n")
    assert fleetmod(root, "gate", "--against-baseline").code == 1


@pytest.mark.parametrize("more", [["--strict"], ["--phase", "1a,host"], ["--phase", "portable"]])
def test_a_baseline_is_of_the_code_s_own_phases(root: Path, more: list[str]) -> None:
    ran = fleetmod(root, "gate", "--against-baseline", *more)
    assert (ran.code, f"Give --phase {','.join(families.phases())}" in ran.err) == (2, True)


def test_two_branches_mend_neighbours_and_merge(root: Path) -> None:
    fleetmod(root, "baseline")
    commit(root)
    trunk = git(root, "branch", "--show-current").strip()
    for branch, mended in (("one", 3), ("two", 4)):
        git(root, "checkout", "-qb", branch, trunk)
        code = "".join(stop(f"f{n}", f"s{n}") for n in range(9) if n != mended)
        (root / PATH).write_text(HEAD + code)
        assert fleetmod(root, "baseline").code == 0
        git(root, "add", ".fleetmod-baseline")
        git(root, "checkout", "-q", PATH)  # the code's own conflicts are not the baseline's
        commit(root)
    git(root, "merge", "-q", "--no-edit", "one")
    code = "".join(stop(f"f{n}", f"s{n}") for n in range(9) if n not in (3, 4))
    (root / PATH).write_text(HEAD + code)
    assert fleetmod(root, "check").code == 0
    assert fleetmod(root, "baseline").code == 0
    assert ".s3" not in (root / ".fleetmod-baseline").read_text()


def test_how_the_repository_merges_is_its_own_affair(root: Path) -> None:
    (root / ".gitattributes").write_text("*.ts text\n.fleetmod-* merge=binary")
    fleetmod(root, "baseline")
    assert (root / ".gitattributes").read_text() == "*.ts text\n.fleetmod-* merge=binary"
    (root / ".gitattributes").write_text("*.ts text")
    (root / ".fleetmod-baseline").unlink()
    fleetmod(root, "baseline")
    merged = "*.ts text\n.fleetmod-baseline merge=union\n"
    assert (root / ".gitattributes").read_text() == merged


@pytest.mark.parametrize("columns", ["80", "120"])
def test_no_figure_of_a_trend_is_cut(root: Path, columns: str) -> None:
    git(root, "commit", "-q", "--allow-empty", "-m", "a subject that goes on " * 9)
    head = git(root, "rev-parse", "HEAD").strip()
    lines = on_terminal(root, "trend", env={"COLUMNS": columns, "NO_COLOR": "1"}).splitlines()
    (row,) = [line for line in lines if head[:10] in line]
    assert row.split()[2:5] == ["9", "9", "1"]
    assert all(len(line) <= int(columns) for line in lines if not line.startswith("\x1b"))


def test_a_trend_of_every_family_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    from fleetmod.report import trend

    monkeypatch.setenv("COLUMNS", "80")
    made = trend.make_console
    monkeypatch.setattr(trend, "make_console", lambda color=None: _narrow(made(color=color)))
    debt = {"container": 1000, "home": 2000, "process": 3000, "suppression": 4, "gate-grep": 5}
    text = trend.trend_text([Point("f" * 40, "2026-01-02T00:00:00Z", "s" * 99, debt, 99, 0)])
    assert "2026-01-02" in text and "f" * 10 in text and "6009" in text and "…" not in text
    assert max(map(len, text.splitlines())) <= 80


def _narrow(console):  # type: ignore[no-untyped-def]
    console.width = 80
    return console


def test_no_color_is_heard(root: Path) -> None:
    colours = ("\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m")
    shown = on_terminal(root, "audit", env={"NO_COLOR": ""})
    plain = on_terminal(root, "audit", env={"NO_COLOR": "1"})
    assert any(colour in shown for colour in colours)
    assert PATH in plain and not any(colour in plain for colour in colours)


def test_an_audit_fits_80_columns_and_names_each_package(root: Path) -> None:
    for name in ("one", "two"):
        folder = root / "services/a-long-folder-of-services/with-packages" / name
        (folder / "src").mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"name": name}))
        (folder / "src/a.ts").write_text(HEAD + stop(name, name))
    (root / "fleetmod.toml").write_text(
        'version = 1\n[workspace]\npackages = ["packages/*", "services/*/*/*"]\n'
    )
    out = on_terminal(root, "audit", env={"NO_COLOR": "1"})
    table = [line for line in out.splitlines() if line.startswith(("│", "┃", "├"))]
    assert table and all(
        len(line.replace("\x1b[1m", "").replace("\x1b[0m", "")) <= 80 for line in table
    )
    assert any("/one " in line for line in table) and any("/two " in line for line in table)


def test_commands_work_in_any_folder_of_the_repository(root: Path) -> None:
    below = root / "packages/app/src"
    assert fleetmod(below, "audit").out == fleetmod(root, "audit").out
    assert fleetmod(below, "gate").code == 1
    for args in (["check", "a.ts"], ["check", "."], ["check"], ["check", "--staged", "a.ts"]):
        ran = subprocess.run(
            [sys.executable, "-m", "fleetmod", *args], cwd=below, capture_output=True, text=True
        )
        assert (ran.returncode, f"{PATH}:3:3" in ran.stdout) == (1, True), ran.stderr
    assert fleetmod(below, "baseline").code == 0
    assert (root / ".fleetmod-baseline").is_file()
    ran = subprocess.run([sys.executable, "-m", "fleetmod", "migrate", "--allow-dirty"], cwd=below)
    assert ran.returncode == 0
    assert (root / "packages/process-manager/package.json").is_file()


def test_the_quick_check_asks_the_configuration_above(root: Path) -> None:
    """A folder of rules further up has triggers of its own."""
    (root / "fleetmod.toml").write_text('version = 1\n[workspace]\nrules = ["nowhere"]\n')
    git(root, "add", "-A")
    script = Path(sys.executable).parent / "fleetmod"
    for args in (["b.ts"], ["--staged", "b.ts"]):
        ran = subprocess.run(
            [script, "check", *args], cwd=root / "packages/app/src", capture_output=True, text=True
        )
        assert (ran.returncode, "nowhere" in ran.stderr) == (2, True), ran


def test_a_clean_check_says_so_on_both_ways(root: Path) -> None:
    script = Path(sys.executable).parent / "fleetmod"
    quick = subprocess.run(
        [script, "check", "packages/app/src/b.ts"], cwd=root, capture_output=True, text=True
    )
    slow = fleetmod(root, "check", str(root / "packages/app/src/b.ts"))
    assert (quick.returncode, quick.stdout) == (slow.code, slow.out) == (0, "No new debt.\n")


@pytest.mark.parametrize(
    "command",
    [
        ["audit", "--format", "html", "--output"],
        ["trend", "--output"],
        ["migrate", "--plan"],
        ["gate", "--certificate"],
    ],
)
def test_a_report_s_folder_is_made(root: Path, command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "new/folder/x"
    ran = fleetmod(root, *command, str(file))
    assert ran.code in (0, 1) and file.stat().st_size, ran.err
    (tmp_path / "taken").write_text("")
    (root / "fleetmod.toml").write_text("nonsense")  # which is told later
    for place in (tmp_path / "taken/x", tmp_path):
        ran = fleetmod(root, *command, str(place))
        assert (ran.code, "cannot be written" in ran.err) == (2, True)


def test_a_graph_is_markdown(tmp_path: Path) -> None:
    root = copy("harbor", tmp_path / "r")
    ran = fleetmod(root, "network", "--dry-run", "--report", str(tmp_path / "x.html"))
    assert (ran.code, "x.md" in ran.err, (tmp_path / "x.html").exists()) == (2, True, False)


def test_a_gate_lists_every_line_where_asked(root: Path) -> None:
    some = fleetmod(root, "gate", "--phase", "1a").out
    assert f"{PATH}:27" not in some and "… and 4 more line(s): --full lists them" in some
    every = fleetmod(root, "gate", "--phase", "1a", "--full").out
    assert all(f"{PATH}:{3 * n + 3}: " in every for n in range(9)) and "… and" not in every


def test_no_row_of_markdown_ends_in_an_empty_reason(root: Path) -> None:
    fleetmod(root, "baseline")
    (root / "packages/app/src/b.ts").write_text(HEAD + stop("new", "new"))
    rows = [
        r for r in fleetmod(root, "audit", "--format", "markdown").out.splitlines() if PATH in r
    ]
    assert len(rows) == 9 and all("| known: let the " in row for row in rows)
    rows = fleetmod(root, "audit", "--format", "markdown").out.splitlines()
    assert not any(row.endswith(("|  |", ": |", ":  |")) for row in rows)


def test_an_audit_ends_with_a_summary_and_the_next_step(root: Path, tmp_path: Path) -> None:
    last = fleetmod(root, "audit").out.splitlines()[-2:]
    assert last[0] == "9 findings of debt in 1 file: `fleetmod migrate` rewrites 9."
    assert last[1].startswith("Next: `fleetmod migrate --dry-run`")
    (root / PATH).write_text("export const two = 2;\n")
    last = fleetmod(root, "audit").out.splitlines()[-2:]
    assert last == ["No debt in 2 files of code.", "Next: `fleetmod gate` proves it."]
    empty = make(tmp_path / "empty", {"README.md": "x\n"})
    out = fleetmod(empty, "audit").out
    assert "No TypeScript or JavaScript was found here" in out and "No debt" not in out


def pull_request(root: Path) -> str:
    """A branch that mends one finding and adds another, beside a trunk that goes on; its name."""
    trunk = git(root, "branch", "--show-current").strip()
    git(root, "checkout", "-qb", "topic")
    code = "".join(stop(f"f{n}", f"s{n}") for n in range(8))
    (root / PATH).write_text(HEAD + code)
    (root / "packages/app/src/b.ts").write_text(HEAD + stop("new", "new"))
    commit(root)
    git(root, "checkout", "-q", trunk)
    (root / "packages/app/src/c.ts").write_text(HEAD + stop("trunk", "trunk"))
    commit(root)
    git(root, "checkout", "-q", "topic")
    return trunk


def test_what_a_branch_did_to_the_debt(root: Path) -> None:
    trunk = pull_request(root)
    counts = "1 new, 1 mended, 8 remain."  # what the trunk added since is not the branch's
    ran = fleetmod(root, "check", "--since", trunk)
    assert (ran.code, counts in ran.out, f"{PATH}:" in ran.out) == (1, True, False), ran.out
    assert counts in fleetmod(root, "audit", "--since", trunk).out
    assert counts in fleetmod(root, "gate", "--since", trunk).out
    told = fleetmod(root, "check", "--since", trunk, "--format", "markdown").out
    assert "| 1 | 1 | 8 |" in told and f"Mended in {PATH} (1)." in told.replace("\\", "")
    assert "packages/app/src/b.ts:3" in told and f"{PATH}:3" not in told
    ran = fleetmod(root, "check", "--since", trunk, str(root / PATH))
    assert (ran.code, "0 new, 1 mended, 8 remain" in ran.out) == (0, True), ran.out
    (root / "packages/app/src/b.ts").write_text("export const one = 1;\n")
    assert fleetmod(root, "check", "--since", trunk).code == 0


def test_a_branch_that_git_does_not_know(root: Path) -> None:
    for command in ("check", "audit"):
        ran = fleetmod(root, command, "--since", "nope")
        assert (ran.code, "git knows no commit `nope`" in ran.err) == (2, True)
    assert fleetmod(root, "check", "--since", "HEAD", "--staged").code == 2


def test_a_migration_tells_the_next_step(root: Path) -> None:
    refused = 'export const o = () => execFileSync("launchctl", ["print-disabled", "gui/501"]);\n'
    with (root / PATH).open("a") as file:
        file.write(refused)
    commit(root)
    last = fleetmod(root, "migrate", "--dry-run").out.splitlines()[-2:]
    assert last == [
        "Next: `fleetmod migrate` writes it.",
        "`fleetmod worklist` tells what a person does about the 1 refused.",
    ]
    assert "then `fleetmod gate`" in fleetmod(root, "migrate").out.splitlines()[-2]
    assert "Next" not in fleetmod(root, "migrate", "--allow-dirty").out
