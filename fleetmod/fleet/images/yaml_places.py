"""YAML with the bytes that each value stands at, so that an edit keeps the rest to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.manifests.read import require_yaml


@dataclass(frozen=True)
class Tree:
    """A parsed file: its text, and PyYAML's node of the first document, None for an empty one."""

    path: str
    text: str
    root: Any

    def at(self, index: int) -> int:
        """The byte of a character."""
        return len(self.text[:index].encode())

    def indent(self, node: Any) -> str:
        """What stands before a node on its line."""
        start = self.text.rfind("\n", 0, node.start_mark.index) + 1
        return self.text[start : node.start_mark.index]


def tree(path: str, data: bytes) -> Tree:
    """Raises FleetmodError for what is no YAML, and where PyYAML is missing."""
    require_yaml()
    import yaml

    text = data.decode("utf-8")
    try:
        return Tree(path, text, yaml.compose(text, yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError) as error:
        raise FleetmodError("is not valid YAML", where=path) from error


def pairs(node: Any) -> Iterator[tuple[str, Any, Any]]:
    """The keys of a mapping, each with its key's node and its value's; none for another node."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield key.value, key, value


def child(node: Any, *keys: str) -> Any:
    """The node below some keys; None where there is none."""
    for key in keys:
        node = next((value for name, _, value in pairs(node) if name == key), None)
    return node


def elements(node: Any) -> list[Any]:
    """The elements of a sequence; none for another node."""
    import yaml

    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def scalar(node: Any) -> str | None:
    """A scalar's text; None for another node."""
    import yaml

    return node.value if isinstance(node, yaml.ScalarNode) else None


def line_of(node: Any) -> int:
    line: int = node.start_mark.line + 1
    return line
