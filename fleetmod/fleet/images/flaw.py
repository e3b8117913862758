"""A flaw of a Dockerfile, and what the checks share: which words name an architecture."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fleetmod.fleet.images.dockerfile import Instruction, Stage
from fleetmod.model import Edit

X86 = r"x86[_-]64|amd64|x64|i[3-6]86"
ARM = r"aarch64|arm64(?:v8)?|armv[67]l?|armhf"
ARCHITECTURE = re.compile(rf"(?<![A-Za-z0-9])(?:{X86}|{ARM})(?![A-Za-z0-9])", re.I)
# how a build asks which architecture it is for
_ASKS = re.compile(
    r"TARGETARCH|TARGETPLATFORM|TARGETVARIANT|BUILDARCH|uname\s+-\w*m|--print-architecture"
    r"|--print-arch\b|process\.arch|\barch\b\s*[)`]|rpm --eval"
)


@dataclass(frozen=True)
class Flaw:
    """One finding: the check's id, its byte range, why it breaks, what to write, and the fix."""

    check: str
    start: int
    end: int
    line: int
    why: str
    write: str
    edits: tuple[Edit, ...] = field(default=())


@dataclass(frozen=True)
class Dockerfile:
    """A parsed Dockerfile; `ignores_modules` says that .dockerignore leaves out node_modules."""

    data: bytes
    instructions: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    ignores_modules: bool = True


def flaw(
    check: str, at: Instruction, match: re.Match[str], why: str, write: str, *edits: Edit
) -> Flaw:
    start, end = at.start + match.start(), at.start + match.end()
    line = at.line + at.code.count("\n", 0, match.start())
    return Flaw(check, start, end, line, why, write, edits)


def asks(at: Instruction) -> bool:
    return _ASKS.search(at.code) is not None


def family(name: str) -> str:
    return "x86" if re.fullmatch(X86, name, re.I) else "arm"
