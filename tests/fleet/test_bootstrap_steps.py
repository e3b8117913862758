"""The steps beside those of systemd: launchd's, runtimes, registries, and odd names."""

from __future__ import annotations

import itertools
import plistlib
import sys
from pathlib import Path

import pytest

from fleetmod.fleet.bootstrap.journal import Journal
from fleetmod.fleet.bootstrap.model import Choice, Images, Join, Node, Write
from fleetmod.fleet.bootstrap.plan import steps
from fleetmod.fleet.bootstrap.probe import Host
from fleetmod.fleet.bootstrap.run import DID, FAIL, Line, apply, examine
from fleetmod.fleet.bootstrap.undo import undo
from fleetmod.project import open_project
from tests.fleet.bootstrap import API, TOML, bootstrap, home_files, repository, tool
from tests.images.registry import layout, needs_registry, serve
from tests.systemd import user_manager

# launchd as far as the steps use it: jobs with RunAtLoad are run, variables are kept.
LAUNCHCTL = """
import json, os, pathlib, plistlib, subprocess, sys
file = pathlib.Path({state!r})
state = json.loads(file.read_text()) if file.exists() else {{"jobs": {{}}, "variables": {{}}}}
verb, *args = sys.argv[1:]
if verb == "setenv":
    state["variables"][args[0]] = args[1]
elif verb == "getenv":
    print(state["variables"].get(args[0], ""))
elif verb == "print":
    sys.exit(args[0] not in state["jobs"])
elif verb == "bootout":
    del state["jobs"][args[0]]
elif verb == "bootstrap":
    job = plistlib.loads(pathlib.Path(args[1]).read_bytes())
    state["jobs"][f"{{args[0]}}/{{job['Label']}}"] = args[1]
file.write_text(json.dumps(state))
if verb == "bootstrap" and job["Label"].endswith("environment"):
    env = {{**os.environ, **job["EnvironmentVariables"]}}
    subprocess.run(job["ProgramArguments"], env=env, check=True)
"""


def mac(tmp_path: Path, root: Path) -> Host:
    home = tmp_path / "home"
    (home / "Notes").mkdir(parents=True)
    notes = str(home / "Notes")
    places = (home / ".config", home / ".local/state/fleetmod/x")
    node = Node("koala", home, root, notes, "darwin", "arm64", *places, own_home=False)
    return Host(open_project(root), node)


def test_a_mac_gets_launch_agents_with_its_own_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = tmp_path / "launchctl.py"
    code.write_text(LAUNCHCTL.format(state=str(tmp_path / "launchd.json")))
    env = tool(tmp_path / "bin", "launchctl", f'exec {sys.executable} {code} "$@"')
    monkeypatch.setenv("PATH", env["PATH"])
    host = mac(tmp_path, repository(tmp_path / "my clone"))
    before = home_files(host.node.home)
    found = steps(host.project, host.node, Join(), True, Choice(shared=("*",)))
    journal = Journal(host.node.state)
    with journal.held():
        lines = list(apply(host, found, journal))
    assert not failures(lines)
    agents = host.node.home / "Library/LaunchAgents"
    api = plistlib.loads((agents / f"{API}.plist").read_bytes())
    assert api["StandardOutPath"] == f"{host.node.home}/logs/api.log"
    assert len(list(agents.iterdir())) == 5
    again = Journal(host.node.state)
    assert not failures(line for step in found for line in examine(host, step, again))
    assert not [line for line in apply(host, found, again) if line.mark == DID]
    with again.held():
        assert not [each for each in undo(host, again) if each.problem]
    assert home_files(host.node.home) == before and not agents.exists()


def failures(lines: object) -> list[Line]:
    assert lines is not None
    return [line for line in lines if line.mark == FAIL]  # type: ignore[attr-defined]


def test_odd_paths_arrive_in_services_and_in_the_code(tmp_path: Path) -> None:
    # Node loads no module from a path with a backslash; the vault's may have one
    root, vault = repository(tmp_path / "a 'b' \"c\" `e` é %h"), tmp_path / "n \\d"
    vault.mkdir()
    with user_manager(tmp_path) as env:
        env = {**env, **tool(tmp_path / "bin", "unused", "")}
        ran = bootstrap(root, "apply", tmp_path / "home", env, "--vault", str(vault))
    assert ran.code == 0, ran.out


