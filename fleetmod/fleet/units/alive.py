"""KeepAlive, and what else keeps a job running, as `Restart=` and conditions."""

from __future__ import annotations

from fleetmod.fleet.units.model import Draft
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
    frozenset((CRASH,)): ("no", (("RestartForceExitStatus", CRASH),)),
    _ALL - {CRASH}: ("always", (("RestartPreventExitStatus", CRASH),)),
    frozenset((ZERO, CRASH)): (
        "on-success",
        (("RestartPreventExitStatus", CLEAN), ("RestartForceExitStatus", CRASH)),
    ),
}
# launchd.plist(5), KeepAlive: "The use of this key implicitly implies RunAtLoad"; core.c of
# launchd, semaphoreitem_setup: start_pending for SuccessfulExit and Crashed, whatever their value.
# PathState alone waits for its path.
_AT_LOAD = {"SuccessfulExit", "Crashed", "NetworkState", "OtherJobEnabled", "OtherJobActive"}
_GATE = "AfterInitialDemand"
_OTHER_JOB = "systemd has no restart that depends on another unit's state; it starts at load"
_LOST = {
    "NetworkState": "launchd no longer implements it either: it starts at load, and this key does "
    "not restart it",
    "OtherJobEnabled": _OTHER_JOB,
    "OtherJobActive": _OTHER_JOB,
}


def keep_alive(draft: Draft, texts: Texts, key: str, value: object) -> None:
    """KeepAlive as a boolean, or as a dictionary whose conditions are alternatives."""
    if isinstance(value, bool):
        if value:
            _restart(draft, _ALL)
            draft.at_load = True
        return
    if not isinstance(value, dict):
        draft.lose(key, "is neither a boolean nor a dictionary")
        return
    ends: frozenset[str] = frozenset()
    for name, wanted in value.items():
        inside = f"{key}.{name}"
        if isinstance(wanted, bool) and (name, wanted) in _ENDS:
            ends |= _ENDS[name, wanted]
        elif isinstance(wanted, bool) and name == _GATE:
            draft.gate = wanted
        elif name != "PathState":
            draft.lose(inside, _LOST.get(name, "is no condition that fleetmod knows"))
    draft.at_load = draft.at_load or not _AT_LOAD.isdisjoint(value)
    if draft.gate and len(value) == 1:
        # core.c, job_start: without a condition the first demand makes it run for ever
        ends = _ALL
    if ends:
        _restart(draft, ends)
    _path_state(draft, texts, f"{key}.PathState", value.get("PathState", {}))


def hold_back(draft: Draft, run_at_load: bool) -> None:
    """What AfterInitialDemand does to the rest: core.c of launchd, job_keepalive asks for the first
    demand before anything else, and a start by hand is one.

    A RunAtLoad that is spelled out counts as meant.
    """
    if not draft.gate:
        return
    key = f"KeepAlive.{_GATE}"
    draft.at_load = run_at_load
    if run_at_load:
        draft.differ(key, "RunAtLoad starts it; launchd may wait for a demand even then")
    if draft.timer or draft.path:
        draft.differ(key, "its timer or path unit starts it, too; launchd waits for a demand first")


def while_absent(draft: Draft) -> None:
    """PathState with false: kept alive while no file is there, which only a condition can tell."""
    key = "KeepAlive.PathState"
    if not draft.absent:
        return
    if draft.restarts or draft.timer or draft.path or draft.socket:
        draft.lose(key, "false is no condition beside others: a unit would ask for both of them")
        return
    draft.path += [("PathModified", path) for path in draft.absent]  # its removal, too
    draft.conditions += [("ConditionPathExists", f"|!{path}") for path in draft.absent]
    _restart(draft, _ALL)
    draft.at_load = True
    draft.differ(key, "nothing starts it while the path is there, not by hand either")


def _restart(draft: Draft, ends: frozenset[str]) -> None:
    draft.restart, apart = _RESTART[ends]
    draft.restarts = True
    draft.service += [(setting, _SIGNALS[signals]) for setting, signals in apart]


def _path_state(draft: Draft, texts: Texts, key: str, states: object) -> None:
    """Started while a path is there: a path unit looks again whenever a run has ended."""
    if not isinstance(states, dict):
        draft.lose(key, "is no dictionary")
        return
    for path, wanted in states.items():
        if type(wanted) is not bool:
            draft.lose(key, "holds what is no boolean")
        elif (text := texts.path(key, path)) is None:
            continue
        elif wanted:
            draft.path.append(("PathExists", text))
            draft.level.append(("[ -e $P ]", texts.word(key, path)))
        else:
            draft.absent.append(text)
