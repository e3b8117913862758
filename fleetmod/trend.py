"""The debt at commits of the past, by today's rules and configuration."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetmod import __version__
from fleetmod.audit import audit
from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.model import is_debt
from fleetmod.past import past
from fleetmod.project import Project
from fleetmod.scan import Progress
from fleetmod.sources import read_sources
from fleetmod.workspace.discover import candidates
from fleetmod.workspace.history import Commit, commits, spread
from fleetmod.workspace.tree_state import LFS, is_pointer

FORMAT, VERSION = "fleetmod-trend", 1


@dataclass(frozen=True, slots=True)
class Point:
    """The findings of debt at one commit, by family, and how many files hold them.

    `unproven` counts the places that could not be judged.
    """

    commit: str
    date: str
    subject: str
    debt: Mapping[str, int]
    files: int
    unproven: int


def trend(
    project: Project, most: int, since: str = "", progress: Progress | None = None
) -> tuple[Point, ...]:
    """The debt at up to `most` commits, evenly apart, oldest first. Reads git's objects only."""
    chosen = spread(commits(project.root, since), most)
    points = []
    with past(project) as at:
        for number, commit in enumerate(chosen, 1):
            points.append(_point(at(commit.sha), commit))
            if progress is not None:
                progress(number, len(chosen))
    return tuple(points)


def _point(project: Project, commit: Commit) -> Point:
    sources = read_sources(project)
    found = audit(project, sources=sources)
    code = [path for path in sources.discovered if is_code(path)]
    pointers = candidates(project.root, code, [LFS], holds=is_pointer).hits
    unread = [path for path, _ in found.unreadable if is_code(path)]
    debt = [finding for finding in found.findings if is_debt(finding)]
    return Point(
        commit=commit.sha,
        date=commit.date,
        subject=commit.subject,
        debt=dict(sorted(Counter(f.family for f in debt).items())),
        files=len({f.path for f in debt}),
        unproven=len(found.unparsed) + len({*pointers, *unread}),
    )


def document(points: Iterable[Point]) -> dict[str, Any]:
    """A trend as plain data; see reports/trend.schema.json."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "tool": f"fleetmod {__version__}",
        "points": [
            {
                "commit": p.commit,
                "date": p.date,
                "subject": p.subject,
                "debt": dict(p.debt),
                "files": p.files,
                "unproven": p.unproven,
            }
            for p in points
        ],
    }


def load(path: Path) -> tuple[Point, ...]:
    """The points of one or several trends in one file, by date, each commit once.

    Raises FleetmodError for a file that cannot be read or holds anything else.
    """
    todo = "Write one with `fleetmod trend --format json`"
    try:
        text = path.read_text(encoding="utf-8").strip()
        points: dict[str, Point] = {}
        at = 0
        while at < len(text):
            found, at = json.JSONDecoder().raw_decode(text, at)
            points |= {point.commit: point for point in _points(found)}
            at += len(text[at:]) - len(text[at:].lstrip())
    except OSError as error:
        raise FleetmodError(
            f"cannot be read: {error.strerror}", where=str(path), todo=todo
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FleetmodError(f"is no trend ({error})", where=str(path), todo=todo) from error
    return tuple(sorted(points.values(), key=lambda point: _instant(point.date)))


def _points(found: Any) -> Iterable[Point]:
    if found["format"] != FORMAT or found["version"] != VERSION:
        raise ValueError(f"format {found['format']!r} version {found['version']!r}")
    for raw in found["points"]:
        debt = {str(family): int(count) for family, count in raw["debt"].items()}
        _instant(raw["date"])
        yield Point(
            str(raw["commit"]),
            str(raw["date"]),
            str(raw["subject"]),
            debt,
            int(raw["files"]),
            int(raw["unproven"]),
        )


def _instant(date: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(date).timestamp()
