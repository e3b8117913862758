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


@pytest.mark.parametrize("keys", [{"UserName": "svc"}, {"source": "ops/LaunchDaemons/x.plist"}])
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
        ("no plist", "is no property list: "),
        ("<plist><dict><key>Label</key></dict></plist>", "is no property list: "),
        ("<plist><dict><key>a</key><date>x</date></dict></plist>", "is no property list: "),
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
