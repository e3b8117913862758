"""A Dockerfile as instructions and stages (docs.docker.com/reference/dockerfile, "Format")."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ESCAPE = re.compile(rb"^#[ \t]*escape[ \t]*=[ \t]*(\S)[ \t]*\r?$", re.I)
_DIRECTIVE = re.compile(rb"^#[ \t]*[a-z][a-z0-9]*[ \t]*=", re.I)
_HEREDOC = re.compile(rb"<<-?[ \t]*([\"']?)([A-Za-z_]\w*)\1")
_TAKES_HEREDOC = ("RUN", "COPY", "ADD")
_FLAG = re.compile(r"--[a-z][\w-]*(?:=(?:\"[^\"]*\"|\S*))?")
# BuildKit sets these (docs.docker.com/reference/dockerfile, "Automatic platform ARGs")
AUTOMATIC = frozenset(
    f"{of}{what}" for of in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "ARCH", "VARIANT")
)
_FROM = re.compile(r"(\S+)(?:\s+AS\s+(\S+))?\s*$", re.I)


@dataclass(frozen=True)
class Instruction:
    """One instruction. `code` is its text from byte `start` on, comments inside made blank.

    `flags` are the `--name=value` before its arguments, `body` what follows them, and `stage`
    counts the FROMs from 0 (-1 before the first).
    """

    name: str
    code: str
    start: int
    line: int
    flags: tuple[str, ...]
    body: str
    stage: int


@dataclass(frozen=True)
class Stage:
    """One FROM: its image (or the stage that it names), its alias, and its pinned platform."""

    base: str
    alias: str
    platform: str
    start: Instruction


def instructions(data: bytes) -> list[Instruction]:
    """The instructions of a Dockerfile in order. Text that is no instruction is one of its own."""
    return list(_instructions(data))


def _instructions(data: bytes) -> Iterator[Instruction]:
    escape = _escape(data)
    lines = data.splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    at, stage = 0, -1
    while at < len(lines):
        if _is_blank(lines[at]):
            at += 1
            continue
        first = at
        parts: list[bytes] = []
        while at < len(lines):
            line = lines[at]
            at += 1
            if parts and _is_blank(line):  # comments and blank lines inside are dropped
                parts.append(_blanked(line))
                continue
            parts.append(line)
            if not line.rstrip(b" \t\r\n").endswith(escape):
                break
        head = b"".join(parts)
        name = head.split(None, 1)[0].decode("utf-8", "replace").upper()
        if name in _TAKES_HEREDOC:
            for _, word in _HEREDOC.findall(head):
                while at < len(lines):
                    parts.append(lines[at])
                    at += 1
                    if parts[-1].strip() == word:
                        break
        stage += name == "FROM"
        # one character a byte, so that offsets in `code` are offsets in the file
        code = b"".join(parts).decode("latin-1")
        flags, body = _flags(code, name, escape.decode("latin-1"))
        yield Instruction(name, code, offsets[first], first + 1, flags, body, stage)


def _flags(code: str, name: str, escape: str) -> tuple[tuple[str, ...], str]:
    text = re.sub(rf"{re.escape(escape)}[ \t]*\r?\n", " ", code)
    rest = text.lstrip()[len(name) :].lstrip()
    flags = []
    while match := _FLAG.match(rest):
        flags.append(match[0].replace('"', ""))
        rest = rest[match.end() :].lstrip()
    return tuple(flags), rest.strip()


def _escape(data: bytes) -> bytes:
    """The escape character; directives stand above everything else."""
    for line in data.splitlines():
        if match := _ESCAPE.match(line):
            return match[1]
        if not _DIRECTIVE.match(line):
            break
    return b"\\"


def _is_blank(line: bytes) -> bool:
    text = line.strip()
    return not text or text.startswith(b"#")


def _blanked(line: bytes) -> bytes:
    body = line.rstrip(b"\r\n")
    return b" " * len(body) + line[len(body) :]


def stages(found: list[Instruction]) -> list[Stage]:
    """The build stages in order, the values of global ARGs put into their image names."""
    defaults: dict[str, str] = {}
    made = []
    for instruction in found:
        if instruction.name == "ARG" and instruction.stage < 0:
            for word in instruction.body.split():
                name, equals, value = word.partition("=")
                if equals:
                    defaults[name] = value.strip("\"'")
        if instruction.name == "FROM" and (match := _FROM.match(instruction.body)):
            platform = next((f for f in instruction.flags if f.startswith("--platform=")), "")
            pinned = platform.partition("=")[2]
            made.append(
                Stage(
                    _filled(match[1], defaults),
                    match[2] or "",
                    _filled(pinned, defaults),
                    instruction,
                )
            )
    return made


def _filled(text: str, defaults: dict[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name, default = match[1] or match[3], match[2]
        if name in AUTOMATIC:
            return f"${name}"
        return defaults.get(name) or (default if default is not None else match[0])

    return re.sub(r"\$\{(\w+)(?::-([^}]*))?\}|\$(\w+)", value, text)
