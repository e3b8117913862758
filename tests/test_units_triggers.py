"""Converted jobs in a real user manager: what starts a run, how often, and what is left of it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.systemd import systemctl, until, user_manager
from tests.units import converted

pytestmark = pytest.mark.heavy  # triggers are waited for

NAME = "dev.example.x"


class Job:
    """One job that the manager has, and the times at which its runs began."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env = folder, env
        self.log = folder / "runs"

    def starts(self) -> list[float]:
        return [float(line) for line in self.log.read_text().split()] if self.log.exists() else []

    def runs(self, count: int) -> Callable[[], bool]:
        return lambda: len(self.starts()) >= count

    def show(self, name: str, kind: str = "service") -> str:
        unit = f"{NAME}.{kind}"
        return systemctl(self.env, "show", f"--property={name}", "--value", unit).strip()

    def stays_at(self, count: int, seconds: float) -> bool:
        time.sleep(seconds)
        return len(self.starts()) == count


@contextmanager
def job(tmp_path: Path, then: str, **keys: Any) -> Iterator[Job]:
    """A job that notes its start and does `then`; loaded and enabled as the port does it."""
    script = f"date +%s.%N >> {tmp_path}/runs; {then}"
    done = converted(ProgramArguments=["/bin/sh", "-c", script], **keys)
    assert not done.refused, done.refused
    with user_manager(tmp_path) as env:
        folder = tmp_path / "home/.config/systemd/user"
        folder.mkdir(parents=True)
        for unit in done.units:
            (folder / unit.name).write_text(unit.text)
        systemctl(env, "daemon-reload")
        own = [unit.name for unit in done.units if unit.sections.get("Install")]
        if own:
            systemctl(env, "enable", "--now", *own)
        yield Job(tmp_path, env)


def gaps(starts: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(starts)]


def test_a_restart_comes_when_the_throttle_counts_from_the_start_is_over(tmp_path: Path) -> None:
    with job(tmp_path, "sleep 2", KeepAlive=True, ThrottleInterval=4) as run:
        until(run.runs(3))
        assert all(3 <= gap < 5.5 for gap in gaps(run.starts())), run.starts()


def test_a_restart_by_hand_does_not_wait(tmp_path: Path) -> None:
    with job(tmp_path, "exec sleep 60", KeepAlive=True, ThrottleInterval=60) as run:
        until(run.runs(1))
        systemctl(run.env, "restart", NAME)
        until(run.runs(2))
        systemctl(run.env, "stop", NAME)
        systemctl(run.env, "start", NAME)
        until(run.runs(3))


def test_a_stop_does_not_wait_for_the_throttle(tmp_path: Path) -> None:
    with job(tmp_path, "true", KeepAlive=True, ThrottleInterval=60) as run:
        until(lambda: run.show("SubState") == "start-pre" and run.runs(1)())
        systemctl(run.env, "stop", NAME)
        assert run.show("ActiveState") == "inactive"


@pytest.mark.parametrize(
    ("keep", "ends", "again"),
    [
        ({"Crashed": True}, "kill -SEGV $$", True),
        ({"Crashed": True}, "kill -KILL $$", False),
        ({"Crashed": True}, "exit 1", False),
        ({"Crashed": False}, "exit 1", True),
        ({"Crashed": False}, "kill -SEGV $$", False),
        ({"SuccessfulExit": True}, "exit 0", True),
        ({"SuccessfulExit": True}, "kill -TERM $$", False),
        ({"SuccessfulExit": False}, "kill -TERM $$", True),
        ({"SuccessfulExit": False}, "exit 0", False),
        ({"SuccessfulExit": True, "Crashed": True}, "kill -SEGV $$", True),
        ({"SuccessfulExit": True, "Crashed": True}, "exit 3", False),
        ({"NetworkState": True}, "exit 1", False),
    ],
)
def test_it_starts_at_load_and_again_after_the_ends_that_are_named(
    tmp_path: Path, keep: dict[str, bool], ends: str, again: bool
) -> None:
    with job(tmp_path, ends, KeepAlive=keep, ThrottleInterval=1) as run:
        until(run.runs(2 if again else 1))
        assert again or run.stays_at(1, 2.5)


def test_the_first_demand_is_a_gate(tmp_path: Path) -> None:
    keep = {"AfterInitialDemand": True, "SuccessfulExit": False}
    with job(tmp_path, "exit 1", KeepAlive=keep, ThrottleInterval=1) as run:
        assert run.stays_at(0, 1)
        systemctl(run.env, "start", NAME)
        until(run.runs(2))


def test_a_job_that_launches_only_once(tmp_path: Path) -> None:
    watched = tmp_path / "watched"
    watched.touch()
    keys = {"KeepAlive": True, "LaunchOnlyOnce": True, "StartInterval": 1, "ThrottleInterval": 1}
    with job(tmp_path, "exit 3", **keys, WatchPaths=[str(watched)]) as run:
        until(run.runs(1))
        watched.write_text("x")
        assert run.stays_at(1, 2.5)


def test_a_change_during_a_run_starts_one_more(tmp_path: Path) -> None:
    folder = tmp_path / "watched 100% $x"
    folder.mkdir()
    with job(tmp_path, "sleep 2", WatchPaths=[str(folder)], ThrottleInterval=1) as run:
        (folder / "a").touch()
        until(run.runs(1))
        time.sleep(0.5)
        (folder / "a").write_text("once more")
        until(run.runs(2))
        assert run.stays_at(2, 4)
        (folder / "a").unlink()
        until(run.runs(3))


