"""The keys of a plist that become settings of the service, one by one."""

from __future__ import annotations

import re
from collections.abc import Callable

from fleetmod.fleet.units.model import Draft
from fleetmod.fleet.units.texts import Texts
from fleetmod.fleet.units.words import quoted

Handler = Callable[[Draft, Texts, str, object], None]

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # systemd ignores other names
_ACCOUNT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_LIMITS = {
    "Core": "LimitCORE",
    "CPU": "LimitCPU",
    "Data": "LimitDATA",
    "FileSize": "LimitFSIZE",
    "MemoryLock": "LimitMEMLOCK",
    "NumberOfFiles": "LimitNOFILE",
    "NumberOfProcesses": "LimitNPROC",
    "ResidentSetSize": "LimitRSS",
    "Stack": "LimitSTACK",
}


def environment(draft: Draft, texts: Texts, key: str, value: object) -> None:
    if not isinstance(value, dict):
        return draft.lose(key, "is no dictionary")
    for name, text in value.items():
        if not _ENV_NAME.fullmatch(name):
            draft.lose(key, f"systemd takes no variable of the name {name!r}")
        elif not isinstance(text, str):
            draft.lose(key, f"the value of {name} is no text")
        else:
            draft.service.append(("Environment", quoted(f"{name}={texts.text(key, text)}")))


def path(setting: str) -> Handler:
    def handle(draft: Draft, texts: Texts, key: str, value: object) -> None:
        if (found := texts.path(key, value)) is not None:
            draft.service.append((setting, found))

    return handle


def log(setting: str) -> Handler:
    def handle(draft: Draft, texts: Texts, key: str, value: object) -> None:
        found = texts.path(key, value)
        if found is None:
            return
        draft.service.append((setting, f"append:{found}" if found != "/dev/null" else "null"))
        if not found.startswith(("/tmp/", "/dev/")):
            folder = found.rpartition("/")[0]
            draft.differ(
                "Standard*Path", f"the service fails where the folder {folder} is not there"
            )

    return handle


def account(setting: str, usual: str) -> Handler:
    """core.c of launchd, job_import_string: returns for root and wheel, as a daemon runs anyway."""

    def handle(draft: Draft, texts: Texts, key: str, value: object) -> None:
        if value == usual:
            return
        if isinstance(value, str) and _ACCOUNT.fullmatch(value):
            draft.service.append((setting, value))
            draft.differ(key, f"{value} must be there on the node")
        else:
            draft.lose(key, "is no account that systemd takes")

    return handle


def number(setting: str, allowed: range) -> Handler:
    def handle(draft: Draft, texts: Texts, key: str, value: object) -> None:
        if type(value) is int and value in allowed:
            draft.service.append((setting, str(value)))
        else:
            draft.lose(key, f"is no number from {allowed[0]} to {allowed[-1]}")

    return handle


def umask(draft: Draft, texts: Texts, key: str, value: object) -> None:
    """A number, or a text as strtoul(3) reads it without a base: `022` is octal, `18` decimal."""
    try:
        octal = isinstance(value, str) and re.fullmatch(r"0[0-7]+", value)
        mask = int(value, 8 if octal else 0) if isinstance(value, str) else value
    except ValueError:
        mask = None
    if type(mask) is int and 0 <= mask <= 0o777:
        draft.service.append(("UMask", f"{mask:04o}"))
    else:
        draft.lose(key, "is no file mode mask")


def exit_timeout(draft: Draft, texts: Texts, key: str, value: object) -> None:
    if type(value) is int and value >= 0:
        draft.service.append(("TimeoutStopSec", f"{value}s" if value else "infinity"))
    else:
        draft.lose(key, "is no number of seconds")


def process_type(draft: Draft, texts: Texts, key: str, value: object) -> None:
    if value == "Background":
        draft.service += [("CPUSchedulingPolicy", "batch"), ("IOSchedulingClass", "idle")]
        draft.differ(key, "as batch work for the scheduler, and with idle priority on disks")
    elif value not in ("Standard", "Interactive"):  # as every unit is
        draft.lose(key, "systemd has no such class of processes")


def low_priority_io(draft: Draft, texts: Texts, key: str, value: object) -> None:
    if value is True and ("IOSchedulingClass", "idle") not in draft.service:
        draft.service += [("IOSchedulingClass", "best-effort"), ("IOSchedulingPriority", "7")]


def limits(draft: Draft, key: str, soft: object, hard: object) -> None:
    """Soft and hard limits together, since one setting holds both."""
    if not isinstance(soft, dict) or not isinstance(hard, dict):
        return draft.lose(key, "is no dictionary")
    for name in [*soft, *(name for name in hard if name not in soft)]:
        both = [limit[name] for limit in (soft, hard) if name in limit]
        if name not in _LIMITS or not all(type(each) is int and each >= 0 for each in both):
            draft.lose(f"{key}.{name}", "is no limit that a unit can hold")
            continue
        draft.service.append((_LIMITS[name], ":".join(map(str, both))))
        if len(both) == 1:
            draft.differ(f"{key}.{name}", "is the soft and the hard limit")


HANDLERS: dict[str, Handler] = {
    "EnvironmentVariables": environment,
    "WorkingDirectory": path("WorkingDirectory"),
    "RootDirectory": path("RootDirectory"),
    "StandardOutPath": log("StandardOutput"),
    "StandardErrorPath": log("StandardError"),
    "UserName": account("User", "root"),
    "GroupName": account("Group", "wheel"),
    "Nice": number("Nice", range(-20, 20)),
    "Umask": umask,
    "ExitTimeOut": exit_timeout,
    "ProcessType": process_type,
    "POSIXSpawnType": process_type,  # its older name (launch_priv.h of launchd)
    "LowPriorityIO": low_priority_io,
}
