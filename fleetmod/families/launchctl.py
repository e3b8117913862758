"""Calls of launchctl, and the texts that name it."""

from __future__ import annotations

from fleetmod.families.family import Family
from fleetmod.flow.bound import LAUNCHCTL as TOOL

LAUNCHCTL = Family(
    id="process",
    phase="1a",
    proves="no launchctl outside the process-manager adapter",
    title="process manager",
    port="process-manager",
    tool=TOOL,
    needles=lambda config: (TOOL.name,),
    beside=("launchd",),
    adapters=lambda config: config.process.adapters,
    named_adapters=True,
    predicate="role?",
    classify=lambda analysis, node: analysis.roles.role(node),
    sites=lambda analysis: analysis.roles.sites,
    problems={
        "call": "launchctl call",
        "display": "launchctl in a text for people",
        "log": "launchctl in a log line",
        "comment": "launchctl in a comment",
        "value": "launchctl as a value",
        "name": "Name that holds launchctl",
        "detector": "Pattern that looks for launchctl",
        "test data": "launchctl in test data",
        "elsewhere": "launchctl of another machine",
    },
    remedy=lambda cls, what: f"let the process-manager port {what}" if cls == "call" else "",
    strict=True,
    services=True,
)
