"""One opened repository: the findings of a file as it is edited, and what mends each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fleetmod.edits import render
from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.fixes import fixes_of, not_alone
from fleetmod.grepped import grep, unexplained, with_lines
from fleetmod.model import Edit, FileResult, Finding
from fleetmod.project import Project, open_project
from fleetmod.runtime import Needed, install
from fleetmod.scan import scan_whole
from fleetmod.settings import Settings
from fleetmod.sources import Sources, looks_at, read_sources, with_contents
from fleetmod.workspace import manifest
from fleetmod.workspace.discover import looked_at
from fleetmod.workspace.disk import refuse_of_another
from fleetmod.workspace.tree_state import code_files


@dataclass(frozen=True)
class Mending:
    """The edits of the file itself, the old and new text of others, and the files to create."""

    edits: tuple[Edit, ...]
    texts: Mapping[str, tuple[str, str]]
    created: Mapping[str, str]


@dataclass(frozen=True)
class Judged:
    """The result of a file, and the settings by which it is found again."""

    result: FileResult
    settings: Settings


class Folder:
    """A repository with its configuration; `reload` reads both anew.

    Every file counts as it is edited, with the result that an audit would have; other files are as
    on the disk when they were last read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.reload()

    def reload(self) -> None:
        """Raises FleetmodError for a wrong configuration or rule, and keeps the old one."""
        refuse_of_another(self.root, "root would follow every link that this user puts there")
        project = open_project(self.root)
        self._sources: Sources = read_sources(project)
        self._wanted = looked_at(project.config)
        self._matters = code_files(project.config)
        self.project: Project = project
        self._last: tuple[str, bytes, Judged] | None = None

    def path_of(self, uri: str) -> str | None:
        """A file's path in the repository; None for one that neither an audit nor a gate's grep
        looks at."""
        parts = urlsplit(uri)
        if parts.scheme != "file":
            return None
        try:
            path = Path(unquote(parts.path)).resolve().relative_to(self.root).as_posix()
        except (ValueError, OSError):
            return None
        return path if is_code(path) and self._matters(path) else None

    def scan(self, path: str, data: bytes, stop: Callable[[], bool] | None = None) -> FileResult:
        """The result of one file, with the lines that only a gate's grep finds; raises
        bounds.Stopped once `stop` says so."""
        return self._judged(path, data, stop).result

    def _judged(self, path: str, data: bytes, stop: Callable[[], bool] | None = None) -> Judged:
        if self._last is not None and self._last[:2] == (path, data):
            return self._last[2]
        contents, settings = {path: data}, self._sources.settings
        result = FileResult(path, sha256(data).hexdigest())
        held = self._wanted(path) and looks_at(self.project)(data)
        if held:
            project = self.project.edited(path, data)
            sources = with_contents(project, self._sources, contents)
            results, settings = scan_whole(project, sources, only=[path], stop=stop)
            result = next((each for each in results if each.path == path), result)
        looked = replace(
            self._sources,
            contents=contents if held else {},
            discovered=(path,) if self._wanted(path) else (),
        )
        lines = unexplained(self.project, grep(self.project, contents), [result])
        result = with_lines(self.project, looked, [result], lines, contents)[0]
        self._last = path, data, Judged(result, settings)
        return self._last[2]

    def doubts(self, path: str) -> list[str]:
        """Why the file as it is on the disk proves nothing."""
        unread = self._sources.unreadable
        return [why for place, why in unread if place in (path, ".git")]

    def mend(self, finding: Finding, data: bytes) -> Mending | None:
        """What mends one finding, with the packages that the mended code imports and the other
        files whose homes move with it.

        None where nothing does. Raises FleetmodError where a package cannot be installed.
        """
        path = finding.path
        settings = self._judged(path, data).settings
        fix = next(fixes_of([finding], data, settings, self.project.rules_for(path)))
        if fix is None:
            return None
        if other := not_alone(finding, settings):
            todo = f"Run `fleetmod migrate {path} {other}`"
            raise FleetmodError(f"{other} must change with it", where=path, todo=todo)
        moved = {
            each: (before.decode(), render(before, edits).decode())
            for each, (before, edits) in fix.along.items()
        }
        if not fix.needs:
            return Mending(fix.edits, moved, {})
        owner = manifest.owner(self.project.root, path)
        if owner is None:
            raise FleetmodError("no package.json stands above the file", where=path)
        project = replace(self.project)  # looks anew for the packages that are there
        installed = install(project, [Needed(owner, fix.needs, path)])
        created = {c.path: c.edits[0].text for c in installed.created}
        return Mending(fix.edits, {**moved, **installed.texts}, created)
