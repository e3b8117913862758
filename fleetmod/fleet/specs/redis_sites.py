"""Every `new Redis(...)` of ioredis in the code, and whether it can follow a failover."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.fleet.network.uses import imported_clients
from fleetmod.flow.texts import Values
from fleetmod.syntax.scope import Scopes
from fleetmod.syntax.source import Source, unwrap

SENTINEL, DIRECT, UNKNOWN = "speaks Sentinel", "needs sentinels", "not known"
TRIGGERS = (b"ioredis",)


@dataclass(frozen=True)
class Site:
    """One construction: `verdict` is one of the above, `how` what it is given."""

    path: str
    line: int
    verdict: str
    how: str


def sites(source: Source) -> list[Site]:
    """The constructions in a file, in source order; those of other packages' `Redis` are none."""
    clients = imported_clients(source)
    names = {name for name, package in clients.items() if package == "ioredis"}
    values = Values(Scopes(source))
    found = []
    for node in source.of("new_expression"):
        made = node.child_by_field_name("constructor")
        if made is not None and source.text(made) in names:
            verdict, how = _judge(source, values, node.child_by_field_name("arguments"))
            line = source.line_of(node.start_byte)
            found.append(Site(source.path, line, verdict, how))
    return sorted(found, key=lambda site: site.line)


def _judge(source: Source, values: Values, arguments: Node | None) -> tuple[str, str]:
    given = [a for a in arguments.named_children if a.type != "comment"] if arguments else []
    if not given:
        return DIRECT, "localhost:6379, ioredis's default"
    options = next((o for a in given if (o := _object(values, a)) is not None), None)
    text = " ".join(source.text(given[0]).split())
    if options is not None:
        keys = {
            source.text(key)
            for pair in options.named_children
            if (key := pair.child_by_field_name("key")) is not None
        } | {source.text(c) for c in options.named_children if "shorthand" in c.type}
        if "sentinels" in keys:
            return SENTINEL, "sentinels"
        if keys & {"host", "port", "path"}:
            return DIRECT, ", ".join(sorted(keys & {"host", "port", "path"}))
        if any(child.type == "spread_element" for child in options.named_children):
            return UNKNOWN, "options are spread from elsewhere"
    literal = values.literal(given[0])
    if literal is not None or re.match(r"\d+$", text):
        return DIRECT, "a URL or port"
    if variable := re.fullmatch(r"(?:process|Bun)\.env\.(\w+)!?(?:\s*(?:\?\?|\|\|).*)?", text):
        return DIRECT, f"the URL in {variable[1]}"
    if options is not None:
        return DIRECT, "localhost:6379, ioredis's default"
    return UNKNOWN, text if len(text) <= 60 else text[:59] + "…"


def _object(values: Values, node: Node) -> Node | None:
    node = unwrap(node)
    if node.type != "object":
        node = values.constant(node) or node
    return node if node.type == "object" else None
