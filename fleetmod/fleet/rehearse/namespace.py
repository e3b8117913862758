"""A node that runs: namespaces of its own, and commands in them under strace.

strace stays outside, so that a node sees nothing of it. All ends with the first process, which
dies with this program, however that ends (setpriv(1), --pdeathsig; unshare(1), --kill-child).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.fleet.rehearse.model import MANAGER, Node, Run
from fleetmod.fleet.rehearse.programs import SYSTEM_PATH
from fleetmod.fleet.rehearse.strace import OPTIONS

# the caller's own PATH may go through the old home, and what is found on it is traced
_CLEAN = {"PATH": SYSTEM_PATH}
_PATIENCE = 60.0  # seconds for a manager to get ready
_LINES, _WIDTH = 12, 300
_TIMED_OUT, _KILLED = 124, 137  # timeout(1), EXIT STATUS
# the group whose processes a manager may sort, and no process of another's (cgroups(7)); while it
# is empty, a manager of this machine's that ends may take it away (it trims those below its own)
_ENTER = """group=/sys/fs/cgroup/$2/manager
for try in 1 2 3 4 5; do
  mkdir -p "$group" && echo $$ > "$group/cgroup.procs" && break
done
chown -R "$3:$3" "/sys/fs/cgroup/$2"
shift 3
exec "$@"
"""
# strace ends with the last process, which may be one that a command leaves behind
_TELL_CODE = 'name=$1; shift 3; "$@"; echo $? > "/run/$name.code"'
_REMOVE = 'mount -t cgroup2 cgroup2 /mnt && find "/mnt/$1" -depth -type d -delete'


class Namespace:
    """Commands of one node. `environment` is what each gets, and nothing else."""

    def __init__(self, node: Node, environment: Mapping[str, str], first: int) -> None:
        self.node, self.environment, self._first = node, environment, first
        self._straces: list[subprocess.Popen[bytes]] = []

    def run(
        self,
        name: str,
        what: str,
        command: str | tuple[str, ...],
        seconds: int,
        more: Mapping[str, str] | None = None,
        network: bool = False,
    ) -> Run:
        """Run a command of a shell, or words, in the checkout; `name` is that of its trace.

        `more` is added to the environment. With `network` it has this machine's network.
        """
        words = ("/bin/sh", "-c", command) if isinstance(command, str) else command
        bounded = ("timeout", "--kill-after=5", str(seconds), *words)
        argv = self._argv(name, bounded, {**self.environment, **(more or {})}, network)
        code = self._wait(self._start(name, argv), name)
        output = _tail(self.log(name))
        if code in (_TIMED_OUT, _KILLED):
            output = f"did not end within {seconds} s\n{output}"
        return Run(name, what, code, output)

    def _start(self, name: str, argv: list[str]) -> subprocess.Popen[bytes]:
        with self.log(name).open("wb") as out:
            strace = subprocess.Popen(
                argv,
                cwd="/",
                env=_CLEAN,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self._straces.append(strace)
        return strace

    def _wait(self, strace: subprocess.Popen[bytes], name: str) -> int:
        """The command's exit code. What it leaves behind runs on, and is traced to the end."""
        file = self._inside(f"run/{name}.code")
        while strace.poll() is None and not _text(file):
            time.sleep(0.02)
        return int(_text(file) or strace.wait())

    def _inside(self, path: str) -> Path:
        return Path(f"/proc/{self._first}/root") / path

    def start_manager(self, program: str) -> None:
        """Start the user's own manager; raises FleetmodError when it does not get ready."""
        argv = self._argv("manager", (program, "--user"), self.environment, False, _ENTER)
        strace = self._start("manager", argv)
        ready = self._inside(f"run/user/{self.node.uid}/systemd/private")
        end = time.monotonic() + _PATIENCE
        while not os.path.lexists(ready):  # what the node's user made may be a link
            if strace.poll() is not None or time.monotonic() > end:
                raise FleetmodError(
                    f"{MANAGER} did not start: {_tail(self.log('manager')) or 'it said nothing'}",
                    where=self.node.name,
                    exit_code=UNPROVEN,
                )
            time.sleep(0.05)

    def end(self) -> Run:
        """Wait until all traces are whole, once the node has ended; gives what the manager did."""
        for strace in self._straces:
            strace.wait()
        return Run("manager", MANAGER, None, _tail(self.log("manager")))

    def log(self, name: str) -> Path:
        return self.node.stage / f"{name}.log"

    def traces(self, name: str) -> list[Path]:
        """The traces of a run, one for each process."""
        return sorted((self.node.stage / "trace").glob(f"{name}.*"))

    def _argv(
        self,
        name: str,
        words: tuple[str, ...],
        environment: Mapping[str, str],
        network: bool,
        wrapper: str = _TELL_CODE,
    ) -> list[str]:
        of, uid = f"/proc/{self._first}/ns", self.node.uid
        spaces = [f"--{each}={of}/{file}" for each, file in _spaces(network)]
        assigned = [f"{key}={value}" for key, value in environment.items()]
        strace = shutil.which("strace") or "strace"
        known = (name, self.node.name, str(uid))
        shell = ("/bin/sh", "-c", f"umask 022; {wrapper}", "sh", *known)
        return [
            *(strace, *OPTIONS, "-o", str(self.node.stage / "trace" / name), "--"),
            *("nsenter", *spaces, "--", *shell),
            *("env", "-i", "-C", str(self.node.checkout), *assigned),
            *("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--", *words),
        ]


