"""Code as a terminal shows it: lines with their numbers, and what is meant marked below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetmod.check import Replacement
from fleetmod.model import Finding
from fleetmod.syntax.source import Text

_MOST = 4  # lines of one finding
_WIDTH = 160  # characters of a line


def frame(data: bytes, finding: Finding) -> Iterator[str]:
    """The lines of a finding, marked; those behind the fourth are left out, and long ones cut."""
    text = Text(finding.path, data)
    first, start = text.position(finding.start)
    last, end = text.position(max(finding.end - 1, finding.start))
    lines = data.decode("utf-8", "replace").split("\n")
    shown = range(first, min(last, first + _MOST - 1) + 1)
    wide = len(str(shown[-1]))
    for number in shown:
        line = lines[number - 1].rstrip("\r").replace("\t", " ")
        low = start - 1 if number == first else len(line) - len(line.lstrip())
        high = end if number == last else len(line)
        yield f"  {number:>{wide}} | {_cut(line)}"
        if low < min(high, _WIDTH):
            yield f"  {'':>{wide}} | {' ' * low}{'^' * (min(high, _WIDTH) - low)}"
    if last > shown[-1]:
        yield f"  {'':>{wide}} | … {last - shown[-1]} more"


def change(made: Replacement) -> Iterator[str]:
    """What stands in some lines, and what to write there."""
    old, new = made.before.split("\n"), made.after.split("\n")
    wide = len(str(made.last))
    for number, line in enumerate(old, made.first):
        yield f"  {number:>{wide}} - {_cut(line)}"
    for line in _added(new, made.imports):
        yield f"  {'':>{wide}} + {_cut(line)}"


def _added(lines: Sequence[str], imports: Sequence[str]) -> Iterator[str]:
    yield from lines
    yield from imports


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[:_WIDTH]}…"
