"""The texts that launchctl prints, in the shape that current macOS gives them.

launchctl(1) calls the output of `print` no interface; these follow what macOS 13 to 15 are widely
quoted to print. ProcursusTeam/launchctl, a reimplementation on the same XPC routines, is the source
for `list`, `list LABEL` and the words around "Could not find".
"""

from __future__ import annotations

import signal

from tests.fakes.launchd_state import Job, State


def table(state: State) -> str:
    """`list`: PID or -, the exit code or the negative signal, the label (launchctl(1), list)."""
    rows = ["PID\tStatus\tLabel"]
    prefix = state.session + "/"
    for target, job in state.services.items():
        if target.startswith(prefix):
            number = -(job.status & 0x7F) if job.status & 0x7F else job.status >> 8
            rows.append(f"{job.pid or '-'}\t{number}\t{job.label}")
    return "\n".join(rows)


def dictionary(job: Job) -> str:
    """`list LABEL`: LastExitStatus is a wait status there, 256 for exit code 1."""
    lines = [
        '"LimitLoadToSessionType" = "Aqua";',
        f'"Label" = "{job.label}";',
        f'"OnDemand" = {"false" if job.keep_alive else "true"};',
        f'"LastExitStatus" = {job.status};',
    ]
    if job.pid is not None:
        lines.append(f'"PID" = {job.pid};')
    lines += [f'"Program" = "{job.program}";', '"ProgramArguments" = (']
    lines += [f'\t"{argument}";' for argument in job.arguments] + [");"]
    return "{\n" + "".join(f"\t{line}\n" for line in lines) + "};"


def service(target: str, job: Job) -> str:
    """`print TARGET`; the endpoint has a `state` of its own, which is not the service's."""
    lines = [
        f"active count = {1 if job.pid else 0}",
        f"path = {job.path}",
        "type = LaunchAgent",
        f"state = {'running' if job.pid else 'not running'}",
        "",
        f"program = {job.program}",
        "arguments = {",
        *(f"\t{argument}" for argument in job.arguments),
        "}",
        "",
    ]
    if job.working_directory:
        lines += [f"working directory = {job.working_directory}", ""]
    lines += [f"exit timeout = {job.exit_timeout}", f"runs = {job.runs}"]
    if job.pid is not None:
        lines.append(f"pid = {job.pid}")
    if not job.exited:
        lines.append("last exit code = (never exited)")
    elif job.status & 0x7F:
        number = signal.Signals(job.status & 0x7F)
        lines.append(f"last terminating signal = {signal.strsignal(number)}: {number.value}")
    else:
        lines.append(f"last exit code = {job.status >> 8}")
    lines += [
        "",
        "endpoints = {",
        '\t"endpoint" = {',
        "\t\tstate = active",
        "\t\tpid = 1",
        "\t}",
        "}",
    ]
    return f"{target} = {{\n" + "".join(f"\t{line}".rstrip() + "\n" for line in lines) + "}"


def domain(name: str, state: State) -> str:
    """`print DOMAIN`: pid (0 when none), last status (- before the first end), label."""
    jobs = [job for target, job in state.services.items() if target.rpartition("/")[0] == name]
    rows = [
        f"\t\t{job.pid or 0:>8} {job.status >> 8 if job.exited else '-':>6} \t{job.label}"
        for job in jobs
    ]
    inner = "\n".join(f"\t{line}" for line in disabled(name, state).splitlines())
    services = "\n".join(["\tservices = {", *rows, "\t}"])
    return f"{name} = {{\n\ttype = login\n{services}\n{inner}\n}}"


def disabled(name: str, state: State) -> str:
    """`print-disabled DOMAIN`: every override, the enabled ones too."""
    words = ("false", "true") if state.old_words else ("enabled", "disabled")
    rows = [
        f'\t"{label}" => {words[off]}' for label, off in sorted(state.overrides_of(name).items())
    ]
    return "\n".join(["disabled services = {", *rows, "}"])


def no_service(label: str, domain: str | None) -> str:
    """The message of 113; the subcommands without a target have no domain to name."""
    where = "port" if domain is None else _named(domain)
    return f'Could not find service "{label}" in domain for {where}'


def no_domain(name: str) -> str:
    return f"Bad request.\nCould not find domain for {_named(name)}"


def _named(domain: str) -> str:
    kind, _, uid = domain.partition("/")
    return {"system": "system", "gui": f"user gui: {uid}"}.get(kind, f"uid: {uid}")
