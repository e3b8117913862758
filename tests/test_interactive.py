"""`migrate --interactive`: each answer does what it says, and nothing is written half."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repo import fleetmod, git, make

CODE = """import { execFileSync } from "node:child_process";
export const log = "/Users/sam/Library/Logs/acme.log";
export function again() {
  execFileSync("launchctl", ["bootout", "gui/501/com.acme.api"]);
  execFileSync("launchctl", ["bootstrap", "gui/501", PLIST]);
}
export function mail() {
  execFileSync("launchctl", ["kickstart", "-k", "gui/501/com.acme.mail"]);
}
""".replace("PLIST", '"/Users/sam/Library/LaunchAgents/com.acme.api.plist"')
OTHER = 'export const cache = "/Users/sam/Library/Caches/acme";\n'
CONFIG = 'version = 1\n[home]\nusers = ["sam"]\n[runtime]\nscope = "@acme"\n'
# in the order that is asked: log, bootout, bootstrap, its plist, mail, cache


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files: dict[str, str | bytes] = {
        "package.json": '{"name": "acme", "private": true, "workspaces": ["packages/*"]}\n',
        "fleetmod.toml": CONFIG,
        "packages/app/package.json": '{"name": "app", "private": true}\n',
        "packages/app/src/a.ts": CODE,
        "packages/app/src/b.ts": OTHER,
    }
    return make(tmp_path / "r", files)


def answered(root: Path, keys: str, editor: str = "false") -> tuple[str, str, str]:
    """What is said to these answers, and the two files after."""
    lines = "".join(f"{key}\n" for key in keys)
    ran = fleetmod(root, "migrate", "--interactive", env={"EDITOR": editor}, answers=lines)
    files = [(root / "packages/app/src" / name).read_text() for name in ("a.ts", "b.ts")]
    return ran.out + ran.err, files[0], files[1]


def test_what_is_kept_holds_what_moves_with_it(root: Path) -> None:
    said, first, second = answered(root, "ynyyyyy")
    assert "a.ts:5 stays, too: line 4 stays" in said
    assert '["bootout"' in first and '["bootstrap"' in first and "/Users/sam" not in first
    assert 'processManagerSync.restart("gui/501/com.acme.mail")' in first
    assert "/Users/sam" not in second


def test_the_rest_of_a_file_is_kept_and_a_rule_is_always_right(root: Path) -> None:
    said, first, second = answered(root, "s?yy")
    assert first == CODE and "nodeIdentity" in second and "keep the rest of this file" in said
    git(root, "checkout", "-q", ".")
    git(root, "clean", "-qfd")
    _, first, second = answered(root, "annny")
    assert "/Users/sam" not in first + second and first.count("launchctl") == 3


@pytest.mark.parametrize("keys", ["q", "yq", "yyyyyyn", "yy"])
def test_who_stops_writes_nothing(root: Path, keys: str) -> None:
    answered(root, keys)
    assert git(root, "status", "--porcelain") == ""


def test_a_text_of_one_s_own(root: Path) -> None:
    _, first, _ = answered(root, "eyyyyyy", "sed -i s/acme.log/own.log/")
    assert "export const log = `${nodeIdentity.homeDir}/Library/Logs/own.log`;" in first
    assert "processManagerSync.load(" in first
    git(root, "checkout", "-q", ".")
    git(root, "clean", "-qfd")
    said, first, _ = answered(root, "enyyyyyy", "sed -i s/acme.log/(/;s/;//;s/=/=(/")
    assert "does not parse: answer again" in said and '"/Users/sam/Library/Logs/acme.log"' in first
