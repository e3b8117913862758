"""Finds the line of a key in a TOML text, which the standard parser does not tell."""

from __future__ import annotations

import re
from bisect import bisect_left

from fleetmod.regex import lazy

Path = tuple[str | int, ...]

_BARE = lazy(r"[^\s=.\[\]{},#\"']+")
_PART = r"""(?:[^\s=.\[\]{},#"']++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP = lazy(rf"""(?m)(?:^|[\[{{,])[ \t]*+(?:{_PART}[ \t]*+\.[ \t]*+){{32}}""")
_SPACE = lazy(r"[ \t]*")
_BLANK = lazy(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = lazy(r"[^,\]}\n#]*")
_LITERALS = (
    lazy(r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}', re.S),
    lazy(r"'''(?:[^']|'(?!''))*'{3,5}", re.S),
    lazy(r'"(?:[^"\\\n]|\\.)*"'),
    lazy(r"'[^'\n]*'"),
)


def line_of_deep_key(text: str) -> int:
    """The line of the first key with so many parts that readers take the square of them; 0 where
    there is none. A line of a text that looks like one counts, too."""
    found = _DEEP.search(text)
    return text.count("\n", 0, found.start()) + 1 if found else 0


def line_of_key(text: str, dotted: Path) -> int:
    """The line, from 1, on which the key `dotted` stands in the TOML `text`.

    A whole number in `dotted` is an index: into an array (`("users", 1)`) or into an array of
    tables (`("example", 0, "name")`). A path that is not in the text gives the line of its longest
    known beginning, and 1 when not even that is there. Never raises: in a text that is no valid
    TOML the answer is the best guess.
    """
    lines = key_lines(text)
    for length in range(len(dotted), 0, -1):
        if dotted[:length] in lines:
            return lines[dotted[:length]]
    return 1


def key_lines(text: str) -> dict[Path, int]:
    """Every key path of the TOML `text`, with the line on which it first stands."""
    return _Reader(text).read()


class _Reader:
    """Walks over one text; `at` is where it stands."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.breaks = [match.start() for match in re.finditer("\n", text)]
        self.lines: dict[Path, int] = {}
        self.last: dict[Path, int] = {}  # arrays of tables: the index of the newest table

    def read(self) -> dict[Path, int]:
        table: Path = ()
        while self._skip(_BLANK) < len(self.text):
            before = self.at
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)
            if self.at == before:  # no valid TOML: leave the line, so that the walk ends
                self._to_next_line()
        return self.lines

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _to_next_line(self) -> None:
        newline = self.text.find("\n", self.at)
        self.at = len(self.text) if newline < 0 else newline + 1

    def _note(self, path: Path, offset: int) -> None:
        for length in range(1, len(path) + 1):  # `a.b = 1` is the first mention of `a` too
            self.lines.setdefault(path[:length], bisect_left(self.breaks, offset) + 1)

    def _header(self) -> Path:
        start, array = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        keys = self._keys()
        path = self._newest(keys[:-1]) + keys[-1:]
        if array:
            self.last[path] = self.last.get(path, -1) + 1
            self._note(path, start)
            path = (*path, self.last[path])
        elif path in self.last:
            path = (*path, self.last[path])
        self._note(path, start)
        self._to_next_line()
        return path

    def _newest(self, keys: Path) -> Path:
        path: Path = ()
        for key in keys:
            path = (*path, key)
            path = (*path, self.last[path]) if path in self.last else path
        return path

    def _pair(self, table: Path) -> None:
        start = self.at
        keys = self._keys()
        if not keys or not self.text.startswith("=", self.at):
            return
        self._note(table + keys, start)
        self.at += 1
        self._skip(_SPACE)
        self._value(table + keys)

    def _keys(self) -> Path:
        """The parts of the dotted key at this place; stops behind it and the space after it."""
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            start = self.at
            if self._quoted():
                parts.append(_plain(self.text[start : self.at]))
            elif self._skip(_BARE) > start:
                parts.append(self.text[start : self.at])
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def _quoted(self) -> bool:
        for pattern in _LITERALS:
            if match := pattern.match(self.text, self.at):
                self.at = match.end()
                return True
        return False

    def _value(self, path: Path) -> None:
        if self.text.startswith("[", self.at):
            self._array(path)
        elif self.text.startswith("{", self.at):
            self._inline_table(path)
        elif not self._quoted():
            self._skip(_SCALAR)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._skip(_BLANK) < len(self.text) and self.text[self.at] != "]":
            before = self.at
            self._note((*path, index), self.at)
            self._value((*path, index))
            index += 1
            if not self._comma(before):
                return
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._skip(_BLANK) < len(self.text) and self.text[self.at] != "}":
            before = self.at
            self._pair(path)
            if not self._comma(before):
                return
        self.at += 1

    def _comma(self, before: int) -> bool:
        """Steps over the blank and the comma behind an item; False when nothing was read at all."""
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
        return self.at > before


def _plain(quoted: str) -> str:
    """A quoted key without its quotes and escapes."""
    body = quoted[1:-1]
    if quoted[0] == "'":
        return body
    return re.sub(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", _unescape, body)


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else match[0]
    return {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}.get(code, code)
