"""The debt of a repository in two views that must agree: plain text, and syntax."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from fleetmod import families
from fleetmod.artefacts import by_people
from fleetmod.filekinds import is_code, suffix
from fleetmod.grepped import grep, needles, unexplained, with_lines, words_beside
from fleetmod.model import FileResult, Finding
from fleetmod.project import Project
from fleetmod.scan import Progress, scan_all
from fleetmod.sources import Sources, read_sources
from fleetmod.workspace.discover import candidates
from fleetmod.workspace.grep import Hit, lines_with


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
    `unexplained` those of them that no rule accounts for: each is a finding `gate-grep`."""

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
    greps = grep(project)
    lines = unexplained(project, greps, results) if project.whole else []
    results = with_lines(project, sources, results, lines) if project.whole else results
    typescript = sum(is_code(p) for p in sources.discovered)
    return Audit(
        results=tuple(results),
        texts=_texts(project, greps),
        others=_others(project, sources),
        unexplained=tuple((line.path, line.number, line.text) for line in lines),
        unreadable=sources.unreadable,
        scanned=typescript,
        greps=greps,
    )


def _texts(project: Project, greps: Mapping[str, tuple[Hit, ...]]) -> tuple[TextCount, ...]:
    counts = []
    for needle, family in [*needles(project), *((word, "") for word, _ in words_beside())]:
        hits = greps[needle]
        if hits or families.named(family).shown(project.config, needle):
            files = {path for path, _, _ in hits}
            counts.append(TextCount(needle, family, len(hits), len(files)))
    return tuple(counts)


def _others(project: Project, sources: Sources) -> tuple[OtherCount, ...]:
    """Lines with the same needles in every other kind of file that people wrote."""
    others = [p for p in sources.discovered if not is_code(p)]
    wanted = needles(project)
    needed = [n.encode() for n, _ in wanted]
    hits = candidates(project.root, others, needed, sources.search).hits
    lines: Counter[tuple[str, str]] = Counter()
    files: Counter[tuple[str, str]] = Counter()
    for path in hits:
        if project.is_setting(path) or project.port_of(path):
            continue
        try:
            data = by_people(path, (project.root / path).read_bytes())
        except OSError:
            continue
        for needle, family in wanted:
            spelled = (line for _, line in lines_with(data, needle.encode()))
            found = [line.decode("utf-8", "replace") for line in spelled]
            counts = families.named(family).counts
            found = [line for line in found if counts(project.places, line, needle)]
            if found:
                lines[suffix(path), needle] += len(found)
                files[suffix(path), needle] += 1
    return tuple(
        OtherCount(kind, needle, number, files[kind, needle])
        for (kind, needle), number in sorted(lines.items())
    )
