"""The debt of a repository in two views that must agree: plain text, and syntax."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from fleetmod.filekinds import is_typescript, suffix
from fleetmod.lift.container_text import TOOLS, names_runtime
from fleetmod.model import FileResult, Finding
from fleetmod.project import ADAPTS, DAEMON, Project, Sources, read_sources
from fleetmod.scan import Progress, scan_all
from fleetmod.spans import LineRanges
from fleetmod.workspace.discover import candidates
from fleetmod.workspace.grep import Hit, grep_all, lines_with
from fleetmod.workspace.schema import FILE

TOOL = "launchctl"


@dataclass(frozen=True)
class TextCount:
    """What `grep -rn NEEDLE FOLDERS --include='*.ts'` prints: lines, in how many files."""

    needle: str
    family: str  # "" for a word that is counted and is no debt by itself
    lines: int
    files: int


@dataclass(frozen=True)
class OtherCount:
    """The same debt in files of another kind, which this audit only counts."""

    suffix: str
    needle: str
    lines: int
    files: int


@dataclass(frozen=True)
class Audit:
    """Everything an audit found. `greps` are the lines with each needle in the gate's folders,
    `unexplained` those of them that no finding accounts for."""

    results: tuple[FileResult, ...]
    texts: tuple[TextCount, ...]
    others: tuple[OtherCount, ...]
    unexplained: tuple[tuple[str, int, str], ...]
    unreadable: tuple[tuple[str, str], ...]
    scanned: int  # TypeScript files looked at
    greps: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(f for result in self.results for f in result.findings)

    @property
    def suppressed(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.suppressed)

    @property
    def unparsed(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        return tuple((r.path, lines) for r in self.results for lines in r.unparsed)

    @property
    def doubts(self) -> tuple[tuple[str, tuple[int, int], str], ...]:
        """The lines of which nothing is proven, each with the reason."""
        return tuple((r.path, lines, r.doubt) for r in self.results for lines in r.unparsed)


def audit(
    project: Project, progress: Progress | None = None, sources: Sources | None = None
) -> Audit:
    """Audit a whole repository; raises FleetmodError only for what the project cannot open.

    `sources` are its files where they have been read before.
    """
    sources = sources or read_sources(project)
    results = scan_all(project, sources, progress)
    greps = _grep(project, sources)
    texts, unexplained = _texts(project, results, greps)
    typescript = sum(is_typescript(p) for p in sources.discovered)
    return Audit(
        results=tuple(results),
        texts=texts,
        others=_others(project, sources),
        unexplained=unexplained,
        unreadable=sources.unreadable,
        scanned=typescript,
        greps=greps,
    )


def needles(project: Project) -> list[tuple[str, str]]:
    """The texts that the gates' greps look for, with the family of each."""
    users = project.config.home.users
    homes = [f"{parent}/{user}" for parent in ("/Users", "/home") for user in users]
    container = (*TOOLS, *project.config.container.vm_addresses)
    return [
        (TOOL, "process"),
        *((home, "home") for home in [*homes, *project.places.outside]),
        *((text, "container") for text in container),
    ]


def _grep(project: Project, sources: Sources) -> dict[str, tuple[Hit, ...]]:
    """What the gate's grep finds of each needle, outside of the adapter that may hold it.

    `/home/x` is not a home wherever it stands, as `/Users/x` is: a NAS has `/volume1/home/x`. The
    container tools' names are words, too: only a line counts that spells a command or a path.
    """
    wanted = [*needles(project), (DAEMON, "")]
    texts = sorted({needle.encode() for needle, _ in wanted})
    known = grep_all(project.root, project.config.workspace.gate, texts, search=sources.search)
    places = project.places
    out = {}
    for needle, family in wanted:
        hits = known[needle.encode()]
        if needle in places.outside:
            hits = [hit for hit in hits if places.spells(hit[2], needle)]
        elif needle.startswith("/home/"):
            hits = [hit for hit in hits if any(path.base for path in places.find(hit[2]))]
        if family == "container":
            hits = [hit for hit in hits if names_runtime(hit[2], needle)]
        if family != "home":
            own = family or "process"  # launchd is the process manager's, too
            hits = [hit for hit in hits if ADAPTS.get(project.port_of(hit[0])) != own]
        out[needle] = tuple(hits)
    return out


def _texts(
    project: Project, results: list[FileResult], greps: dict[str, tuple[Hit, ...]]
) -> tuple[tuple[TextCount, ...], tuple[tuple[str, int, str], ...]]:
    explained: dict[str, set[tuple[str, int]]] = defaultdict(set)
    unparsed = LineRanges((result.path, lines) for result in results for lines in result.unparsed)
    for result in results:
        for finding in result.findings:
            explained[finding.family] |= {(result.path, line) for line in finding.lines}
    linux = project.config.home.fixture.startswith("/home/")
    counts = []
    unexplained = []
    for needle, family in [*needles(project), (DAEMON, "")]:
        hits = greps[needle]
        optional = family == "container" or (needle.startswith("/home/") and not linux)
        if hits or not optional:
            files = {path for path, _, _ in hits}
            counts.append(TextCount(needle, family, len(hits), len(files)))
        if family:
            known = explained[family]
            left = (hit for hit in hits if hit[:2] not in known)
            unexplained += [hit for hit in left if hit[:2] not in unparsed]
    return tuple(counts), tuple(unexplained)


def _others(project: Project, sources: Sources) -> tuple[OtherCount, ...]:
    """Lines with the same needles in every other kind of file."""
    others = [p for p in sources.discovered if not is_typescript(p)]
    wanted = needles(project)
    needed = [n.encode() for n, _ in wanted]
    hits = candidates(project.root, others, needed, sources.search).hits
    lines: Counter[tuple[str, str]] = Counter()
    files: Counter[tuple[str, str]] = Counter()
    for path in hits:
        if path == FILE or project.port_of(path):
            continue
        try:
            data = (project.root / path).read_bytes()
        except OSError:
            continue
        for needle, family in wanted:
            spelled = (line for _, line in lines_with(data, needle.encode()))
            found = [line.decode("utf-8", "replace") for line in spelled]
            if family == "container":
                found = [line for line in found if names_runtime(line, needle)]
            if found:
                lines[suffix(path), needle] += len(found)
                files[suffix(path), needle] += 1
    return tuple(
        OtherCount(kind, needle, number, files[kind, needle])
        for (kind, needle), number in sorted(lines.items())
    )
