"""Reads `fleetmod.toml` into a `Config`, and writes one; every mistake is named with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from fleetmod.bounds import CONFIG, too_large, too_many
from fleetmod.errors import FleetmodError
from fleetmod.workspace import toml_lines
from fleetmod.workspace.config_file import render_config
from fleetmod.workspace.disk import read_plain
from fleetmod.workspace.schema import (
    FILE,
    TABLES,
    VERSION,
    Cluster,
    Config,
    Container,
    Home,
    Identity,
    Images,
    Process,
    Rehearse,
    Runtime,
    Workspace,
)

__all__ = [
    "FILE",
    "Cluster",
    "Config",
    "Container",
    "Home",
    "Identity",
    "Images",
    "Process",
    "Rehearse",
    "Runtime",
    "Workspace",
    "load_config",
    "parse_config",
    "render_config",
]

_Fail = Callable[[str, toml_lines.Path, str], FleetmodError]
_KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "a table",
}


def load_text(root: Path) -> bytes:
    """The bytes of `fleetmod.toml`, b"" when there is none; raises FleetmodError as below."""
    try:
        return read_plain(root / FILE, CONFIG)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FleetmodError(f"cannot be read: {error.strerror}", where=FILE) from error


def load_config(root: Path) -> Config | None:
    """The configuration in `root`, or None when there is no `fleetmod.toml`.

    Raises FleetmodError for a file that cannot be read or is not valid; see `parse_config`.
    """
    data = load_text(root)
    if not data and not (root / FILE).exists():
        return None
    try:
        return parse_config(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FleetmodError(
            "is not UTF-8 text", where=f"{FILE}:{line}", todo="Save it as UTF-8."
        ) from error


def parse_config(text: str) -> Config:
    """The configuration that the TOML `text` holds; what it does not say is the default.

    Raises FleetmodError, with the line, for a syntax error, an unknown table or key, a wrong type
    and a wrong value.
    """

    def fail(what: str, path: toml_lines.Path, todo: str) -> FleetmodError:
        line = toml_lines.line_of_key(text, path)
        return FleetmodError(what, where=f"{FILE}:{line}", todo=todo)

    data = _toml(text)
    _check_version(data.pop("version", VERSION), fail)
    tables: dict[str, Any] = {}
    for name, table in data.items():
        if name not in TABLES:
            known = [*TABLES, "version"]
            raise fail(f"{name} is not a table or key", (name,), _did_you_mean((name,), known))
        if not isinstance(table, dict):
            raise fail(
                f"{name} must be a table, not {_kind(table)}", (name,), f"Write [{name}] above it."
            )
        tables[name] = _table(name, table, fail)
    return Config(**tables)


def _toml(text: str) -> dict[str, Any]:
    if why := too_large(len(text), CONFIG):
        raise FleetmodError(why, where=FILE, todo="Take out what no run needs.")
    if line := toml_lines.line_of_deep_key(text):
        raise FleetmodError("names a key of too many parts", where=f"{FILE}:{line}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(r" \(at line (\d+), column (\d+)\)$| \(at end of document\)$", message)
        line = int(place[1]) if place and place[1] else text.rstrip().count("\n") + 1
        said = message[: place.start()] if place else message
        raise FleetmodError(
            f"is not valid TOML: {said[:1].lower()}{said[1:]}",
            where=f"{FILE}:{line}",
            todo="Mend the line.",
        ) from error
    except RecursionError as error:
        raise FleetmodError("is nested too deeply", where=f"{FILE}:1") from error
    except ValueError as error:
        raise FleetmodError("holds a number that is too long", where=FILE) from error


def _check_version(version: object, fail: _Fail) -> None:
    if type(version) is not int:
        raise fail(
            f"version must be a number, not {_kind(version)}",
            ("version",),
            f"Write version = {VERSION}.",
        )
    if version != VERSION:
        raise fail(
            f"version {version} is not supported: expected {VERSION}",
            ("version",),
            "Use the fleetmod that wrote this file, or write a new one with fleetmod init.",
        )


def _table(name: str, table: Mapping[str, object], fail: _Fail) -> object:
    known = {item.name: item for item in fields(TABLES[name])}
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            todo = _did_you_mean((name, key), list(known))
            raise fail(f"{name}.{key} is not a key", (name, key), todo)
        meta = known[key].metadata
        path, expects, ok = (name, key), meta["expects"], meta["ok"]
        if isinstance(known[key].default, tuple):
            values[key] = _strings(path, value, expects, ok, fail)
        else:
            values[key] = _string(path, value, expects, ok, fail)
    return TABLES[name](**values)


def _strings(
    path: toml_lines.Path, value: object, expects: str, ok: Callable[[str], bool], fail: _Fail
) -> tuple[str, ...]:
    dotted = ".".join(map(str, path))
    if not isinstance(value, list):
        raise fail(
            f"{dotted} must be a list of strings, not {_kind(value)}",
            path,
            f'Write {path[-1]} = ["…"], each element {expects}.',
        )
    if why := too_many(len(value), "values"):
        raise fail(f"{dotted} {why}", path, "Write a pattern for many of them.")
    return tuple(_string((*path, i), item, expects, ok, fail) for i, item in enumerate(value))


def _string(
    path: toml_lines.Path, value: object, expects: str, ok: Callable[[str], bool], fail: _Fail
) -> str:
    dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)[1:]
    if not isinstance(value, str):
        raise fail(f"{dotted} must be a string, not {_kind(value)}", path, f"Write {expects}.")
    if not ok(value):
        raise fail(f"{dotted} is {value!r}: expected {expects}", path, "Correct the value.")
    return value


def _kind(value: object) -> str:
    return _KINDS.get(type(value), "a date or time")


def _did_you_mean(path: tuple[str, ...], siblings: list[str]) -> str:
    """A sentence with the known key nearest to the unknown `path`, or with every known one."""
    *above, last = path
    elsewhere = {item.name: name for name, table in TABLES.items() for item in fields(table)}
    if last in elsewhere:
        return f"Did you mean {elsewhere[last]}.{last}?"
    from difflib import get_close_matches  # for a configuration that is wrong

    near = get_close_matches(last.lower(), siblings, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {'.'.join([*above, near[0]])}?"
    near = get_close_matches(last.lower(), elsewhere, n=1, cutoff=0.7)
    if near:
        return f"Did you mean {elsewhere[near[0]]}.{near[0]}?"
    place = f"[{above[0]}]" if above else "The file"
    return f"{place} knows {', '.join(siblings)}."
