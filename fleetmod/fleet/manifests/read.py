"""Kubernetes YAML as plain data that knows the line of each value."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fleetmod.bounds import too_large
from fleetmod.errors import FleetmodError

if TYPE_CHECKING:
    from yaml.nodes import Node

Key = str | int
_VALUES = 200_000  # in one file, each as often as aliases repeat it; a big chart has some thousands
_MISSING = "Install fleetmod with its extra: pip install 'fleetmod[fleet]'"


@dataclass(frozen=True)
class Place:
    """A line of a file, counted from 1."""

    path: str
    line: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Document:
    """A document of a YAML file; `lines` holds each value's line by its keys from the top."""

    path: str
    data: Any
    lines: dict[tuple[Key, ...], int] = field(default_factory=dict, repr=False)

    def place(self, *keys: Key) -> Place:
        """Where the value at `keys` stands, or the nearest one above it that is known."""
        for end in range(len(keys), -1, -1):
            if keys[:end] in self.lines:
                return Place(self.path, self.lines[keys[:end]])
        return Place(self.path, 1)


def require_yaml() -> None:
    """Raises FleetmodError where PyYAML is not installed."""
    try:
        import yaml  # noqa: F401
    except ImportError as error:
        raise FleetmodError("PyYAML is needed to read manifests", todo=_MISSING) from error


def documents(path: str, text: str) -> list[Document]:
    """The documents of a YAML file, empty ones left out.

    Raises FleetmodError, with the line, for what is no YAML, and for a key that stands twice: the
    YAML readers of Kubernetes and Helm differ in which of the two they take.
    """
    require_yaml()
    import yaml

    if why := too_large(len(text)):
        raise FleetmodError(why, where=path)
    try:
        roots = [root for root in yaml.compose_all(text, yaml.SafeLoader) if root is not None]
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark is not None else path
        what = getattr(error, "problem", None) or "something is wrong"
        raise FleetmodError(f"is not valid YAML: {what}", where=where) from error
    except RecursionError as error:
        raise FleetmodError("nests too deeply to be read", where=path) from error
    found = []
    left = iter(range(_VALUES))
    for root in roots:
        lines: dict[tuple[Key, ...], int] = {}
        try:
            data = _plain(root, (), path, lines, left)
        except RecursionError as error:
            raise FleetmodError("nests too deeply to be read", where=path) from error
        if data is not None:
            found.append(Document(path, data, lines))
    return found


def _plain(
    node: Node,
    at: tuple[Key, ...],
    path: str,
    lines: dict[tuple[Key, ...], int],
    left: Iterator[int],
) -> Any:
    """A node as plain data; every value takes one of what is `left`, an alias each time anew."""
    import yaml

    if next(left, None) is None:
        raise FleetmodError(
            f"holds more than {_VALUES:,} values, with what its aliases repeat, so it is not read",
            where=f"{path}:{node.start_mark.line + 1}",
        )
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*at, i), path, lines, left) for i, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        made: dict[Hashable, Any] = {}
        merged: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag == "tag:yaml.org,2002:merge":
                below = _plain(value_node, at, path, lines, left)
                for each in reversed(below) if isinstance(below, list) else [below]:
                    if not isinstance(each, dict):
                        raise FleetmodError("merges what is no mapping", where=f"{path}:{line}")
                    merged |= each
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise FleetmodError("has a key that is no word", where=f"{path}:{line}")
            key = _scalar(key_node, path)
            if key in made:
                raise FleetmodError(f"the key `{key}` stands twice", where=f"{path}:{line}")
            lines[(*at, key)] = line
            made[key] = _plain(value_node, (*at, key), path, lines, left)
        return merged | made
    return _scalar(node, path)


def _scalar(node: Node, path: str) -> Any:
    import yaml

    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        line = node.start_mark.line + 1
        raise FleetmodError("holds a value that is not plain", where=f"{path}:{line}") from error


def get(data: Any, *keys: Key) -> Any:
    """The value below `keys`, or None where something is missing or of another kind."""
    for key in keys:
        in_map = isinstance(data, dict) and key in data
        in_list = isinstance(data, list) and isinstance(key, int) and key < len(data)
        if not in_map and not in_list:
            return None
        data = data[key]
    return data


def mapping(data: Any, *keys: Key) -> dict[str, Any]:
    """The mapping below `keys`; an empty one where there is none."""
    found = get(data, *keys)
    return found if isinstance(found, dict) else {}


def items(data: Any, *keys: Key) -> Iterator[tuple[int, dict[str, Any]]]:
    """The mappings of the list below `keys`, each with its index."""
    found = get(data, *keys)
    for index, item in enumerate(found if isinstance(found, list) else []):
        if isinstance(item, dict):
            yield index, item
