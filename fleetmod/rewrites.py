"""The rewrites that rules can name. Each takes a match and adds edits to the file's draft."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from tree_sitter import Node

from fleetmod import reasons
from fleetmod.analysis import Analysis
from fleetmod.fates import FOLLOW, NEUTRAL
from fleetmod.lift.home_facts import is_checked
from fleetmod.lift.home_forms import ANYONE
from fleetmod.lower.below_home import look_up
from fleetmod.lower.declared_types import declare_type
from fleetmod.lower.draft import PROCESS, Refused
from fleetmod.lower.home_comment import home_comment as write_homes
from fleetmod.lower.home_key import home_key
from fleetmod.lower.kept_words import check_asked, check_remarks, sent
from fleetmod.lower.own_home import ANY_USER, own_home
from fleetmod.lower.prose import comment_flaw, describe, neutral_comment
from fleetmod.lower.style import template_text
from fleetmod.lower.told_apart import check_one_person
from fleetmod.mentions import OTHER, mentions
from fleetmod.places import HOME, Places
from fleetmod.refusal import Reason
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.scope import Binding

_NEAR = 1000  # characters of the comments around one


@dataclass(frozen=True)
class Rewritten:
    """What a rewrite understood of its match, and what a maintainer must look at."""

    understood: str
    notes: tuple[str, ...] = ()


Rewrite = Callable[[Analysis, Node, str], Rewritten]


def process_call(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A call that runs the tool becomes a call of the process-manager port."""
    site = analysis.roles.sites[node.id]
    wrapper = analysis.action_wrappers.get(node.id) if analysis.by_action else None
    if wrapper is not None and wrapper.key in analysis.by_action:
        check_remarks(site, analysis.source)
        notes = analysis.process_calls.act(site, wrapper)
        return Rewritten(describe(site.operations, analysis.roles.lifter.values), notes)
    if site.refused:
        raise Refused(site.refused)
    check_remarks(site, analysis.source)
    notes = analysis.process_calls.lower(site)
    return Rewritten(describe(site.operations, analysis.roles.lifter.values), notes)


