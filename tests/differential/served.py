"""The fake launchctl as a server: a Python that starts at each call would take ten times as long.

What stands on PATH is a shell script that hands its arguments over and prints the answer.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import socketserver
import subprocess
import sys
from pathlib import Path

from tests.differential.improvements import run

CLIENT = r"""#!{bash}
exec 3<>/dev/tcp/127.0.0.1/{port}
printf '%s\0' '{room}' "$PWD" "$#" "$@" >&3
IFS= read -r -d '' code <&3
IFS= read -r -d '' out <&3
IFS= read -r -d '' err <&3
printf '%s' "$out"
printf '%s' "$err" >&2
exit "$code"
"""


class Room:
    """The files of one worker: a home, the system's folders, the fake's state and log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        # where plists are looked for: links to the folders of a state
        self.links = {
            "agents": self.home / "Library" / "LaunchAgents",
            "shared": folder / "Library" / "LaunchAgents",
            "daemons": folder / "Library" / "LaunchDaemons",
            "elsewhere": folder / "opt",
        }
        self.bin = folder / "bin"
        self.state = folder / "state.json"
        self.log = folder / "log.jsonl"
        self.said = folder / "said.jsonl"  # [improvements, exit code, error output] of each call
        self.improved = folder / "improved.json"  # the improvements that are on

    @property
    def plists(self) -> dict[str, list[Path]]:
        return {"": [self.links["agents"], self.links["shared"]], "system": [self.links["daemons"]]}


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        folder, cwd, count = (self._field() for _ in range(3))
        args = [self._field() for _ in range(int(count))]
        code, out, err = answer(Room(Path(folder)), cwd, args)
        self.wfile.write("\0".join([str(code), out, err, ""]).encode())

    def _field(self) -> str:
        data = bytearray()
        while (byte := self.rfile.read(1)) not in (b"\0", b""):
            data += byte
        return data.decode()


def answer(room: Room, cwd: str, args: list[str]) -> tuple[int, str, str]:
    """What the fake says to one call: its exit code, output and error output."""
    os.environ["FAKE_LAUNCHCTL_STATE"] = str(room.state)
    os.environ["FAKE_LAUNCHCTL_LOG"] = str(room.log)
    os.chdir(cwd)
    on = json.loads(room.improved.read_text()) if room.improved.exists() else []
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code, used = run(args, on, room.state, room.plists)
    with room.said.open("a") as said:
        said.write(json.dumps([used, code, err.getvalue()]) + "\n")
    return code, out.getvalue(), err.getvalue()


class Served:
    """The server in a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.differential.served"]
        root = Path(__file__).parents[2]
        self.process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def install(self, room: Room) -> None:
        """Put the fake into the room's folder of programs."""
        wrapper = room.bin / "launchctl"
        bash = shutil.which("bash")
        wrapper.write_text(CLIENT.format(bash=bash, port=self.port, room=room.folder))
        wrapper.chmod(0o755)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def _serve() -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), _Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    _serve()
