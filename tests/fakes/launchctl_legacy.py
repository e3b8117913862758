"""The subcommands that launchctl(1) lists as legacy: they take labels and paths, and no domain.

The sources are named as in launchctl_modern.py.
"""

from __future__ import annotations

import signal
import sys

from tests.fakes import launchd_print as texts
from tests.fakes.launchd_jobs import (
    IO_ERROR,
    NO_PROCESS,
    NO_SERVICE,
    USAGE,
    WORDS,
    Failed,
    load_job,
    read_plist,
    split_flags,
)
from tests.fakes.launchd_state import Job, State


def list_(state: State, args: list[str]) -> None:
    """man, list: all jobs as a table, or one as a dictionary. Seen: 113 when it is absent."""
    if not args:
        print(texts.table(state))
        return
    job = state.find(f"{state.session}/{args[0]}")
    if job is None:
        raise Failed(NO_SERVICE, texts.no_service(args[0], None))
    print(texts.dictionary(job))


def start(state: State, args: list[str]) -> None:
    """man, start: a label. Procursus: 3 and not a word when absent, 0 when it runs already."""
    job = _own(state, args)
    if job.pid is None:
        state.spawn(job)


def stop(state: State, args: list[str]) -> None:
    """man, stop: launchd restarts a KeepAlive job. Procursus: as `start` where nothing is to do."""
    job = _own(state, args)
    if job.pid is not None:
        state.end(job, signal.SIGTERM)


def _own(state: State, args: list[str]) -> Job:
    if len(args) != 1:
        raise Failed(USAGE, "Usage: launchctl start|stop <service-name>")
    job = state.find(f"{state.session}/{args[0]}")
    if job is None:
        raise Failed(NO_PROCESS)
    return job


def remove(state: State, args: list[str]) -> None:
    """man, remove: unloads a label. Procursus: success when there is none."""
    if len(args) != 1:
        raise Failed(USAGE, "Usage: launchctl remove <service-name>")
    state.forget(f"{state.session}/{args[0]}")


def load(state: State, args: list[str]) -> None:
    """man, load: -w overrides Disabled. Seen: exit 0 and a message, whatever went wrong."""
    flags, paths = split_flags(args)
    for path in paths:
        try:
            if "w" in flags:
                state.overrides_of(state.session)[read_plist(path)[0].label] = False
            load_job(state, state.session, path)
        except Failed as failure:
            _complain("Load failed", failure.code, "bootstrap")


def unload(state: State, args: list[str]) -> None:
    """man, unload: -w disables too. Seen: exit 0 and "Unload failed: 5" for what is not loaded."""
    flags, paths = split_flags(args)
    for path in paths:
        try:
            label = read_plist(path)[0].label
            if "w" in flags:
                state.overrides_of(state.session)[label] = True
            if f"{state.session}/{label}" not in state.services:
                raise Failed(IO_ERROR)
            state.forget(f"{state.session}/{label}")
        except Failed as failure:
            _complain("Unload failed", failure.code, "bootout")


def _complain(title: str, code: int, instead: str) -> None:
    print(f"{title}: {code}: {WORDS[code]}", file=sys.stderr)
    print(f"Try running `launchctl {instead}` as root for richer errors.", file=sys.stderr)
