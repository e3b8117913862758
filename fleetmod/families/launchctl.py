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
    strict=True,
    services=True,
)
