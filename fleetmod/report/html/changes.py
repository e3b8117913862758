"""What a finding's edits change, line by line and word by word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from fleetmod.edits import render
from fleetmod.model import Edit

AROUND = 2  # lines of context
_LOOKED = AROUND + 1  # lines around a change that are compared: it may be told one line up or down
_TOKEN = re.compile(r"\w+|\s+|.")
_ALIKE = 0.4  # of two lines, below which they have nothing in common

Pieces = tuple[tuple[str, bool], ...]  # of a text, each with whether it changes
# a kind of `del add same gap hit`, the number in the file as it is, the text, the row of its block
Line = tuple[str, str, Pieces, int]


def diff(data: bytes, edits: Sequence[Edit]) -> Iterator[tuple[Line, ...]]:
    """What edits change, with some lines around; far apart ones have a gap between them."""
    shown = False
    for hunk in _hunks(data, edits):
        start, end = _line_start(data, hunk[0].start), _line_end(data, hunk[-1].end)
        part, first = data[start:end], data.count(b"\n", 0, start)
        moved = [replace(e, start=e.start - start, end=e.end - start) for e in hunk]
        old, new = lines_of(part), lines_of(render(part, moved))
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for group in matcher.get_grouped_opcodes(AROUND):
            if shown:
                yield (("gap", "", (), 1),)
            shown = True
            for tag, low, high, new_low, new_high in group:
                numbers = [str(first + at + 1) for at in range(low, high)]
                if tag == "equal":
                    for number, text in zip(numbers, old[low:high], strict=True):
                        yield (("same", number, ((text, False),), 1),)
                    continue
                gone, come = _marked(old[low:high], new[new_low:new_high])
                dropped = zip(numbers, gone, strict=True)
                yield (
                    *(("del", number, *each) for number, each in dropped),
                    *(("add", "", *each) for each in come),
                )


Placed = list[tuple[Pieces, int]]


def _marked(old: Sequence[str], new: Sequence[str]) -> tuple[Placed, Placed]:
    """Lines and those in their place, with the words that differ, each with its row.

    Where there are more of one, the first ones stand for each other or the last ones, whichever are
    more alike.
    """
    first = range(min(len(old), len(new)))
    pairings = (
        [(at, at) for at in first],
        [(len(old) - 1 - at, len(new) - 1 - at) for at in first],
    )
    matched = [[(a, b, _Words(old[a], new[b])) for a, b in pairs] for pairs in pairings]
    alike = [sum(words.alike for _, _, words in found) for found in matched]
    by_end = alike[1] > alike[0]
    rows = max(len(old), len(new))
    gone = _placed(old, rows - len(old) if by_end else 0)
    come = _placed(new, rows - len(new) if by_end else 0)
    for at, to, words in matched[by_end]:
        if words.alike >= _ALIKE:
            before, after = words.pieces()
            gone[at], come[to] = (before, gone[at][1]), (after, come[to][1])
    return gone, come


def _placed(lines: Sequence[str], above: int) -> Placed:
    """Lines as they are, with their rows below some empty ones."""
    return [(((line, False),), above + at) for at, line in enumerate(lines, 1)]


class _Words:
    """The words of two lines, compared."""

    def __init__(self, before: str, after: str) -> None:
        self._before, self._after = _TOKEN.findall(before), _TOKEN.findall(after)
        self._matcher = difflib.SequenceMatcher(None, self._before, self._after, autojunk=False)
        self.alike = self._matcher.ratio()

    def pieces(self) -> tuple[Pieces, Pieces]:
        codes = self._matcher.get_opcodes()
        return (
            tuple(("".join(self._before[a:b]), tag != "equal") for tag, a, b, _, _ in codes),
            tuple(("".join(self._after[c:d]), tag != "equal") for tag, _, _, c, d in codes),
        )


def _hunks(data: bytes, edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Edits in source order, those together whose lines around would touch."""
    hunk: list[Edit] = []
    for edit in edits:
        if hunk and data.count(b"\n", hunk[-1].end, edit.start) > 2 * _LOOKED:
            yield hunk
            hunk = []
        hunk.append(edit)
    yield hunk


def _line_start(data: bytes, at: int) -> int:
    """Where the lines around a place begin."""
    for _ in range(_LOOKED + 1):
        at = data.rfind(b"\n", 0, at)
        if at < 0:
            return 0
    return at + 1


def _line_end(data: bytes, at: int) -> int:
    """Where the lines around a place end, their line end excluded."""
    at -= 1
    for _ in range(_LOOKED + 1):
        at = data.find(b"\n", at + 1)
        if at < 0:
            return len(data)
    return at


def lines_of(data: bytes) -> list[str]:
    """The lines of a file as a page shows them."""
    return [line.rstrip("\r") for line in data.decode("utf-8", "replace").split("\n")]
