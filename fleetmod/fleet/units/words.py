"""How a value is spelled in a unit file: specifiers, quotes, absolute paths."""

from __future__ import annotations

import re

_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./$~^-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def literal(text: str) -> str:
    """A text in a setting: `%` begins a specifier (systemd.unit(5), SPECIFIERS)."""
    return text.replace("%", "%%")


def argument(text: str) -> str:
    """A text in a command line, where `$` begins a variable too (systemd.service(5))."""
    return literal(text).replace("$", "$$")


def quoted(word: str) -> str:
    """One word of a command line or of `Environment=`, in quotes where it needs them.

    Inside of quotes C escapes are read (systemd.syntax(7), Quoting).
    """
    if _SAFE.fullmatch(word):
        return word
    return '"' + "".join(_escaped(char) for char in word) + '"'


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    return char if char.isprintable() or ord(char) > 0x9F else f"\\x{ord(char):02x}"


def is_whole_line(text: str) -> bool:
    """Whether a text can be a setting's whole value, which nothing quotes."""
    return text.isprintable() and text == text.strip() and not text.endswith("\\")
