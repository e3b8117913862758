"""The keys of launchd.plist(5) that no unit of ours stands for, and why."""

from __future__ import annotations

_MACOS = "is an affair of macOS"

UNCONVERTED: dict[str, str] = {
    "AssociatedBundleIdentifiers": _MACOS,
    "BeginTransactionAtShutdown": _MACOS,
    "BundleProgram": "a program inside of an app bundle is not there on Linux",
    "Debug": "launchd's own logging",
    "EnableGlobbing": "the arguments are not expanded; write a shell command",
    "EnablePressuredExit": _MACOS,
    "EnableTransactions": _MACOS,
    "HopefullyExitsFirst": "launchd no longer implements it either",
    "HopefullyExitsLast": "launchd no longer implements it either",
    "InitGroups": "systemd always gives a user's supplementary groups",
    "LaunchEvents": _MACOS,
    "LegacyTimers": _MACOS,
    "LimitLoadFromHardware": _MACOS,
    "LimitLoadFromHosts": "install the unit only on the hosts that are to have it",
    "LimitLoadToHardware": _MACOS,
    "LimitLoadToHosts": "install the unit only on the hosts that are to have it",
    "LowPriorityBackgroundIO": "systemd has no such class",
    "MachServices": _MACOS,
    "MaterializeDatalessFiles": _MACOS,
    "ServiceIPC": "launchd no longer implements it either",
    "SessionCreate": _MACOS,
    "StartOnMount": "no unit is started by any mount; add WantedBy= of one mount unit",
    "TimeOut": "launchd only passes it on to the program",
    "TransactionTimeLimitEnabled": _MACOS,
    "WaitForDebugger": "systemd has no such start",
}
# What is told only where the value is not what systemd does anyway.
HARMLESS: dict[str, object] = {
    "InitGroups": True,
    **dict.fromkeys(
        (
            *("Debug", "EnableGlobbing", "EnablePressuredExit", "EnableTransactions"),
            *("LegacyTimers", "LowPriorityBackgroundIO", "ServiceIPC", "SessionCreate"),
            *("StartOnMount", "WaitForDebugger", "HopefullyExitsFirst", "HopefullyExitsLast"),
        ),
        False,
    ),
}


_REMARKS = ("Comment", "ServiceDescription")  # for people


def why_not(key: str, value: object) -> str:
    """Why a key is not converted; empty when nothing is lost by that."""
    if key in _REMARKS or (key in HARMLESS and value is HARMLESS[key]):
        return ""
    return UNCONVERTED.get(key, "is no key that fleetmod knows")
