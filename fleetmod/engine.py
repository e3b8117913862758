"""One file from bytes to findings and edits: parse, detect, lift, lower. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from tree_sitter import Node

from fleetmod.analysis import Analysis
from fleetmod.detect import matches
from fleetmod.lower.draft import Refused
from fleetmod.lower.imports import import_edits
from fleetmod.lower.orphans import remove_orphans
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Edit, FileResult, Finding
from fleetmod.rewrites import REWRITES
from fleetmod.rules import Rule
from fleetmod.settings import Settings
from fleetmod.syntax.source import FUNCTIONS, Source, ancestors, is_text, open_source
from fleetmod.testfiles import is_test

_SHORT = 120
_ADAPTER = "the repository's own adapter of the tool ({}.adapters of fleetmod.toml)"


def scan(path: str, data: bytes, settings: Settings, rules: Sequence[Rule]) -> FileResult:
    """Findings and edits of one file. The edits are sorted and do not overlap.

    Of a file that is no text, or that nests too deeply, all lines count as not parsed.
    """
    if not is_text(data):
        return _unseen(path, data, rules)
    try:
        return _scan(path, data, settings, rules)
    except RecursionError:
        return _unseen(path, data, rules)


def _scan(path: str, data: bytes, settings: Settings, rules: Sequence[Rule]) -> FileResult:
    source = open_source(path, data)
    analysis = Analysis(source, settings)
    findings: list[Finding] = []
    broken = source.errors()
    for rule, node in matches(analysis, rules):
        findings.append(_examine(analysis, rule, node, broken))
    edits = _without_overlaps(analysis.draft.edits, rules)
    analysis.draft.edits[:] = edits
    targets = analysis.roles.lifter.targets
    orphans = remove_orphans(analysis.scopes, targets, edits)
    edits = [e for e in edits if not any(o.start <= e.start and e.end <= o.end for o in orphans)]
    findings = [_gone_with(f, orphans) for f in findings]
    if edits:
        edits = [*edits, *import_edits(analysis.draft, orphans)]
    return FileResult(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        findings=tuple(findings),
        edits=_without_leading_blank(source, sorted([*edits, *orphans])),
        needs=tuple(analysis.draft.needs) if edits else (),
        errors=tuple(_line_range(source, node) for node in broken),
        unparsed=tuple(_line_range(source, node) for node in broken if _triggered(node, rules)),
    )


def _unseen(path: str, data: bytes, rules: Sequence[Rule]) -> FileResult:
    """A file of which nothing is known; nothing is proven where it holds a trigger."""
    lines = (1, data.count(b"\n") + 1)
    triggered = any(t.encode() in data for rule in rules for t in rule.triggers)
    return FileResult(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        errors=(lines,),
        unparsed=(lines,) if triggered else (),
    )


def _examine(analysis: Analysis, rule: Rule, node: Node, broken: list[Node]) -> Finding:
    """Lower one match, or say why not; a refusal leaves no edit behind."""
    finding = _describe(analysis, rule, node)
    if rule.exempt:
        site = analysis.sites(rule.family).get(node.id)
        return replace(finding, action=EXEMPT, reason=(site.foreign if site else "") or rule.exempt)
    if finding.path in analysis.settings.adapters.get(rule.family, ()):
        return replace(finding, action=EXEMPT, reason=_ADAPTER.format(rule.family))
    if rule.refusal or not rule.rewrite:
        return replace(finding, action=REFUSE, reason=rule.refusal or "reported only")
    if broken:
        # Around an ERROR node scopes and contexts are guesses.
        line = analysis.source.line_of(broken[0].start_byte)
        reason = f"line {line} does not parse, so nothing in the file is rewritten; mend that line"
        return replace(finding, action=REFUSE, reason=reason)
    draft = analysis.draft
    edits, needs = len(draft.edits), dict(draft.needs)
    try:
        rewritten = REWRITES[rule.rewrite](analysis, node, rule.id)
    except Refused as reason:
        del draft.edits[edits:]
        draft.needs.clear()
        draft.needs.update(needs)
        return replace(finding, action=REFUSE, reason=str(reason))
    return replace(finding, understood=rewritten.understood, notes=rewritten.notes)


def _describe(analysis: Analysis, rule: Rule, node: Node) -> Finding:
    source = analysis.source
    line, col = source.position(node.start_byte)
    site = analysis.sites(rule.family).get(node.id)
    understood = ""
    if site is not None:
        from fleetmod.lower.prose import describe

        understood = describe(site.operations, analysis.roles.lifter.values) or site.command
    return Finding(
        rule=rule.id,
        family=rule.family,
        cls=rule.cls,
        path=source.path,
        start=node.start_byte,
        end=node.end_byte,
        line=line,
        col=col,
        text=_short(source.text(node)),
        understood=understood,
        action=REWRITE,
        test=is_test(source.path),
        symbol=_symbol(source, node),
        lines=_lines(source, node, rule, list(site.claimed) if site else []),
    )


def _lines(source: Source, node: Node, rule: Rule, claimed: list[Node]) -> tuple[int, ...]:
    """The lines of a match on which one of its rule's triggers stands."""
    out: set[int] = set()
    for part in [node, *claimed]:
        for trigger in rule.triggers:
            needle = trigger.encode()
            at = source.data.find(needle, part.start_byte, part.end_byte)
            while at >= 0:
                out.add(source.line_of(at))
                at = source.data.find(needle, at + 1, part.end_byte)
    return tuple(sorted(out)) or (source.line_of(node.start_byte),)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else line[: _SHORT - 1] + "…"


