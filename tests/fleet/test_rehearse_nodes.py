"""What a node is, and what counts as reaching for the old machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fleetmod.errors import FleetmodError
from fleetmod.fleet.rehearse import means
from fleetmod.fleet.rehearse.needs import require_tools
from tests.fleet.rehearsing import nodes, rehearse, require, touched
from tests.node import bin_folder, npm
from tests.repo import fleetmod, make, tree

pytestmark = pytest.mark.heavy  # each test makes nodes; test_rehearse.py makes some always

TOML = """version = 1
[home]
users = ["sam"]
root = "/Users/sam/Code/acme"
[identity]
node_env = "ACME_NODE"
root_env = "ACME_ROOT"
[runtime]
scope = "@acme"
"""
# each line fails the command where it is not so
IS_A_NODE = """
set -eu
test "$(whoami)" != root
test "$HOME" = "$(getent passwd "$(whoami)" | cut -d: -f6)"
test "$ACME_NODE" = "$(cat /proc/sys/kernel/hostname)"
test "$ACME_ROOT" = "$(git rev-parse --show-toplevel)"
test -z "$(git status --porcelain)"
test "$(ls /sys/class/net)" = lo
test "$API_KEY" = none
test "$(node -p 'require("lib").kept')" = here
for there in /Users /Users/samwise/x /root/.bashrc; do
  if test -e "$there"; then exit 1; fi
done
test "$(ls /home)" = "$ACME_NODE"
if command -v launchctl; then exit 1; fi
touch "$HOME/mine" node_modules/.cache # what is there can be changed
sleep 600 & # a daemon that outlives the command
"""


def repository(root: Path, files: dict[str, str | bytes]) -> Path:
    manifest = '{"name": "acme", "private": true}'
    make(
        root,
        {"fleetmod.toml": TOML, "package.json": manifest, ".gitignore": "node_modules\n", **files},
    )
    return root


def install(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = root / "node_modules" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)


def test_a_node_has_a_user_a_home_a_name_and_a_network_of_its_own(tmp_path: Path) -> None:
    require()
    toml = f'{TOML}[rehearse]\nenv = ["API_KEY=none"]\n'
    root = repository(tmp_path / "it's 100% $acme", {"check.sh": IS_A_NODE, "fleetmod.toml": toml})
    install(root, {"lib/index.js": "exports.kept = 'here'"})
    before = tree(root)
    umask = os.umask(0o077)
    try:  # and the caller's PATH goes through the old home
        done = rehearse(root, "--command", "sh check.sh", path="/Users/sam/bin")
    finally:
        os.umask(umask)
    assert done.code == 0, done.out
    assert tree(root) == before
    groups = [*Path("/sys/fs/cgroup").glob("*-*"), *Path("/sys/fs/cgroup").glob("*/*-*")]
    assert not {node["node"] for node in nodes(done)} & {each.name for each in groups}


REACHES = {
    "cat /Users/sam/x || true": {("the old home", "/Users/sam/x")},
    "cd /usr && cat ../Users/./sam/../sam/y || true": {("the old home", "/Users/sam/y")},
    "ls $(dirname $HOME)/../Users/sam/Code/acme/z || true": {
        ("the old checkout", "/Users/sam/Code/acme/z")
    },
    "cat notes/today.md || true": {("the old home", "/Users/sam/Notes/today.md")},
    "ls -ld notes; readlink notes": set(),
    "node socket.mjs": {("the old home", "/Users/sam/.docker.sock")},
    "pbcopy < /dev/null || true": {("a tool of macOS", "pbcopy")},
    "(osascript -e 1; true) | cat": {("a tool of macOS", "osascript")},
    "node spawn.mjs": {("a tool of macOS", "plutil")},
    "command -v plutil || which say || echo /Users/sam/x launchctl: not found": set(),
    "PATH=$PWD/node_modules/.bin:$PATH open": set(),  # the repository's own program
}


def test_whatever_reaches_for_the_old_machine_is_found_and_nothing_else(tmp_path: Path) -> None:
    require()
    files: dict[str, str | bytes] = {
        "socket.mjs": 'import { connect } from "node:net";\n'
        'connect("/Users/sam/.docker.sock").on("error", () => {});',
        "spawn.mjs": 'import c from "child_process"; c.spawnSync("plutil", ["-p", "x"])',
    }
    root = repository(tmp_path / "acme", files)
    (root / "notes").symlink_to("/Users/sam/Notes")
    install(root, {".bin/open": "#!/bin/sh\nexit 0\n"})
    options = [word for command in REACHES for word in ("--command", command)]
    done = rehearse(root, *options)
    assert done.code == 1
    for node in nodes(done):
        assert touched(node) == {what: found for what, found in REACHES.items() if found}
        assert {run["code"] for run in node["runs"]} == {None, 0}, done.out


def test_bun_which_looks_a_program_up_before_it_runs_it(tmp_path: Path) -> None:
    """The kernel sees the same as for a check, so the code has to say whether it makes one."""
    require()
    files: dict[str, str | bytes] = {
        "packages/a/run.ts": 'try { Bun.spawnSync(["pbpaste", "-x"]); } catch {}\n',
        "packages/a/look.ts": 'if (Bun.which("sips")) Bun.spawnSync(["sips", "-x"]);\n',
    }
    root = repository(tmp_path / "acme", files)
    look, run = "bun packages/a/look.ts", "bun packages/a/run.ts"
    done = rehearse(root, "--command", look, "--command", run, path=str(npm("bun") / ".bin"))
    assert done.code == 1
    for node in nodes(done):
        assert touched(node) == {run: {("a tool of macOS", "pbpaste")}}


def test_commands_that_are_left_out_prove_nothing(tmp_path: Path) -> None:
    require()
    toml = f'{TOML}[rehearse]\ncommands = ["true", "echo more"]\n'
    done = rehearse(repository(tmp_path / "acme", {"fleetmod.toml": toml}), "--command", "true")
    assert done.code == 3 and "not started, of rehearse.commands: echo more" in done.out


def test_a_command_that_fails_or_does_not_end_fails_the_node(tmp_path: Path) -> None:
    require()
    root = repository(tmp_path / "acme", {})
    done = rehearse(
        root, "--command", "echo so >&2; exit 7", "--command", "sleep 600", "--timeout", "8"
    )
    assert done.code == 1
    for node in nodes(done):
        *_, fails, hangs = node["runs"]
        assert (fails["code"], fails["output"]) == (7, "so")
        assert hangs["output"].startswith("did not end within 8 s")


def test_one_that_is_stopped_leaves_nothing(tmp_path: Path) -> None:
    require()
    root = repository(tmp_path / "acme", {})
    command = [sys.executable, "-m", "fleetmod", "-C", str(root), "rehearse"]
    path = os.pathsep.join((str(bin_folder()), os.environ["PATH"]))
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [*command, "--command", "sleep 3600"],
        env={**os.environ, "PATH": path, "TMPDIR": str(tmp_path / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    begun = next(line for line in process.stderr if line.endswith(": sleep 3600\n"))
    process.terminate()
    assert process.wait(60) == 130 and begun
    assert not list((tmp_path / "tmp").iterdir())


# dies while it follows a command, the first TIMES times
DIES = """#!/bin/sh
case "$*" in *trace/command-0*)
  if [ "$(wc -l < {count})" -lt {times} ]; then
    echo >> {count}
    exec timeout -s KILL 1 {strace} "$@"
  fi
