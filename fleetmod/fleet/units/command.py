"""Program and ProgramArguments as `ExecStart=`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fleetmod.fleet.units.model import Draft, Unconvertible
from fleetmod.fleet.units.texts import Texts
from fleetmod.fleet.units.words import argument, quoted

_INPUT = '[ -e "$0" ] || true >"$0"; [ -r "$0" ] && exec <"$0"; exec "$@"'
_PLACEHOLDER = re.compile(r"__\w+__")
_BARE = re.compile(r"[A-Za-z0-9_][\w.+-]*")


def exec_start(draft: Draft, texts: Texts, job: Mapping[str, object]) -> None:
    """The job's command; raises Unconvertible where there is none that systemd can run."""
    words = job.get("ProgramArguments", [])
    if not isinstance(words, list):
        raise Unconvertible("ProgramArguments is no list")
    if "Program" not in job and not words:
        raise Unconvertible("has neither Program nor ProgramArguments")
    program = job.get("Program", words[0] if words else None)
    command = texts.text("Program" if "Program" in job else "ProgramArguments", program)
    _check(command)
    rest = [texts.word("ProgramArguments", word) for word in words]
    own_name = bool(rest) and words[0] != program
    # with `@`, the word after the program is its argv[0]
    line = [f"@{command}", *rest] if own_name else [command, *rest[1:]]
    if (stdin := job.get("StandardInPath")) is not None:
        line = _with_input(draft, texts, line, stdin, own_name)
    prefix = "-" if draft.once else ""
    draft.service.append(("ExecStart", " ".join([quoted(prefix + line[0]), *line[1:]])))
    if _BARE.fullmatch(command):
        _searched(draft, command, job)


def _check(command: str) -> None:
    if _PLACEHOLDER.fullmatch(command):
        raise Unconvertible(f"the program is the placeholder {command}, which nothing fills in")
    if "$" in command:
        raise Unconvertible("the program's path holds `$`, which no unit can escape")
    if not command.startswith(("/", "%h/")) and not _BARE.fullmatch(command):
        raise Unconvertible("the program is neither an absolute path nor a name to search for")


def _searched(draft: Draft, command: str, job: Mapping[str, object]) -> None:
    """launchd.plist(5), ProgramArguments: "resolved using _PATH_STDPATH", and never the job's PATH;
    systemd looks in folders of its own, these among them (systemd.service(5), COMMAND LINES)."""
    variables = job.get("EnvironmentVariables")
    if isinstance(variables, dict) and "PATH" in variables:
        draft.differ(
            "ProgramArguments",
            f"{command} is looked for in the usual folders, not in the PATH of the job, as launchd "
            "does; write its whole path where it is in another folder",
        )


def _with_input(
    draft: Draft, texts: Texts, line: list[str], path: object, own_name: bool
) -> list[str]:
    """core.c of launchd, job_setup_fd: a file for input that is not there is made, and is empty."""
    key = "StandardInPath"
    if path == "/dev/null":
        draft.service.append(("StandardInput", "null"))
    elif (text := texts.path(key, path)) is not None and own_name:
        draft.service.append(("StandardInput", f"file:{text}"))
        draft.differ(key, "the service fails where the file is not there")
    elif text is not None:
        shell = ["/bin/sh", "-c", f"'{argument(_INPUT)}'", texts.word(key, path)]
        return [*shell, quoted(line[0]), *line[1:]]
    return line
