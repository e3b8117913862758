"""The debt at commits of the past, by today's rules and configuration."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetmod import __version__
from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_typescript
from fleetmod.grepped import GREPPED, grep, needles, unexplained, with_lines
from fleetmod.model import FileResult, is_debt
from fleetmod.project import Project, Sources, looks_at, make_settings, not_the_text
from fleetmod.scan import Progress, scan_file
from fleetmod.settings import Settings
from fleetmod.testfiles import is_test
from fleetmod.workspace.discover import looked_at
from fleetmod.workspace.disk import readable_name
from fleetmod.workspace.history import Blobs, Commit, blobs, commits, files, spread

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
    with blobs(project.root) as reader:
        past = _Past(project, reader)
        for number, commit in enumerate(chosen, 1):
            points.append(past.point(commit))
            if progress is not None:
                progress(number, len(chosen))
    return tuple(points)


class _Past:
    """What was found of a file counts for every commit that holds it at the same path."""

    def __init__(self, project: Project, reader: Blobs) -> None:
        self._project, self._reader = project, reader
        self._wanted = looked_at(project.config)
        self._holds = looks_at(project)
        self._needles = [needle.encode() for needle, _ in needles(project)]
        self._contents: dict[str, bytes | None] = {}  # by blob; None for one without a trigger
        self._no_texts: set[str] = set()  # blobs that tell nothing of the code
        self._results: dict[tuple[object, ...], FileResult] = {}

    def point(self, commit: Commit) -> Point:
        project = self._project
        every = files(project.root, commit.sha)
        found = {path: blob for path, blob in every.items() if self._wanted(path)}
        code = {path: blob for path, blob in found.items() if is_typescript(path)}
        contents: dict[str, bytes] = {}
        unseen = 0
        for path, blob in code.items():
            data = self._triggered(blob)
            if blob in self._no_texts or readable_name(path) != path:
                unseen += 1
            elif data is not None:
                contents[path] = data
        settings = make_settings(project, contents, tuple(found))
        results = [self._scan(path, code[path], data, settings) for path, data in contents.items()]
        results = self._grepped(every, found, contents, settings, results)
        debt = [f for result in results for f in result.findings if is_debt(f)]
        return Point(
            commit=commit.sha,
            date=commit.date,
            subject=commit.subject,
            debt=dict(sorted(Counter(f.family for f in debt).items())),
            files=len({f.path for f in debt}),
            unproven=sum(len(result.unparsed) for result in results) + unseen,
        )

    def _grepped(
        self,
        every: Mapping[str, str],
        found: Mapping[str, str],
        contents: dict[str, bytes],
        settings: Settings,
        results: list[FileResult],
    ) -> list[FileResult]:
        """The results with the lines that only the gates' greps find, as an audit has them."""
        held = dict(contents)
        for path, blob in every.items():
            if path.endswith(GREPPED) and path not in contents and (data := self._triggered(blob)):
                held[path] = data
        lines = unexplained(self._project, grep(self._project, held), results)
        sources = Sources(settings, contents, tuple(found), (), self._project.search)
        return with_lines(self._project, sources, results, lines, held)

    def _triggered(self, blob: str) -> bytes | None:
        if blob not in self._contents:
            data = self._reader.read(blob)
            if data is None:
                raise FleetmodError(
                    f"git has no content of the blob {blob[:12]}",
                    where=str(self._project.root),
                    todo="In a partial or shallow clone, fetch the history first",
                )
            held = self._holds(data) or any(needle in data for needle in self._needles)
            self._contents[blob] = data if held else None
            if not_the_text(self._project, "", data):
                self._no_texts.add(blob)
        return self._contents[blob]

    def _scan(self, path: str, blob: str, data: bytes, settings: Settings) -> FileResult:
        # the rest of the settings is the configuration, which is today's at every commit
        key = (path, blob, settings.literals_for(path) if is_test(path) else None)
        if key not in self._results:
            self._results[key] = scan_file(self._project, path, data, settings)
        return self._results[key]


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
