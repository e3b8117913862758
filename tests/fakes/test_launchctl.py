"""The fake launchctl answers as the real one is documented to: what other tests build on."""

from __future__ import annotations

import os
import plistlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.install import FakeLaunchctl, fake_launchctl

OWN = f"gui/{os.getuid()}"
X = "dev.example.x"
GONE = f'Could not find service "{X}" in domain for'


class Mac:
    """The fake, with one KeepAlive and one plain job in a folder."""

    def __init__(self, folder: Path) -> None:
        self.fake: FakeLaunchctl = fake_launchctl(folder / "bin")
        self.plist = self._write(folder, X, {"KeepAlive": True})
        self.idle = self._write(folder, "dev.example.idle", {})

    @staticmethod
    def _write(folder: Path, label: str, more: dict[str, Any]) -> str:
        path = folder / f"{label}.plist"
        arguments = ["/bin/sleep", "9"]
        path.write_bytes(plistlib.dumps({"Label": label, "ProgramArguments": arguments, **more}))
        return str(path)

    def __call__(self, *args: str) -> tuple[int, str, str]:
        env = {**os.environ, **self.fake.env}
        done = subprocess.run(["launchctl", *args], env=env, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def pid(self, label: str = X) -> int | None:
        job = self.fake.state["services"][f"{OWN}/{label}"]
        return int(job["pid"]) if job["pid"] else None


@pytest.fixture
def mac(tmp_path: Path) -> Mac:
    return Mac(tmp_path)


def test_list_is_a_table(mac: Mac) -> None:
    assert mac("list") == (0, "PID\tStatus\tLabel\n", "")
    mac("bootstrap", OWN, mac.plist, mac.idle)
    mac("bootstrap", "system", mac.plist)
    rows = f"{mac.pid()}\t0\t{X}\n-\t0\tdev.example.idle\n"
    assert mac("list") == (0, "PID\tStatus\tLabel\n" + rows, "")


def test_list_of_a_label_is_a_dictionary(mac: Mac) -> None:
    assert mac("list", X) == (113, "", f"{GONE} port\n")
    mac("bootstrap", OWN, mac.plist)
    mac("stop", X)
    code, out, _ = mac("list", X)
    assert (code, out[:2], out[-3:]) == (0, "{\n", "};\n")
    assert f'\t"Label" = "{X}";\n' in out
    assert '\t"LastExitStatus" = 15;\n' in out
    assert f'\t"PID" = {mac.pid()};\n' in out
    assert '\t"Program" = "/bin/sleep";\n\t"ProgramArguments" = (\n\t\t"/bin/sleep";\n' in out


def test_print_of_a_service(mac: Mac) -> None:
    assert mac("print", f"gui/501/{X}") == (113, "", f"Bad request.\n{GONE} user gui: 501\n")
    assert mac("print", f"system/{X}") == (113, "", f"Bad request.\n{GONE} system\n")
    mac("bootstrap", OWN, mac.plist)
    code, out, _ = mac("print", f"{OWN}/{X}")
    assert code == 0
    for line in (f"path = {mac.plist}", "state = running", f"pid = {mac.pid()}", "runs = 1"):
        assert f"\n\t{line}\n" in out
    assert "\tlast exit code = (never exited)\n" in out
    mac("kill", "SIGKILL", f"{OWN}/{X}")
    assert "\tlast terminating signal = Killed: 9\n" in mac("print", f"{OWN}/{X}")[1]


def test_print_of_a_domain(mac: Mac) -> None:
    mac("bootstrap", OWN, mac.plist)
    mac("disable", f"{OWN}/other")
    out = mac("print", OWN)[1]
    assert f"{mac.pid():>8}      - \t{X}\n" in out
    assert '\t\t"other" => disabled\n' in out
    assert X not in mac("print", "system")[1]


def test_targets_that_are_none(mac: Mac) -> None:
    for args in (["print", X], ["print"], ["kickstart", OWN], ["bootstrap", OWN], ["enable", "x"]):
        assert mac(*args)[0] == 64
    assert mac("frobnicate") == (1, "", "Unrecognized subcommand: frobnicate\n")
    mac.fake.script(absent_domains=["gui/999"])
    message = "Bad request.\nCould not find domain for user gui: 999\n"
    assert mac("print", "gui/999") == (112, "", message)


def test_bootstrap(mac: Mac) -> None:
    failed = (5, "", "Bootstrap failed: 5: Input/output error\n")
    assert mac("bootstrap", OWN, mac.plist) == (0, "", "")
    assert mac("bootstrap", OWN, mac.plist) == failed
    assert mac("bootstrap", OWN, "/nowhere/x.plist") == failed
    broken = Path(mac.plist).with_name("broken.plist")
    broken.write_text("<plist>")
    assert mac("bootstrap", OWN, str(broken)) == failed
    assert mac("bootstrap", OWN, mac.idle)[0] == 0
    assert (mac.pid() is not None, mac.pid("dev.example.idle")) == (True, None)


def test_disabled_is_not_loaded_and_persists(mac: Mac) -> None:
    assert mac("disable", f"{OWN}/{X}") == (0, "", "")
    assert mac("bootstrap", OWN, mac.plist)[0] == 5
    uid = OWN.partition("/")[2]
    assert mac("print-disabled", f"user/{uid}")[1].endswith(f'\t"{X}" => disabled\n}}\n')
    assert mac("enable", f"{OWN}/{X}") == (0, "", "")
    assert f'"{X}" => enabled' in mac("print-disabled", OWN)[1]
    mac.fake.script(old_words=True)
    assert f'"{X}" => false' in mac("print-disabled", OWN)[1]
    assert mac("bootstrap", OWN, mac.plist)[0] == 0
    mac("disable", f"{OWN}/{X}")
    assert mac.pid() is not None


def test_bootout_by_target_and_by_path(mac: Mac) -> None:
    absent = (3, "", "Boot-out failed: 3: No such process\n")
    assert mac("bootout", f"{OWN}/{X}") == absent
    assert mac("bootout", OWN, mac.plist) == absent
    for args in ([f"{OWN}/{X}"], [OWN, mac.plist]):
        mac("bootstrap", OWN, mac.plist)
        assert mac("bootout", *args) == (0, "", "")
        assert mac("print", f"{OWN}/{X}")[0] == 113
    assert mac("bootout", OWN)[0] == 64


def test_a_removal_that_takes_its_time(mac: Mac) -> None:
    mac("bootstrap", OWN, mac.plist)
    mac.fake.script(teardown={"polls": 2, "bootstrap": 37})
    slow = (36, "", "Boot-out failed: 36: Operation now in progress\n")
    assert mac("bootout", f"{OWN}/{X}") == slow
    assert mac("print", f"{OWN}/{X}")[0] == 0
    assert mac("bootstrap", OWN, mac.plist)[0] == 37
    assert mac("bootstrap", OWN, mac.plist)[0] == 0


def test_kickstart(mac: Mac) -> None:
    assert mac("kickstart", "-k", f"{OWN}/{X}") == (113, "", f"{GONE} {_user(OWN)}\n")
    mac("bootstrap", OWN, mac.plist)
    first = mac.pid()
    assert mac("kickstart", "-p", f"{OWN}/{X}") == (0, f"{first}\n", "")
    assert mac("kickstart", "-kp", f"{OWN}/{X}") == (0, f"{mac.pid()}\n", "")
    assert mac.pid() != first


def test_start_and_stop_by_label(mac: Mac) -> None:
    assert mac("start", X) == (3, "", "")
    assert mac("stop", X) == (3, "", "")
    mac("load", mac.plist, mac.idle)
    first = mac.pid()
    assert mac("start", X) == (0, "", "")
    assert mac.pid() == first
    assert mac("stop", X) == (0, "", "")
    assert mac.pid() not in (None, first)
    mac("start", "dev.example.idle")
    assert mac.pid("dev.example.idle") is not None
    mac("stop", "dev.example.idle")
    assert mac.pid("dev.example.idle") is None
    assert mac("stop", "dev.example.idle") == (0, "", "")


def test_load_and_unload_hide_their_failures(mac: Mac) -> None:
    hint = "Try running `launchctl {}` as root for richer errors.\n"
    unloaded = (0, "", "Unload failed: 5: Input/output error\n" + hint.format("bootout"))
    failed = (0, "", "Load failed: 5: Input/output error\n" + hint.format("bootstrap"))
    assert mac("unload", mac.plist) == unloaded
    assert mac("load", mac.plist) == (0, "", "")
    assert mac("load", mac.plist) == failed
    assert mac("unload", "-w", mac.plist) == (0, "", "")
    assert mac("load", mac.plist) == failed
    assert mac("load", "-w", mac.plist) == (0, "", "")
    assert mac("unload", "/nowhere/x.plist") == unloaded


def test_remove_and_kill(mac: Mac) -> None:
    assert mac("remove", X) == (0, "", "")
    assert mac("kill", "TERM", f"{OWN}/{X}")[0] == 113
    mac("load", mac.plist, mac.idle)
    first = mac.pid()
    assert mac("kill", "9", f"{OWN}/{X}") == (0, "", "")
    assert mac.pid() not in (None, first)
    assert mac("kill", "TERM", f"{OWN}/dev.example.idle") == (3, "", "No process to signal.\n")
    assert mac("kill", "SIGNOTHING", f"{OWN}/{X}")[0] == 64
    assert mac("remove", X) == (0, "", "")
    assert mac("list", X)[0] == 113


def test_scripted_faults_are_used_up_and_do_nothing(mac: Mac) -> None:
    mac.fake.script(faults=[{"verb": "bootstrap", "code": 37, "times": 2}])
    for _ in range(2):
        answer = (37, "", "Bootstrap failed: 37: Operation already in progress\n")
        assert mac("bootstrap", OWN, mac.plist) == answer
    assert mac("bootstrap", OWN, mac.plist)[0] == 0


def test_every_call_is_logged_and_concurrent_ones_are_not_lost(mac: Mac) -> None:
    env = {**os.environ, **mac.fake.env}
    labels = [f"dev.example.{n}" for n in range(8)]
    running = [subprocess.Popen(["launchctl", "disable", f"{OWN}/{x}"], env=env) for x in labels]
    assert [process.wait() for process in running] == [0] * 8
    assert sorted(mac.fake.calls) == sorted(["disable", f"{OWN}/{x}"] for x in labels)
    assert sorted(mac.fake.state["overrides"][OWN.partition("/")[2]]) == labels


def _user(domain: str) -> str:
    return f"user gui: {domain.partition('/')[2]}"
