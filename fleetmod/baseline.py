"""The ratchet: debt that is recorded, by ids that survive edits around it, and may only shrink.

An id is (path, rule, enclosing symbol, ordinal, text): moving code to other lines keeps it, while
one finding mended and another added are two changes and not none. The file holds one id a line,
sorted, so that two branches merge by lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from fleetmod.errors import FleetmodError
from fleetmod.model import EXEMPT, Finding

FILE = ".fleetmod-baseline"
HEADER = "# fleetmod baseline 1: path, rule, symbol, ordinal, digest and text of known debt"
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_COLUMNS = 6
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_PLAIN = {escaped: plain for plain, escaped in _ESCAPES.items()}


class StableId(NamedTuple):
    """`digest` is that of the whole normalised text, of which `text` may be the beginning;
    `ordinal` counts from 0 what is otherwise equal, in the order of the file."""

    path: str
    rule: str
    symbol: str
    ordinal: int
    digest: str
    text: str


def stable_ids(findings: Iterable[Finding]) -> list[tuple[StableId, Finding]]:
    """Each finding with its id; `findings` are all of the files that they are from."""
    seen: Counter[tuple[str, str, str, str]] = Counter()
    out = []
    for finding in sorted(findings, key=lambda f: (f.path, f.start, f.end, f.rule)):
        key = (finding.path, finding.rule, finding.symbol, finding.digest)
        out.append((StableId(*key[:3], seen[key], finding.digest, finding.text), finding))
        seen[key] += 1
    return out


@dataclass(frozen=True)
class Compared:
    """Findings with `known` set where the baseline holds them, and entries that met nothing."""

    findings: tuple[Finding, ...]
    stale: tuple[StableId, ...]

    @property
    def new(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.action != EXEMPT and not f.known)


def compare(
    findings: Iterable[Finding], baseline: Sequence[StableId], exists: Callable[[str], bool]
) -> Compared:
    """Mark what is known. An entry of a path that does not exist any more follows its file.

    `findings` may be those of some files only; then `stale` says nothing.
    """
    entries = {_key(entry): entry for entry in baseline}
    gone = {entry.path for entry in baseline if not exists(entry.path)}
    moved: dict[tuple[str, str, int, str], list[StableId]] = {}
    for entry in baseline:
        if entry.path in gone:
            moved.setdefault(_key(entry)[1:], []).append(entry)
    met: set[StableId] = set()
    out = []
    for own, finding in stable_ids(findings):
        if finding.action == EXEMPT:
            out.append(finding)
            continue
        known = entries.get(_key(own))
        if known is None and (waiting := moved.get(_key(own)[1:])):
            known = waiting.pop()
        if known is not None:
            met.add(known)
        out.append(replace(finding, known=known is not None))
    return Compared(tuple(out), tuple(entry for entry in baseline if entry not in met))


def _key(own: StableId) -> tuple[str, str, str, int, str]:
    return own[:5]


def render_baseline(ids: Iterable[StableId]) -> str:
    """The file's text."""
    lines = ("\t".join(map(_escape, map(str, own))) for own in sorted(ids))
    return "\n".join([HEADER, *lines]) + "\n"


def parse_baseline(text: str, where: str = FILE) -> tuple[StableId, ...]:
    """The entries of a baseline; raises FleetmodError, with the line, for anything else."""
    out = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.removesuffix("\r")
        if line.startswith(_MARKERS):
            raise FleetmodError(
                "is a conflict marker",
                where=f"{where}:{number}",
                todo="Keep the lines of both sides, then run fleetmod baseline",
            )
        if not line or line.startswith("#"):
            continue
        parts = [_unescape(part) for part in line.split("\t")]
        if len(parts) != _COLUMNS or not parts[3].isdecimal():
            raise FleetmodError(
                "is no entry of a baseline",
                where=f"{where}:{number}",
                todo="Delete the line, or delete the file and run fleetmod baseline",
            )
        path, rule, symbol, ordinal, digest, shown = parts
        out.append(StableId(path, rule, symbol, int(ordinal), digest, shown))
    return tuple(out)


def _escape(text: str) -> str:
    return re.sub(r"[\\\t\n\r]", lambda match: _ESCAPES[match[0]], text)


def _unescape(text: str) -> str:
    return re.sub(r"\\.", lambda match: _PLAIN.get(match[0], match[0]), text)
