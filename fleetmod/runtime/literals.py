"""Arrays in JavaScript configuration files, and how one gains entries."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tree_sitter import Node

from fleetmod.syntax.source import Source


def strings_of(source: Source, array: Node) -> list[str]:
    """The plain strings among the elements of an array."""
    return [source.text(e)[1:-1] for e in array.named_children if e.type == "string"]


def array_with(source: Source, array: Node, entries: Sequence[str]) -> str:
    """The file's text with the `entries` that the array does not name yet behind its last element.

    They stand on lines of their own where the last element does, in the quotes of the others.
    """
    data = source.data
    missing = [entry for entry in entries if entry not in strings_of(source, array)]
    elements = [each for each in array.named_children if each.type != "comment"]
    shown = [source.text(each) for each in elements if each.type == "string"]
    single = shown[0].startswith("'") if shown else b"'" in data and b'"' not in data
    return with_elements(source, array, [f"'{e}'" if single else json.dumps(e) for e in missing])


def with_elements(source: Source, block: Node, written: Sequence[str]) -> str:
    """The file's text with more elements of an array, or arguments of a call, behind the last."""
    data = source.data
    elements = [each for each in block.named_children if each.type != "comment"]
    if not written:
        return data.decode()
    if not elements:
        at, new = block.start_byte + 1, ", ".join(written)
    else:
        last = elements[-1]
        start = data.rfind(b"\n", 0, last.start_byte) + 1
        lead = data[start : last.start_byte]
        alone = start > block.start_byte and not lead.strip()
        line = "\r\n" if b"\r\n" in data else "\n"
        gap = (line + lead.decode()) if alone else " "
        at, new = last.end_byte, "".join(f",{gap}{each}" for each in written)
    return (data[:at] + new.encode() + data[at:]).decode()