@contextmanager
def running(
    node: Node, environment: Mapping[str, str], started: list[subprocess.Popen[bytes]]
) -> Iterator[Namespace]:
    """The node, from the stage that was laid out for it, until the end of the block. Whoever kills
    its process in `started` ends it before.

    Raises FleetmodError, with UNPROVEN, where this machine does not allow it.
    """
    spaces = ("--mount", "--net", "--pid", "--uts", "--ipc", "--fork", "--kill-child")
    script = ("/bin/sh", str(node.stage / "node.sh"), str(node.stage), node.name, str(node.uid))
    log = node.stage / "node.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", "--", "unshare", *spaces, "--", *script],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    started.append(process)
    assert process.stdout is not None
    try:
        if process.stdout.readline() != b"ready\n":
            raise FleetmodError(
                f"this machine does not let it have a root of its own: {_tail(log)}",
                where=node.name,
                todo="Run it as root outside of a container, or in a privileged one",
                exit_code=UNPROVEN,
            )
        yield Namespace(node, environment, process.pid)
    finally:
        process.kill()
        process.wait()
        _remove_group(node)


_groups = threading.Lock()


def _remove_group(node: Node) -> None:
    """Take the control group away; its processes are dying, which takes a moment."""
    with _groups:
        for _ in range(100):
            argv = ["unshare", "--mount", "sh", "-c", _REMOVE, "sh", node.name]
            done = subprocess.run(argv, capture_output=True)
            if done.returncode == 0 or b"No such file" in done.stderr:
                return
            time.sleep(0.05)


def _spaces(network: bool) -> Iterator[tuple[str, str]]:
    # of the process that unshare(1) stays, whose own id is in this machine's namespace
    yield from (("mount", "mnt"), ("uts", "uts"), ("ipc", "ipc"), ("pid", "pid_for_children"))
    if not network:
        yield "net", "net"


def _tail(file: Path) -> str:
    """The last lines of what was printed; "" for what was never started."""
    if not file.exists():
        return ""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    kept = [each.rstrip()[:_WIDTH] for each in lines if each.strip()]
    return "\n".join(kept[-_LINES:])


def _text(file: Path) -> str:
    try:
        return file.read_text().strip()
    except OSError:
        return ""
