"""Calls of Colima and Lima, and the addresses of their machines."""

from __future__ import annotations

from fleetmod.families.family import Family
from fleetmod.flow.bound import COLIMA as TOOL
from fleetmod.lift.container_text import TOOLS, names_runtime

COLIMA = Family(
    id="container",
    phase="1c",
    proves="no container-runtime tool or machine address outside the container-runtime adapter",
    title="containers",
    port="container-runtime",
    tool=TOOL,
    needles=lambda config: (*TOOLS, *config.container.vm_addresses),
    # the tools' names are words, too: only a line counts that spells a command or a path
    counts=lambda places, line, needle: names_runtime(line, needle),
    shown=lambda config, needle: False,
    adapters=lambda config: config.container.adapters,
    problems={
        "call": "Colima call",
        "address": "Address of Colima's machine",
        "candidate": "Socket of Colima",
        "display": "Colima in a text for people",
        "path": "Path of Colima's own",
        "value": "Colima as a value",
        "mention": "Colima by name",
    },
    predicate="container?",
    classify=lambda analysis, node: analysis.container_roles.role(node),
    sites=lambda analysis: analysis.container_roles.sites,
)
