"""What the gates' greps find, and the lines of it that no rule explains, as findings.

A gate's grep reads every file of its folders; the rules read what is the repository's own and
parses. Where the grep finds more, the line is debt like any other, so that an audit, a check and a
gate say the same.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fleetmod import families, reasons
from fleetmod.families.family import Family
from fleetmod.filekinds import is_code
from fleetmod.model import EXEMPT, IGNORE, REWRITE, FileResult, Finding, digest_of, exempt, refuse
from fleetmod.places import ROOT, VAULT
from fleetmod.project import ADAPTER, GREP_RULE, Project
from fleetmod.rules import Rule
from fleetmod.sources import Sources
from fleetmod.spans import LineRanges
from fleetmod.testfiles import is_test
from fleetmod.workspace.grep import Hit, grep_all, grep_contents

if TYPE_CHECKING:
    from tree_sitter import Node

    from fleetmod.syntax.source import Source, Text

GREPPED = ".ts"  # the end of the names that a gate's grep reads
RULE = Rule(
    id=GREP_RULE,
    title="a line that the gate's grep finds",
    family="",
    cls="text",
    query="",
    refusal="reword the line",
    prose=f"""
The plain grep of a phase's gate finds this line, and no rule explains it: a root or vault that
lies in no home, or a file of the gate's folders that no rule looks at, since it is excluded,
generated or ignored by git. Reword it, or accept it with `// {IGNORE} {GREP_RULE}: reason`.
`gate --strict` passes over no such line, accepted or not.
""".strip(),
)
_LITERALS = ("string", "template_string", "comment", "regex", "jsx_text")
_SHORT = 120
Greps = Mapping[str, tuple[Hit, ...]]


def needles(project: Project) -> list[tuple[str, str]]:
    """The texts that the gates' greps look for, with the family of each."""
    config = project.config
    return [(each, family.id) for family in families.every() for each in family.needles(config)]


def words_beside() -> list[tuple[str, Family]]:
    """The words that are counted beside the needles, with the family that they are beside."""
    return [(word, family) for family in families.every() for word in family.beside]


def grep(
    project: Project, contents: Mapping[str, bytes] | None = None
) -> dict[str, tuple[Hit, ...]]:
    """What the gates' grep finds of each needle, outside of the adapter that may hold it: on the
    disk, or in `contents` by path, of which none is a link.
    """
    wanted = [(needle, families.named(family)) for needle, family in needles(project)]
    wanted += words_beside()
    texts = sorted({needle.encode() for needle, _ in wanted})
    folders = project.config.workspace.gate
    if contents is None:
        known = grep_all(project.root, folders, texts, GREPPED, search=project.search)
    else:
        known = grep_contents(contents, folders, texts, GREPPED)
    places = project.places
    out = {}
    for needle, family in wanted:
        hits = known[needle.encode()]
        hits = [hit for hit in hits if family.counts(places, hit[2], needle)]
        out[needle] = tuple(hit for hit in hits if project.own_port(hit[0]) is not family)
    return out


@dataclass(frozen=True)
class Line:
    """A line that a family's grep finds; `number` counts from 1 and is 0 for a binary file."""

    path: str
    number: int
    text: str
    needle: str
    family: str


def lines_of(project: Project, greps: Greps, family: str) -> list[Line]:
    """The lines that the greps of a family find, each once, sorted."""
    out: dict[Hit, Line] = {}
    for needle, of in needles(project):
        for hit in greps[needle] if of == family else ():
            out.setdefault(hit, Line(*hit, needle, family))
    return [line for _, line in sorted(out.items())]


def unexplained(project: Project, greps: Greps, results: Iterable[FileResult]) -> list[Line]:
    """The lines of `greps` that no finding of their family explains.

    What does not parse explains its lines, too: it is told as unproven.
    """
    explained: dict[str, set[tuple[str, int]]] = defaultdict(set)
    unparsed: list[tuple[str, tuple[int, int]]] = []
    for result in results:
        for finding in result.findings:
            explained[finding.family] |= {(result.path, line) for line in finding.lines}
        unparsed += [(result.path, lines) for lines in result.unparsed]
        if result.unparsed:
            unparsed.append((result.path, (0, 0)))  # a file that is no text has no lines
    told = LineRanges(unparsed)
    return [
        line
        for family in families.every()
        for line in lines_of(project, greps, family.id)
        if (line.path, line.number) not in explained[family.id]
        and (line.path, line.number) not in told
    ]


