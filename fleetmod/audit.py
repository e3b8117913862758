"""The debt of a repository in two views that must agree: plain text, and syntax."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace

from fleetmod.engine import scan
from fleetmod.lift.container_text import TOOLS, names_runtime
from fleetmod.model import REFUSE, REWRITE, FileResult, Finding
from fleetmod.project import ADAPTS, Project, Sources, read_sources, suffix
from fleetmod.syntax.source import SUFFIXES
from fleetmod.workspace.discover import candidates
from fleetmod.workspace.grep import grep_lines
from fleetmod.workspace.schema import FILE

TOOL, DAEMON = "launchctl", "launchd"
_ITSELF = (
    "stands in the {} package itself, which cannot import itself; "
    "keep its defaults as data, in a JSON file"
)
Progress = Callable[[int, int], None]


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
    """Everything an audit found. `unexplained` are grep's lines that no finding accounts for."""

    results: tuple[FileResult, ...]
    texts: tuple[TextCount, ...]
    others: tuple[OtherCount, ...]
    unexplained: tuple[tuple[str, int, str], ...]
    unreadable: tuple[tuple[str, str], ...]
    scanned: int  # TypeScript files looked at

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(f for result in self.results for f in result.findings)

    @property
    def unparsed(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        return tuple((r.path, lines) for r in self.results for lines in r.unparsed)


def audit(project: Project, progress: Progress | None = None) -> Audit:
    """Audit a whole repository; raises FleetmodError only for what the project cannot open."""
    sources = read_sources(project)
    results = scan_all(project, sources, progress)
    texts, unexplained = _texts(project, results)
    typescript = sum(suffix(p) in SUFFIXES for p in sources.discovered)
    return Audit(
        results=tuple(results),
        texts=texts,
        others=_others(project, sources),
        unexplained=unexplained,
        unreadable=sources.unreadable,
        scanned=typescript,
    )


def scan_all(
    project: Project, sources: Sources, progress: Progress | None = None
) -> list[FileResult]:
    """Analyse every file that holds a trigger."""
    results = []
    total = len(sources.contents)
    for index, (path, data) in enumerate(sorted(sources.contents.items())):
        result = scan(path, data, sources.settings, project.rules_for(path))
        result = _without_itself(result, project.port_of(path))
        if result.findings or result.errors:
            results.append(result)
        if progress is not None:
            progress(index + 1, total)
    return results


def _without_itself(result: FileResult, port: str) -> FileResult:
    """A file of a runtime package, whose rewrite must not import that package."""
    if all(need.package != port for need in result.needs):
        return result
    findings = (
        replace(f, action=REFUSE, reason=_ITSELF.format(port)) if f.action == REWRITE else f
        for f in result.findings
    )
    return replace(result, findings=tuple(findings), edits=(), needs=())


def needles(project: Project) -> list[tuple[str, str]]:
    """The texts that the gates' greps look for, with the family of each."""
    users = project.config.home.users
    homes = [f"{parent}/{user}" for parent in ("/Users", "/home") for user in users]
    container = (*TOOLS, *project.config.container.vm_addresses)
    return [
        (TOOL, "process"),
        *((home, "home") for home in homes),
        *((text, "container") for text in container),
    ]


def needle_lines(project: Project, needle: str, family: str) -> list[tuple[str, int, str]]:
    """What the gate's grep finds of a needle, outside of the adapter that may hold it.

    `/home/x` is not a home wherever it stands, as `/Users/x` is: a NAS has `/volume1/home/x`. The
    container tools' names are words, too: only a line counts that spells a command or a path.
    """
    hits = grep_lines(project.root, project.config.workspace.gate, needle.encode())
    if needle.startswith("/home/"):
        homes = project.places.find
        hits = [hit for hit in hits if any(path.base for path in homes(hit[2]))]
    if family == "container":
        hits = [hit for hit in hits if names_runtime(hit[2], needle)]
    if family != "home":
        hits = [hit for hit in hits if ADAPTS.get(project.port_of(hit[0]), "") != family]
    return hits


def _texts(
    project: Project, results: list[FileResult]
) -> tuple[tuple[TextCount, ...], tuple[tuple[str, int, str], ...]]:
    explained: dict[str, set[tuple[str, int]]] = defaultdict(set)
    unparsed = set()
    for result in results:
        for finding in result.findings:
            explained[finding.family] |= {(result.path, line) for line in finding.lines}
        for first, last in result.unparsed:
            unparsed |= {(result.path, line) for line in range(first, last + 1)}
    linux = project.config.home.fixture.startswith("/home/")
    counts = []
    unexplained = []
    for needle, family in [*needles(project), (DAEMON, "")]:
        hits = needle_lines(project, needle, family)
        optional = family == "container" or (needle.startswith("/home/") and not linux)
        if hits or not optional:
            files = {path for path, _, _ in hits}
            counts.append(TextCount(needle, family, len(hits), len(files)))
        if family:
            known = explained[family] | unparsed
            unexplained += [hit for hit in hits if hit[:2] not in known]
    return tuple(counts), tuple(unexplained)


def _others(project: Project, sources: Sources) -> tuple[OtherCount, ...]:
    """Lines with the same needles in every other kind of file."""
    others = [p for p in sources.discovered if suffix(p) not in SUFFIXES]
    wanted = needles(project)
    hits = candidates(project.root, others, [n.encode() for n, _ in wanted]).hits
    lines: Counter[tuple[str, str]] = Counter()
    files: Counter[tuple[str, str]] = Counter()
    for path in hits:
        if path == FILE or project.port_of(path):
            continue
        try:
            content = (project.root / path).read_bytes().split(b"\n")
        except OSError:
            continue
        for needle, family in wanted:
            found = [line.decode("utf-8", "replace") for line in content if needle.encode() in line]
            if family == "container":
                found = [line for line in found if names_runtime(line, needle)]
            count = len(found)
            if count:
                lines[suffix(path), needle] += count
                files[suffix(path), needle] += 1
    return tuple(
        OtherCount(kind, needle, count, files[kind, needle])
        for (kind, needle), count in sorted(lines.items())
    )