def test_a_queue_beside_other_triggers_is_never_given_up(tmp_path: Path) -> None:
    queue = tmp_path / "queue"
    queue.mkdir()
    with job(
        tmp_path, "true", RunAtLoad=True, QueueDirectories=[str(queue)], ThrottleInterval=2
    ) as run:
        until(run.runs(1))
        (queue / "a").touch()
        until(run.runs(4))
        assert all(gap >= 1 for gap in gaps(run.starts())[1:]), run.starts()
        assert run.show("Result", "path") == "success"
        (queue / "a").unlink()
        count = len(run.starts()) + 1  # one may be on its way
        time.sleep(4)
        assert len(run.starts()) <= count
        (queue / "b").touch()
        until(run.runs(count + 1))


def test_a_queue_whose_run_cannot_begin_is_never_given_up(tmp_path: Path) -> None:
    queue = tmp_path / "queue"
    queue.mkdir()
    (queue / "a").touch()
    keys = {"QueueDirectories": [str(queue)], "WorkingDirectory": str(tmp_path / "later")}
    with job(tmp_path, f"rm -f {queue}/a", **keys) as run:
        time.sleep(3)
        assert (run.show("ActiveState", "path"), run.starts()) == ("active", [])
        (tmp_path / "later").mkdir()
        until(run.runs(1))


def test_a_path_state_holds_no_other_trigger_back(tmp_path: Path) -> None:
    flag = tmp_path / "on"
    keys = {"RunAtLoad": True, "StartInterval": 2, "ThrottleInterval": 1}
    with job(tmp_path, "true", **keys, KeepAlive={"PathState": {str(flag): True}}) as run:
        until(run.runs(3))  # at load, and twice by the timer
        flag.touch()
        before = len(run.starts())
        until(run.runs(before + 4))
        assert min(gaps(run.starts()[before + 1 :])) < 1.7, run.starts()


def test_it_is_kept_alive_while_a_path_is_absent(tmp_path: Path) -> None:
    pause = tmp_path / "pause"
    keys = {"KeepAlive": {"PathState": {str(pause): False}}, "ThrottleInterval": 1}
    with job(tmp_path, "sleep 0.2", **keys) as run:
        until(run.runs(3))
        pause.touch()
        until(lambda: run.show("ActiveState") == "inactive")
        assert run.stays_at(len(run.starts()), 2)
        before = len(run.starts())
        pause.unlink()
        until(run.runs(before + 2))


@pytest.mark.parametrize(
    ("abandons", "child", "lives"),
    [
        (False, "setsid sleep 300", True),
        (False, "sleep 300", False),
        (True, "sleep 300", True),
    ],
)
def test_what_a_run_leaves_behind(tmp_path: Path, abandons: bool, child: str, lives: bool) -> None:
    then = f"{child} & echo $! > {tmp_path}/child; sleep 0.3"
    with job(tmp_path, then, RunAtLoad=True, AbandonProcessGroup=abandons) as run:
        until((tmp_path / "child").exists)
        until(lambda: run.show("ActiveState") == "inactive")
        status = Path("/proc", (tmp_path / "child").read_text().strip(), "stat")
        if lives:
            assert status.exists()
        else:
            until(lambda: not status.exists() or status.read_text().split()[2] == "Z")


def test_a_missing_file_for_input_is_empty(tmp_path: Path) -> None:
    source = tmp_path / "in put"
    with job(
        tmp_path,
        f"cat > {tmp_path}/out; echo end >> {tmp_path}/out",
        StandardInPath=str(source),
        RunAtLoad=True,
    ):
        out = tmp_path / "out"
        until(lambda: out.exists() and out.read_text() == "end\n")
        assert source.read_text() == ""


def test_input_comes_from_its_file(tmp_path: Path) -> None:
    source = tmp_path / "in put"
    source.write_text("given\n")
    with job(tmp_path, f"cat > {tmp_path}/out", StandardInPath=str(source), RunAtLoad=True):
        out = tmp_path / "out"
        until(lambda: out.exists() and out.read_text() == "given\n")


def test_an_interval_below_the_throttle(tmp_path: Path) -> None:
    with job(tmp_path, "true", StartInterval=1, ThrottleInterval=3) as run:
        until(run.runs(3))
        assert all(2 <= gap < 4.5 for gap in gaps(run.starts())), run.starts()


def test_a_program_of_a_usual_folder_is_found_beside_the_path_of_the_job(tmp_path: Path) -> None:
    done = converted(ProgramArguments=["true"], EnvironmentVariables={"PATH": "/nowhere:$PATH"})
    with user_manager(tmp_path) as env:
        folder = tmp_path / "home/.config/systemd/user"
        folder.mkdir(parents=True)
        (folder / done.units[0].name).write_text(done.units[0].text)
        systemctl(env, "daemon-reload")
        systemctl(env, "start", NAME)


def test_it_is_kept_alive_while_a_path_is_there(tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    keep = {"PathState": {str(flag): True}}
    with job(tmp_path, "sleep 0.2", KeepAlive=keep, ThrottleInterval=0) as run:
        assert run.stays_at(0, 0.5)
        flag.touch()
        until(run.runs(6))
        flag.unlink()
        until(lambda: run.show("ActiveState") == "inactive")
        before = len(run.starts())
        flag.touch()
        until(run.runs(before + 2))


def test_a_socket_starts_a_job_and_is_never_given_up(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listeners = {"Listeners": {"SockPathName": str(path)}}
    then = f"echo $LISTEN_FDS > {tmp_path}/fds"
    with job(tmp_path, then, Sockets=listeners, ThrottleInterval=2) as run:
        assert run.stays_at(0, 0.5)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            until(run.runs(3))  # it takes no connection, so one is always there
        until(lambda: (tmp_path / "fds").read_text() == "1\n")
        assert all(gap >= 1 for gap in gaps(run.starts())), run.starts()
        assert run.show("Result", "socket") == "success"
