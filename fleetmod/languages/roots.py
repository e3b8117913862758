"""Which scripts of a repository root runs: by `sudo`, or as a daemon of launchd."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator, Mapping

from fleetmod.filekinds import language_of
from fleetmod.host.commands import program_at
from fleetmod.host.script import read
from fleetmod.syntax.source import Source, parse

NEEDLES = (b"sudo ", b"doas ", b"LaunchDaemons")
_BECOMES = ("sudo", "doas")
_RUNS = ("sh", "bash", "zsh", "dash", "ksh", "python", "python3")
_USERS = ("-u", "--user", "-U")


def run_by_root(files: Mapping[str, bytes], lists: Mapping[str, bytes]) -> dict[str, str]:
    """Why root runs a script, by the script's name. `files` hold one of the NEEDLES; `lists` are
    the property lists of the repository."""
    found: dict[str, str] = {}
    for path, data in files.items():
        if language_of(path, data) == "shell":
            for name in _by_sudo(path, data):
                found.setdefault(name, f"{path} runs it as root")
        if b"LaunchDaemons" in data:
            for listed, name in _daemons(path, data, lists):
                said = f"{path} installs {listed} in LaunchDaemons, so that root runs it"
                found.setdefault(name, said)
    return found


def _by_sudo(path: str, data: bytes) -> Iterator[str]:
    script = read(Source(path, data, "bash", parse("bash", data)))
    for command in script.commands:
        words = script.words(command)
        at = program_at(words)
        before = words[:at]
        if at is None or not any(word in _BECOMES for word in before):
            continue
        if any(word and word.startswith(_USERS) for word in before):
            continue
        word = words[at] or ""
        if word.rpartition("/")[2] in _RUNS:
            word = next((w for w in words[at + 1 :] if w and not w.startswith("-")), "")
        name = word.rpartition("/")[2]
        if "/" in word or name.endswith((".sh", ".py")):
            yield name


def _daemons(path: str, data: bytes, lists: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """The lists that a file installs as daemons, each with the name of a program of it."""
    folder = path.rpartition("/")[0]
    for listed, text in lists.items():
        where, _, name = listed.rpartition("/")
        if name.encode() not in data and not (where == folder and b"*.plist" in data):
            continue
        try:
            job = plistlib.loads(text)
        except Exception:  # plistlib lets many errors through; such a list starts nothing
            continue
        if not isinstance(job, dict) or job.get("UserName", "root") != "root":
            continue
        words = job.get("ProgramArguments")
        words = [*(words if isinstance(words, list) else []), job.get("Program")]
        for word in words:
            if isinstance(word, str) and "/" in word:
                yield listed, word.rpartition("/")[2]