def _symbol(source: Source, node: Node) -> str:
    """The names of the functions, classes and variables around a node, outermost first."""
    names = []
    for a in ancestors(node):
        if a.type in FUNCTIONS or a.type in ("class_declaration", "variable_declarator", "pair"):
            name = a.child_by_field_name("name") or a.child_by_field_name("key")
            if name is not None and name.type in (
                "identifier",
                "type_identifier",
                "property_identifier",
            ):
                names.append(source.text(name))
    return ".".join(reversed(names))


def _without_overlaps(edits: list[Edit], rules: Sequence[Rule]) -> list[Edit]:
    """Keep the outer of two edits that overlap: the inner is about text that is no longer there.

    Renames wait until nothing else is left to do, for the other edits spell the old names.
    """
    renames = {rule.id for rule in rules if rule.rewrite == "rename"}
    others = [edit for edit in edits if edit.rule not in renames]
    kept: list[Edit] = []
    for edit in sorted(set(others or edits), key=lambda e: (e.start, -e.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def _without_leading_blank(source: Source, edits: list[Edit]) -> tuple[Edit, ...]:
    """Where a file's first lines go and nothing comes in their place, the blank after them too."""
    if len(edits) > 0 and edits[0].start == 0 and not edits[0].text:
        end, rest = edits[0].end, edits[1:]
        while rest and rest[0].start == end and not rest[0].text:
            end, rest = rest[0].end, rest[1:]
        inserted = rest and rest[0].start == end
        blank = source.data[end : end + 2]
        if not inserted and (blank[:1] == b"\n" or blank == b"\r\n"):
            end += 1 if blank[:1] == b"\n" else 2
            return (Edit(0, end, "", edits[0].rule), *rest)
    return tuple(edits)


def _gone_with(finding: Finding, deletions: list[Edit]) -> Finding:
    """A refused place inside a declaration that nobody uses any more goes with it."""
    for deletion in deletions:
        inside = deletion.start <= finding.start and finding.end <= deletion.end
        if inside and finding.action == REFUSE:
            return replace(finding, action=REWRITE, reason="", understood="goes with its last use")
    return finding


def _line_range(source: Source, node: Node) -> tuple[int, int]:
    return source.line_of(node.start_byte), source.line_of(max(node.end_byte - 1, node.start_byte))


def _triggered(node: Node, rules: Sequence[Rule]) -> bool:
    held = node.text or b""
    return any(t.encode() in held for rule in rules for t in rule.triggers)
