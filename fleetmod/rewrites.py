"""The rewrites that rules can name. Each takes a match and adds edits to the file's draft."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tree_sitter import Node

from fleetmod.analysis import Analysis
from fleetmod.lift.home_forms import ANYONE
from fleetmod.lower.draft import Refused
from fleetmod.lower.home_comment import home_comment as neutral_home
from fleetmod.lower.home_key import home_key
from fleetmod.lower.kept_words import check_asked, check_remarks, sent
from fleetmod.lower.own_home import ANY_USER, own_home
from fleetmod.lower.prose import describe, neutral_comment
from fleetmod.places import HOME
from fleetmod.syntax.cooked import cook
from fleetmod.syntax.scope import Binding, exported
from fleetmod.syntax.source import Source

_IDENTIFIERS = (
    *("identifier", "property_identifier", "shorthand_property_identifier"),
    "shorthand_property_identifier_pattern",
)


@dataclass(frozen=True)
class Rewritten:
    """What a rewrite understood of its match, and what a maintainer must look at."""

    understood: str
    notes: tuple[str, ...] = ()


Rewrite = Callable[[Analysis, Node, str], Rewritten]


def process_call(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A call that runs the tool becomes a call of the process-manager port."""
    site = analysis.roles.sites[node.id]
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
    return Rewritten(understood, sent(node, analysis.scopes))


def comment(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A comment names the service manager instead of the tool."""
    source = analysis.source
    text = source.text(node)
    if "`launchctl`" in text and _names("launchctl", source):
        raise Refused("names what is called `launchctl` in this file; change both by hand")
    above, below = _around(node, source)
    neutral = neutral_comment(text, analysis.roles.lifter.grammar, above, below)
    analysis.draft.replace(node, neutral, rule)
    return Rewritten("comment")


def _names(name: str, source: Source) -> bool:
    """Whether anything in the file is called so, also a field."""
    return any(source.text(n) == name for n in source.of(*_IDENTIFIERS))


def _around(node: Node, source: Source) -> tuple[str, str]:
    """The lines with `//` above and below one, which are one comment with it."""
    above, below = [], []
    at, near = node, node.prev_named_sibling
    while near is not None and _goes_on(near, at, source):
        above.append(source.text(near) + "\n")
        at, near = near, near.prev_named_sibling
    at, near = node, node.next_named_sibling
    while near is not None and _goes_on(at, near, source):
        below.append("\n" + source.text(near))
        at, near = near, near.next_named_sibling
    return "".join(reversed(above)), "".join(below)


def _goes_on(first: Node, second: Node, source: Source) -> bool:
    """Whether two comments with `//` stand on one line below the other."""
    lines = all(n.type == "comment" and source.text(n).startswith("//") for n in (first, second))
    return lines and first.end_point.row + 1 == second.start_point.row


def detector(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A regular expression that detects the tool's name keeps matching it: `launch[c]tl`."""
    text = analysis.source.text(node)
    if re.search(r"\[[^\]]*launchctl", text):
        raise Refused("the name stands inside a character class; rewrite the expression by hand")
    for match in re.finditer("launchctl", text):
        start = node.start_byte + len(text[: match.start()].encode())
        analysis.draft.replace_range(start, start + len("launchctl"), "launch[c]tl", rule)
    return Rewritten("detects the tool's name in a text")


def rename(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A local name that holds the tool's name gets a neutral one, everywhere in the file."""
    scopes = analysis.scopes
    binding = scopes.resolve(node)
    if binding is None:
        raise Refused("a name that is declared elsewhere")
    if exported(binding, scopes):
        raise Refused("an exported name; rename it with its users by your editor's refactoring")
    uses = (binding.name_node, *scopes.references(binding))
    if any(each.type.startswith("shorthand_property") for each in uses):
        raise Refused("a field takes its name from it, or gives it; rename both by hand")
    if _spelled(binding.name, analysis.source):
        raise Refused("a comment spells it as code; rename both by hand")
    new = analysis.renames.get(binding.name_node.id)
    if new is None:
        new = _neutral_name(analysis, binding)
        analysis.renames[binding.name_node.id] = new
        for each in uses:
            analysis.draft.replace(each, new, rule)
    return Rewritten(f"local name, now `{new}`")


def _spelled(name: str, source: Source) -> bool:
    """Whether a comment names a declaration as code: `name` in backticks, or name()."""
    code = re.compile(rf"`{re.escape(name)}[`(.]|\b{re.escape(name)}\(")
    return any(code.search(source.text(n)) for n in source.of("comment"))


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
    if kinds.test and kinds.drift.any and kinds.follows(node):
        raise Refused(kinds.drift.any)
    understood, notes = analysis.home_paths.lower(node, rule)
    return Rewritten(understood, notes)


def home_user(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A home made of the name of whoever runs the code becomes a lookup of the node's identity."""
    form = analysis.home_kinds.form(node)
    if form is None or form.kind == ANYONE:
        raise Refused(ANY_USER)
    own_home(analysis.home_paths, form, node, rule)
    return Rewritten(HOME)


def home_key_of(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A key or an address made of a home is made of the node's own."""
    form = analysis.home_kinds.form(node)
    if form is None:
        raise Refused("is no key of a home any more")
    return Rewritten("key", home_key(analysis.home_paths, form, node, rule))


def home_test_data(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A home path in test data moves to a neutral user's home, the same in the whole file."""
    if analysis.home_kinds.drift.fixture:
        raise Refused(analysis.home_kinds.drift.fixture)
    analysis.home_paths.check_position(node)
    fixture = analysis.settings.fixture.rpartition("/")[2]
    text = cook(node, analysis.source)
    for path in analysis.settings.places.find(text.text):
        if path.base:
            name = text.text.index(path.user, path.start)
            start, end = text.span(name, name + len(path.user))
            analysis.draft.replace_range(start, end, fixture, rule)
    return Rewritten("test data")


def home_comment(analysis: Analysis, node: Node, rule: str) -> Rewritten:
    """A home path in a comment is written with `~`, or with a neutral home where `~` means more."""
    neutral_home(analysis.draft, analysis.settings, node, rule)
    return Rewritten("comment")


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
    "home-user": home_user,
    "home-key": home_key_of,
    "home-test-data": home_test_data,
    "home-comment": home_comment,
}
NAMES = frozenset(REWRITES)
