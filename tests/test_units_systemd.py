"""Converted units in the hands of systemd itself: its verifier, its calendar, its user manager."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fleetmod.fleet.units.calendar import expressions
from fleetmod.fleet.units.model import Converted
from tests.systemd import analyze, systemctl, until, user_manager
from tests.units import converted

# Every word that a quoting rule of systemd.service(5) or systemd.unit(5) has its eye on.
WORDS = [
    *("", " ", "a b", "a  b ", "\ta\t", "a\nb", "'", '"', "it's", 'say "x"', "\\", "a\\", "\\n"),
    *("%", "%h", "%%", "100%", "$", "$HOME", "${HOME}", "$$", "a$b", "a${HOME}b", "$1"),
    *(";", ";;", "\\;", "#", "# a", "-", "--", "@x", "+x", "!x", ":x", "|", "&", ">", "*", "~"),
    *("é", "日本", "\x07", "\x1b[0m", "\x7f", "\u00a0", "a=b", "=", ",", "`id`", "(", "\u2028"),
]
# Writes its arguments, its variables and its folder to the file that it is given first.
REPORT = """
import json, os, sys
fresh = sys.argv[1] + ".new"
with open(fresh, "w") as file:
    json.dump([sys.argv[2:], dict(os.environ), os.getcwd()], file)
os.rename(fresh, sys.argv[1])
"""
KEYS: list[dict[str, Any]] = [
    {"KeepAlive": True, "RunAtLoad": True, "ThrottleInterval": 5, "Nice": 5, "Umask": 63},
    *({"KeepAlive": {"Crashed": value}} for value in (True, False)),
    *({"KeepAlive": {"SuccessfulExit": value}} for value in (True, False)),
    *({"KeepAlive": {"PathState": {"/run/a b": value}}} for value in (True, False)),
    {"LaunchOnlyOnce": True, "RunAtLoad": True},
    {"StartInterval": 300, "RunAtLoad": True, "ProcessType": "Background"},
    {"StartCalendarInterval": [{"Weekday": 0, "Hour": 3}, {"Day": 31}], "LowPriorityIO": True},
    {"WatchPaths": ["/etc/hosts", "/tmp/100% of it"], "QueueDirectories": ["/var/spool/x"]},
    {"QueueDirectories": ["/var/spool/x"], "AbandonProcessGroup": True, "ExitTimeOut": 0},
    {"StandardOutPath": "/tmp/o %n.log", "StandardErrorPath": "/dev/null"},
    {"StandardInPath": "/etc/hosts"},
    {"EnvironmentVariables": {"A": "x $y %z \"q\" 'r'\n\\", "B": ""}, "WorkingDirectory": "/tmp"},
    {"ProgramArguments": ["sleep", *WORDS], "EnvironmentVariables": {"PATH": "/bin:/usr/bin"}},
    {"Program": "/bin/sleep", "ProgramArguments": ["another name", "1"]},
    {"SoftResourceLimits": {"NumberOfFiles": 100}, "HardResourceLimits": {"NumberOfFiles": 200}},
]  # fmt: skip


def write(done: Converted, folder: Path) -> list[Path]:
    assert not done.refused and not done.lost, (done.refused, done.lost)
    folder.mkdir(parents=True, exist_ok=True)
    for unit in done.units:
        (folder / unit.name).write_text(unit.text)
    return [folder / unit.name for unit in done.units]


@pytest.mark.parametrize("keys", KEYS, ids=lambda keys: ",".join(keys))
def test_the_verifier_has_nothing_to_say(keys: dict[str, Any], tmp_path: Path) -> None:
    tool = analyze()
    units = write(converted(**keys), tmp_path / "units")
    env = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [tool, "verify", "--user", "--man=no", *map(str, units)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("entry", "after", "then"),
    [
        ({"Hour": 9, "Minute": 30}, "2026-03-01 09:30:00", "2026-03-02 09:30:00"),
        ({"Hour": 9}, "2026-03-01 09:30:00", "2026-03-01 09:31:00"),
        ({}, "2026-03-01 09:30:00", "2026-03-01 09:31:00"),
        # the first of March 2026 is a Sunday
        ({"Weekday": 0, "Hour": 0, "Minute": 0}, "2026-03-01 00:00:00", "2026-03-08 00:00:00"),
        ({"Weekday": 7, "Hour": 0, "Minute": 0}, "2026-03-01 00:00:00", "2026-03-08 00:00:00"),
        ({"Weekday": 6, "Hour": 0, "Minute": 0}, "2026-03-01 00:00:00", "2026-03-07 00:00:00"),
        ({"Day": 31, "Hour": 1, "Minute": 2}, "2026-03-31 01:02:00", "2026-05-31 01:02:00"),
        ({"Month": 2, "Day": 29, "Hour": 0}, "2026-03-01 00:00:00", "2028-02-29 00:00:00"),
    ],
)  # fmt: skip
def test_the_calendar_means_what_launchd_means(
    entry: dict[str, int], after: str, then: str
) -> None:
    (expression,) = expressions(entry)
    command = [analyze(), "calendar", f"--base-time={after} UTC", expression]
    env = {"TZ": "UTC", "LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Next elapse: " in done.stdout and f" {then} UTC" in done.stdout, done.stdout


def test_words_variables_and_folders_arrive_as_launchd_gives_them(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    work = tmp_path / "100% $HOME 'x'"
    work.mkdir()
    variables = {"A": "x $y %z \"q\" 'r'\n\\", "B": "", "C": "/Users/alice/x"}
    done = converted(
        ProgramArguments=[sys.executable, "-c", REPORT, str(report), *WORDS],
        EnvironmentVariables=variables,
        WorkingDirectory=str(work),
        StandardOutPath=str(work / "%n.log"),
    )
    with user_manager(tmp_path) as env:
        write(done, tmp_path / "home/.config/systemd/user")
        systemctl(env, "daemon-reload")
        systemctl(env, "start", "dev.example.x")
        until(report.exists)
    words, seen, folder = json.loads(report.read_text())
    assert words == WORDS
    expected = {**variables, "C": f"{tmp_path}/home/x"}
    assert {name: seen[name] for name in variables} == expected
    assert folder == str(work)
    assert (work / "%n.log").exists()
