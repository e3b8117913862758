"""Program and ProgramArguments as `ExecStart=`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fleetmod.fleet.units.model import Draft, Refused
from fleetmod.fleet.units.texts import Texts
from fleetmod.fleet.units.words import argument, quoted

_BARE = re.compile(r"[A-Za-z0-9_][\w.+-]*")


def exec_start(draft: Draft, texts: Texts, job: Mapping[str, object]) -> None:
    """The job's command; raises Refused where there is none that systemd can run."""
    words = job.get("ProgramArguments", [])
    if not isinstance(words, list):
        raise Refused("ProgramArguments is no list")
    if "Program" not in job and not words:
        raise Refused("has neither Program nor ProgramArguments")
    program = job.get("Program", words[0] if words else None)
    command = texts.text("Program" if "Program" in job else "ProgramArguments", program)
    _check(command)
    rest = [quoted(texts.text("ProgramArguments", word, argument)) for word in words]
    if not rest or words[0] == program:
        line = [quoted(command), *rest[1:]]
    else:  # with `@`, the word after the program is its argv[0]
        line = [quoted(f"@{command}"), *rest]
    draft.service.append(("ExecStart", " ".join(line)))
    if _BARE.fullmatch(command):
        _search_path(draft, texts, job)


def _check(command: str) -> None:
    if "$" in command:
        raise Refused("the program's path holds `$`, which no unit can escape")
    if not command.startswith(("/", "%h/")) and not _BARE.fullmatch(command):
        raise Refused("the program is neither an absolute path nor a name to search for")


def _search_path(draft: Draft, texts: Texts, job: Mapping[str, object]) -> None:
    """systemd does not look for a program in the unit's own PATH (systemd.exec(5))."""
    variables = job.get("EnvironmentVariables")
    if isinstance(variables, dict) and isinstance(variables.get("PATH"), str):
        draft.service.append(
            ("ExecSearchPath", texts.text("EnvironmentVariables", variables["PATH"]))
        )
