"""What the gates look at, and when a verdict proves something."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.repo import Ran, commit, copy, fleetmod, make

CALL = """import { execSync } from "node:child_process";
export async function go() {
  execSync("launchctl kickstart -k system/com.acme.api");
}
"""
REFUSED = CALL.replace("launchctl kickstart -k system/com.acme.api", "launchctl $1")
CLEAN = "export const a = 1;\n"
SINGLE = {"package.json": '{\n  "name": "acme"\n}\n'}


def config(gate: str = '["src"]', home: str = "") -> str:
    return f'version = 1\n[workspace]\ngate = {gate}\n[home]\n{home}\n[runtime]\nscope = "@acme"\n'


def verdict(root: Path, phase: str) -> dict[str, Any]:
    ran = fleetmod(root, "gate", "--phase", phase, "--format", "json")
    (found,) = json.loads(ran.out)["phases"]
    assert ran.code == {"passed": 0, "failed": 1, "unproven": 3}[found["verdict"]]
    result: dict[str, Any] = found
    return result


def run_in(root: Path, *args: str) -> Ran:
    """As a hook runs it: in the repository, with paths relative to it."""
    done = subprocess.run(
        [sys.executable, "-c", "from fleetmod.quick import main; main()", *args],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_single_package_is_gated_where_its_code_is(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**SINGLE, "src/a.ts": CALL, "src/b.ts": REFUSED})
    assert fleetmod(root, "init").code == 0
    assert 'gate = ["src"]' in (root / "fleetmod.toml").read_text()
    commit(root)
    assert fleetmod(root, "migrate").code == 1
    assert (root / "packages/process-manager/package.json").is_file()
    found = verdict(root, "1a")
    assert found["verdict"] == "failed"
    assert {line["path"] for line in found["grep"]} == {"src/b.ts"}


def test_the_syntax_tree_counts_outside_of_the_folders(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(), "src/a.ts": CLEAN, "tools/b.ts": REFUSED}
    found = verdict(make(tmp_path / "r", files), "1a")
    assert found["verdict"] == "failed"
    assert found["grep"] == []
    assert [finding["path"] for finding in found["findings"]] == ["tools/b.ts"]


def test_installed_ports_prove_nothing(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config('["packages"]'), "src/a.ts": CALL}
    root = make(tmp_path / "r", files)
    assert "there is no such folder" in fleetmod(root, "migrate").out
    found = verdict(root, "1a")
    assert found["verdict"] == "unproven"
    assert found["unproven"] == [
        "packages cannot be read: workspace.gate names it, and it holds no code but "
        "installed ports; name the folders of the code in fleetmod.toml"
    ]


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("nowhere", "there is no such folder"),
        ("sr[c]", "there is no such folder"),
        ("src/*", "there is no such folder"),
        ("docs", "holds no code"),
    ],
)
def test_a_folder_that_proves_nothing(tmp_path: Path, gate: str, said: str) -> None:
    files = {**SINGLE, "fleetmod.toml": config(f'["{gate}"]'), "src/a.ts": CLEAN, "docs/x.md": ""}
    found = verdict(make(tmp_path / "r", files), "1a")
    assert found["verdict"] == "unproven"
    assert said in found["unproven"][0]


def test_any_kind_of_typescript_is_code(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(), "src/a.tsx": CLEAN}
    assert verdict(make(tmp_path / "r", files), "1a")["verdict"] == "passed"


def test_homes_without_a_user(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**SINGLE, "fleetmod.toml": config(), "src/a.ts": CLEAN})
    assert verdict(root, "1b")["verdict"] == "passed"
    (root / "src/a.ts").write_text('export const a = "/Users/bob/x";\n')
    found = verdict(root, "1b")
    assert found["verdict"] == "failed"
    assert [finding["rule"] for finding in found["findings"]] == ["home-stranger"]


LINUX = 'export const a = "/home/alice/x";\n'
NAS = 'export const a = "/volume1/home/alice/x";\n'
USER = 'users = ["alice"]'


def rows(root: Path) -> dict[str, int]:
    document = json.loads(fleetmod(root, "audit", "--format", "json").out)
    assert document["unexplained"] == []
    return {row["needle"]: row["lines"] for row in document["text"]}


def test_a_linux_home_is_looked_for(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(home=USER), "src/a.ts": LINUX}
    root = make(tmp_path / "r", files)
    assert rows(root) == {"launchctl": 0, "/Users/alice": 0, "/home/alice": 1, "launchd": 0}
    found = verdict(root, "1b")
    assert found["verdict"] == "failed"
    assert [line["path"] for line in found["grep"]] == ["src/a.ts"]


def test_a_linux_home_has_a_row_only_where_it_matters(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(home=USER), "src/a.ts": NAS}
    root = make(tmp_path / "r", files)
    assert "/home/alice" not in rows(root)
    assert verdict(root, "1b")["verdict"] == "passed"
    (root / "fleetmod.toml").write_text(config(home=f'{USER}\nfixture = "/home/fixture"'))
    assert rows(root)["/home/alice"] == 0


def test_a_checkout_that_stands_in_no_home_is_looked_for_in_the_text(tmp_path: Path) -> None:
    spelled = 'export const at = "/Volumes/Work/acme/data";\n'
    other = 'export const wiki = "/Volumes/Work/acme-wiki" + "/mnt/Volumes/Work/acme";\n'
    home = config(home='users = ["sam"]\nroot = "/Volumes/Work/acme"')
    root = make(tmp_path / "r", {"fleetmod.toml": home, "src/a.ts": spelled, "src/b.ts": other})
    found = verdict(root, "1b")
    assert [line["path"] for line in found["grep"]] == ["src/a.ts"]
    audit = fleetmod(root, "audit")
    assert audit.code == 1 and "src/a.ts:1" in audit.out and "src/b.ts" not in audit.out
    assert "gate-grep" in audit.out and "use nodeIdentity.repoRoot" in audit.out
    for files in ((), ("src/a.ts",)):
        checked = run_in(root, "check", *files)
        assert checked.code == 1 and "// fleetmod-ignore gate-grep: why" in checked.out
    (root / "src/a.ts").write_text(f"// fleetmod-ignore gate-grep: the build's own disk\n{spelled}")
    found = verdict(root, "1b")
    assert found["verdict"] == "passed"
    assert [line["reason"] for line in found["passed_over"]] == ["the build's own disk"]
    for files in ((), ("src/a.ts",)):
        assert run_in(root, "check", *files).code == 0
    assert fleetmod(root, "audit").code == 0
    (root / "src/a.ts").write_text("// fleetmod-ignore gate-grep: gone\nexport const a = 1;\n")
    checked = fleetmod(root, "check")
    assert checked.code == 1 and "suppresses nothing of gate-grep" in checked.out
    (root / "src/a.ts").write_text(CLEAN)
    assert verdict(root, "1b")["verdict"] == "passed"


ELSEWHERE = """export const BACKUP = "alice@nas.local:/Users/alice/backup";
export const AVATAR = "https://files.example.com/Users/alice/avatar.png";
"""


def test_a_line_that_is_no_debt_passes_and_is_listed(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(home=USER), "src/a.ts": ELSEWHERE}
    root = make(tmp_path / "r", files)
    assert fleetmod(root, "audit").code == 0
    assert fleetmod(root, "check").code == 0
    found = verdict(root, "1b")
    assert (found["verdict"], found["grep"], found["strict"]) == ("passed", [], False)
    told = [(line["path"], line["line"], line["rule"]) for line in found["passed_over"]]
    assert told == [("src/a.ts", 1, "home-elsewhere"), ("src/a.ts", 2, "home-elsewhere")]
    assert all("not this host's home" in line["reason"] for line in found["passed_over"])
    assert "no debt by home-elsewhere" in fleetmod(root, "gate", "--phase", "1b").out


def test_a_line_with_debt_beside_what_is_none_fails(tmp_path: Path) -> None:
    both = 'export const a = ["nas:/Users/alice/x", "/Users/alice/y"];\n'
    files = {**SINGLE, "fleetmod.toml": config(home=USER), "src/a.ts": both}
    found = verdict(make(tmp_path / "r", files), "1b")
    assert found["verdict"] == "failed"
    assert [line["line"] for line in found["grep"]] == [1] and found["passed_over"] == []


def test_a_strict_gate_passes_over_nothing(tmp_path: Path) -> None:
    accepted = (
        '// fleetmod-ignore launchctl-value: a tag\nexport const a = { kind: "launchctl" };\n'
    )
    port = 'export const tool = "launchctl";\n'
    files = {
        **SINGLE,
        "fleetmod.toml": config('["src", "packages"]', USER),
        "src/a.ts": ELSEWHERE + accepted,
        "packages/app/src/x.ts": CLEAN,
        "packages/process-manager/package.json": '{"name": "@acme/process-manager"}\n',
        "packages/process-manager/src/index.ts": port,
    }
    root = make(tmp_path / "r", files)
    assert fleetmod(root, "gate").code == 0
    ran = fleetmod(root, "gate", "--strict", "--format", "json")
    assert ran.code == 1
    for phase, lines in zip(json.loads(ran.out)["phases"], ([3, 4], [1, 2]), strict=True):
        assert (phase["verdict"], phase["strict"]) == ("failed", True)
        assert [(line["path"], line["line"]) for line in phase["grep"]] == [
            ("src/a.ts", line) for line in lines
        ]
        assert all("word it otherwise" in finding["reason"] for finding in phase["findings"])
        assert phase["passed_over"] == []
    assert "to accept" not in fleetmod(root, "gate", "--strict").out
    (root / "src/a.ts").write_text(CLEAN)
    assert fleetmod(root, "gate", "--strict").code == 0
    refused = fleetmod(root, "gate", "--strict", "--phase", "host")
    assert refused.code == 2 and "--strict is of the phases 1a and 1b" in refused.err


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("src/legacy/a.ts", {}),
        ("src/vendor/a.ts", {}),
        ("src/types.d.ts", {}),
        ("src/built/a.ts", {".gitignore": "built/\n"}),
    ],
)
def test_what_fails_a_gate_is_debt_to_every_command(
    path: str, more: dict[str, str], tmp_path: Path
) -> None:
    """Also in a file that no rule looks at, but the gate's grep does."""
    excluded = config().replace("gate =", 'exclude = ["**/legacy/**"]\ngate =')
    root = make(tmp_path / "r", {**SINGLE, "fleetmod.toml": excluded, "src/b.ts": CLEAN, **more})
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text("/** calls launchctl */\nexport declare const a: number;\n")
    assert [line["path"] for line in verdict(root, "1a")["grep"]] == [path]
    assert run_in(root, "check", path).code == 1
    for command in (("audit",), ("check",), ("gate",)):
        ran = run_in(root, *command)
        assert ran.code == 1 and f"{path}:1" in ran.out
        assert "reword the line" in ran.out and "// fleetmod-ignore gate-grep: why" in ran.out
    (root / path).write_text(
        "// fleetmod-ignore gate-grep: a note\n" + (root / path).read_text(encoding="utf-8")
    )
    for command in (("audit",), ("check",), ("gate",)):
        assert run_in(root, *command).code == 0
    assert fleetmod(root, "explain", "gate-grep").code == 0


