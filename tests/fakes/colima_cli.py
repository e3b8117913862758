"""The fake colima's command line: it logs the call and answers as Colima 0.10 does.

Facts, all from abiosoft/colima: the profile is `--profile`, else an argument of start, status, list
and the like, else COLIMA_PROFILE (cmd/root/root.go); `status` of what does not run exits with 1 and
says so on stderr, by logrus (app/app.go, `getStatus`); `list --json` prints an object a line,
without empty fields (environment/vm/lima/limautil/instance.go); `start` of what runs changes
nothing (cmd/start.go); the text form of `status` goes to stderr, its JSON to stdout (app/app.go).

State, a JSON file, all keys optional:
  profiles   name -> {running, address?, socket?, uptime?}; by default `default`, stopped
  faults     [{verb, code?, stdout?, stderr?}]: every call of `verb` answers that
  old        `status` knows no `--json`, as before 0.10
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

Profile = dict[str, Any]


def main(argv: list[str]) -> int:
    with Path(os.environ["FAKE_COLIMA_LOG"]).open("a") as log:
        log.write(json.dumps(argv) + "\n")
    path = Path(os.environ["FAKE_COLIMA_STATE"])
    state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    profiles: dict[str, Profile] = state.setdefault("profiles", {"default": {"running": False}})
    verb, words, given = _parse(argv)
    verb = "list" if verb == "ls" else verb
    fault = next((f for f in state.get("faults", []) if f["verb"] == verb), None)
    if fault is not None:
        sys.stdout.write(fault.get("stdout", ""))
        sys.stderr.write(fault.get("stderr", ""))
        return int(fault.get("code", 0))
    takes_profile = verb in ("start", "stop", "status", "list", "version", "ssh-config")
    named = words[0] if takes_profile and words else ""
    name = given or named or os.environ.get("COLIMA_PROFILE", "") or "default"
    name = "default" if name == "colima" else name.removeprefix("colima-")
    if verb == "version":
        print("colima version 0.10.0")
        return 0
    if verb == "list":
        shown = {name: profiles.get(name)} if given or named else profiles
        for each, profile in shown.items():
            if profile is not None:
                print(_line(_instance(each, profile)) if _json(argv) else each)
        return 0
    if verb in ("start", "stop"):
        profiles.setdefault(name, {})["running"] = verb == "start"
        path.write_text(json.dumps(state))
        return 0
    profile = profiles.get(name, {})
    shown_name = "colima" if name == "default" else f"colima [profile={name}]"
    if not profile.get("running"):
        return _fatal(f"{shown_name} is not running")
    if verb == "status":
        if _json(argv) and state.get("old"):
            return _fatal("unknown flag: --json")
        if _json(argv):
            print(_line(_status(shown_name, profile)))
        else:
            print(f'level=info msg="{shown_name} is running using macOS"', file=sys.stderr)
        return 0
    if verb == "ssh" and words == ["cat", "/proc/uptime"]:
        print(f"{profile.get('uptime', 4321)}.07 8101.55")
        return 0
    return _fatal(f'unknown command "{verb}" for "colima"')


def _parse(argv: list[str]) -> tuple[str, list[str], str]:
    """The verb, its arguments that are no flags, and what `--profile` gives."""
    words, given = [], ""
    rest = iter(argv)
    for word in rest:
        if word in ("-p", "--profile"):
            given = next(rest, "")
        elif word == "--":
            words += list(rest)
        elif not word.startswith("-"):
            words.append(word)
    return (words[0] if words else "help"), words[1:], given


def _line(document: Profile) -> str:
    """As Go's encoding/json writes it, without spaces."""
    return json.dumps(document, separators=(",", ":"))


def _json(argv: list[str]) -> bool:
    return "--json" in argv or "-j" in argv


def _instance(name: str, profile: Profile) -> Profile:
    running = bool(profile.get("running"))
    size = {"arch": "aarch64", "cpus": 2, "memory": 2147483648, "disk": 107374182400}
    shown = {"name": name, "status": "Running" if running else "Stopped", **size}
    address = {"address": profile["address"]} if running and profile.get("address") else {}
    return {**shown, **address, "runtime": "docker"}


def _status(name: str, profile: Profile) -> Profile:
    address = {"ip_address": profile["address"]} if profile.get("address") else {}
    socket = {"docker_socket": profile["socket"]} if profile.get("socket") else {}
    return {
        **{"display_name": name, "driver": "macOS Virtualization.Framework", "arch": "aarch64"},
        **{"runtime": "docker", "mount_type": "sshfs", **address, **socket},
        **{"kubernetes": False, "cpu": 2, "memory": 2147483648, "disk": 107374182400},
    }


def _fatal(message: str) -> int:
    print(f'time="2026-01-02T03:04:05Z" level=fatal msg="{message}"', file=sys.stderr)
    return 1