esac
exec {strace} "$@"
"""


@pytest.mark.parametrize(("times", "code"), [(1, 0), (100, 3)])
def test_a_trace_that_breaks_off_proves_nothing(tmp_path: Path, times: int, code: int) -> None:
    require()
    count, strace = tmp_path / "count", tmp_path / "bin" / "strace"
    count.touch()
    strace.parent.mkdir()
    strace.write_text(DIES.format(count=count, times=times, strace=shutil.which("strace")))
    strace.chmod(0o755)
    root = repository(tmp_path / "acme", {})
    done = rehearse(root, "--command", "sleep 2", path=str(strace.parent))
    assert done.code == code, done.err
    assert done.err.count(", sleep 2\n") == (1 if code == 0 else 2)
    recorded = fleetmod(root, "gate", "--phase", "5")
    assert recorded.code == code and ("nothing was rehearsed" in recorded.out) == (code == 3)


def test_nothing_to_start_proves_nothing(tmp_path: Path) -> None:
    require()
    done = rehearse(repository(tmp_path / "acme", {}))
    assert done.code == 3 and "name some in rehearse.commands" in done.out


def test_what_the_machine_lacks_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda tool: None if tool in ("strace", "ip") else tool)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("sys.platform", "linux")
    assert means.missing()[0] == "only root can make namespaces: run it with sudo"
    assert means.missing()[1].startswith("not installed: apt-get install strace iproute2")
    monkeypatch.setattr("sys.platform", "darwin")
    assert "the second node is a Linux host" in means.missing()[0]


def test_a_program_that_the_nodes_would_not_have_is_told_first(tmp_path: Path) -> None:
    require_tools(("true", "A=b cd /tmp && nonesuch", "./own.sh", "'unended"))
    require_tools(("nonesuch x",), {"nonesuch": "macOS"})  # reaching for it is to be seen
    with pytest.raises(FleetmodError, match=r"nonesuch is not on PATH \(for `A=b nonesuch x`\)"):
        require_tools(("true", "A=b nonesuch x"))
    done = rehearse(repository(tmp_path / "acme", {}), "--command", "nonesuch")
    assert done.code == 3 and "nothing was rehearsed: nonesuch is not on PATH" in done.err


@pytest.mark.heavy
def test_after_an_installation_that_fails_nothing_else_runs(tmp_path: Path) -> None:
    root = repository(tmp_path / "acme", {})
    done = rehearse(root, "--install", "echo broken; exit 7", "--command", "touch /tmp/x")
    assert done.code == 1
    for node in nodes(done):
        assert [run["what"] for run in node["runs"]] == ["the installation"]
        assert node["problems"][-1] == "nothing else was started: the installation failed"
