"""How a call of a host-bound tool is told where nothing rewrites it: shell and Python."""

from __future__ import annotations

from fleetmod import reasons
from fleetmod.host.tools import RULE, Tool
from fleetmod.model import REWRITE, Finding, digest_of, exempt, refuse
from fleetmod.suppress import Suppressions
from fleetmod.syntax.source import Text
from fleetmod.testfiles import is_test

_SHORT = 120


def reported(
    source: Text,
    start: int,
    end: int,
    tool: Tool,
    check: str,
    suppressions: Suppressions,
    symbol: str = "",
    nature: str = "",
) -> Finding:
    """The finding for a byte range. `check` is what asks for the platform in its language;
    `nature` tells that the whole file is for the tool's platform, which is no debt."""
    line, col = source.position(start)
    spelled = source.slice(start, end)
    text = " ".join(spelled.split())
    finding = Finding(
        rule=RULE.id,
        family=RULE.family,
        cls=RULE.cls,
        path=source.path,
        start=start,
        end=end,
        line=line,
        col=col,
        text=text if len(text) <= _SHORT else text[: _SHORT - 1] + "…",
        understood=f"runs {tool.name}, of {tool.where} only",
        action=REWRITE,
        test=is_test(source.path),
        symbol=symbol,
        lines=(line,),
        digest=digest_of(spelled),
    )
    if accepted := suppressions.apply(finding):
        return exempt(finding, "", accepted)
    if nature:
        return exempt(finding, nature)
    told = f"{tool.name} exists on {tool.where} only; ask first, with {check}; elsewhere: "
    return refuse(finding, reasons.UNCHECKED_TOOL(told + tool.instead))
