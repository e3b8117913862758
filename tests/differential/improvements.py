"""Where the port is better than launchctl, by its own documentation: nothing else may differ.

Each improvement is what launchctl itself would do if it kept that promise. The differential test
runs the original code against a launchctl with some of them: what it does then is what the
migrated code must do against the plain one.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.launchctl_cli import main
from tests.fakes.launchd_jobs import Failed, read_plist
from tests.fakes.launchd_state import State

RUNTIME = Path(__file__).parents[2] / "fleetmod" / "runtime" / "process-manager"


@dataclass(frozen=True)
class Machine:
    """A launchctl call as it arrives, and what the state was before it."""

    args: list[str]
    state: State
    folders: dict[str, list[Path]]  # where launchd looks for plists: "system", and "" for agents

    @property
    def verb(self) -> str:
        return self.args[0] if self.args else ""

    @property
    def forever(self) -> bool:
        """-w, alone or among other flags (launchctl(1), load)."""
        return any(a.startswith("-") and "w" in a for a in self.args[1:])

    @property
    def operands(self) -> list[str]:
        return [a for a in self.args[1:] if not a.startswith("-")]

    def targets(self) -> list[str]:
        """The services that the call names, in full."""
        rest = self.operands
        if not rest:
            return []
        if self.verb in ("start", "stop", "remove"):
            return [f"{self.state.session}/{rest[0]}"]
        if self.verb in ("load", "unload"):
            return [f"{self.state.session}/{label}" for p in rest if (label := _label(p))]
        if len(rest) > 1 and self.verb in ("bootout", "bootstrap"):
            return [f"{rest[0].rstrip('/')}/{label}" for p in rest[1:] if (label := _label(p))]
        return [rest[0]]

    def loaded(self) -> bool:
        targets = self.targets()
        return bool(targets) and all(t in self.state.services for t in targets)

    def elsewhere(self) -> bool:
        """Whether a service is loaded from another plist than the call names."""
        paths = {_label(p): str(Path(p).absolute()) for p in self.operands if p.endswith(".plist")}
        jobs = [self.state.services.get(target) for target in self.targets()]
        return any(job and job.path != paths.get(job.label, job.path) for job in jobs)

    def plist(self, target: str) -> Path | None:
        domain, _, label = target.rpartition("/")
        folders = self.folders["system" if domain == "system" else ""]
        return next((p for f in folders if (p := f / f"{label}.plist").exists()), None)


Call = Callable[..., int]  # runs the plain fake with these arguments
GO_ON = -1  # an improvement that does something more, and leaves the answer to others


def stop_of_absent(machine: Machine, call: Call) -> int | None:
    if machine.verb in ("bootout", "stop", "remove", "unload") and not machine.loaded():
        return 0
    return None


def stop_in_both(machine: Machine, call: Call) -> int | None:
    """One's own service is in gui/UID, in user/UID, or in both."""
    if machine.verb not in ("bootout", "stop", "remove", "unload"):
        return None
    uid = os.getuid()
    others = [
        target.replace(f"gui/{uid}/", f"user/{uid}/", 1)
        for target in machine.targets()
        if target.startswith(f"gui/{uid}/")
    ]
    found = [target for target in others if target in machine.state.services]
    for target in found:
        call("bootout", target)
    return GO_ON if found else None


def stop_stays(machine: Machine, call: Call) -> int | None:
    if machine.verb == "stop" and machine.loaded():
        return call("bootout", *machine.targets())
    return None


def loaded_first(machine: Machine, call: Call) -> int | None:
    if machine.verb not in ("kickstart", "start") or machine.loaded() or not machine.targets():
        return None
    (target,) = machine.targets()
    plist = machine.plist(target)
    if plist is None:
        return None
    code = call("bootstrap", target.rpartition("/")[0], str(plist))
    return code or call("kickstart", target)


def loaded_already(machine: Machine, call: Call) -> int | None:
    if machine.verb not in ("bootstrap", "load") or not machine.loaded() or machine.elsewhere():
        return None
    if machine.verb == "load" and machine.forever:
        call("enable", *machine.targets())
    return 0


def load_fails(machine: Machine, call: Call) -> int | None:
    if machine.verb != "load" or (machine.loaded() and not machine.elsewhere()):
        return None
    if machine.forever and machine.targets():
        call("enable", *machine.targets())
    return call("bootstrap", machine.state.session, *machine.operands)


def own_facts(machine: Machine, call: Call) -> int | None:
    if machine.verb != "print" or not machine.loaded():
        return None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = call(*machine.args)
    print(re.sub(r"\tendpoints = \{.*?\n\t\}\n", "", printed.getvalue(), flags=re.S), end="")
    return code


def by_label(machine: Machine, call: Call) -> int | None:
    if machine.verb not in ("load", "unload") or not machine.forever or machine.targets():
        return None
    label = Path(machine.operands[0]).stem
    call("enable" if machine.verb == "load" else "disable", f"{machine.state.session}/{label}")
    return GO_ON


@dataclass(frozen=True)
class Improvement:
    """`promise` is the sentence of `document` (below the package) that states it; `announced` is
    what a finding's note says where the code's own answer changes by it."""

    promise: str
    document: str
    applies: Callable[[Machine, Call], int | None]
    announced: str = ""


IMPROVEMENTS = {
    "an override is written by label": Improvement(
        "Manages services by label.", "src/types.ts", by_label
    ),
    "stop reaches both of one's own domains": Improvement(
        "`stop` reaches both", "src/types.ts", stop_in_both
    ),
    "stop of what is not loaded succeeds": Improvement(
        "what is not loaded is stopped already",
        "src/types.ts",
        stop_of_absent,
        "`stop` succeeds where nothing is loaded",
    ),
    "stop keeps it stopped": Improvement(
        "Stop, and keep it stopped",
        "src/types.ts",
        stop_stays,
        "the port's stop does not",
    ),
    "a service that is not loaded is loaded first": Improvement(
        "a service that is not loaded is loaded first",
        "src/types.ts",
        loaded_first,
        "loads a service that is not loaded",
    ),
    "load of what is loaded succeeds": Improvement(
        "Every verb is safe to repeat.", "src/types.ts", loaded_already
    ),
    "a description tells of the service alone": Improvement(
        "The facts at the top level of `launchctl print TARGET`.",
        "src/launchctl-output.ts",
        own_facts,
    ),
    "load tells that it failed": Improvement(
        "One that fails\n * rejects with a ProcessManagerError",
        "src/types.ts",
        load_fails,
        "exits 0 where it fails",
    ),
}


def run(
    args: list[str], on: list[str], path: Path, folders: dict[str, list[Path]]
) -> tuple[int, list[str]]:
    """One call of a launchctl with the improvements named in `on`; tells which of them it used."""
    state = State(json.loads(path.read_text()) if path.exists() else {})
    machine = Machine(args, state, folders)

    def call(*plain: str) -> int:
        return main(list(plain))

    used = []
    for name in on:
        code = IMPROVEMENTS[name].applies(machine, call)
        if code is None:
            continue
        used.append(name)
        if code != GO_ON:
            return code, used
    return main(args), used


def _label(path: str) -> str:
    try:
        return read_plist(path)[0].label
    except Failed:
        return ""