def display(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A text for people asks the port for its hint, or names no tool."""
    edits = len(analysis.draft.edits)
    understood = analysis.display.lower(node, rule)
    elsewhere = analysis.settings.elsewhere.get(analysis.source.path)
    if elsewhere is not None and elsewhere.asked:
        check_asked(node, analysis.draft.edits[edits:], analysis.source, elsewhere.asked)
    if len(analysis.draft.edits) > edits:
        _declare(analysis, node, rule)
    return Rewritten(understood, sent(node, analysis.scopes))


def _declare(analysis: Analysis, node: Node, rule: str) -> None:
    """Write the type of what is exported and no plain literal any more, where that is asked for."""
    if analysis.source.path in analysis.settings.isolated:
        declare_type(node, analysis.draft, rule)


def comment(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A comment names the service manager instead of the tool."""
    source = analysis.source
    text = source.text(node)
    if "`launchctl`" in text and "launchctl" in analysis.named:
        raise Refused(
            reasons.PART_OF_NAME(
                "names what is called `launchctl` in this file; change both by hand"
            )
        )
    row, start, end = analysis.comment_rows.get(node.id, (text, 0, len(text)))
    if flaw := comment_flaw(row):
        raise Refused(flaw)
    # no more than the words near it: a row may be as long as the file
    above, below = row[max(start - _NEAR, 0) : start], row[end : end + _NEAR]
    kickstart = analysis.roles.kickstart if "kickstart" in text else "start"
    neutral = neutral_comment(text, analysis.roles.lifter.grammar, above, below, kickstart)
    analysis.draft.replace(node, neutral, rule)
    return Rewritten("comment")


def detector(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A regular expression that looks for the tool's name takes the name from the port's package.

    A template holds the same pattern to the byte, so `source`, flags and matches stay.
    """
    source, style = analysis.source, analysis.draft.style
    if analysis.scopes.lookup("RegExp", node) is not None:
        raise Refused(
            reasons.OWN_NAME("the file has a RegExp of its own; build the expression by hand")
        )
    pattern, flags = (node.child_by_field_name(field) for field in ("pattern", "flags"))
    name = analysis.draft.name(PROCESS, "MACOS_SERVICE_TOOL")
    spelled = source.text(pattern) if pattern is not None else ""
    if re.search(r"launchctl\w|(?<!\\)\wlaunchctl", spelled):
        raise Refused(
            reasons.PART_OF_NAME(
                "looks for a name that holds the tool's; change it together with that name"
            )
        )
    text = f"${{{name}}}".join(map(template_text, spelled.split("launchctl")))
    given = f", {style.string(source.text(flags))}" if flags is not None else ""
    stuck = re.search(rb"[\w$]$", source.data[: node.start_byte])  # return/launchctl/
    made = f"{' ' if stuck else ''}new RegExp(`{text}`{given})"
    analysis.draft.replace(node, made, rule)
    return Rewritten("looks for the tool's name in a text")


def rename(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A local name that holds the tool's name gets a neutral one, everywhere in the file."""
    scopes = analysis.scopes
    binding = scopes.resolve(node)
    if binding is None:
        raise Refused(
            reasons.NAME_USED_ELSEWHERE("a name that is declared elsewhere; rename it there")
        )
    renames = analysis.renames
    if binding.name_node.id not in renames:
        try:
            renames[binding.name_node.id] = _renamed(analysis, binding, rule)
        except Refused as refused:
            renames[binding.name_node.id] = refused.reason
    made = renames[binding.name_node.id]
    if isinstance(made, Reason):
        raise Refused(made)
    return Rewritten(f"local name, now `{made}`")


def _renamed(analysis: Analysis, binding: Binding, rule: str) -> str:
    """The new name of a declaration, written wherever the old one stands. Raises Refused."""
    scopes = analysis.scopes
    if scopes.exported(binding):
        raise Refused(
            reasons.NAME_USED_ELSEWHERE(
                "an exported name; rename it with its users by your editor's refactoring"
            )
        )
    uses = (binding.name_node, *scopes.references(binding))
    if any(each.type.startswith("shorthand_property") for each in uses):
        raise Refused(
            reasons.NAME_USED_ELSEWHERE(
                "a field takes its name from it, or gives it; rename both by hand"
            )
        )
    if binding.name in analysis.spelled:
        raise Refused(
            reasons.NAME_USED_ELSEWHERE("a comment spells it as code; rename both by hand")
        )
    new = _neutral_name(analysis, binding)
    for each in uses:
        analysis.draft.replace(each, new, rule)
    return new


def _neutral_name(analysis: Analysis, binding: Binding) -> str:
    if binding.name == "launchctl":
        choices = ["manageService"] if binding.kind == "function" else ["services", "serviceList"]
        return analysis.draft.free_local(*choices)
    plain = binding.name.replace("launchctl", "service").replace("Launchctl", "Service")
    return analysis.draft.free_local(plain, plain + "Value")


def container_call(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A call that runs Colima becomes a call of the container-runtime port."""
    roles = analysis.container_roles
    site = roles.sites[node.id]
    if site.refused:
        raise Refused(site.refused)
    notes = analysis.container_calls.lower(site)
    return Rewritten(describe(site.operations, roles.lifter.values), notes)


def container_display(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A text for people asks the container-runtime port for its hint."""
    return Rewritten(analysis.container_texts.display(node, rule))


def container_address(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """The address of the runtime's machine is asked for where it is fetched from."""
    return Rewritten(analysis.container_texts.address(node, rule))


def home_path(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A home path in code becomes a lookup of the node's identity."""
    kinds = analysis.home_kinds
    if kinds.test and not kinds.is_used(node) and kinds.fate.kind != FOLLOW:
        raise Refused(kinds.fate.reason or reasons.TEST_DATA)
    kept = analysis.settings.kept.get(analysis.source.path, {})
    if kept and not kinds.is_used(node) and is_checked(node, analysis.scopes):
        spelled = analysis.settings.places.spelled(cook(node, analysis.source).text)
        for home in sorted(spelled & kept.keys()):
            raise Refused(kept[home])
    understood, notes = analysis.home_paths.lower(node, rule)
    _declare(analysis, node, rule)
    return Rewritten(understood, notes)


def home_stranger(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """The home of somebody else is never rewritten; what to do hangs on what stands beside it."""
    check_one_person(node, analysis.settings.places, analysis.homes)
    raise Refused(reasons.UNKNOWN_USER)


def home_user(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A home made of the name of whoever runs the code becomes a lookup of the node's identity."""
    form = analysis.home_kinds.form(node)
    if form is None or form.kind == ANYONE:
        raise Refused(ANY_USER)
    own_home(analysis.home_paths, form, node, rule)
    _declare(analysis, node, rule)
    return Rewritten(HOME)


def home_key_of(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A key or an address made of a home is made of the node's own."""
    form = analysis.home_kinds.form(node)
    if form is None:
        raise Refused(reasons.BY_RULE("is no key of a home; mend the query of the rule"))
    if analysis.home_kinds.test and (reason := analysis.home_kinds.fate.reason):
        raise Refused(reason)
    notes = home_key(analysis.home_paths, form, node, rule)
    _declare(analysis, node, rule)
    return Rewritten("key", notes)


def home_test_data(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A home path in test data moves to a neutral user's home, with all that spells it."""
    for each in analysis.moved_homes:
        analysis.draft.replace_range(*each, rule)
    return Rewritten("test data")


@lru_cache(maxsize=16)
def _other_spelling(row: str, places: Places) -> str:
    """Another spelling of a home in comments that are one; empty for none."""
    found = (m for m in mentions(row, places) if not m.plain and m.kind != OTHER)
    first = next(found, None)
    return row[first.begin : first.end] if first is not None else ""


def _beside(comment: Node, analysis: Analysis) -> str:
    """The line of code that a comment stands behind, else the first one right below it."""
    before, below = comment.prev_named_sibling, comment.next_named_sibling
    if before is not None and before.end_point.row == comment.start_point.row:
        return analysis.source.text(before).rpartition("\n")[2]
    above = comment
    while below is not None and below.type == "comment":
        above, below = below, below.next_named_sibling
    if below is None or below.start_point.row > above.end_point.row + 1:
        return ""
    return analysis.source.text(below).partition("\n")[0]


def home_comment(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A home path in a comment is written with `~`; in a test it goes with the test's data."""
    row, at, _ = analysis.comment_rows.get(node.id, (analysis.source.text(node), 0, 0))
    if other := _other_spelling(row, analysis.settings.places):
        raise Refused(
            reasons.OTHER_SPELLING(f"the comment also spells {other} for it; reword both by hand")
        )
    kinds = analysis.home_kinds
    moved = dict(kinds.fate.names.neutral) if kinds.test and kinds.fate.kind == NEUTRAL else {}
    if not moved and (other := _other_spelling(_beside(node, analysis), analysis.settings.places)):
        raise Refused(
            reasons.OTHER_SPELLING(
                f"the code beside the comment spells {other} for it; reword it by hand"
            )
        )
    write_homes(analysis.draft, analysis.settings.places, node, rule, (row, at), moved)
    return Rewritten("comment")


def home_joined(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A place that is looked for below the home becomes a lookup of the node's identity."""
    found = analysis.below_home.of(node)
    if found is None:
        raise Refused(reasons.BY_RULE("is no place below the home; mend the query of the rule"))
    look_up(analysis.home_paths, found, rule)
    return Rewritten(found.base)


REWRITES: dict[str, Rewrite] = {
    "process-call": process_call,
    "display": display,
    "comment": comment,
    "detector": detector,
    "rename": rename,
    "container-call": container_call,
    "container-display": container_display,
    "container-address": container_address,
    "home-path": home_path,
    "home-stranger": home_stranger,
    "home-user": home_user,
    "home-joined": home_joined,
    "home-key": home_key_of,
    "home-test-data": home_test_data,
    "home-comment": home_comment,
}
NAMES = frozenset(REWRITES)
