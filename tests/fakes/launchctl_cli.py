"""The fake launchctl's command line: log the call, answer as scripted or else as launchd would."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from tests.fakes import launchctl_legacy as legacy
from tests.fakes import launchctl_modern as modern
from tests.fakes.launchd_jobs import Failed, told
from tests.fakes.launchd_state import locked

_COMMANDS = {
    "bootout": modern.bootout,
    "bootstrap": modern.bootstrap,
    "disable": modern.disable,
    "enable": modern.enable,
    "kickstart": modern.kickstart,
    "kill": modern.kill,
    "list": legacy.list_,
    "load": legacy.load,
    "print": modern.print_,
    "print-disabled": modern.print_disabled,
    "remove": legacy.remove,
    "start": legacy.start,
    "stop": legacy.stop,
    "unload": legacy.unload,
}


def main(argv: list[str]) -> int:
    with Path(os.environ["FAKE_LAUNCHCTL_LOG"]).open("a") as log:
        log.write(json.dumps(argv) + "\n")
    verb = argv[0] if argv else "help"
    command = _COMMANDS.get(verb)
    if command is None:
        print(f"Unrecognized subcommand: {verb}", file=sys.stderr)
        return 1
    with locked(Path(os.environ["FAKE_LAUNCHCTL_STATE"])) as state:
        fault = state.fault(verb)
        if fault is None:
            try:
                command(state, argv[1:])
            except Failed as failure:
                if failure.said:
                    print(failure.said, file=sys.stderr)
                return failure.code
            return 0
    if fault.get("hang"):
        time.sleep(3600)
    code = int(fault.get("code", 0))
    print(fault.get("stderr", told(verb, code).said), file=sys.stderr)
    return code
