"""What the processes of one run reached for, from their traces."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from fleetmod.fleet.rehearse.model import Touch
from fleetmod.fleet.rehearse.strace import Call, calls
from fleetmod.fleet.rehearse.touch import Old

_SHELLS = {"sh", "dash", "bash", "zsh", "ksh", "ash", "busybox"}
# dash and busybox, bash, and zsh, in the locale C
_NOT_FOUND = re.compile(
    r"(?:^|[\s:])([\w.+-]+): (?:command )?not found|command not found: ([\w.+-]+)"
)
_LOOKS = {"stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2"}


@dataclass
class _Process:
    """One process or thread: what it made, what it ran last, and what it reached for since."""

    words: tuple[str, ...] = ()
    program: str = ""
    children: list[str] = field(default_factory=list)
    found: list[Touch] = field(default_factory=list)
    tried: dict[str, str] = field(default_factory=dict)  # tools, and what became of each
    said: set[str] = field(default_factory=set)  # what it wrote that it had not found
    looked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def judge(files: Iterable[Path], old: Old, path: Iterable[str], own: Path) -> tuple[Touch, ...]:
    """What was reached for, each thing once a command line.

    `files` are the traces, named `….PID`; `path` are the folders on PATH, and `own` the folder
    below which a program is the repository's own, whatever its name.
    """
    needles = [*old.needles(), *old.tools]
    processes: dict[str, _Process] = {}
    for file in files:
        with file.open(encoding="utf-8", errors="surrogateescape") as lines:
            processes[file.suffix[1:]] = _read(calls(lines, needles), old, own)
    parents = {child: pid for pid, each in processes.items() for child in each.children}
    touches: dict[Touch, None] = {}
    for pid, process in processes.items():
        above = process
        while not above.words and pid in parents:  # it is a copy, or a thread, of that one
            pid = parents[pid]
            above = processes[pid]
        tools = _tools(process, above.program, old, set(path))
        for touch in (*process.found, *tools):
            command = touch.process or " ".join(above.words)
            touches[replace(touch, process=command)] = None
    return tuple(touches)


def _read(found: Iterable[Call], old: Old, own: Path) -> _Process:
    process = _Process()
    for call in found:
        if call.child:
            process.children.append(call.child)
        for path in call.paths:
            kind, place = old.place(path, call.follows)
            if kind:
                how = f"{call.name}: {call.error or 'it is there'}"
                process.found.append(Touch(kind, place, how, " ".join(process.words)))
        if call.name == "execve":
            _execute(process, call, old, own)
        elif call.name == "write":
            process.said |= {dash or zsh for dash, zsh in _NOT_FOUND.findall(call.text)}
        elif call.name in _LOOKS and call.error == "ENOENT" and call.paths:
            folder, _, name = call.paths[0].rpartition("/")
            if name in old.tools:
                process.looked[name].add(folder)
    return process


def _execute(process: _Process, call: Call, old: Old, own: Path) -> None:
    name = call.paths[0].rpartition("/")[2] if call.paths else ""
    if name in old.tools:
        if call.error:  # one folder of PATH after the other is tried
            process.tried.setdefault(name, call.error)
        else:
            process.tried.pop(name, None)
            if not Path(call.paths[0]).is_relative_to(own):
                kind = f"a tool of {old.tools[name]}"
                process.found.append(Touch(kind, name, "it ran", " ".join(call.words)))
    if not call.error:
        process.words, process.program = call.words, name


def _tools(process: _Process, program: str, old: Old, path: set[str]) -> Iterator[Touch]:
    """The calls of tools that came to nothing."""
    tried = dict(process.tried)
    if program in _SHELLS:
        tried |= dict.fromkeys(process.said & set(process.looked), "not found")
    if program == "bun":
        # Bun looks a program up before it runs it, and runs nothing where there is none. A mere
        # check looks the same to the kernel, so here the code has to say that it makes none.
        searched = {tool for tool, folders in process.looked.items() if path <= folders}
        tried |= dict.fromkeys(searched & old.unguarded, "not on PATH")
    for tool, outcome in tried.items():
        if tool in old.tools:
            yield Touch(f"a tool of {old.tools[tool]}", tool, f"called: {outcome}", "")