def test_the_baseline_knows_a_line_of_the_grep(tmp_path: Path) -> None:
    files = {**SINGLE, "fleetmod.toml": config(), "src/b.ts": CLEAN}
    root = make(tmp_path / "r", files)
    (root / "src/a.d.ts").write_text("/** calls launchctl */\nexport declare const a: number;\n")
    assert "1 finding(s)" in fleetmod(root, "baseline").out
    assert fleetmod(root, "check").code == 0
    assert verdict(root, "1a")["verdict"] == "failed"
    (root / "src/a.d.ts").unlink()
    assert "stale" in fleetmod(root, "check").out


def test_one_rule_alone_does_not_judge_what_others_explain(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**SINGLE, "fleetmod.toml": config(), "src/a.ts": CALL})
    ran = fleetmod(root, "audit", "--only", "home-path", "--format", "json")
    assert ran.code == 0 and json.loads(ran.out)["findings"] == []


def test_the_gate_says_which_directive_accepts_a_line(tmp_path: Path) -> None:
    root = make(tmp_path / "r", {**SINGLE, "fleetmod.toml": config(), "src/a.ts": REFUSED})
    out = fleetmod(root, "gate", "--phase", "1a").out
    assert "write above it: // fleetmod-ignore launchctl-call: why" in out


def test_all_phases_in_one_table(tmp_path: Path) -> None:
    ran = fleetmod(copy("demo", tmp_path / "demo"), "gate", "--phase", "all")
    rows = [line.split("│")[1].strip() for line in ran.out.splitlines() if line.startswith("│")]
    assert rows == ["1a", "1b", "1c", "1d", "2", "3", "4", "5", "host", "portable"]
    assert ran.code == 1
