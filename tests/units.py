"""Plists of one job, and what becomes of them."""

from __future__ import annotations

import plistlib
from typing import Any

from fleetmod.fleet.units.convert import Node, convert
from fleetmod.fleet.units.model import Converted
from fleetmod.places import Places

PLACES = Places(("alice", "bob"), "/Users/alice/Code/acme", "/Users/alice/Notes")
STEPS = ("ExecStartPre=", "ExecStopPost=")
JOB: dict[str, Any] = {"Label": "dev.example.x", "ProgramArguments": ["/bin/true"]}


def plist(**keys: object) -> str:
    return plistlib.dumps({**JOB, **keys}).decode()


def converted(source: str = "infra/x.plist", node: Node | None = None, **keys: object) -> Converted:
    """The conversion of the smallest job with these keys; None takes a key out."""
    job = {key: value for key, value in {**JOB, **keys}.items() if value is not None}
    return convert(source, job, PLACES, node or Node())


def settings(done: Converted, section: str, kind: str = "service") -> list[str]:
    """The lines of one section of the unit of a kind; none where there is no such unit."""
    assert not done.refused, done.refused
    for unit in done.units:
        if unit.name.endswith(f".{kind}"):
            return [f"{key}={value}" for key, value in unit.sections.get(section, ())]
    return []


def added(section: str = "Service", kind: str = "service", **keys: object) -> list[str]:
    """The lines that these keys add to the smallest job's unit, which lose nothing; its steps,
    which only a manager can judge, are left out."""
    done = converted(**keys)
    assert not done.lost, done.lost
    plain = settings(converted(), section, kind)
    lines = settings(done, section, kind)
    return [line for line in lines if line not in plain and not line.startswith(STEPS)]
