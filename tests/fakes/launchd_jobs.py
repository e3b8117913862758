"""What the fake's subcommands have in common: targets, plists, loading and its errors."""

from __future__ import annotations

import plistlib
import re
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

from tests.fakes import launchd_print as texts
from tests.fakes.launchd_state import Job, State

NO_PROCESS, IO_ERROR, IN_PROGRESS, STARTING = 3, 5, 36, 37
USAGE, NO_DOMAIN, NO_SERVICE = 64, 112, 113
TARGET = re.compile(r"(?P<domain>system|(?:gui|user)/\d+)(?:/(?P<label>[^/]+))?")
# Seen: bootstrap and bootout name the errno; `error` of launchctl gives the same words.
WORDS = {
    3: "No such process",
    5: "Input/output error",
    36: "Operation now in progress",
    37: "Operation already in progress",
    119: "Service is disabled",
    125: "Domain does not support specified action",
}
TITLES = {"bootstrap": "Bootstrap failed", "bootout": "Boot-out failed"}


class Failed(Exception):
    """What ends a subcommand: its exit code, and what it says on standard error."""

    def __init__(self, code: int, said: str = "") -> None:
        super().__init__(said)
        self.code, self.said = code, said


def told(verb: str, code: int) -> Failed:
    return Failed(code, f"{TITLES.get(verb, verb)}: {code}: {WORDS.get(code, 'Unknown error')}")


def domain_of(state: State, text: str) -> tuple[str, str | None]:
    """A specifier as domain and label (man, SUBCOMMANDS); 64 for what is none."""
    match = TARGET.fullmatch(text)
    if match is None:
        raise Failed(USAGE, "Unrecognized target specifier.")
    if match["domain"] in state.absent_domains:
        raise Failed(NO_DOMAIN, texts.no_domain(match["domain"]))
    return match["domain"], match["label"]


def service_of(state: State, args: list[str]) -> tuple[str, str, str]:
    """The one service target: itself, its domain, its label."""
    if len(args) != 1:
        raise Failed(USAGE, "Usage: launchctl <subcommand> <service-target>")
    domain, label = domain_of(state, args[0])
    if label is None:
        raise Failed(USAGE, "Unrecognized target specifier.")
    return args[0], domain, label


def loaded_job(state: State, args: list[str]) -> tuple[str, Job]:
    target, domain, label = service_of(state, args)
    job = state.find(target)
    if job is None:
        raise Failed(NO_SERVICE, texts.no_service(label, domain))
    return target, job


def split_flags(args: list[str]) -> tuple[set[str], list[str]]:
    flags = {letter for a in args if a.startswith("-") for letter in a[1:]}
    return flags, [a for a in args if not a.startswith("-")]


def read_plist(path: str) -> tuple[Job, bool]:
    """The job of a plist; whether it starts at once (launchd.plist(5), RunAtLoad, KeepAlive)."""
    try:
        plist: dict[str, Any] = plistlib.loads(Path(path).read_bytes())
        label = str(plist["Label"])
    except (OSError, ValueError, KeyError, ExpatError) as error:
        raise Failed(IO_ERROR) from error
    arguments = [str(a) for a in plist.get("ProgramArguments", [])]
    program = str(plist.get("Program") or (arguments[0] if arguments else ""))
    keep = bool(plist.get("KeepAlive"))
    cwd = plist.get("WorkingDirectory")
    job = Job(label, str(Path(path).absolute()), program, arguments, cwd, keep)
    job.exit_timeout = int(plist.get("ExitTimeOut", job.exit_timeout))
    return job, keep or bool(plist.get("RunAtLoad"))


def load_job(state: State, domain: str, path: str) -> None:
    """Seen: loaded, being removed, disabled, unreadable or malformed all answer 5."""
    job, at_once = read_plist(path)
    target = f"{domain}/{job.label}"
    if state.find(target) is not None:
        leaving = target in state.leaving
        raise Failed(state.teardown.get("bootstrap", IO_ERROR) if leaving else IO_ERROR)
    if state.is_disabled(domain, job.label):
        raise Failed(IO_ERROR)
    state.services[target] = job
    if at_once:
        state.spawn(job)


def unload_job(state: State, target: str) -> None:
    """Seen: launchd answers when it has accepted; the job can be found until it has exited."""
    if target not in state.services:
        raise Failed(NO_PROCESS)
    if target in state.leaving:
        raise Failed(IN_PROGRESS)
    if not state.teardown.get("polls"):
        state.forget(target)
        return
    state.leaving[target] = state.teardown["polls"]
    if code := state.teardown.get("code", IN_PROGRESS):
        raise Failed(code)
