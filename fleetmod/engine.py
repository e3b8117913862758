"""One file from bytes to findings and edits: parse, detect, lift, lower. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from tree_sitter import Node

from fleetmod.analysis import Analysis
from fleetmod.describe import describe
from fleetmod.detect import matches
from fleetmod.flow.own_port import adapter_of
from fleetmod.lower.draft import Refused
from fleetmod.lower.imports import import_edits
from fleetmod.lower.orphans import remove_orphans
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Edit, FileResult, Finding
from fleetmod.rewrites import REWRITES
from fleetmod.rules import Rule
from fleetmod.settings import Settings
from fleetmod.subjects import Subjects, is_subject, is_text
from fleetmod.suppress import Suppressions
from fleetmod.syntax.source import Source, open_source
from fleetmod.syntax.source import is_text as is_text_file

_ADAPTER = "the repository's own adapter of the tool ({}.adapters of fleetmod.toml)"


_OWN_PORT = "goes through the repository's own port ({})"
_SHOWN = ("display", "comment", "log", "mention")  # what runs nothing

Only = Callable[[str, int, int], bool]


def scan(
    path: str,
    data: bytes,
    settings: Settings,
    rules: Sequence[Rule],
    only: Only | None = None,
) -> FileResult:
    """Findings and edits of one file. The edits are sorted and do not overlap.

    `only` picks matches by rule, start and end (bytes); the others are neither told nor mended.
    Of a file that is no text, or that nests too deeply, all lines count as not parsed.
    """
    if not is_text_file(data):
        return _unseen(path, data, settings, rules)
    try:
        return _scan(path, data, settings, rules, only)
    except RecursionError:
        return _unseen(path, data, settings, rules)


def _scan(
    path: str, data: bytes, settings: Settings, rules: Sequence[Rule], only: Only | None
) -> FileResult:
    source = open_source(path, data)
    analysis = Analysis(source, settings)
    broken = source.errors()
    suppressions = Suppressions(source, settings.known_rules | {rule.id for rule in rules})
    findings = _findings(analysis, rules, suppressions, broken, only)
    if only is None:
        findings += suppressions.findings(rule.id for rule in rules)
    edits = _without_overlaps(analysis.draft.edits, rules)
    analysis.draft.edits[:] = edits
    orphans = _orphans(analysis)
    edits = [e for e in edits if not any(o.start <= e.start and e.end <= o.end for o in orphans)]
    findings = [_gone_with(f, [*orphans, *edits], source, rules) for f in findings]
    if edits:
        edits = [*edits, *import_edits(analysis.draft, orphans)]
    return FileResult(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        findings=tuple(findings),
        edits=_without_leading_blank(source, sorted([*edits, *orphans])),
        needs=tuple(analysis.draft.needs) if edits else (),
        errors=tuple(_line_range(source, node) for node in broken),
        unparsed=tuple(
            _line_range(source, node)
            for node in broken
            if _triggered(node.text or b"", rules, settings)
        ),
    )


def _findings(
    analysis: Analysis,
    rules: Sequence[Rule],
    suppressions: Suppressions,
    broken: list[Node],
    only: Only | None,
) -> list[Finding]:
    """A finding for each match, in source order. Calls come first: texts go with them."""
    found: dict[int, Finding] = {}
    texts: list[tuple[int, Rule, Node]] = []
    subjects: list[Finding] = []
    for index, (rule, node) in enumerate(matches(analysis, rules)):
        if only is not None and not only(rule.id, node.start_byte, node.end_byte):
            continue
        if is_text(rule):
            texts.append((index, rule, node))
            continue
        finding = _judge(analysis, rule, node, suppressions, broken)
        found[index] = finding
        if is_subject(rule):
            subjects.append(finding)
    if texts:
        orphans = _orphans(analysis)
        gone = [_gone_with(f, orphans, analysis.source, rules) for f in subjects]
        beside = Subjects(analysis, gone)
        for index, rule, node in texts:
            found[index] = _judge(analysis, rule, node, suppressions, broken, beside)
    return [found[index] for index in sorted(found)]


def _judge(
    analysis: Analysis,
    rule: Rule,
    node: Node,
    suppressions: Suppressions,
    broken: list[Node],
    beside: Subjects | None = None,
) -> Finding:
    finding = describe(analysis, rule, node)
    accepted = suppressions.apply(finding)
    if accepted:
        why = f"suppressed: {accepted}"
        return replace(finding, action=EXEMPT, reason=why, suppressed=accepted)
    return _examine(analysis, rule, node, finding, broken, beside)


def _orphans(analysis: Analysis) -> list[Edit]:
    targets = analysis.roles.lifter.targets
    return remove_orphans(analysis.scopes, targets, analysis.draft.edits)


def _unseen(path: str, data: bytes, settings: Settings, rules: Sequence[Rule]) -> FileResult:
    """A file of which nothing is known; nothing is proven where it holds a trigger."""
    lines = (1, data.count(b"\n") + 1)
    triggered = _triggered(data, rules, settings)
    return FileResult(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        errors=(lines,),
        unparsed=(lines,) if triggered else (),
    )


def _examine(
    analysis: Analysis,
    rule: Rule,
    node: Node,
    finding: Finding,
    broken: list[Node],
    beside: Subjects | None,
) -> Finding:
    """Lower one match, or say why not; a refusal leaves no edit behind."""
    if rule.exempt:
        site = analysis.sites(rule.family).get(node.id)
        return replace(finding, action=EXEMPT, reason=(site.foreign if site else "") or rule.exempt)
    if finding.path in analysis.settings.adapters.get(rule.family, ()):
        return replace(finding, action=EXEMPT, reason=_ADAPTER.format(rule.family))
    if port := adapter_of(node, analysis.scopes, analysis.settings.adapters.get(rule.family, ())):
        return replace(finding, action=EXEMPT, reason=_OWN_PORT.format(port))
    if reason := _of_another_platform(analysis, rule, node):
        return replace(finding, action=EXEMPT, reason=reason)
    if rule.refusal or not rule.rewrite:
        return replace(finding, action=REFUSE, reason=rule.refusal or "reported only")
    if broken:
        # Around an ERROR node scopes and contexts are guesses.
        line = analysis.source.line_of(broken[0].start_byte)
        reason = f"line {line} does not parse, so nothing in the file is rewritten; mend that line"
        return replace(finding, action=REFUSE, reason=reason)
    action, reason = beside.keep(rule, node) if beside is not None else ("", "")
    if action == EXEMPT:
        return replace(finding, action=EXEMPT, reason=reason)
    draft = analysis.draft
    edits, needs = len(draft.edits), dict(draft.needs)
    try:
        rewritten = REWRITES[rule.rewrite](analysis, node, rule.id)
        if action:
            raise Refused(reason)
    except Refused as reason:
        del draft.edits[edits:]
        draft.needs.clear()
        draft.needs.update(needs)
        return replace(finding, action=REFUSE, reason=str(reason))
    return replace(finding, understood=rewritten.understood, notes=rewritten.notes)


def _of_another_platform(analysis: Analysis, rule: Rule, node: Node) -> str:
    """Why a match is one platform's part beside another's; "" where it is not."""
    siblings = analysis.siblings(rule.family)
    if siblings is None:
        return ""
    shown = rule.cls in _SHOWN
    found = siblings.of(node, acts=not shown)
    what = rule.cls if rule.cls in ("call", "comment", "value") else "text"
    return found.reason(what, siblings.tool.platform) if found is not None else ""


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
    start = source.head
    if len(edits) > 0 and edits[0].start == start and not edits[0].text:
        end, rest = edits[0].end, edits[1:]
        while rest and rest[0].start == end and not rest[0].text:
            end, rest = rest[0].end, rest[1:]
        inserted = rest and rest[0].start == end
        blank = source.data[end : end + 2]
        if not inserted and (blank[:1] == b"\n" or blank == b"\r\n"):
            end += 1 if blank[:1] == b"\n" else 2
            return (Edit(start, end, "", edits[0].rule), *rest)
    return tuple(edits)


def _gone_with(
    finding: Finding, edits: list[Edit], source: Source, rules: Sequence[Rule]
) -> Finding:
    """A refused place in a declaration that nobody uses any more, or in a call that is rewritten
    without it, goes with that; one whose trigger the new text still holds does not."""
    if finding.action != REFUSE:
        return finding
    spelled = source.slice(finding.start, finding.end)
    triggers = next((rule.looks(True) for rule in rules if rule.id == finding.rule), ())
    left = [spelled, *(trigger for trigger in triggers if trigger in spelled)]
    for edit in edits:
        inside = edit.start <= finding.start and finding.end <= edit.end
        if inside and not any(text in edit.text for text in left):
            return replace(finding, action=REWRITE, reason="", understood="goes with its last use")
    return finding


def _line_range(source: Source, node: Node) -> tuple[int, int]:
    return source.line_of(node.start_byte), source.line_of(max(node.end_byte - 1, node.start_byte))


def _triggered(held: bytes, rules: Sequence[Rule], settings: Settings) -> bool:
    """Whether debt may hide in what is not parsed: a trigger, or a hint beside a user's name."""
    named = settings.places.names_user(held)
    texts = (text for rule in rules for text in (rule.looks(True) if named else rule.triggers))
    return any(text.encode() in held for text in texts)