@pytest.mark.parametrize("name", ["", "Koala", "a b", "-x", "a/b", "x" * 64, "../x"])
def test_a_name_that_is_none_of_a_host_is_refused(tmp_path: Path, name: str) -> None:
    ran = bootstrap(repository(tmp_path / "r"), "plan", tmp_path, {}, "--node", name)
    assert (ran.code, ran.out) == (2, "") and "is no name for a node" in ran.err


def test_a_path_that_an_environment_file_cannot_hold_is_refused(tmp_path: Path) -> None:
    root = repository(tmp_path / "a$b")
    ran = bootstrap(root, "plan", tmp_path, {})
    assert (ran.code, ran.out) == (2, "") and "ACME_ROOT cannot stand" in ran.err


@pytest.mark.parametrize(
    ("script", "passes"),
    [("echo linux/x86_64", True), ("echo windows/amd64", False), ("exit 1", False)],
)
def test_a_container_runtime_must_answer(tmp_path: Path, script: str, passes: bool) -> None:
    root = repository(tmp_path / "r", toml=TOML + '[images]\ntags = ["localhost/x"]\n')
    env = {"PATH": tool(tmp_path / "bin", "docker", script)["PATH"]}
    for name in ("podman", "nerdctl"):
        tool(tmp_path / "bin", name, "exit 1")
    ran = bootstrap(root, "doctor", tmp_path, env)
    runtime = ran.out.partition("\nruntime: ")[2].partition("\nworkload: ")[0]
    assert ("failed" not in runtime) == passes
    assert ("-> Start Docker" in runtime) != passes


@needs_registry
def test_every_image_must_have_the_nodes_platform(tmp_path: Path) -> None:
    with serve(tmp_path / "registry") as served:
        folder = layout(tmp_path / "image", {"linux/arm64": "linux/arm64"})
        name = served.push(folder, "acme/api:1")
        toml = TOML + f'[images]\ntags = ["{name}"]\n'
        host = mac(tmp_path, repository(tmp_path / "r", toml=toml))
        assert host.answer(Images("has it", "linux/arm64")).ok is True
        answer = host.answer(Images("has it", "linux/amd64"))
    assert answer.ok is False and f"{name} has no linux/amd64" in answer.todo
    assert host.answer(Images("has it", "linux/arm64")).ok is None  # nobody answers now


def test_a_service_that_may_have_to_run_once_is_not_started_unasked(tmp_path: Path) -> None:
    root, home = repository(tmp_path / "clone"), tmp_path / "home"
    home.mkdir()
    asked = ("--with", "dev.example.api")
    planned = bootstrap(root, "plan", home, {}, *asked).out
    assert "run systemctl --user start dev.example.api.service" in planned
    assert "note     not started, since each may have to run once in the fleet: " in planned
    assert "dev.example.tick" in planned and "start dev.example.tick" not in planned
    file = root / "fleetmod.toml"
    file.write_text(file.read_text() + '[process]\nevery_node = ["dev.example.t*"]\n')
    planned = bootstrap(root, "plan", home, {}, *asked).out
    assert "start dev.example.tick.timer" in planned
    ran = bootstrap(root, "plan", home, {}, "--with", "dev.example.none")
    assert ran.code == 2 and "no plist has the label 'dev.example.none'" in ran.err


def test_a_launch_agent_that_is_not_to_run_is_not_written(tmp_path: Path) -> None:
    host = mac(tmp_path, repository(tmp_path / "my clone"))
    found = steps(host.project, host.node, Join(), True, Choice(shared=(API,)))
    (services,) = [step for step in found if step.id == "services"]
    written = [act.path.name for act in services.acts if isinstance(act, Write)]
    assert written == [f"{API}.plist"] and "dev.example.once" in services.notes[0]


def test_what_several_lines_ask_for_is_said_once(tmp_path: Path) -> None:
    root, home = repository(tmp_path / "clone"), tmp_path / "home"
    home.mkdir()
    told = bootstrap(root, "doctor", home, {"PATH": str(tmp_path)}).out.splitlines()
    todos = [line for line in told if line.strip().startswith("->")]
    assert all(one != other for one, other in itertools.pairwise(todos)), todos
