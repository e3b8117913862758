"""The GitHub action, its steps run one by one as a runner does, as far as they can run here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.repo import fleetmod, make

TOP = Path(__file__).parent.parent
ACTION = yaml.safe_load((TOP / ".github/actions/fleetmod/action.yml").read_text())
DEBT = 'import { execFileSync } from "node:child_process";\nexecFileSync("launchctl", ["list"]);\n'
PATH = "packages/app/src/a.ts"
# stands in for GitHub's: answers with the comments that it was given, and keeps what it is sent
GH = """#!/bin/sh
echo "$@" >> "$GH_LOG"
case "$*" in
*--jq*) cat "$GH_COMMENTS" ;;
*body=@*) cat "$(echo "$*" | sed 's/.*body=@//')" > "$GH_BODY" ;;
esac
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(
        tmp_path / "r",
        {
            "package.json": '{"name": "r"}\n',
            "fleetmod.toml": "version = 1\n",
            "packages/app/package.json": '{"name": "app"}\n',
            PATH: DEBT,
        },
    )


@dataclass
class Runner:
    """`uploads` tells whether the repository has code scanning."""

    root: Path
    temp: Path
    args: str = ACTION["inputs"]["args"]["default"]
    event: str = "pull_request"
    uploads: bool = True
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    log: str = ""

    def run(self) -> int:
        """The action's exit code: that of its first step that fails and may not."""
        for name in ("bin", "summary", "output", "comments", "log"):
            (self.temp / name).mkdir() if name == "bin" else (self.temp / name).touch()
        program = self.temp / "bin/gh"
        program.write_text(GH)
        program.chmod(0o755)
        for step in ACTION["runs"]["steps"]:
            if step.get("name") == "Install fleetmod" or not self._applies(step):
                continue
            code = self._step(step)
            self.outcomes[step.get("id", "")] = "failure" if code else "success"
            if code and not step.get("continue-on-error"):
                return code
        return 0

    def _applies(self, step: dict[str, Any]) -> bool:
        condition = step.get("if")
        if condition is None:
            return True
        assert not re.search(r"\|\||!(?!=)", condition)
        parts = condition.removeprefix("${{").removesuffix("}}").split("&&")
        for part in parts:
            name, sign, value = re.fullmatch(r"\s*(\S+) (==|!=) '(.*)'\s*", part).groups()  # type: ignore[union-attr]
            if (self._value(name) == value) != (sign == "=="):
                return False
        return True

    def _step(self, step: dict[str, Any]) -> int:
        if "uses" in step:
            self.used.append(step["uses"])
            if "upload-sarif" in step["uses"]:
                assert Path(self._filled(step["with"]["sarif_file"])).read_text().startswith("{")
                return 0 if self.uploads else 1
            return 0
        assert step["shell"] == "bash"
        output = self.temp / "output"
        output.write_text("")
        env = {
            **os.environ,
            "PATH": f"{self.temp}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary"),
            "GH_LOG": str(self.temp / "log"),
            "GH_COMMENTS": str(self.temp / "comments"),
            "GH_BODY": str(self.temp / "body"),
            **{name: self._filled(value) for name, value in step.get("env", {}).items()},
        }
        assert "${{" not in step["run"]  # what an expression holds would be run
        script = ("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"])
        done = subprocess.run(script, cwd=self.root, env=env, capture_output=True, text=True)
        self.log += done.stdout + done.stderr
        lines = output.read_text().splitlines()
        self.outputs[step.get("id", "")] = dict(line.split("=", 1) for line in lines)
        return done.returncode

    def _filled(self, text: str) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        known = {
            "inputs.args": self.args,
            "inputs.token": "(token)",
            "runner.temp": str(self.temp),
            "github.event_name": self.event,
            "github.repository": "acme/r",
            "github.event.pull_request.number": "7",
        }
        if name in known:
            return known[name]
        if (found := re.fullmatch(r"steps\.(\w+)\.outputs\.([\w-]+)", name)) is not None:
            return self.outputs[found[1]].get(found[2], "")
        found = re.fullmatch(r"steps\.(\w+)\.outcome", name)
        assert found is not None, name
        return self.outcomes.get(found[1], "skipped")


def test_new_debt_is_annotated_and_told_in_the_summary(root: Path, tmp_path: Path) -> None:
    runner = Runner(root, tmp_path)
    assert runner.run() == 1
    assert f"::warning file={PATH},line=2" in runner.log.replace("::error", "::warning")
    assert PATH in (tmp_path / "summary").read_text()
    assert runner.used[-1].startswith("github/codeql-action/upload-sarif@")
    assert (tmp_path / "log").read_text() == ""  # code scanning tells the pull request


@pytest.mark.parametrize("own", ["", "41\n42\n"])
def test_a_private_repository_gets_one_comment(root: Path, tmp_path: Path, own: str) -> None:
    runner = Runner(root, tmp_path, uploads=False)
    (tmp_path / "comments").write_text(own)
    assert runner.run() == 1
    body = (tmp_path / "body").read_text()
    assert body.startswith("<!-- fleetmod -->\n# Host-bound debt: 1 finding in 1 file")
    last = (tmp_path / "log").read_text().splitlines()[-1]
    where = "--method PATCH repos/acme/r/issues/comments/41" if own else "issues/7/comments"
    assert where in last


def test_a_push_gets_no_comment(root: Path, tmp_path: Path) -> None:
    assert Runner(root, tmp_path, event="push", uploads=False).run() == 1
    assert not (tmp_path / "body").exists()


def test_what_is_known_passes(root: Path, tmp_path: Path) -> None:
    fleetmod(root, "baseline")
    assert Runner(root, tmp_path).run() == 0


def test_another_command_and_a_wrong_one(root: Path, tmp_path: Path) -> None:
    for number, (args, code) in enumerate((("gate --phase 1b", 0), ("gate --phase nope", 2))):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert Runner(root, folder, args=args).run() == code


def test_an_argument_runs_nothing(root: Path, tmp_path: Path) -> None:
    runner = Runner(root, tmp_path, args='check "; touch ran; $(touch ran)')
    assert runner.run() == 2
    assert not (root / "ran").exists()
