"""Calls of launchctl in shell scripts, and the other places that name it: reported only."""

from __future__ import annotations

import re

from tree_sitter import Node, Tree

from fleetmod import reasons
from fleetmod.host.nature import NOTHING, platform_of_file
from fleetmod.host.script_conditions import asks_for_a_tool
from fleetmod.host.shell import calls_of
from fleetmod.host.tools import Tool
from fleetmod.languages.findings import PROCESS_FAMILY, TOOL, Result
from fleetmod.syntax.source import Source, ancestors

LAUNCHCTL = Tool(TOOL, "darwin", "systemctl on Linux")
GUARDED = "stands behind a check of the platform"
_CALL = reasons.UNCHECKED_TOOL(
    "launchctl exists on macOS only; let the unit of the platform do it (`fleetmod units`), or ask "
    "`uname` first and call systemctl on Linux"
)
_NAMED = reasons.UNCHECKED_TOOL("a text names launchctl; see whether it is run")


def report(result: Result, tree: Tree) -> None:
    """Adds the findings of one script to `result`; a call behind a platform check is no debt."""
    run: set[int] = set()
    source = Source(result.path, result.data, "bash", tree)
    calls, is_guarded = calls_of(source, LAUNCHCTL)
    nature = platform_of_file(result.path, LAUNCHCTL, NOTHING)
    for command in calls:
        run |= set(range(command.start_point.row, command.end_point.row + 1))
        guarded = is_guarded(command)
        no_debt = nature or (GUARDED if guarded else "")
        span = (command.start_byte, command.end_byte)
        result.add(PROCESS_FAMILY, *span, "runs launchctl", _CALL, no_debt)
    for match in re.finditer(TOOL.encode(), result.data):
        leaf = tree.root_node.named_descendant_for_byte_range(*match.span())
        if leaf is None or leaf.start_point.row in run:
            continue
        why = "a comment" if leaf.type == "comment" else _asks(leaf)
        why = why or nature or (GUARDED if is_guarded(leaf) else "")
        result.add(PROCESS_FAMILY, *match.span(), "names launchctl", _NAMED, why)


def _asks(leaf: Node) -> str:
    """Why a name stands in a question whether the tool is there; "" where it does not."""
    command = next((a for a in ancestors(leaf) if a.type == "command"), None)
    words = (command.text or b"").decode("utf-8", "replace").split() if command is not None else []
    asks = bool(words) and asks_for_a_tool(words[0])
    return "asks whether launchctl is there" if asks else ""
