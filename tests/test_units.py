"""What each key of a launchd job becomes, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest

from fleetmod.fleet.units.convert import unit_name
from fleetmod.fleet.units.model import Unconvertible
from tests.units import added, converted, settings

ALWAYS = ["Restart=always", "RestartSec=1s"]
LOOKS_AGAIN = ["RestartForceExitStatus=200 208 209 222", "RestartSec=10s"]
CRASHES = "SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGSEGV SIGSYS"


def test_the_smallest_job() -> None:
    (unit,) = converted().units
    assert unit.name == "dev.example.x.service"
    assert unit.text == (
        "# Made by `fleetmod units` from infra/x.plist; a change here is lost, "
        "write it to dev.example.x.service.d/own.conf.\n"
        "# Needs systemd 240 or newer. For a user's manager, which ends at the last logout: "
        "loginctl enable-linger.\n"
        "# Mind: nothing starts this unit; start it by hand, or by the port\n\n"
        "[Unit]\nDescription=dev.example.x\n\n"
        "[Service]\nType=exec\nExecStart=/bin/true\n"
        "ExecStopPost=-+/bin/sh -c 'exec >/dev/null 2>&1; "
        'set -- "$$(systemctl --user show --property=ExecMainPID '
        '--value %n)"; [ "$${1:-0}" -gt 1 ] && kill -s TERM -- "-$$1"\'\n'
        "KillMode=process\n"
    )


@pytest.mark.parametrize(
    ("keys", "lines"),
    [
        ({"KeepAlive": True}, ALWAYS),
        ({"OnDemand": False}, ALWAYS),
        ({"KeepAlive": False}, []),
        ({"KeepAlive": True, "ThrottleInterval": 0}, ["Restart=always", "RestartSec=0s"]),
        (
            {"KeepAlive": {"SuccessfulExit": True}},
            [
                "RestartPreventExitStatus=SIGHUP SIGINT SIGTERM SIGPIPE",
                "Restart=on-success",
                "RestartSec=1s",
            ],
        ),
        (
            {"KeepAlive": {"SuccessfulExit": False}},
            [
                "RestartForceExitStatus=SIGHUP SIGINT SIGTERM SIGPIPE",
                "Restart=on-failure",
                "RestartSec=1s",
            ],
        ),
        ({"KeepAlive": {"Crashed": True}}, [f"RestartForceExitStatus={CRASHES}", "RestartSec=1s"]),
        (
            {"KeepAlive": {"Crashed": False}},
            [
                f"RestartPreventExitStatus={CRASHES}",
                *ALWAYS,
            ],
        ),
        ({"KeepAlive": {"Crashed": False, "SuccessfulExit": False}}, ALWAYS),
        ({"KeepAlive": {"AfterInitialDemand": True}}, ALWAYS),
        ({"KeepAlive": {"PathState": {"/run/x": True}}}, LOOKS_AGAIN),
        ({"KeepAlive": {"PathState": {"/run/x": False}}}, ALWAYS),
        ({"QueueDirectories": ["/var/q"]}, LOOKS_AGAIN),
        ({"LaunchOnlyOnce": True}, ["ExecStart=-/bin/true", "RemainAfterExit=yes"]),
        (
            {"LaunchOnlyOnce": True, "KeepAlive": True},
            ["ExecStart=-/bin/true", "RemainAfterExit=yes"],
        ),
        ({"Nice": -5}, ["Nice=-5"]),
        ({"Umask": 18}, ["UMask=0022"]),
        ({"Umask": "022"}, ["UMask=0022"]),
        ({"Umask": "0x12"}, ["UMask=0022"]),
        ({"ExitTimeOut": 7}, ["TimeoutStopSec=7s"]),
        ({"ExitTimeOut": 0}, ["TimeoutStopSec=infinity"]),
        ({"ProcessType": "Standard"}, []),
        ({"ProcessType": "Background"}, ["CPUSchedulingPolicy=batch", "IOSchedulingClass=idle"]),
        ({"LowPriorityIO": True}, ["IOSchedulingClass=best-effort", "IOSchedulingPriority=7"]),
        ({"AbandonProcessGroup": True}, []),
        ({"UserName": "svc", "GroupName": "svc"}, ["User=svc", "Group=svc"]),
        ({"UserName": "root", "GroupName": "wheel"}, []),
        ({"POSIXSpawnType": "Background"}, ["CPUSchedulingPolicy=batch", "IOSchedulingClass=idle"]),
        ({"Comment": "x", "ServiceDescription": "y"}, []),
        ({"WorkingDirectory": "/srv/a b"}, ["WorkingDirectory=/srv/a b"]),
        ({"StandardInPath": "/dev/null"}, ["StandardInput=null"]),
        ({"StandardOutPath": "/tmp/100%.log"}, ["StandardOutput=append:/tmp/100%%.log"]),
        ({"StandardErrorPath": "/dev/null"}, ["StandardError=null"]),
        (
            {
                "SoftResourceLimits": {"NumberOfFiles": 10, "Core": 0},
                "HardResourceLimits": {"NumberOfFiles": 20},
            },
            ["LimitNOFILE=10:20", "LimitCORE=0"],
        ),
        ({"Debug": False, "SessionCreate": False, "InitGroups": True}, []),
    ],
)
def test_a_key_of_the_service(keys: dict[str, Any], lines: list[str]) -> None:
    assert added(**keys) == lines


@pytest.mark.parametrize(
    ("keys", "starts"),
    [
        ({}, False),
        ({"RunAtLoad": True}, True),
        ({"RunAtLoad": False}, False),
        ({"KeepAlive": True}, True),
        ({"KeepAlive": {"SuccessfulExit": False}}, True),
        ({"KeepAlive": {"Crashed": True}}, True),
        ({"KeepAlive": {"Crashed": False}}, True),
        ({"KeepAlive": {"PathState": {"/run/x": True}}}, False),
        ({"KeepAlive": {"PathState": {"/run/x": False}}}, True),
        ({"KeepAlive": {"AfterInitialDemand": True}}, False),
        ({"KeepAlive": {"AfterInitialDemand": True, "Crashed": True}}, False),
        ({"KeepAlive": {"AfterInitialDemand": True, "Crashed": True}, "RunAtLoad": True}, True),
        ({"StartInterval": 5}, False),
        ({"StartInterval": 5, "RunAtLoad": True}, True),
    ],
)
def test_whether_it_starts_with_the_manager(keys: dict[str, Any], starts: bool) -> None:
    assert added("Install", **keys) == (["WantedBy=default.target"] if starts else [])


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        ({"Minute": 5}, ["*-*-* *:05:00"]),
        ({"Hour": 9}, ["*-*-* 09:*:00"]),
        ({}, ["*-*-* *:*:00"]),
        ({"Hour": 9, "Minute": 0, "Weekday": 0}, ["Sun *-*-* 09:00:00"]),
        ({"Hour": 9, "Minute": 0, "Weekday": 7}, ["Sun *-*-* 09:00:00"]),
        ({"Month": 12, "Day": 31, "Hour": 23, "Minute": 59}, ["*-12-31 23:59:00"]),
        ({"Day": 1, "Weekday": 1, "Hour": 0}, ["Mon *-*-* 00:*:00", "*-*-01 00:*:00"]),
        (
            [{"Weekday": day, "Hour": 8, "Minute": 0} for day in (0, 7, 3)],
            ["Sun *-*-* 08:00:00", "Wed *-*-* 08:00:00"],
        ),
    ],
)
def test_a_calendar(value: object, lines: list[str]) -> None:
    timer = added("Timer", "timer", StartCalendarInterval=value)
    assert [line for line in timer if line != "AccuracySec=1s"] == [
        f"OnCalendar={e}" for e in lines
    ]


def test_triggers() -> None:
    done = converted(
        StartInterval=300, WatchPaths=["/etc/a", "/etc/b"], QueueDirectories=["/var/q"]
    )
    assert [unit.name for unit in done.units] == [
        "dev.example.x.service",
        "dev.example.x.timer",
        "dev.example.x.path",
    ]
    assert settings(done, "Timer", "timer") == [
        "OnActiveSec=300s",
        "OnUnitActiveSec=300s",
        "AccuracySec=1s",
    ]
    assert settings(done, "Path", "path") == [
        "PathModified=/etc/a",
        "PathModified=/etc/b",
        "PathExists=%t/%N.again",
        "DirectoryNotEmpty=/var/q",
    ]
    assert settings(done, "Install", "timer") == ["WantedBy=timers.target"]
    assert settings(done, "Install", "path") == ["WantedBy=paths.target"]


@pytest.mark.parametrize(
    ("keys", "lost"),
    [
        ({"MachServices": {"a": True}}, "MachServices: is an affair of macOS"),
        *(
            ({"Sockets": value, **keys}, f"Sockets: {why}")
            for value, keys, why in (
                ([], {}, "is no dictionary"),
                ({"a": 1}, {}, "a socket is no dictionary"),
                ({"a": {"SockServiceName": "ssh"}}, {}, "the port 'ssh' is no number"),
                ({"a": {"SockServiceName": "1", "Bonjour": True}}, {}, "'Bonjour' has no"),
                ({"a": {"SockServiceName": "1", "SockPassive": False}}, {}, "a socket that"),
                ({"a": {"SockServiceName": "1", "SockNodeName": "x.y"}}, {}, "the address of"),
                ({"a": {"SockPathName": "/a", "SockPathMode": "x"}}, {}, "SockPathMode is no"),
                (
                    {"a": {"SockServiceName": "1"}},
                    {"inetdCompatibility": {"Wait": False}},
                    "inetdCompatibility without Wait",
                ),
            )
        ),
        ({"inetdCompatibility": {}}, "inetdCompatibility: has no Sockets"),
        ({"LimitLoadToSessionType": "LoginWindow"}, "LimitLoadToSessionType: there is no"),
        ({"SoftwareVersion": "1"}, "SoftwareVersion: is no key that fleetmod knows"),
        ({"KeepAlive": {"NetworkState": True}}, "KeepAlive.NetworkState: launchd no longer"),
        ({"KeepAlive": {"OtherJobEnabled": {"a": True}}}, "KeepAlive.OtherJobEnabled: systemd"),
        (
            {"KeepAlive": {"PathState": {"/a": False}, "Crashed": True}},
            "KeepAlive.PathState: false",
        ),
        ({"KeepAlive": {"PathState": {"/a": False, "/b": True}}}, "KeepAlive.PathState: false"),
        ({"KeepAlive": {"PathState": {"/a": 1}}}, "KeepAlive.PathState: holds what is no boolean"),
        ({"KeepAlive": "yes"}, "KeepAlive: is neither a boolean"),
        ({"KeepAlive": {"Crashed": {"a": 1}}}, "KeepAlive.Crashed: is no condition"),
        ({"StartInterval": 0}, "StartInterval: is no positive number"),
        ({"StartCalendarInterval": {"Hour": 24}}, "StartCalendarInterval: an entry's Hour"),
        ({"StartCalendarInterval": {"Hour": [1, 2]}}, "StartCalendarInterval: an entry's Hour"),
        ({"StartCalendarInterval": {"Second": 1}}, "StartCalendarInterval: an entry has"),
        ({"StartCalendarInterval": ["x"]}, "StartCalendarInterval: an entry is no dictionary"),
        ({"WatchPaths": "/a"}, "WatchPaths: is no list"),
        ({"WatchPaths": ["~/a"]}, "WatchPaths: is no absolute path"),
        ({"WorkingDirectory": "/a\nb"}, "WorkingDirectory: is no absolute path"),
        ({"StandardOutPath": "log"}, "StandardOutPath: is no absolute path"),
        ({"ThrottleInterval": "5", "KeepAlive": True}, "ThrottleInterval: is no number"),
        ({"EnvironmentVariables": {"A-B": "1"}}, "EnvironmentVariables: systemd takes no"),
        ({"EnvironmentVariables": {"A": 1}}, "EnvironmentVariables: the value of A is no text"),
        ({"EnvironmentVariables": []}, "EnvironmentVariables: is no dictionary"),
        ({"Nice": 40}, "Nice: is no number from -20 to 19"),
        ({"Umask": "rw"}, "Umask: is no file mode mask"),
        ({"UserName": "a b"}, "UserName: is no account"),
        ({"SoftResourceLimits": {"Tea": 1}}, "ResourceLimits.Tea: is no limit"),
        ({"ProcessType": "Adaptive"}, "ProcessType: systemd has no such class"),
        ({"StartOnMount": True}, "StartOnMount: no unit is started by any mount"),
    ],
)
def test_what_is_lost_is_said_in_the_report_and_in_the_unit(
    keys: dict[str, Any], lost: str
) -> None:
    done = converted(**keys)
    assert len(done.lost) == 1 and done.lost[0].startswith(lost), done.lost
    assert f"# Not converted: {done.lost[0]}\n" in done.units[0].text


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"Label": None}, "has no Label"),
        ({"Label": "a b"}, "the label 'a b' makes no name of a unit"),
        ({"Label": "../x"}, "the label '../x' makes no name of a unit"),
        ({"ProgramArguments": None}, "has neither Program nor ProgramArguments"),
        ({"ProgramArguments": []}, "has neither Program nor ProgramArguments"),
        ({"ProgramArguments": "/bin/true"}, "ProgramArguments is no list"),
        ({"ProgramArguments": [1]}, "ProgramArguments holds what is no text"),
        ({"ProgramArguments": ["bin/x"]}, "the program is neither an absolute path nor"),
        ({"ProgramArguments": ["__BUN__", "x"]}, "the program is the placeholder __BUN__"),
        ({"ProgramArguments": ["-x"]}, "the program is neither an absolute path nor"),
        ({"ProgramArguments": ["__DIR__/x"]}, "the program is neither an absolute path nor"),
        ({"ProgramArguments": ["/bin/$x"]}, "the program's path holds `$`"),
        ({"ProgramArguments": ["/Users/eve/x"]}, "ProgramArguments names /Users/eve: eve is"),
        ({"WorkingDirectory": "/Users/eve"}, "WorkingDirectory names /Users/eve: eve is not among"),
        ({"UserName": "al", "WorkingDirectory": "/Users/alice"}, "WorkingDirectory names a"),
    ],
)
def test_a_job_that_no_unit_can_stand_for(keys: dict[str, Any], why: str) -> None:
    done = converted(**keys)
    assert done.refused.startswith(why), done.refused
    assert done.units == ()


def test_another_program_than_the_first_argument() -> None:
    done = converted(Program="/opt/x y", ProgramArguments=["x", "-v"])
    assert settings(done, "Service")[1] == 'ExecStart="@/opt/x y" x -v'
    done = converted(Program="/opt/x", ProgramArguments=None)
    assert settings(done, "Service")[1] == "ExecStart=/opt/x"


def test_a_program_without_a_folder_is_not_searched_in_the_path_of_the_job() -> None:
    done = converted(ProgramArguments=["bun", "run"], EnvironmentVariables={"PATH": "/a"})
    assert not any("SearchPath" in line for line in settings(done, "Service"))
    assert any(line.startswith("ProgramArguments: bun is looked for") for line in done.differs)
    assert not any("looked for" in line for line in converted(ProgramArguments=["bun"]).differs)


EVIL = "x\n[Service]\nExecStartPre=/bin/touch /tmp/injected\n#"


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ("x.plist", {EVIL: 1}),
        ("x.plist", {"KeepAlive": {EVIL: True}}),
        ("x.plist", {"KeepAlive": {"PathState": {EVIL: True}}}),
        ("x.plist", {"SoftResourceLimits": {EVIL: 1}}),
        ("x.plist", {"EnvironmentVariables": {EVIL: "a"}}),
        ("x.plist", {"StartCalendarInterval": {EVIL: 1}}),
        ("x.plist", {"Sockets": {EVIL: {"SockServiceName": "1234"}}}),
        ("x.plist", {"Sockets": {"a": {EVIL: "1234"}}}),
        ("x.plist", {"StandardOutPath": f"/a{EVIL}/b", "UserName": EVIL}),
        (f"{EVIL}.plist", {"KeepAlive": True}),
    ],
)
def test_no_text_of_a_plist_leaves_the_comment(source: str, keys: dict[str, Any]) -> None:
    for unit in converted(source, **keys).units:
        lines = [line for line in unit.text.splitlines() if not line.startswith("#")]
        assert not any("injected" in line for line in lines), unit.text
        assert len([line for line in lines if line.startswith("[")]) == len(
            [settings for settings in unit.sections.values() if settings]
        )


@pytest.mark.parametrize("label", ["a+b", "x@", "", "a" * 260, "é"])
def test_a_label_without_a_unit(label: str) -> None:
    with pytest.raises(Unconvertible):
        unit_name(label)


def test_names_are_the_adapters() -> None:
    assert unit_name("dev.example.x") == "dev.example.x.service"
    assert unit_name("dev.example.service") == "dev.example.service"
    assert unit_name("x@1.timer") == "x@1.timer.service"


@pytest.mark.parametrize(
    ("socket", "lines"),
    [
        ({"SockServiceName": "8080"}, ["ListenStream=8080"]),
        ({"SockServiceName": 8080, "SockFamily": "IPv4"}, ["ListenStream=0.0.0.0:8080"]),
        (
            {"SockServiceName": "53", "SockType": "dgram", "SockNodeName": "::1"},
            ["ListenDatagram=[::1]:53"],
        ),
        ({"SockServiceName": "80", "SockNodeName": "localhost"}, ["ListenStream=127.0.0.1:80"]),
        (
            {"SockPathName": "/Users/alice/s", "SockPathMode": 384},
            ["ListenStream=%h/s", "SocketMode=0600"],
        ),
        ({"SockPathName": "/s", "SockPathMode": 49663}, ["ListenStream=/s", "SocketMode=0777"]),
    ],
)
def test_a_socket(socket: dict[str, Any], lines: list[str]) -> None:
    done = converted(Sockets={"Listeners": socket})
    assert settings(done, "Socket", "socket") == lines
    assert settings(done, "Install", "socket") == ["WantedBy=sockets.target"]
    assert any("sd_listen_fds(3)" in line for line in done.differs)
    done = converted(Sockets={"L": [socket]}, inetdCompatibility={"Wait": True})
    assert "StandardInput=socket" in settings(done, "Service")


@pytest.mark.parametrize(
    ("types", "target"),
    [
        ("Aqua", "graphical-session"),
        (["Aqua"], "graphical-session"),
        ("Background", "default"),
        (["Aqua", "Background"], "default"),
    ],
)
def test_a_session_type(types: object, target: str) -> None:
    done = converted(LimitLoadToSessionType=types, RunAtLoad=True, StartInterval=60)
    assert settings(done, "Install") == [f"WantedBy={target}.target"]
    is_graphical = target != "default"
    part = f"PartOf={target}.target"
    assert (part in settings(done, "Unit")) == is_graphical
    assert (part in settings(done, "Unit", "timer")) == is_graphical
    timers = f"WantedBy={target if is_graphical else 'timers'}.target"
    assert settings(done, "Install", "timer") == [timers]
    assert any("without a screen" in line for line in done.differs) == is_graphical


@pytest.mark.parametrize(
    ("words", "tools"),
    [
        (["osascript", "-e", "x"], ["osascript"]),
        (["/usr/bin/open", "-a", "x"], ["open"]),
        (["/usr/bin/caffeinate", "-i", "/usr/bin/say", "x"], ["caffeinate", "say"]),
        (["/usr/bin/env", "A=1", "pmset", "x"], ["pmset"]),
        (["/bin/zsh", "-lc", "cd /x && defaults read y; node z"], ["defaults"]),
        (["/bin/bash", "-c", "command -v pbcopy && pbcopy"], []),
        (["/bin/bash", "x.sh", "open"], []),
        (["/opt/x/node", "open"], []),
    ],
)
def test_tools_of_macos_are_told(words: list[str], tools: list[str]) -> None:
    told = [line for line in converted(ProgramArguments=words).differs if "is a tool" in line]
    assert [line.split()[1] for line in told] == tools, told


@pytest.mark.parametrize("disabled", [False, True])
def test_last_of_all_it_is_said_that_nothing_starts_it(disabled: bool) -> None:
    done = converted(Disabled=disabled, UserName="svc", EnvironmentVariables={"A": "/Library/x"})
    assert done.differs[-1].startswith("nothing starts this unit")
    done = converted(Disabled=disabled, RunAtLoad=True)
    assert not any("nothing starts" in line for line in done.differs)


@pytest.mark.parametrize(
    ("source", "is_system"),
    [
        ("Postfix.LaunchDaemons/x.plist", True),
        ("pkg/launchdaemons/x.plist", True),
        ("app_LaunchAgent/x.plist", False),
        ("LaunchDaemons.plist", False),
    ],
)
def test_a_folder_tells_daemons_from_agents(source: str, is_system: bool) -> None:
    assert converted(source).is_system == is_system
