"""Rooms to run code in: a home with plists, the fake launchctl in several initial states."""

from __future__ import annotations

import json
import os
import plistlib
import select
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.differential.served import Room, Served
from tests.fakes.launchd_jobs import load_job
from tests.fakes.launchd_state import State
from tests.node import bin_folder, node, npm

HERE = Path(__file__).parent
OWN = f"gui/{os.getuid()}"
DOMAINS = tuple(dict.fromkeys((OWN, f"user/{os.getuid()}", "gui/501", "system")))
USERS = ("robin", "kim")  # whose homes stand in the room, each with a checkout and notes
NEIGHBOUR, IDLER = "org.example.neighbour", "org.example.idler"  # loaded in every state
LABELS = ("dev.lantern.beacon", "dev.lantern.mirror", "dev.lantern.shared")
SHARED = LABELS[-1]  # its plist is in the folder that all users share
QUIET = "kept"
# programs of other hosts and users that the fixture's code runs besides; they do nothing here
NOTHING = ("ssh", "xcrun", "plutil")
THROUGH = ("sudo",)  # runs the command that follows
_PATIENCE = 60  # seconds for one task


class Ended(Exception):
    """A task whose process ended, or did not answer."""


@dataclass(frozen=True)
class Initial:
    """How the services are before the code runs."""

    plist: dict[str, Any] | None  # what its plist says; None where there is none
    loaded: bool = False
    running: bool = False
    disabled: bool = False


STATES = {
    "absent": Initial(None),
    "known": Initial({}),
    "stopped": Initial({}, loaded=True),
    "running": Initial({}, loaded=True, running=True),
    "kept": Initial({"KeepAlive": True}, loaded=True, running=True),
    "disabled": Initial({"KeepAlive": True}, disabled=True),
}


@dataclass(frozen=True)
class Task:
    """One call of one exported function (or the evaluation of its module, for "")."""

    file: str  # below the room's folder
    name: str
    state: str
    session: str = OWN  # the domain of subcommands that name none: root's is "system"
    improved: tuple[str, ...] = ()
    user: str = ""  # whose home it is, below the room's folder; the room's own by default


@dataclass(frozen=True)
class Ran:
    """What came of a task."""

    outcome: tuple[str, Any]  # how it ended (returned, threw, resolved, …), and with what
    said: list[Any]  # what it wrote to the console
    stray: list[Any]  # what nobody caught
    calls: list[list[str]]  # what launchctl was asked
    told: list[tuple[list[str], int, str]]  # of each call: improvements, exit code, errors
    initial: dict[str, Any]  # what launchd held before, and after
    state: dict[str, Any]

    @property
    def used(self) -> set[str]:
        return {name for names, _, _ in self.told for name in names}

    @property
    def codes(self) -> set[int]:
        return {code for _, code, _ in self.told}

    @property
    def messages(self) -> set[str]:
        return {
            line.strip() for _, _, text in self.told for line in text.splitlines() if line.strip()
        }


@dataclass
class Worker:
    """A room and the process that runs tasks in it, started again when a task has ended it."""

    room: Room
    engine: str  # "node" or "bun"
    _process: subprocess.Popen[str] | None = field(default=None, repr=False)
    _answers: Any = field(default=None, repr=False)

    def run(self, task: Task) -> Ran:
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None and self._process.stdin is not None
        room = self.room
        document = {
            "file": str(room.folder / task.file),
            "name": task.name,
            "state": str(state_file(room, task.state, task.session)),
            "quiet": str(state_file(room, QUIET, task.session)),
            "plists": {
                str(link): str(plist_folder(room, task.state, kind))
                for kind, link in room.links.items()
            },
            "improved": list(task.improved),
            "home": str(room.folder / "Users" / task.user if task.user else room.home),
        }
        self._process.stdin.write(json.dumps(document) + "\n")
        self._process.stdin.flush()
        answered = select.select([self._answers], [], [], _PATIENCE)[0]
        line = self._answers.readline() if answered else ""
        if not line:
            self.close()
            error = (room.folder / "stderr.txt").read_text()
            raise Ended(f"{task} {'ended' if answered else 'hung'}: {error[-2000:]}")
        raw = json.loads(line.replace(str(room.folder), "/room"))
        kind, *value = raw.pop("outcome")
        told = [tuple(each) for each in raw.pop("told")]
        initial = json.loads(state_file(room, task.state, task.session).read_text())
        return Ran((kind, value[0] if value else None), told=told, initial=initial, **raw)

    def _start(self) -> None:
        room = self.room
        program = node() if self.engine == "node" else npm("bun") / ".bin" / "bun"
        names = ("state", "log", "said", "improved")
        paths = {name: str(getattr(room, name)) for name in names}
        paths["effect"] = str(room.folder / "effect.mjs")
        env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("FAKE_", "NODE_"))},
            "PATH": f"{room.bin}{os.pathsep}{bin_folder()}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(room.home),
            "PROCESS_MANAGER": "launchctl",
            "NO_COLOR": "1",
            "LANTERN_UID": "501",
            "NODE_NO_WARNINGS": "1",
        }
        reads, writes = os.pipe()
        # it answers on a descriptor of its own: what the code prints must not mix with it
        command = [str(program), str(HERE / "worker.mjs"), json.dumps(paths), str(writes)]
        with (room.folder / "stderr.txt").open("w") as errors:
            self._process = subprocess.Popen(
                command,
                cwd=room.folder,
                env=env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                text=True,
                pass_fds=(writes,),
            )
        os.close(writes)
        self._answers = os.fdopen(reads)

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._answers.close()
            self._process = None


