"""The ratchet: debt that is recorded, by ids that survive edits around it, and may only shrink.

An id is (path, rule, enclosing symbol, ordinal, tokens): moving code to other lines and formatting
it anew keeps it, while one finding mended and another added are two changes and not none. The file
holds one id a line, sorted, so that two branches merge by lines.

Format 1 had the digest of the text, white space aside, which a formatter's quotes changed. It is
still read, and the next `fleetmod baseline` writes it anew.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from fleetmod.errors import FleetmodError
from fleetmod.model import EXEMPT, Finding
from fleetmod.workspace.schema import BASELINE

FILE = BASELINE
VERSION = 2
_HEAD = "# fleetmod baseline "
HEADER = f"{_HEAD}{VERSION}: path, rule, symbol, ordinal, digest and text of known debt"
_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")
_COLUMNS = 6
_TRIED = 100  # symbols of one text
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_PLAIN = {escaped: plain for plain, escaped in _ESCAPES.items()}


class StableId(NamedTuple):
    """`digest` is that of the tokens of the whole text, of which `text` may be the beginning;
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


class Baseline(NamedTuple):
    """What a file has recorded, and in which format."""

    entries: tuple[StableId, ...] = ()
    version: int = VERSION


@dataclass(frozen=True)
class Compared:
    """Findings with `known` set where the baseline holds them, and entries that met nothing."""

    findings: tuple[Finding, ...]
    stale: tuple[StableId, ...]

    @property
    def new(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.action != EXEMPT and not f.known)


def compare(
    findings: Iterable[Finding],
    recorded: Baseline,
    exists: Callable[[str], bool],
    former: Callable[[Finding], str],
) -> Compared:
    """Mark what is known. An entry of a path that does not exist any more follows its file.

    `findings` may be those of some files only; then `stale` says nothing. `former` gives the digest
    that format 1 has of a finding.
    """
    baseline = recorded.entries
    if recorded.version == 1:
        return _compare_former(findings, baseline, exists, former)
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


def _compare_former(
    findings: Iterable[Finding],
    baseline: Sequence[StableId],
    exists: Callable[[str], bool],
    former: Callable[[Finding], str],
) -> Compared:
    """The same by the digests of format 1, whose symbols lack the keys with quotes."""
    waiting: dict[tuple[str, str, str], dict[str, list[StableId]]] = {}
    for entry in reversed(baseline):
        path = entry.path if exists(entry.path) else ""
        like = waiting.setdefault((path, entry.rule, entry.digest), OrderedDict())
        like.setdefault(entry.symbol, []).append(entry)
    met: set[StableId] = set()
    out = []
    for _, finding in stable_ids(findings):
        known = None
        for path in (finding.path, "") if finding.action != EXEMPT else ():
            like = waiting.get((path, finding.rule, former(finding)), {})
            symbol = _former_symbol(like, finding.symbol)
            if symbol is not None:
                known = like[symbol].pop()
                met.add(known)
                if not like[symbol]:
                    del like[symbol]
                break
        out.append(replace(finding, known=known is not None))
    return Compared(tuple(out), tuple(entry for entry in baseline if entry not in met))


def _former_symbol(recorded: Collection[str], symbol: str) -> str | None:
    """The one of some recorded symbols that stands for a symbol of today.

    Only some are tried where none is the same: to try all is slow, and what is not found is told
    as new debt.
    """
    if symbol in recorded:
        return symbol
    return next((each for each in islice(recorded, _TRIED) if _is_within(each, symbol)), None)


def _is_within(former: str, symbol: str) -> bool:
    names = iter(symbol.split("."))
    return not former or all(name in names for name in former.split("."))


def _key(own: StableId) -> tuple[str, str, str, int, str]:
    return own[:5]


def render_baseline(ids: Iterable[StableId]) -> str:
    """The file's text."""
    lines = ("\t".join(map(_escape, map(str, own))) for own in sorted(ids))
    return "\n".join([HEADER, *lines]) + "\n"


def parse_baseline(text: str, where: str = FILE) -> Baseline:
    """The entries of a baseline, and its format.

    Raises FleetmodError, with the line, for anything else.
    """
    out = []
    version = VERSION
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.removesuffix("\r")
        if line.startswith(_MARKERS):
            raise FleetmodError(
                "is a conflict marker",
                where=f"{where}:{number}",
                todo="Keep the lines of both sides, then run fleetmod baseline",
            )
        if line.startswith(_HEAD):
            version = _version(line, f"{where}:{number}")
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
    return Baseline(tuple(out), version)


def _version(line: str, where: str) -> int:
    told = line.removeprefix(_HEAD).partition(":")[0]
    if told not in map(str, range(1, VERSION + 1)):
        raise FleetmodError(
            f"is of the format {told}, which this fleetmod does not know",
            where=where,
            todo="Use the fleetmod that wrote it, or delete the file and run fleetmod baseline",
        )
    return int(told)


def _escape(text: str) -> str:
    return re.sub(r"[\\\t\n\r]", lambda match: _ESCAPES[match[0]], text)


def _unescape(text: str) -> str:
    return re.sub(r"\\.", lambda match: _PLAIN.get(match[0], match[0]), text)
