"""One launchd job as a service unit, with a timer and a path unit where it has triggers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fleetmod.artefacts import UNIT
from fleetmod.fleet.units import alive, calendar, keys, mac_tools, run_steps, sockets
from fleetmod.fleet.units.command import exec_start
from fleetmod.fleet.units.domain import GRAPHICAL, ignored_in_agents, is_daemon, session_target
from fleetmod.fleet.units.model import Converted, Draft, Setting, Unconvertible, Unit
from fleetmod.fleet.units.texts import Texts
from fleetmod.fleet.units.unconverted import why_not
from fleetmod.places import Places
from fleetmod.printed import one_line

# As the process-manager package reads a label, without `+`, which no unit's name has
# (systemd.unit(5)); a name that ends in `@` is a template, which cannot be started.
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]*(?<!@)")
_NAME_MAX = 255
_THROTTLE = 10  # seconds; launchd.plist(5), ThrottleInterval
_MAIN = ("Label", "Program", "ProgramArguments")
_TRIGGERS = ("StartInterval", "StartCalendarInterval", "WatchPaths", "QueueDirectories")
_LIMITS = ("SoftResourceLimits", "HardResourceLimits")
_ENDS = ("AbandonProcessGroup", "LaunchOnlyOnce")
_OTHERS = ("RunAtLoad", "KeepAlive", "OnDemand", "ThrottleInterval", "Disabled", "StandardInPath")
_SPECIAL = ("Sockets", "inetdCompatibility", "LimitLoadToSessionType")
_OWN = {*_MAIN, *_TRIGGERS, *_LIMITS, *_ENDS, *_OTHERS, *_SPECIAL}
# Where systemd cannot even begin a run, for want of a folder or a log (systemd.exec(5), PROCESS
# EXIT CODES), no step keeps the pace.
_NOT_BEGUN = "200 208 209 222"
_START_TIMEOUT = 90  # seconds; systemd.service(5), TimeoutStartSec=
NEEDS = 240  # systemd.service(5), Type=exec; systemd.exec(5), append:


@dataclass(frozen=True)
class Node:
    """Where things are on the node: the checkout, and the home for services of the system.

    Both "" where not known: the checkout is then where it was below the home, and a system service
    that needs the home is refused.
    """

    checkout: str = ""
    home: str = ""


def unit_name(label: str) -> str:
    """The service unit of the systemctl adapter for a label; raises Unconvertible for none."""
    name = label if label.endswith(".service") else f"{label}.service"
    if not _LABEL.fullmatch(label) or len(name) > _NAME_MAX:
        raise Unconvertible(f"the label {label!r} makes no name of a unit")
    return name


def convert(source: str, job: Mapping[str, object], places: Places, node: Node) -> Converted:
    """The units of the job that the plist at `source` holds; never raises for a value in it."""
    draft = Draft(once=job.get("LaunchOnlyOnce") is True)
    is_system = is_daemon(source, job)
    texts = Texts(places, node.home if is_system else "%h", node.checkout, draft)
    try:
        label = job.get("Label")
        if not isinstance(label, str):
            raise Unconvertible("has no Label")
        name = unit_name(label)
        exec_start(draft, texts, job)
        _fill(draft, texts, job, is_system)
    except Unconvertible as reason:
        return Converted(source, refused=one_line(str(reason)))
    units = _units(source, label, name, draft, is_system, session_target(draft, job, is_system))
    disabled = job.get("Disabled") is True
    notes = _once(draft.lost), _once(draft.differs)
    return Converted(source, units, "", *notes, is_system, disabled)


def _fill(draft: Draft, texts: Texts, job: Mapping[str, object], is_system: bool) -> None:
    ignored = frozenset[str]() if is_system else ignored_in_agents(draft, job)
    for key, value in job.items():
        if key in ignored:
            continue
        if key in keys.HANDLERS:
            keys.HANDLERS[key](draft, texts, key, value)
        elif key not in _OWN and (why := why_not(key, value)):
            draft.lose(key, why)
    if any(key in job for key in _LIMITS):
        soft, hard = (job.get(key, {}) for key in _LIMITS)
        keys.limits(draft, "ResourceLimits", soft, hard)
    throttle = _throttle(draft, job.get("ThrottleInterval"))
    draft.at_load = job.get("RunAtLoad") is True
    if job.get("OnDemand") is False and "KeepAlive" not in job:  # its older name, inverted
        alive.keep_alive(draft, texts, "OnDemand", True)
    alive.keep_alive(draft, texts, "KeepAlive", job.get("KeepAlive", False))
    if "StartInterval" in job:
        calendar.start_interval(draft, "StartInterval", job["StartInterval"], throttle)
    if "StartCalendarInterval" in job:
        key = "StartCalendarInterval"
        calendar.start_calendar_interval(draft, key, job[key])
    _watch(draft, texts, job)
    _queues(draft, texts, job)
    sockets.sockets(draft, texts, job)
    alive.while_absent(draft)
    alive.hold_back(draft, job.get("RunAtLoad") is True)
    if draft.once:
        _only_once(draft)
    else:
        _around_runs(draft, job, throttle, is_system)
    mac_tools.tell(draft, job)
    if job.get("AbandonProcessGroup") is not True:
        draft.service.append(run_steps.end_group(is_system))
    draft.service.append(("KillMode", "process"))  # the step ends the group, and nothing else
    if job.get("Disabled") is True:
        draft.differ(
            "Disabled", "a unit starts by itself only once it is enabled; do not enable it"
        )
    if not (draft.at_load or draft.timer or draft.path or draft.socket):
        draft.differs.append("nothing starts this unit; start it by hand, or by the port")


def _paths(
    draft: Draft, texts: Texts, key: str, setting: str, value: object
) -> tuple[list[Setting], list[str]]:
    """The settings of a path unit, and the same paths as words of a command line."""
    if not isinstance(value, list):
        draft.lose(key, "is no list")
        return [], []
    found = [(path, text) for path in value if (text := texts.path(key, path)) is not None]
    return [(setting, text) for _, text in found], [texts.word(key, path) for path, _ in found]


def _watch(draft: Draft, texts: Texts, job: Mapping[str, object]) -> None:
    key = "WatchPaths"
    paths, words = _paths(draft, texts, key, "PathModified", job.get(key, []))
    draft.path += paths
    if paths and not draft.once:
        draft.path.append(("PathExists", run_steps.AGAIN))
        draft.watched = words
        draft.differ(key, "what a run itself changes there starts one more run, as with launchd")


def _queues(draft: Draft, texts: Texts, job: Mapping[str, object]) -> None:
    """Started while a directory is not empty: a path unit looks again when a run has ended."""
    key = "QueueDirectories"
    paths, words = _paths(draft, texts, key, "DirectoryNotEmpty", job.get(key, []))
    draft.path += paths
    draft.level += [('[ -n "$(ls -A $P)" ]', word) for word in words]


def _throttle(draft: Draft, value: object) -> int:
    key = "ThrottleInterval"
    if value is not None and (type(value) is not int or value < 0):
        draft.lose(key, "is no number of seconds")
        value = None
    return value if type(value) is int else _THROTTLE


def _only_once(draft: Draft) -> None:
    """core.c of launchd, job_useless: a job that has run once is no job any more.

    A unit that stays active is not started again by what else starts it.
    """
    draft.restart, draft.restarts = "no", False
    draft.service = [s for s in draft.service if not s[0].startswith("Restart")]
    draft.service.append(("RemainAfterExit", "yes"))
    draft.differ("LaunchOnlyOnce", "it counts as active when it has run, until it is stopped")


def _around_runs(draft: Draft, job: Mapping[str, object], throttle: int, is_system: bool) -> None:
    looks_again = bool(draft.level or draft.socket)
    if looks_again:  # systemd gives up a unit that triggers too often (systemd.path(5))
        throttle = max(throttle, 1)
    if draft.restarts:
        if draft.restart != "no":
            draft.service.append(("Restart", draft.restart))
        draft.service.append(("RestartSec", "1s" if throttle else "0s"))
    elif looks_again:
        draft.service += [("RestartForceExitStatus", _NOT_BEGUN), ("RestartSec", f"{_THROTTLE}s")]
    # timers keep a usual pace by themselves
    is_slow = "ThrottleInterval" in job and bool(draft.timer)
    if throttle and (draft.restarts or draft.path or draft.socket or is_slow):
        draft.service.append(run_steps.pace(throttle, is_system, draft.level, bool(draft.socket)))
        if throttle >= _START_TIMEOUT:
            draft.service.append(("TimeoutStartSec", "infinity"))
    if draft.watched:
        draft.service.append(run_steps.remember(draft.watched))
        draft.service.append(run_steps.compare(draft.watched))


def _once(lines: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))


def _units(
    source: str, label: str, name: str, draft: Draft, is_system: bool, target: str
) -> tuple[Unit, ...]:
    made = f"{UNIT}{source}; a change here is lost, write it to {name}.d/own.conf."
    where = (
        f"For the manager of the system: /etc/systemd/system. Its label there is system/{label}."
        if is_system
        else "For a user's manager, which ends at the last logout: loginctl enable-linger."
    )
    comment = (
        made,
        f"Needs systemd {NEEDS} or newer. {where}",
        *(f"Not converted: {line}" for line in _once(draft.lost)),
        *(f"Mind: {line}" for line in _once(draft.differs)),
    )
    about: tuple[Setting, ...] = (("Description", label), *draft.conditions)
    if draft.restarts or draft.timer or draft.path or draft.socket:
        about += (("StartLimitIntervalSec", "0"),)  # launchd never gives up
    if target == GRAPHICAL:  # systemd.special(7): its services end with the session
        about += (("PartOf", target), ("After", target))
    install: tuple[Setting, ...] = (("WantedBy", target),) if draft.at_load else ()
    # With `exec`, a start fails where the program cannot be run, and does not wait for its end.
    service = (("Type", "exec"), *draft.service)
    units = [Unit(name, comment, {"Unit": about, "Service": service, "Install": install})]
    stem = name.removesuffix(".service")
    triggers = (("timer", draft.timer), ("path", draft.path), ("socket", draft.socket))
    for kind, settings in triggers:
        if settings:
            sections = {
                "Unit": (
                    ("Description", f"{label}, by its {kind}"),
                    *((("PartOf", target),) if target == GRAPHICAL else ()),
                ),
                kind.capitalize(): tuple(settings),
                "Install": (("WantedBy", target if target == GRAPHICAL else f"{kind}s.target"),),
            }
            units.append(Unit(f"{stem}.{kind}", (made.replace(name, f"{stem}.{kind}"),), sections))
    return tuple(units)