def furnish(room: Room, served: Served) -> None:
    """Make a room's folders and programs, and the initial states of the fixture's services."""
    for folder in (room.bin, *{link.parent for link in room.links.values()}):
        folder.mkdir(parents=True, exist_ok=True)
    for user in USERS:
        (room.folder / "Users" / user / "Code" / "lantern").mkdir(parents=True)
        (room.folder / "Users" / user / "Notes").mkdir()
    served.install(room)
    for name in NOTHING:
        _program(room, name, "exit 0")
    for name in THROUGH:
        _program(room, name, 'exec "$@"')
    (room.folder / "effect.mjs").write_text('export { Effect } from "effect";\n')
    arrange(room, LABELS)


def arrange(room: Room, labels: Sequence[str]) -> None:
    """Write the plists and the initial states of these services."""
    for name, initial in STATES.items():
        for kind in room.links:
            folder = plist_folder(room, name, kind)
            folder.mkdir(parents=True, exist_ok=True)
            for label in labels if initial.plist is not None else ():
                if (label == SHARED) == (kind == "shared"):
                    _plist(folder, label, initial.plist or {})
        for session in {OWN, "system"}:
            raw = _state(room, initial, name, labels, session)
            text = json.dumps(raw, default=vars)
            state_file(room, name, session).write_text(text)


def plist_folder(room: Room, state: str, kind: str) -> Path:
    return room.folder / "plists" / state / kind


def state_file(room: Room, state: str, session: str) -> Path:
    return room.folder / f"{state}-{session.replace('/', '-')}.json"


def _program(room: Room, name: str, body: str) -> None:
    (room.bin / name).write_text(f"#!/bin/sh\n{body}\n")
    (room.bin / name).chmod(0o755)


def _plist(folder: Path, label: str, more: dict[str, Any]) -> Path:
    path = folder / f"{label}.plist"
    arguments = ["/bin/sleep", "60"]
    facts = {"Label": label, "ProgramArguments": arguments, "WorkingDirectory": "/var/empty"}
    path.write_bytes(plistlib.dumps({**facts, **more}))
    return path


def _state(
    room: Room, initial: Initial, name: str, labels: Sequence[str], session: str
) -> dict[str, Any]:
    state = State({"session": session, "next_pid": 7001})
    always = room.folder / "plists" / "always"
    always.mkdir(exist_ok=True)
    for label, keep in ((NEIGHBOUR, True), (IDLER, False)):
        load_job(state, session, str(_plist(always, label, {"KeepAlive": keep})))
    state.services[f"{session}/{IDLER}"].status = 256
    for domain in DOMAINS:
        for label in labels:
            if initial.disabled:
                state.overrides_of(domain)[label] = True
            if not initial.loaded:
                continue
            kind = "daemons" if domain == "system" else "agents"
            kind = "shared" if label == SHARED else kind
            source = plist_folder(room, name, kind) / f"{label}.plist"
            load_job(state, domain, str(source))
            job = state.services[f"{domain}/{label}"]
            job.path = str(room.links[kind] / source.name)
            if initial.running and job.pid is None:
                state.spawn(job)
    return vars(state)
