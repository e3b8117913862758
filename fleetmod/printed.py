"""Text of files, paths and tools as it may stand on a terminal or in a log: shown, never obeyed.

A terminal obeys escape sequences, and shows text with direction marks in another order than it has.
A CI runner obeys a line that begins with `::` (GitHub), and `##[` or `##vso[` anywhere in one
(GitHub, Azure: TryParse and TryParseV2 of actions/runner, ActionCommand.cs).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_JOINERS = "\u200c\u200d"  # of words and emoji; they hide nothing
_OBEYED = ("Cc", "Cf", "Cs", "Zl", "Zp")  # controls, invisible marks, halves, line separators
COMMANDS = ("##[", "##vso[")


def one_line(text: str) -> str:
    """The text as one line, with escapes for all that is not there to be seen."""
    return inert(text, "")


def lines(text: str) -> str:
    """The same of a text whose line ends and tabs count; no line begins a command."""
    shown = inert(text, "\n\t")
    if "::" not in shown:
        return shown
    return "\n".join(map(no_command, shown.split("\n")))


def no_command(line: str) -> str:
    """The line with an escape for the colon that would begin a command."""
    if "::" in line and line.lstrip().startswith("::"):
        return line.replace(":", "\\x3a", 1)
    return line


def as_lines(parts: Iterable[str]) -> str:
    """A text of which each part is one line."""
    return "".join(f"{no_command(one_line(part))}\n" for part in parts)


def json_text(text: str) -> str:
    """A JSON document, by escapes of its own: it means the same."""
    if not text.isascii() or "\x7f" in text:
        text = "".join(
            each if each.isprintable() or each in "\n\t" or not _is_obeyed(each) else _unit(each)
            for each in text
        )
    for command in COMMANDS:
        text = text.replace(command, "#\\u0023" + command[2:])
    return text


def escaped(char: str) -> str:
    """How a character is spelled in one line: itself, or its escape."""
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable() or not _is_obeyed(char):
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as Python names files
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else _long(code)


def inert(text: str, kept: str) -> str:
    """The text with escapes for what is not there to be seen, the characters of `kept` aside."""
    if not text.isprintable():
        text = "".join(each if each in kept else escaped(each) for each in text)
    if "##" in text:
        for command in COMMANDS:
            text = text.replace(command, "#\\x23" + command[2:])
    return text


def _is_obeyed(char: str) -> bool:
    return char not in _JOINERS and unicodedata.category(char) in _OBEYED


def _long(code: int) -> str:
    return f"\\U{code:08x}"


def _unit(char: str) -> str:
    """JSON's escape, of two halves where a character needs them (RFC 8259, 7)."""
    data = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{data[at]:02x}{data[at + 1]:02x}" for at in range(0, len(data), 2))
