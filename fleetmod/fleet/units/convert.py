"""One launchd job as a service unit, with a timer and a path unit where it has triggers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fleetmod.artefacts import UNIT
from fleetmod.fleet.units import alive, calendar, keys
from fleetmod.fleet.units.command import exec_start
from fleetmod.fleet.units.model import Converted, Draft, Refused, Setting, Unit
from fleetmod.fleet.units.texts import Texts
from fleetmod.fleet.units.unconverted import why_not
from fleetmod.places import Places

# As the process-manager package reads a label, without `+`, which no unit's name has
# (systemd.unit(5)); a name that ends in `@` is a template, which cannot be started.
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@:-]*(?<!@)")
_NAME_MAX = 255
_THROTTLE = 10  # seconds; launchd.plist(5), ThrottleInterval
_MAIN = ("Label", "Program", "ProgramArguments")
_TRIGGERS = ("StartInterval", "StartCalendarInterval", "WatchPaths", "QueueDirectories")
_LIMITS = ("SoftResourceLimits", "HardResourceLimits")
_OTHERS = ("RunAtLoad", "KeepAlive", "OnDemand", "ThrottleInterval", "Disabled")
_OWN = {*_MAIN, *_TRIGGERS, *_LIMITS, *_OTHERS}


@dataclass(frozen=True)
class Node:
    """Where things are on the node: the checkout, and the home for services of the system.

    Both "" where not known: the checkout is then where it was below the home, and a system service
    that needs the home is refused.
    """

    checkout: str = ""
    home: str = ""


def unit_name(label: str) -> str:
    """The service unit that the systemctl adapter takes for a label; raises Refused for none."""
    name = label if label.endswith(".service") else f"{label}.service"
    if not _LABEL.fullmatch(label) or len(name) > _NAME_MAX:
        raise Refused(f"the label {label!r} makes no name of a unit")
    return name


def convert(source: str, job: Mapping[str, object], places: Places, node: Node) -> Converted:
    """The units of the job that the plist at `source` holds; never raises for a value in it."""
    draft = Draft()
    # UserName and GroupName are for the system's domain only; so is the folder of daemons
    is_system = "LaunchDaemons" in source.split("/") or not {"UserName", "GroupName"}.isdisjoint(
        job
    )
    texts = Texts(places, node.home if is_system else "%h", node.checkout, draft)
    try:
        label = job.get("Label")
        if not isinstance(label, str):
            raise Refused("has no Label")
        name = unit_name(label)
        exec_start(draft, texts, job)
        _fill(draft, texts, job)
    except Refused as reason:
        return Converted(source, refused=str(reason))
    units = _units(source, label, name, draft, "multi-user" if is_system else "default")
    disabled = job.get("Disabled") is True
    notes = _once(draft.lost), _once(draft.differs)
    return Converted(source, units, "", *notes, is_system, disabled)


def _fill(draft: Draft, texts: Texts, job: Mapping[str, object]) -> None:
    for key, value in job.items():
        if key in keys.HANDLERS:
            keys.HANDLERS[key](draft, texts, key, value)
        elif key not in _OWN and (why := why_not(key, value)):
            draft.lose(key if key.isprintable() else repr(key), why)
    if any(key in job for key in _LIMITS):
        soft, hard = (job.get(key, {}) for key in _LIMITS)
        keys.limits(draft, "ResourceLimits", soft, hard)
    draft.at_load = job.get("RunAtLoad") is True
    if job.get("OnDemand") is False and "KeepAlive" not in job:  # its older name, inverted
        alive.keep_alive(draft, texts, "OnDemand", True)
    alive.keep_alive(draft, texts, "KeepAlive", job.get("KeepAlive", False))
    if "StartInterval" in job:
        calendar.start_interval(draft, "StartInterval", job["StartInterval"])
    if "StartCalendarInterval" in job:
        key = "StartCalendarInterval"
        calendar.start_calendar_interval(draft, key, job[key])
    draft.path += _paths(draft, texts, "WatchPaths", "PathModified", job.get("WatchPaths", []))
    _queues(draft, texts, job)
    _throttle(draft, job.get("ThrottleInterval"))
    if job.get("Disabled") is True:
        draft.differ(
            "Disabled", "a unit starts by itself only once it is enabled; do not enable it"
        )


def _paths(draft: Draft, texts: Texts, key: str, setting: str, value: object) -> list[Setting]:
    if not isinstance(value, list):
        draft.lose(key, "is no list")
        return []
    found = (texts.path(key, path) for path in value)
    return [(setting, path) for path in found if path is not None]


def _queues(draft: Draft, texts: Texts, job: Mapping[str, object]) -> None:
    key = "QueueDirectories"
    paths = _paths(draft, texts, key, "DirectoryNotEmpty", job.get(key, []))
    if not paths:
        return
    if draft.at_load or draft.timer or draft.path or draft.restart != "no":
        draft.path += paths
        draft.differ(key, "starts the service at once again while a directory is not empty")
    else:
        alive.while_there(draft, key, "ConditionDirectoryNotEmpty", paths)


def _throttle(draft: Draft, value: object) -> None:
    key = "ThrottleInterval"
    if value is not None and (type(value) is not int or value < 0):
        draft.lose(key, "is no number of seconds")
        value = None
    if draft.restart != "no":
        draft.service += [("Restart", draft.restart)]
        draft.service += [("RestartSec", f"{_THROTTLE if value is None else value}s")]
        if value is not None:
            draft.differ(key, "counts from the end of a run, not from its start")
    elif value is not None:
        draft.lose(key, "systemd does not wait between runs; it takes up a trigger when a run ends")


def _once(lines: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(lines))


def _units(source: str, label: str, name: str, draft: Draft, target: str) -> tuple[Unit, ...]:
    comment = (
        f"{UNIT}{source}; a change here is lost.",
        *(f"Not converted: {line}" for line in _once(draft.lost)),
        *(f"Mind: {line}" for line in _once(draft.differs)),
    )
    about: tuple[Setting, ...] = (("Description", label), *draft.conditions)
    if draft.restart != "no" or draft.timer or draft.path:
        about += (("StartLimitIntervalSec", "0"),)  # launchd never gives up
    install: tuple[Setting, ...] = (("WantedBy", f"{target}.target"),) if draft.at_load else ()
    # With `exec`, a start fails where the program cannot be run, and does not wait for its end.
    service = (("Type", "exec"), *draft.service)
    units = [Unit(name, comment, {"Unit": about, "Service": service, "Install": install})]
    stem = name.removesuffix(".service")
    for kind, settings in (("timer", draft.timer), ("path", draft.path)):
        if settings:
            sections = {
                "Unit": (("Description", f"{label}, by its {kind}"),),
                kind.capitalize(): tuple(settings),
                "Install": (("WantedBy", f"{kind}s.target"),),
            }
            units.append(Unit(f"{stem}.{kind}", comment[:1], sections))
    return tuple(units)
