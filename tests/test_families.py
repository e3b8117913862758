"""A family is one file and its rules: audit, gate, reports and `explain` ask the registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleetmod import families
from fleetmod.families.family import Family
from tests.repo import Ran, commit, make

# what somebody writes for a tool of their own: a program that only one distribution has
FAMILY = """
from fleetmod import families
from fleetmod.families.family import Family
from fleetmod.flow.bound import Bound
from fleetmod.reasons import BY_RULE
from fleetmod.refusal import Refused
from fleetmod.rewrites import Rewritten

FIXED = ("apk update", "apt-get update")


def classify(analysis, node):
    text = analysis.source.text(node).strip("'\\"`")
    return "installs" if text.startswith("apk ") else None


def rewrite(analysis, node, rule):
    before, after = FIXED
    if analysis.source.text(node).strip('"') != before:
        raise Refused(BY_RULE("has no other spelling; install it by hand"))
    analysis.draft.replace(node, f'"{after}"', rule)
    return Rewritten("updates the index")


families.register(
    Family(
        id="apk",
        phase="1z",
        proves="no apk of one distribution",
        title="packages",
        tool=Bound("apk", "linux"),
        needles=lambda config: ("apk ",),
        predicate="apk?",
        classify=classify,
        rewrites={"apk-index": rewrite},
        strict=True,
    )
)
"""
RULE = """
id = "apk-call"
title = "apk is run from code"
family = "apk"
class = "call"
phase = "1z"
triggers = ["apk "]
query = '((string) @debt (#apk? @debt "installs"))'
rewrite = "apk-index"
prose = "apk is the package manager of one distribution."
"""
CODE = """import { execSync } from "node:child_process";
export const index = () => execSync("apk update");
export const git = () => execSync("apk add git");
"""
CONFIG = """version = 1
[workspace]
gate = ["src"]
rules = ["lint"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "apk_family.py").write_text(FAMILY)
    files = {"package.json": '{"name": "acme"}', "src/a.ts": CODE, "fleetmod.toml": CONFIG}
    return make(tmp_path / "r", {**files, "lint/apk.toml": RULE})


def run(root: Path, *args: str) -> Ran:
    """fleetmod, in a process that has the family."""
    done = subprocess.run(
        [sys.executable, "-c", "import apk_family; from fleetmod.quick import main; main()", *args],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONPATH": str(root.parent)},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def test_audit_and_reports_tell_it(root: Path) -> None:
    told = run(root, "audit")
    assert told.code == 1
    assert "packages" in told.out and "has no other spelling; install it by hand" in told.out
    found = json.loads(run(root, "audit", "--format", "json").out)["findings"]
    assert [(f["family"], f["line"], f["action"]) for f in found] == [
        ("apk", 2, "rewrite"),
        ("apk", 3, "refuse"),
    ]
    assert ">packages<" in run(root, "audit", "--format", "html").out
    assert '"apk-call"' in run(root, "audit", "--format", "sarif").out


def test_its_phase_is_a_gate(root: Path) -> None:
    phase = ("gate", "--phase", "1z", "--format", "json")
    (before,) = json.loads(run(root, *phase).out)["phases"]
    assert (before["verdict"], len(before["grep"])) == ("failed", 2)
    assert run(root, "gate", "--phase", "1a,1b,1c").code == 0
    assert run(root, "migrate").code == 1
    commit(root)
    (after,) = json.loads(run(root, *phase).out)["phases"]
    assert [line["line"] for line in after["grep"]] == [3]
    assert 'execSync("apt-get update")' in (root / "src/a.ts").read_text()
    fixed = (root / "src/a.ts").read_text().replace("apk add git", "apt-get install git")
    (root / "src/a.ts").write_text(fixed)
    assert run(root, "gate", "--strict", "--phase", "1z").code == 0
    assert run(root, "gate", "--phase", "all").out.count("1z") == 1


def test_it_is_explained(root: Path) -> None:
    assert "family apk, class call, phase 1z" in run(root, "explain", "apk-call").out


def test_without_it_the_rule_is_refused(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fleetmod", "-C", str(root), "audit"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "`family` must be one of process, home, container" in done.stderr


def test_two_of_one_name_or_phase_are_refused() -> None:
    (first, *_) = families.every()
    for twin in (Family(first.id, "9z", "", ""), Family("new", first.phase, "", "")):
        with pytest.raises(ValueError, match=r"there is a family"):
            families.register(twin)