def with_lines(
    project: Project,
    sources: Sources,
    results: Sequence[FileResult],
    lines: Iterable[Line],
    contents: Mapping[str, bytes] | None = None,
) -> list[FileResult]:
    """`results` with a finding for each line of the greps that no rule explains, and for each
    directive that was meant for one. Files are read from `contents`, or from the disk."""
    by_path: dict[str, list[Line]] = {
        path: [] for path, data in sources.contents.items() if _is_directed(data)
    }
    for line in lines:
        by_path.setdefault(line.path, []).append(line)
    if not by_path:
        return list(results)
    known = {result.path: result for result in results}
    discovered = frozenset(sources.discovered)
    for path, own in by_path.items():
        data = sources.contents.get(path)
        if data is None:
            data = _read(project, path) if contents is None else contents.get(path, b"")
        before = known.get(path) or FileResult(path, hashlib.sha256(data).hexdigest())
        found = _findings(project, path, own, data, path in discovered)
        if more := [finding for finding in found if finding not in before.findings]:
            findings = sorted((*before.findings, *more), key=lambda f: (f.line, f.start))
            known[path] = replace(before, findings=tuple(findings))
    return [known[path] for path in sorted(known)]


def _is_directed(data: bytes) -> bool:
    return RULE.id.encode() in data and IGNORE.encode() in data.lower()


def _read(project: Project, path: str) -> bytes:
    try:
        return (project.root / path).read_bytes()
    except OSError:  # its name is no UTF-8, or it went away since the grep
        return b""


def _findings(
    project: Project, path: str, lines: Sequence[Line], data: bytes, looked: bool
) -> list[Finding]:
    """A finding for each line of one file, and for each directive that was meant for one."""
    # the parser and all that is built on it, which most runs do not need
    from fleetmod.suppress import Suppressions, line_comments
    from fleetmod.syntax.source import Text, is_text, open_source

    parsed = open_source(path, data) if is_code(path) and is_text(data) else None
    source = parsed or Text(path, data)
    comments = None if parsed is not None else tuple(line_comments(source))
    suppressions = Suppressions(source, project.known_rules, comments)
    found = []
    for line in lines:
        finding = _judged(project, line, source, parsed, looked)
        if finding.action != EXEMPT and (accepted := suppressions.apply(finding)):
            finding = exempt(finding, "", accepted)
        found.append(finding)
    return [*found, *suppressions.findings((RULE.id,))]


def strictly(line: Line, explained: Finding | None) -> Finding:
    """A line that only a strict gate minds, with what explains it otherwise."""
    why = "--strict passes over no line, accepted or not; word it otherwise"
    if explained is not None:
        why = f"{explained.rule} calls it no debt ({explained.reason}), but {why}"
    return refuse(_finding(line, (0, 0)), reasons.UNEXPLAINED_LINE(why))


def _judged(
    project: Project, line: Line, source: Text, parsed: Source | None, looked: bool
) -> Finding:
    """A line that no rule explains: debt, or the repository's own adapter."""
    needle = line.needle.encode()
    start = max(source.data.find(needle, source.start_of(max(line.number, 1))), 0)
    place = (start, start + len(needle))
    own = project.own_adapters.get(line.family)
    if own is not None and own(line.path):
        why = ADAPTER.format(line.family)
        return exempt(_finding(line, place), why)
    why = _todo(project, line, looked)
    finding = refuse(_finding(line, place), reasons.UNEXPLAINED_LINE(why))
    node = _literal(parsed, *place) if parsed is not None else None
    if parsed is None or node is None:
        return finding
    from fleetmod.syntax.tokens import token_digest

    # so a directive above its first line counts, and what a formatter makes of it is known
    digest = token_digest(parsed, node)
    return replace(finding, start=node.start_byte, end=node.end_byte, digest=digest)


def _finding(line: Line, place: tuple[int, int]) -> Finding:
    text = " ".join(line.text.split())
    return Finding(
        rule=RULE.id,
        family=line.family,
        cls=RULE.cls,
        path=line.path,
        start=place[0],
        end=place[1],
        line=max(line.number, 1),
        col=1,
        text=text if len(text) <= _SHORT else text[: _SHORT - 1] + "…",
        understood=f"the grep of phase {families.named(line.family).phase} finds `{line.needle}`",
        action=REWRITE,
        test=is_test(line.path),
        lines=(line.number,),
        digest=digest_of(text),
    )


def _literal(source: Source, start: int, end: int) -> Node | None:
    """The text or comment that a place stands in."""
    node = source.root.descendant_for_byte_range(start, end)
    while node is not None and node.type not in _LITERALS:
        node = node.parent
    return node


def _todo(project: Project, line: Line, looked: bool) -> str:
    """What to do about a line, and with which directive it is accepted."""
    if not line.number:
        return f"a binary file holds `{line.needle}`; keep it out of the folders of workspace.gate"
    accept = f"or accept it with `// {IGNORE} {RULE.id}: why`"
    if not looked:
        return (
            "no rule looks at this file, since it is excluded, generated or ignored by git; reword "
            f"the line, keep the file out of the folders of workspace.gate, {accept}"
        )
    if line.needle in project.places.outside:
        member = ROOT if line.needle == project.places.root else VAULT
        return f"it lies in no home, so nothing rewrites it; use nodeIdentity.{member}, {accept}"
    return f"no rule explains the line; reword it, {accept}"
