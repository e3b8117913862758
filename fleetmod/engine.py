"""One file from bytes to findings and edits: parse, detect, lift, lower. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial

from tree_sitter import Node

from fleetmod import families, reasons
from fleetmod.analysis import Analysis
from fleetmod.bounds import (
    DEPTH,
    FINDINGS,
    LEVELS,
    NO_TEXT,
    PIECES,
    TOO_DEEP,
    TOO_MANY,
    TOO_MANY_LEVELS,
    PastBound,
    Stop,
    ask,
    too_large,
)
from fleetmod.describe import describe
from fleetmod.detect import captures, matches
from fleetmod.flow.own_port import adapter_of
from fleetmod.lower.imports import import_edits
from fleetmod.lower.orphans import remove_orphans
from fleetmod.lower.template import fill
from fleetmod.model import EXEMPT, REFUSE, REWRITE, Edit, FileResult, Finding, exempt, refuse
from fleetmod.project import ADAPTER
from fleetmod.refusal import Reason, Refused
from fleetmod.rewrites import REWRITES, Rewritten
from fleetmod.rules import EVERY_HINT, Rule
from fleetmod.services import acts_of, asks_of, staying
from fleetmod.settings import Settings
from fleetmod.spans import Spans
from fleetmod.subjects import Kept, Subjects, is_subject, is_text
from fleetmod.suppress import Suppressions
from fleetmod.syntax.source import Source, ancestors, deeper_than, open_source
from fleetmod.syntax.source import is_text as is_text_file

_OWN_PORT = "goes through the repository's own port ({})"
_BESIDE_PORT = "this repository has its own adapter, {}, which this file uses: call that"
_SHOWN = ("display", "comment", "log", "mention")  # what runs nothing

Only = Callable[[str, int, int], bool]


def scan(
    path: str,
    data: bytes,
    settings: Settings,
    rules: Sequence[Rule],
    only: Only | None = None,
    stop: Stop | None = None,
) -> FileResult:
    """Findings and edits of one file. The edits are sorted and do not overlap.

    `stop` is asked now and then whether nobody wants the answer any more; then Stopped is raised.
    Of a file that is no text, or past a bound (see `bounds`), all lines count as not parsed.
    """
    return next(scan_each(path, data, settings, rules, (None,), stop))


def scan_each(
    path: str,
    data: bytes,
    settings: Settings,
    rules: Sequence[Rule],
    choices: Iterable[Only | None],
    stop: Stop | None = None,
) -> Iterator[FileResult]:
    """As `scan`, once for each of `choices`; the file is read but once.

    A choice picks matches by rule, start and end (bytes); the others are neither told nor mended.
    None picks all.
    """
    unseen = partial(_unseen, path, data, settings, rules)
    problem = too_large(len(data)) or ("" if is_text_file(data) else NO_TEXT)
    looked: _Looked | None = None
    for only in choices:
        if problem:
            yield unseen(problem)
            continue
        try:
            looked = looked or _Looked(open_source(path, data), settings, rules, stop)
            result = _scan(looked, only, stop)
        except PastBound as past:
            result = unseen(str(past))
        except RecursionError:
            result = unseen(TOO_DEEP)
        yield result


class _Looked:
    """A file that is parsed, what the rules match there, and the latest analysis of it."""

    def __init__(
        self, source: Source, settings: Settings, rules: Sequence[Rule], stop: Stop | None
    ) -> None:
        if deeper_than(source.root, DEPTH):
            raise PastBound(TOO_DEEP)
        self.source, self.settings, self.rules = source, settings, rules
        self.broken = source.errors()
        self.in_pieces = any(node.child_count > PIECES for node in self.broken)
        self.suppressions = Suppressions(source, settings.known_rules | {rule.id for rule in rules})
        self._stop = stop
        self._analysis: Analysis | None = None

    def analysis(self, by_action: Collection[int]) -> Analysis:
        """An analysis with an empty draft, in which these wrappers get an action."""
        if self._analysis is None:
            self._analysis = Analysis(self.source, self.settings, by_action)
        else:
            self._analysis = self._analysis.anew(by_action)
        return self._analysis

    @cached_property
    def matches(self) -> list[tuple[Rule, Node]]:
        """Each (rule, node) in source order. Raises PastBound where they are too many."""
        found: list[tuple[Rule, Node]] = []
        levels = 0
        for rule, node in matches(self.analysis(()), self.rules, self._stop):
            levels += sum(1 for _ in ancestors(node))
            if len(found) == FINDINGS or levels > LEVELS:
                raise PastBound(TOO_MANY if len(found) == FINDINGS else TOO_MANY_LEVELS)
            ask(self._stop)
            found.append((rule, node))
        return found


def _scan(looked: _Looked, only: Only | None, stop: Stop | None) -> FileResult:
    source, settings, rules, broken = looked.source, looked.settings, looked.rules, looked.broken
    suppressions = looked.suppressions
    path, data = source.path, source.data
    if looked.in_pieces:
        return _unseen(path, data, settings, rules)
    parted = settings.parted.get(path, {})
    stays = dict(parted)
    means: dict[int, bool] = {}
    chosen = [
        (index, rule, node)
        for index, (rule, node) in enumerate(looked.matches)
        if only is None or only(rule.id, node.start_byte, node.end_byte)
    ]
    while True:
        analysis = looked.analysis({key for key, acts in means.items() if acts})
        judge = partial(_judge, analysis, suppressions, broken, stays)
        findings = _findings(analysis, rules, chosen, judge, only, stop)
        if _other_means(analysis, findings, means):
            stays = dict(parted)
            continue
        held = _held_back(analysis, findings)
        if held.keys() <= stays.keys():
            break
        stays |= held
    if only is None:
        findings += suppressions.findings(rule.id for rule in rules)
    acting = any(map(_is_call, findings))
    managing = any(families.of(finding).services for finding in findings)
    edits = _without_overlaps(analysis.draft.edits, rules)
    analysis.draft.edits[:] = edits
    orphans = _orphans(analysis)
    gone = _ranges(orphans)
    edits = [e for e in edits if gone.around(e.start, e.end) is None]
    findings = _gone_with(findings, (gone, _ranges(edits)), source, rules)
    if edits:
        edits = [*edits, *import_edits(analysis.draft, orphans)]
    return FileResult(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        findings=tuple(findings),
        edits=_without_leading_blank(source, sorted([*edits, *orphans])),
        needs=tuple(n for n in analysis.draft.needs if n.package in settings.packages)
        if edits
        else (),
        labels=tuple(_labels(analysis, findings)),
        acts=tuple(acts_of(analysis.roles.sites, analysis.roles.lifter)) if acting else (),
        asks=tuple(asks_of(analysis.roles.sites, analysis.roles.lifter)) if managing else (),
        errors=tuple(_line_range(source, node) for node in broken),
        unparsed=tuple(
            _line_range(source, node)
            for node in broken
            if _triggered(node.text or b"", rules, settings)
        ),
    )


def _is_call(finding: Finding) -> bool:
    """Whether a finding is a call that acts on services, or asks for them."""
    return finding.cls == "call" and families.of(finding).services


def _other_means(analysis: Analysis, findings: Sequence[Finding], means: dict[int, bool]) -> bool:
    """Whether to look again: a wrapper gets an action where one of its calls cannot become a call
    of the port, and where one of them cannot be given an action, either, none is.

    `means` tells, by the key of a wrapper, whether it gets one; it is changed here.
    """
    actions = {finding.start: finding.action for finding in findings if _is_call(finding)}
    if not any(action == REFUSE for action in actions.values()):
        return False
    changed = False
    for wrapper in {w.key: w for w in analysis.action_wrappers.values()}.values():
        taken = (actions.get(site.call.start_byte) == REWRITE for site in wrapper.callers)
        if not all(taken) and means.get(wrapper.key, True):
            means[wrapper.key] = wrapper.key not in means
            changed = True
    return changed


def _held_back(analysis: Analysis, findings: Sequence[Finding]) -> dict[int, Reason]:
    """Why calls that were rewritten have to stay, by where each begins."""
    calls = [f for f in findings if _is_call(f)]
    refused = [f.start for f in calls if f.action == REFUSE]
    moved = [f.start for f in calls if f.action == REWRITE]
    if not refused or not moved:
        return {}
    return staying(analysis.roles.sites, refused, moved, analysis.roles.lifter)


def _findings(
    analysis: Analysis,
    rules: Sequence[Rule],
    chosen: Sequence[tuple[int, Rule, Node]],
    judge: Callable[..., Finding],
    only: Only | None,
    stop: Stop | None,
) -> list[Finding]:
    """A finding for each match that is chosen, in source order. Calls come first: texts go with
    them.
    """
    found: dict[int, Finding] = {}
    texts: list[tuple[int, Rule, Node]] = []
    remarks: list[tuple[int, Rule, Node]] = []
    subjects: dict[int, Finding] = {}
    stating: list[tuple[int, Node]] = []
    adapters: list[int] = []  # where what speaks of an adapter begins
    for index, rule, node in chosen:
        ask(stop)
        if is_text(rule):
            texts.append((index, rule, node))
            continue
        if rule.rewrite == "home-comment":
            remarks.append((index, rule, node))
            continue
        finding = judge(rule, node)
        found[index] = finding
        if is_subject(rule):
            subjects[index] = finding
        states = families.named(rule.family).services and bool(rule.refusal or rule.exempt)
        if finding.test and states and not finding.suppressed:
            stating.append((index, node))
    if stating and analysis.settings.elsewhere.get(analysis.source.path) is not None:
        beside = Subjects(analysis, ())
        for index, node in stating:
            if why := beside.of_adapter(node):
                found[index] = exempt(found[index], why)
                if index in subjects:
                    subjects[index] = found[index]
                adapters.append(node.start_byte)
    if texts:
        rewritten = _ranges(_without_overlaps(analysis.draft.edits, rules))
        orphans = (_ranges(_orphans(analysis)), rewritten)
        gone = _gone_with(list(subjects.values()), orphans, analysis.source, rules)
        beside = Subjects(analysis, gone, adapters)
        for index, rule, node in texts:
            ask(stop)
            # what is picked is known to be rewritten; the calls that it speaks of are not seen here
            picked = only is not None and rule.rewrite != "rename"
            kept = Kept() if picked else beside.keep(rule, node)
            found[index] = judge(rule, node, kept)
    homes = [f for f in found.values() if families.of(f).homes and f.action != REWRITE]
    for index, rule, node in remarks:
        ask(stop)
        found[index] = judge(rule, node, _remark(node, homes, analysis))
    return [found[index] for index in sorted(found)]


def _remark(node: Node, staying: Sequence[Finding], analysis: Analysis) -> Kept:
    """What becomes of a comment that names a path which the code beside it keeps."""
    places, source = analysis.settings.places, analysis.source
    named = places.spelled(source.text(node)) if staying else frozenset()
    for finding in sorted(staying, key=lambda each: each.action != REFUSE) if named else ():
        for path in places.spelled(source.slice(finding.start, finding.end)):
            # the path itself, a folder above it, or what lies in it
            if any(_is_below(path, each) or _is_below(each, path) for each in named):
                if finding.action == EXEMPT and not finding.suppressed:
                    return Kept(exempt=finding.reason)
                why = f"speaks of line {finding.line}, which stays: mend that first"
                return Kept(reasons.CALL_STAYS(why))
    return Kept()


def _is_below(path: str, folder: str) -> bool:
    return f"{path}/".startswith(f"{folder}/")


def _judge(
    analysis: Analysis,
    suppressions: Suppressions,
    broken: list[Node],
    stays: Mapping[int, Reason],
    rule: Rule,
    node: Node,
    kept: Kept | None = None,
) -> Finding:
    finding = describe(analysis, rule, node)
    accepted = suppressions.apply(finding)
    if accepted:
        return exempt(finding, "", accepted)
    if node.start_byte in analysis.settings.declined.get(finding.path, ()):
        kept = Kept(reasons.DECLINED)
    elif is_subject(rule) and node.start_byte in stays:
        kept = Kept(stays[node.start_byte])
    return _examine(analysis, rule, node, finding, broken, kept or Kept())


def _orphans(analysis: Analysis) -> list[Edit]:
    targets = analysis.roles.lifter.targets
    return remove_orphans(analysis.scopes, targets, analysis.draft.edits)


def _unseen(
    path: str, data: bytes, settings: Settings, rules: Sequence[Rule], problem: str = ""
) -> FileResult:
    """A file of which nothing is known, and why; nothing is proven where it holds a trigger."""
    lines = (1, data.count(b"\n") + 1)
    triggered = _triggered(data, rules, settings)
    return FileResult(
        path=path,
        sha256=hashlib.sha256(data).hexdigest(),
        errors=(lines,),
        unparsed=(lines,) if triggered else (),
        problem=problem,
    )


def _examine(
    analysis: Analysis,
    rule: Rule,
    node: Node,
    finding: Finding,
    broken: list[Node],
    kept: Kept,
) -> Finding:
    """Lower one match, or say why not; a refusal leaves no edit behind."""
    if rule.exempt:
        site = families.named(rule.family).sites(analysis).get(node.id)
        return exempt(finding, (site.foreign if site else "") or rule.exempt)
    if finding.path in analysis.settings.adapters.get(rule.family, ()):
        return exempt(finding, ADAPTER.format(rule.family))
    if port := adapter_of(node, analysis.scopes, analysis.settings.adapters.get(rule.family, ())):
        return exempt(finding, _OWN_PORT.format(port))
    if reason := _of_another_platform(analysis, rule, node):
        return exempt(finding, reason)
    called = is_subject(rule) and rule.cls == "call" and not finding.test
    if called and (port := analysis.adapter_beside(rule.family)):
        return refuse(finding, reasons.OWN_ADAPTER(_BESIDE_PORT.format(port)))
    if rule.refusal or not (rule.rewrite or rule.template):
        return refuse(finding, reasons.BY_RULE(rule.refusal or str(reasons.BY_RULE)))
    if broken:
        # Around an ERROR node scopes and contexts are guesses.
        line = analysis.source.line_of(broken[0].start_byte)
        reason = (
            f"line {line} does not parse, so nothing in the file is rewritten; mend that line, or "
            "move it to another file where tsc takes it"
        )
        return refuse(finding, reasons.DOES_NOT_PARSE(reason))
    if kept.exempt:
        return exempt(finding, kept.exempt)
    draft = analysis.draft
    edits, needs = len(draft.edits), dict(draft.needs)
    try:
        rewritten = _rewrite(analysis, rule, node)
        if kept.refused is not None:
            raise Refused(kept.refused)
    except Refused as refused:
        del draft.edits[edits:]
        draft.needs.clear()
        draft.needs.update(needs)
        return refuse(finding, refused.reason)
    return replace(finding, understood=rewritten.understood, notes=rewritten.notes)


def _rewrite(analysis: Analysis, rule: Rule, node: Node) -> Rewritten:
    """Add what a rule makes of a match to the draft; raises Refused."""
    if rule.template:
        bound = captures(rule, node, analysis.source)
        fill(rule.template, rule.imports, rule.id, node, analysis.draft, bound)
        return Rewritten(rule.title)
    rewrite = families.named(rule.family).rewrites.get(rule.rewrite) or REWRITES[rule.rewrite]
    return rewrite(analysis, node, rule.id)


def _of_another_platform(analysis: Analysis, rule: Rule, node: Node) -> str:
    """Why a match is one platform's part beside another's; "" where it is not."""
    tool = families.named(rule.family).tool
    if tool is None:
        return ""
    siblings = analysis.siblings(tool)
    if reason := siblings.of_test(node):
        return reason
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


def _ranges(edits: Iterable[Edit]) -> Spans[Edit]:
    return Spans((edit.start, edit.end, edit) for edit in edits)


def _gone_with(
    findings: Sequence[Finding], held: Sequence[Spans[Edit]], source: Source, rules: Sequence[Rule]
) -> list[Finding]:
    """A refused place in a declaration that nobody uses any more, or in a call that is rewritten
    without it, goes with that; one whose trigger the new text still holds does not."""
    triggers = {rule.id: rule.looks(EVERY_HINT) for rule in rules}
    out = []
    for finding in findings:
        around = [edits.around(finding.start, finding.end) for edits in held]
        if finding.action == REFUSE and any(around):
            spelled = source.slice(finding.start, finding.end)
            of_rule = triggers.get(finding.rule, ())
            left = [spelled, *(trigger for trigger in of_rule if trigger in spelled)]
            new = [edit.text for edit in around if edit is not None]
            if any(not any(text in made for text in left) for made in new):
                why = "goes with its last use"
                finding = replace(
                    finding, action=REWRITE, reason="", reason_code="", understood=why
                )
        out.append(finding)
    return out


def _labels(analysis: Analysis, findings: Sequence[Finding]) -> Iterator[tuple[int, str]]:
    """The services that calls name in full, by where the call begins."""
    if not any(map(_is_call, findings)):
        return
    values = analysis.roles.lifter.values
    for site in analysis.roles.sites.values():
        for operation in site.operations:
            pieces = values.expand(operation.label)
            if pieces and all(isinstance(piece, str) for piece in pieces):
                yield site.call.start_byte, "".join(map(str, pieces)).rpartition("/")[2]


def _line_range(source: Source, node: Node) -> tuple[int, int]:
    return source.line_of(node.start_byte), source.line_of(max(node.end_byte - 1, node.start_byte))


def _triggered(held: bytes, rules: Sequence[Rule], settings: Settings) -> bool:
    """Whether debt may hide in what is not parsed: a trigger, or a hint beside a user's name."""
    named = settings.places.names_user(held)
    texts = (t for rule in rules for t in (rule.looks(EVERY_HINT) if named else rule.triggers))
    return any(text.encode() in held for text in texts)
