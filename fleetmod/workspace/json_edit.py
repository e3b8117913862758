"""Where things stand in a JSON text, so that one entry can be added and no other byte changes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fleetmod.errors import FleetmodError
from fleetmod.model import Edit
from fleetmod.regex import lazy

_SPACE = lazy(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True, slots=True)
class Item:
    """A member of an object (`key` is set) or an element of an array; offsets in characters."""

    key: str
    start: int  # where the key begins; in an array, the value
    value_start: int
    end: int
    value: object


@dataclass(frozen=True, slots=True)
class Block:
    """An object or an array: the offsets of its brackets, behind the last one, and its items."""

    start: int
    end: int
    items: tuple[Item, ...]

    def last(self, key: str) -> Item | None:
        """The member that counts: of two with the same key, JSON readers take the second."""
        return next((item for item in reversed(self.items) if item.key == key), None)


@lru_cache(maxsize=64)  # every file of a package asks for its manifest
def read_object(text: str, where: str) -> Block:
    """The top object of the JSON `text`. Raises FleetmodError when there is none."""
    start = _skip(text, 1 if text.startswith("\ufeff") else 0)
    try:
        value, end = _DECODER.raw_decode(text, start)
        if _skip(text, end) != len(text):
            raise json.JSONDecodeError("Extra data", text, end)
    except (ValueError, RecursionError) as error:  # a ValueError, too, for a number of any length
        line = text.count("\n", 0, getattr(error, "pos", 0)) + 1
        what = getattr(error, "msg", "nested too deeply or a number too long").lower()
        raise FleetmodError(
            f"is not valid JSON: {what}", where=f"{where}:{line}", todo="Mend the file."
        ) from error
    if not isinstance(value, dict):
        raise FleetmodError("does not hold a JSON object", where=where, todo="Mend the file.")
    return read_block(text, start)


def read_block(text: str, start: int) -> Block:
    """The object or array that begins at `start` of a `text` that is known to be valid."""
    is_object = text[start] == "{"
    items: list[Item] = []
    at = _skip(text, start + 1)
    while text[at] not in "}]":
        item_start, key = at, ""
        if is_object:
            key, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)  # over the colon
        value, end = _DECODER.raw_decode(text, at)
        items.append(Item(key, item_start, at, end, value))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return Block(start, at + 1, tuple(items))


def add_items(text: str, block: Block, index: int, entries: Sequence[str], rule: str) -> Edit:
    """The edit that puts the written `entries` before item `index` of `block`.

    An `index` behind the last item appends. Line breaks and indents are those of the block.
    """
    if not block.items:
        outer, unit = _indents(text, block)
        gap, closing = (outer + unit, outer) if outer else ("", "")
        body = gap + f",{gap or ' '}".join(entries) + closing
        return edit(text, block.start + 1, block.end - 1, body, rule)
    gap = _gap(text, block)
    if index >= len(block.items):
        at = block.items[-1].end
        return edit(text, at, at, "".join(f",{gap}{entry}" for entry in entries), rule)
    at = block.items[index].start
    return edit(text, at, at, "".join(f"{entry},{gap}" for entry in entries), rule)


def written(text: str, block: Block, key: str, value: str) -> str:
    """`"key": value`, with the space around the colon that the members of `block` have."""
    colon = ": "
    if block.items:
        first = block.items[0]
        _, key_end = _DECODER.raw_decode(text, first.start)
        between = text[key_end : first.value_start]
        colon = between if "\n" not in between else ": "
    return f"{quoted(key)}{colon}{value}"


def new_object(text: str, parent: Block, key: str, value: str) -> str:
    """`{"key": "value"}`, laid out as a member of `parent`."""
    gap = _gap(text, parent) if parent.items else _indents(text, parent)[0] + "  "
    entry = written(text, parent, key, quoted(value))
    if "\n" not in gap:
        space = " " if text[parent.start + 1] == " " else ""
        return "{" + space + entry + space + "}"
    unit = _indents(text, parent)[1]
    return "{" + gap + unit + entry + gap + "}"


def quoted(text: str) -> str:
    """`text` as a JSON string."""
    return json.dumps(text, ensure_ascii=False)


def edit(text: str, start: int, end: int, new: str, rule: str) -> Edit:
    """An `Edit` in bytes, from offsets in characters."""
    before = len(text[:start].encode())
    return Edit(before, before + len(text[start:end].encode()), new, rule)


def spliced(text: str, change: Edit) -> str:
    """`text` with one edit made."""
    data = text.encode()
    return (data[: change.start] + change.text.encode() + data[change.end :]).decode()


def texts_of(value: object) -> Iterator[str]:
    """Each string in a value, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_of(each)


def _gap(text: str, block: Block) -> str:
    """What stands between a comma of `block` and the item behind it."""
    first = block.items[0]
    lead = text[block.start + 1 : first.start]
    if len(block.items) > 1:
        before, last = block.items[-2:]
        gap = text[text.index(",", before.end) + 1 : last.start]
    elif "\n" in lead:
        gap = lead
    else:
        gap = " " if " " in text[first.start : first.value_start] or first.key == "" else ""
    if "\n" not in gap:
        return gap
    # one line break, even where an empty line parts two groups
    return newline(text) + gap.rpartition("\n")[2]


def _indents(text: str, block: Block) -> tuple[str, str]:
    """The line break and indent of the line `block` stands on, and one level of indent.

    The first is empty when the whole text stands on one line.
    """
    if "\n" not in text.strip():
        return "", ""
    line = text[text.rfind("\n", 0, block.start) + 1 : block.start].removeprefix("\ufeff")
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    first = re.search(r"\n([ \t]+)\S", text)
    return newline(text) + indent, first[1] if first else "  "


def newline(text: str) -> str:
    """The line break that `text` uses."""
    return "\r\n" if "\r\n" in text else "\n"


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
