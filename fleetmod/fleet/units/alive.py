"""KeepAlive, and what else keeps a job running, as `Restart=` and conditions."""

from __future__ import annotations

from fleetmod.fleet.units.model import Draft, Setting
from fleetmod.fleet.units.texts import Texts

# How a process can end. systemd calls an exit by the second and by CLEAN signals clean
# (systemd.service(5), SuccessExitStatus=); launchd calls CRASH what signals a crash.
ZERO, CODE, CLEAN, CRASH, OTHER = "exit 0", "exit code", "clean signal", "crash", "other signal"
_ALL = frozenset((ZERO, CODE, CLEAN, CRASH, OTHER))
_SIGNALS = {
    CLEAN: "SIGHUP SIGINT SIGTERM SIGPIPE",
    CRASH: "SIGILL SIGTRAP SIGABRT SIGBUS SIGFPE SIGSEGV SIGSYS",
}
_ENDS: dict[tuple[str, bool], frozenset[str]] = {
    ("SuccessfulExit", True): frozenset((ZERO,)),
    ("SuccessfulExit", False): _ALL - {ZERO},
    ("Crashed", True): frozenset((CRASH,)),
    ("Crashed", False): _ALL - {CRASH},
}
# The setting nearest to each set of ends, and the signals that it must be told apart.
_RESTART: dict[frozenset[str], tuple[str, tuple[tuple[str, str], ...]]] = {
    _ALL: ("always", ()),
    frozenset((ZERO,)): ("on-success", (("RestartPreventExitStatus", CLEAN),)),
    _ALL - {ZERO}: ("on-failure", (("RestartForceExitStatus", CLEAN),)),
    frozenset((CRASH,)): ("on-abort", ()),
    _ALL - {CRASH}: ("always", (("RestartPreventExitStatus", CRASH),)),
    frozenset((ZERO, CRASH)): (
        "on-success",
        (("RestartPreventExitStatus", CLEAN), ("RestartForceExitStatus", CRASH)),
    ),
}
_LOST = {
    "NetworkState": "launchd no longer implements it either",
    "OtherJobEnabled": "systemd has no restart that depends on another unit's state",
}


def keep_alive(draft: Draft, texts: Texts, key: str, value: object) -> None:
    """KeepAlive as a boolean, or as a dictionary whose conditions are alternatives."""
    if isinstance(value, bool):
        if value:
            draft.restart, draft.at_load = "always", True
        return
    if not isinstance(value, dict):
        draft.lose(key, "is neither a boolean nor a dictionary")
        return
    ends: frozenset[str] = frozenset()
    for name, wanted in value.items():
        inside = f"{key}.{name}"
        if isinstance(wanted, bool) and (name, wanted) in _ENDS:
            ends |= _ENDS[name, wanted]
        elif isinstance(wanted, bool) and name == "AfterInitialDemand":
            ends |= _ALL if wanted else frozenset()
        elif name != "PathState":
            draft.lose(inside, _LOST.get(name, "is no condition that fleetmod knows"))
    states = value.get("PathState", {})
    if ends:
        draft.restart, apart = _RESTART[ends]
        draft.service += [(setting, _SIGNALS[signals]) for setting, signals in apart]
        # with SuccessfulExit the job runs once, so that there is an exit status
        draft.at_load = draft.at_load or "SuccessfulExit" in value
        if draft.restart == "on-abort":
            draft.differ(key, "systemd restarts it after SIGKILL and the like too")
        if states:
            draft.lose(f"{key}.PathState", "no unit has it beside another condition")
    else:
        _path_state(draft, texts, f"{key}.PathState", states)


def while_there(draft: Draft, key: str, condition: str, paths: list[Setting]) -> None:
    """Start the job when a path unit sees one of `paths`, and keep it alive as long as it is there.

    The condition is asked again at each restart; where it fails, the path unit takes over.
    """
    draft.path += paths
    draft.conditions += [(condition, f"|{path}") for _, path in paths]
    draft.restart = "always"
    draft.differ(key, "a start by hand does nothing while the condition does not hold")


def _path_state(draft: Draft, texts: Texts, key: str, states: object) -> None:
    if not isinstance(states, dict):
        draft.lose(key, "is no dictionary")
        return
    paths: list[Setting] = []
    for path, wanted in states.items():
        if wanted is not True:
            draft.lose(key, "no unit starts a service when a path goes away")
        elif (text := texts.path(key, path)) is not None:
            paths.append(("PathExists", text))
    if paths:
        while_there(draft, key, "ConditionPathExists", paths)
