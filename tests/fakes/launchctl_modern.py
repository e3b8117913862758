"""The subcommands of the fake launchctl that take targets, each with the source of its behaviour.

Sources: launchctl(1) of macOS 13 to 15 ("man"); ProcursusTeam/launchctl, a reimplementation on the
same XPC routines ("Procursus"); what is widely quoted from real machines ("seen").
"""

from __future__ import annotations

import signal

from tests.fakes import launchd_print as texts
from tests.fakes.launchd_jobs import (
    NO_PROCESS,
    STARTING,
    USAGE,
    Failed,
    domain_of,
    load_job,
    loaded_job,
    read_plist,
    service_of,
    split_flags,
    told,
    unload_job,
)
from tests.fakes.launchd_state import State


def bootstrap(state: State, args: list[str]) -> None:
    """man, bootstrap: domain, then plists. Seen: "Bootstrap failed: 5: Input/output error"."""
    if len(args) < 2:
        raise Failed(USAGE, "Usage: launchctl bootstrap <domain-target> [service-path...]")
    domain, label = domain_of(state, args[0])
    if label is not None:
        raise Failed(USAGE, "Unrecognized target specifier.")
    for path in args[1:]:
        try:
            load_job(state, domain, path)
        except Failed as failure:
            raise told("bootstrap", failure.code) from failure


def bootout(state: State, args: list[str]) -> None:
    """man, bootout: a service target, or a domain and plists. Seen: 3 when absent, 36 when slow."""
    domain, label = domain_of(state, args[0]) if args else ("", None)
    if label is None and len(args) < 2:
        raise Failed(USAGE, "Usage: launchctl bootout <domain-target> <path...> | <service-target>")
    try:
        targets = [args[0]] if label else [f"{domain}/{read_plist(p)[0].label}" for p in args[1:]]
        for target in targets:
            unload_job(state, target)
    except Failed as failure:
        raise told("bootout", failure.code) from failure


def kickstart(state: State, args: list[str]) -> None:
    """man, kickstart: -k kills a running instance first, -p prints the pid in any case. Seen: 37
    while the job is being removed."""
    flags, rest = split_flags(args)
    target, job = loaded_job(state, rest)
    if target in state.leaving:
        raise told("kickstart", STARTING)
    if job.pid is not None and "k" in flags:
        job.pid, job.exited, job.status = None, True, signal.SIGKILL
    if job.pid is None:
        state.spawn(job)
    if "p" in flags:
        print(job.pid)  # Procursus: the bare number where standard output is no terminal


def enable(state: State, args: list[str]) -> None:
    """man, enable: survives a reboot. Seen: silent and successful for a label nobody has."""
    _, domain, label = service_of(state, args)
    state.overrides_of(domain)[label] = False


def disable(state: State, args: list[str]) -> None:
    """man, disable: cannot be loaded until enabled again; what is loaded stays."""
    _, domain, label = service_of(state, args)
    state.overrides_of(domain)[label] = True


def print_(state: State, args: list[str]) -> None:
    """man, print: a domain or a service. Seen: "Bad request." before the message of 113."""
    domain, label = domain_of(state, args[0]) if len(args) == 1 else ("", None)
    if not domain:
        raise Failed(USAGE, "Usage: launchctl print <domain-target> | <service-target>")
    if label is None:
        print(texts.domain(domain, state))
        return
    try:
        print(texts.service(*loaded_job(state, args)))
    except Failed as failure:
        raise Failed(failure.code, f"Bad request.\n{failure.said}") from failure


def print_disabled(state: State, args: list[str]) -> None:
    """man, print-disabled: the services that are disabled in a domain."""
    if len(args) != 1:
        raise Failed(USAGE, "Usage: launchctl print-disabled <domain-target>")
    print(texts.disabled(domain_of(state, args[0])[0], state))


def kill(state: State, args: list[str]) -> None:
    """man, kill: a signal's name or number, then the target. Procursus: 3 when nothing runs."""
    if len(args) != 2:
        raise Failed(USAGE, "Usage: launchctl kill <signal-number|signal-name> <service-target>")
    name = args[0].lstrip("-").upper().removeprefix("SIG")
    names = {s.name.removeprefix("SIG"): s.value for s in signal.Signals}
    number = int(name) if name.isdigit() else names.get(name)
    if number is None:
        raise Failed(USAGE, "Invalid signal.")
    _, job = loaded_job(state, args[1:])
    if job.pid is None:
        raise Failed(NO_PROCESS, "No process to signal.")
    if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        state.end(job, number)
