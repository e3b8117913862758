"""One opened repository: the findings of a file as it is edited, and what mends each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fleetmod.errors import FleetmodError
from fleetmod.filekinds import is_typescript
from fleetmod.fixes import fix_of
from fleetmod.grepped import grep, unexplained, with_lines
from fleetmod.model import Edit, FileResult, Finding
from fleetmod.project import Project, Sources, open_project, read_sources
from fleetmod.runtime import Needed, install
from fleetmod.scan import scan_file
from fleetmod.workspace import manifest
from fleetmod.workspace.discover import looked_at
from fleetmod.workspace.tree_state import code_files


@dataclass(frozen=True)
class Mending:
    """The edits of the file itself, the old and new text of manifests, and the files to create."""

    edits: tuple[Edit, ...]
    texts: Mapping[str, tuple[str, str]]
    created: Mapping[str, str]


class Folder:
    """A repository with its configuration; `reload` reads both anew.

    Every file counts as it is edited; what the analysis must know of other files is as on the disk
    when it was last read.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.reload()

    def reload(self) -> None:
        """Raises FleetmodError for a wrong configuration or rule, and keeps the old one."""
        project = open_project(self.root)
        self._sources: Sources = read_sources(project)
        self._wanted = looked_at(project.config)
        self._matters = code_files(project.config)
        self.project: Project = project

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
        return path if is_typescript(path) and self._matters(path) else None

    def scan(self, path: str, data: bytes, stop: Callable[[], bool] | None = None) -> FileResult:
        """The result of one file, with the lines that only a gate's grep finds; raises
        detect.Stopped once `stop` says so."""
        contents = {path: data}
        if self._wanted(path):
            result = scan_file(self.project, path, data, self._sources.settings, stop)
            sources = replace(self._sources, contents=contents, discovered=(path,))
        else:
            result = FileResult(path, sha256(data).hexdigest())
            sources = replace(self._sources, contents={}, discovered=())
        lines = unexplained(self.project, grep(self.project, contents), [result])
        return with_lines(self.project, sources, [result], lines, contents)[0]

    def doubts(self, path: str) -> list[str]:
        """Why the file as it is on the disk proves nothing."""
        unread = self._sources.unreadable
        return [why for place, why in unread if place in (path, ".git")]

    def mend(self, finding: Finding, data: bytes) -> Mending | None:
        """What mends one finding, with the packages that the mended code imports.

        None where nothing does. Raises FleetmodError where a package cannot be installed.
        """
        path = finding.path
        fix = fix_of(finding, data, self._sources.settings, self.project.rules_for(path))
        if fix is None:
            return None
        if not fix.needs:
            return Mending(fix.edits, {}, {})
        owner = manifest.owner(self.project.root, path)
        if owner is None:
            raise FleetmodError("no package.json stands above the file", where=path)
        project = replace(self.project)  # looks anew for the packages that are there
        installed = install(project, [Needed(owner, fix.needs, path)])
        created = {c.path: c.edits[0].text for c in installed.created}
        return Mending(fix.edits, installed.texts, created)
