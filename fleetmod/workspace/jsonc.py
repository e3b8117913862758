"""JSON with comments and trailing commas (tsconfig.json): how it is read, and an array grown."""

from __future__ import annotations

from collections.abc import Sequence

from fleetmod.workspace.json_edit import (
    Block,
    add_items,
    newline,
    quoted,
    read_block,
    read_object,
    written,
)


def plain(text: str) -> str:
    """The same text with spaces for comments and trailing commas, so that every offset stays."""
    out = list(text)
    at, comma = 0, -1
    while at < len(text):
        char, end = text[at], at + 1
        if char == '"':
            while end < len(text) and text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            end, comma = end + 1, -1
        elif text.startswith("//", at):
            found = text.find("\n", at)
            end = len(text) if found < 0 else found
            end -= text[at:end].endswith("\r")
            out[at:end] = " " * (end - at)
        elif text.startswith("/*", at):
            found = text.find("*/", at + 2)
            end = len(text) if found < 0 else found + 2
            out[at:end] = " " * (end - at)
        elif char in "}]" and comma >= 0:
            out[comma], comma = " ", -1
        elif char == "," or char.strip():
            comma = at if char == "," else -1
        at = end
    return "".join(out)


def member(text: str, block: Block, key: str) -> Block | None:
    """The object or array that is a member of `block`, of a text made `plain`."""
    item = block.last(key)
    if item is None or not isinstance(item.value, (dict, list)):
        return None
    return read_block(text, item.value_start)


def with_entries(text: str, path: Sequence[str], entries: Sequence[str], where: str) -> str:
    """`text` with the strings `entries` at the end of the array at `path`, made where it is not.

    Comments stay where they are. Raises FleetmodError, at `where`, for a text that is no object.
    """
    shown = plain(text)
    block = read_object(shown, where)
    for index, key in enumerate(path):
        inner = member(shown, block, key)
        if inner is None:
            return _made(text, shown, block, path[index:], entries)
        block = inner
    return _grown(text, shown, block, [quoted(entry) for entry in entries])


def _made(text: str, shown: str, block: Block, path: Sequence[str], entries: Sequence[str]) -> str:
    """`text` with the array at `path`, of which nothing is there yet, as a member of `block`."""
    value = "[" + ", ".join(quoted(entry) for entry in entries) + "]"
    line = _line_start(shown, block.items[0].start) if block.items else -1
    indent = shown[line : block.items[0].start] if line > block.start else None
    for depth in range(len(path) - 1, 0, -1):
        if indent is None:
            value = f"{{ {quoted(path[depth])}: {value} }}"
        else:
            unit = newline(text) + indent * depth
            value = f"{{{unit}{indent}{quoted(path[depth])}: {value}{unit}}}"
    return _grown(text, shown, block, [written(shown, block, path[0], value)])


def _grown(text: str, shown: str, block: Block, added: Sequence[str]) -> str:
    """`text` with the written members `added` behind the last of `block`, laid out as that one."""
    last = block.items[-1] if block.items else None
    line = _line_start(shown, last.start) if last else -1
    if last is None or line <= block.start or shown[line : last.start].strip():
        change = add_items(shown, block, len(block.items), added, "jsonc")
        data = shown.encode()  # of other length than the text's own: comments may hold any letter
        start, end = (len(data[:at].decode()) for at in (change.start, change.end))
        new = change.text if "\n" in change.text else " ".join(change.text.split())
        return text[:start] + new + text[end:]
    stop = text.find("\n", last.end)  # behind a comment that stands beside the last member
    if stop < 0 or stop > block.end:
        stop = last.end
    stop -= text[:stop].endswith("\r")
    gap = newline(text) + shown[line : last.start]
    trailing = text[last.end : stop].lstrip().startswith(",")
    new = gap + f",{gap}".join(added) + "," * trailing
    return text[: last.end] + "," * (not trailing) + text[last.end : stop] + new + text[stop:]


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1
