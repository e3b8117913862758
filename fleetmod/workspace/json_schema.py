"""The JSON schema of a `fleetmod.toml`, with which editors complete and check one."""

from __future__ import annotations

import re
from dataclasses import Field, fields
from typing import Any

from fleetmod.workspace.config_file import EXPLAIN
from fleetmod.workspace.schema import TABLES, VERSION

_CHOICE = re.compile(r"'(\w+)' or '(\w+)'")


def json_schema() -> dict[str, Any]:
    """The schema as plain data; reports/config.schema.json is its text."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "fleetmod.toml",
        "type": "object",
        "properties": {
            "version": {"const": VERSION, "description": "the format of this file"},
            **{name: _table(name) for name in TABLES},
        },
        "required": ["version"],
        "additionalProperties": False,
    }


def _table(name: str) -> dict[str, Any]:
    about = (TABLES[name].__doc__ or "").strip()
    properties = {item.name: _value(name, item) for item in fields(TABLES[name])}
    return {
        "type": "object",
        "description": about,
        "properties": properties,
        "additionalProperties": False,
    }


def _value(table: str, item: Field[Any]) -> dict[str, Any]:
    choice = _CHOICE.fullmatch(item.metadata["expects"])
    one: dict[str, Any] = {"enum": list(choice.groups())} if choice else {"type": "string"}
    told = {"description": EXPLAIN[f"{table}.{item.name}"]}
    if isinstance(item.default, tuple):
        return {"type": "array", "items": one, **told, "default": list(item.default)}
    return {**one, **told, "default": item.default}
