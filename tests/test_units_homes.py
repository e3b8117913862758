"""Home folders and the checkout in units, and the command that writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fleetmod.fleet.units.convert import Node
from tests.repo import Ran, fleetmod, make, tree
from tests.units import converted, plist, settings

TOML = """version = 1
[home]
users = ["alice"]
root = "/Users/alice/Code/acme"
"""
UNITS = "infra/systemd"


def test_homes_become_the_homes_of_the_node() -> None:
    keys = {
        "ProgramArguments": ["/Users/alice/Code/acme/run.sh", "--log=/Users/bob/x", "/Users/al"],
        "EnvironmentVariables": {"PATH": "/Users/alice/bin:/usr/bin", "V": "/Users/alice/Notes/a"},
    }
    done = converted(**{**keys, "ProgramArguments": keys["ProgramArguments"][:2]})
    assert settings(done, "Service")[1:4] == [
        "ExecStart=%h/Code/acme/run.sh --log=%h/x",
        "Environment=PATH=%h/bin:/usr/bin",
        "Environment=V=%h/Notes/a",
    ]
    assert converted(**keys).refused  # /Users/al is another's
    done = converted(node=Node("/srv/a%b"), ProgramArguments=["/Users/alice/Code/acme/run.sh"])
    assert settings(done, "Service")[1] == "ExecStart=/srv/a%%b/run.sh"


def test_an_agent_ignores_the_keys_of_daemons() -> None:
    keys = {"UserName": "alice", "GroupName": "staff", "InitGroups": False}
    done = converted("infra/LaunchAgents/x.plist", **keys, WorkingDirectory="/Users/alice/w")
    assert "WorkingDirectory=%h/w" in settings(done, "Service") and not done.is_system
    assert not any(line.startswith(("User=", "Group=")) for line in settings(done, "Service"))
    assert [line for line in done.differs if "ignored" in line] == [
        f"{key}: is ignored in an agent, as by launchd" for key in ("UserName", "GroupName")
    ]


@pytest.mark.parametrize(
    "keys",
    [
        {"UserName": "svc"},
        {"source": "ops/LaunchDaemons/x.plist"},
        {"LimitLoadToSessionType": "System"},
    ],
)
def test_a_service_of_the_system(keys: dict[str, Any]) -> None:
    node, work = Node(home="/home/al"), "/Users/alice/w"
    done = converted(**keys, node=node, WorkingDirectory=work, RunAtLoad=True)
    assert "WorkingDirectory=/home/al/w" in settings(done, "Service")
    assert settings(done, "Install") == ["WantedBy=multi-user.target"]


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    job = plist(ProgramArguments=["/Users/alice/Code/acme/run.sh"], StartInterval=60, TimeOut=5)
    files: dict[str, str | bytes] = {
        "fleetmod.toml": TOML,
        "infra/launchd/x.plist": job,
        "app/Info.plist": '<plist version="1.0"><dict/></plist>',
        "node_modules/y/y.plist": plist(Label="dev.example.y"),
    }
    return make(tmp_path / "r", files)


def units(root: Path, *args: str) -> Ran:
    return fleetmod(root, "units", "--output", str(root / UNITS), *args)


def test_units_are_printed_and_nothing_is_written(repo: Path) -> None:
    before = tree(repo)
    ran = fleetmod(repo, "units")
    assert ran.code == 0 and tree(repo) == before
    assert ran.out.count("# ==> ") == 2
    assert "ExecStart=%h/Code/acme/run.sh\n" in ran.out and "/Users/" not in ran.out
    assert ran.err == (
        "infra/launchd/x.plist: not converted: TimeOut: launchd only passes it on to the program\n"
        "infra/launchd/x.plist: mind: StartInterval: after a run that is longer, the next one "
        "starts at once, not at the next firing\n"
        "2 unit(s) of 1 plist(s), 0 refused\n"
    )


def test_units_are_written_and_checked(repo: Path) -> None:
    assert units(repo, "--check").code == 1
    assert not (repo / UNITS).exists()
    assert units(repo).code == 0
    written = tree(repo / UNITS)
    assert sorted(written) == ["dev.example.x.service", "dev.example.x.timer"]
    assert (units(repo).code, tree(repo / UNITS)) == (0, written)
    assert units(repo, "--check").code == 0
    (repo / "infra/launchd/x.plist").write_text(plist(StartInterval=61))
    ran = units(repo, "--check")
    assert ran.code == 1 and "x.timer is not what infra/launchd/x.plist makes" in ran.out
    assert tree(repo / UNITS) == written
    assert units(repo, "--check", "--checkout", "/srv/acme").code == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("<plist><dict><key>Label</key></dict></plist>", "is no property list: "),
        ("<plist><dict><key>Label</key><date>x</date></dict></plist>", "is no property list: "),
        (plist(), "infra/launchd/x.plist has the same label"),
        (plist(Label="dev.example.y", UserName="svc", RootDirectory="/Users/alice"), "--home"),
    ],
)
def test_a_refused_plist_is_told_and_the_others_are_converted(
    repo: Path, text: str, why: str
) -> None:
    (repo / "infra/launchd/y.plist").write_text(text)
    ran = units(repo)
    assert ran.code == 1 and "infra/launchd/y.plist: refused: " in ran.out and why in ran.out
    assert "2 unit(s) of 2 plist(s), 1 refused" in ran.out
    assert len(tree(repo / UNITS)) == 2


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--check"], "--check needs --output. Give the folder of the units"),
        (["--checkout", "srv"], "--checkout is no absolute path. Give one like /srv/acme"),
        (["--home", "~"], "--home is no absolute path. Give one like /srv/acme"),
        (["--output", "/dev/null/x"], "/dev/null/x: cannot be made: Not a directory."),
    ],
)
def test_wrong_usage(repo: Path, args: list[str], said: str) -> None:
    ran = fleetmod(repo, "units", *args)
    assert ran.code == 2 and ran.err.startswith(f"fleetmod: {said}"), ran.err


def test_daemons_are_written_for_the_manager_of_the_system(repo: Path) -> None:
    (repo / "ops/LaunchDaemons").mkdir(parents=True)
    daemon = plist(Label="dev.example.d", RunAtLoad=True, StartInterval=60)
    (repo / "ops/LaunchDaemons/d.plist").write_text(daemon)
    ran = units(repo)
    assert ran.code == 0
    folder = repo / UNITS
    names = ["dev.example.d.service", "dev.example.d.timer"]
    assert sorted(tree(folder / "system")) == names
    assert sorted(tree(folder)) == [
        "dev.example.x.service",
        "dev.example.x.timer",
        *(f"system/{name}" for name in names),
    ]
    service = (folder / "system" / names[0]).read_text()
    assert "/etc/systemd/system. Its label there is system/dev.example.d." in service
    assert "systemctl --system show" in service and "loginctl" not in service
    files = " ".join(str(folder / "system" / name) for name in names)
    commands = f"  cp {files} /etc/systemd/system/\n  systemctl daemon-reload\n"
    assert f"{commands}  systemctl enable --now {' '.join(names)}\n" in ran.out
    assert units(repo, "--check").code == 0


def test_a_unit_that_no_plist_makes_any_more_is_removed(repo: Path) -> None:
    assert units(repo).code == 0
    folder = repo / UNITS
    for name in ("mine.timer", "dev.example.z.service.d/own.conf"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("# mine\n")
    (repo / "infra/launchd/x.plist").write_text(plist())
    ran = units(repo, "--check")
    assert ran.code == 1 and "dev.example.x.timer is what no plist makes any more" in ran.out
    assert (folder / "dev.example.x.timer").exists()
    assert units(repo).code == 0
    kept = ["dev.example.x.service", "dev.example.z.service.d/own.conf", "mine.timer"]
    assert sorted(tree(folder)) == kept
    assert units(repo, "--check").code == 0
    (repo / "infra/launchd/x.plist").unlink()
    assert units(repo, "--check").code == 1 and units(repo).code == 0
    assert sorted(tree(folder)) == kept[1:]


def test_the_units_of_another_repository_stay(repo: Path, tmp_path: Path) -> None:
    shared = str(tmp_path / "shared")
    job = plist(Label="dev.example.o", StartInterval=60)
    other = make(tmp_path / "o", {"fleetmod.toml": TOML, "launchd/o.plist": job})
    for root in (other, repo, other, repo):
        assert fleetmod(root, "units", "--output", shared).code == 0
    assert len(tree(tmp_path / "shared")) == 4
    (other / "launchd/o.plist").write_text(plist(Label="dev.example.o"))
    assert fleetmod(other, "units", "--output", shared).code == 0
    assert "dev.example.o.timer" not in tree(tmp_path / "shared")


@pytest.mark.parametrize("text", ["{ Label = x; Program = y; }", "no list", "<plist><dict><key>a"])
def test_other_property_lists_are_no_jobs(repo: Path, text: str) -> None:
    (repo / "infra/launchd/y.plist").write_text(text)
    ran = units(repo)
    assert ran.code == 0 and "of 1 plist(s), 0 refused" in ran.out
