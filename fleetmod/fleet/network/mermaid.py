"""The graph as a Mermaid flowchart, which GitHub draws."""

from __future__ import annotations

import re
from collections import defaultdict

from fleetmod.fleet.network.model import API_SERVER, HOST, INGRESS, NODE, WORKLOAD, Graph, Peer

_SHAPES = {
    WORKLOAD: '["{}"]',
    HOST: '(["{}"])',
    NODE: '[["{}"]]',
    API_SERVER: '[("{}")]',
    INGRESS: '{{{{"{}"}}}}',
}


def diagram(graph: Graph) -> str:
    """A fenced Mermaid block: boxes are pods, rounded ends are outside of the cluster; a dotted
    line is assumed, and a thick one comes by `kubectl port-forward`, past every policy."""
    lines = ["```mermaid", "flowchart LR"]
    seen: dict[object, str] = {}
    for edge in graph.edges:
        for end in (edge.source, edge.target):
            if end.key not in seen:
                seen[end.key] = _identifier(end, seen)
                shape = _SHAPES.get(end.kind, '(("{}"))')
                lines.append(f"  {seen[end.key]}{shape.format(_label(end))}")
    arrows: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for edge in graph.edges:
        arrow = "-.->" if edge.assumed else "-->" if edge.policed else "==>"
        label = f"{edge.port}" + (f" by {edge.via}" if edge.via else "")
        label += f"/{edge.protocol}" if edge.protocol != "TCP" else ""
        arrows[seen[edge.source.key], arrow, seen[edge.target.key]].append(label)
    for (source, arrow, target), labels in arrows.items():
        lines.append(f'  {source} {arrow}|"{", ".join(labels)}"| {target}')
    return "\n".join([*lines, "```"])


def _identifier(end: Peer, seen: dict[object, str]) -> str:
    bare = re.sub(r"\W", "_", f"{end.kind}_{end.namespace}_{end.name}")
    return f"{bare}_{len(seen)}" if bare in seen.values() else bare


def _label(end: Peer) -> str:
    words = {HOST: "processes outside of pods", INGRESS: f"ingress in {end.namespace}"}
    text = words.get(end.kind, end.name)
    if end.kind == NODE:
        text = f"{end.name} (the node's network)"
    return text.replace('"', "'")
