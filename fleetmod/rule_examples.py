"""Runs a rule's examples: what each shows must happen, with all rules at work."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence

from fleetmod.edits import render
from fleetmod.engine import scan
from fleetmod.migrate import FaultyRewriteError, settle
from fleetmod.model import EXEMPT, REFUSE, REWRITE
from fleetmod.places import Places
from fleetmod.rules import Example, Rule, fitted
from fleetmod.settings import Settings
from fleetmod.syntax.source import open_source

# the repository of a made-up user, for the examples of fleetmod's own rules
SETTINGS = Settings(
    places=Places(("alice",), "/Users/alice/Code/acme", "/Users/alice/Vault"),
    packages={
        "process-manager": "@acme/process-manager",
        "node-identity": "@acme/node-identity",
        "container-runtime": "@acme/container-runtime",
    },
    gate=("packages",),
    addresses=("192.168.64.2",),
)


def failure(rule: Rule, example: Example, settings: Settings, rules: Sequence[Rule]) -> str:
    """What of an example does not come true, as one or more lines; "" where all of it does.

    An `after` is what the file becomes at the end, and a further cycle changes nothing.
    """
    data, rules = example.before.encode(), tuple(rules)
    if open_source(example.path, data).errors():
        return "the code does not parse"
    result = scan(example.path, data, settings, rules)
    own = [finding for finding in result.findings if finding.rule == rule.id]
    if bool(own) != example.finds:
        return "the rule finds nothing there" if example.finds else "the rule finds something there"
    try:
        made = render(data, settle(result, data, settings, rules).change.edits).decode()
    except FaultyRewriteError as error:
        return f"what is made of it {error.what}"
    expected = example.before if example.after is None else example.after
    if made != expected:
        old, new = expected.splitlines(), made.splitlines()
        shown = difflib.unified_diff(old, new, "expected", "made", lineterm="", n=2)
        return "\n".join(["it becomes something else:", *shown])
    wanted = REWRITE if example.after is not None else REFUSE if example.refused else EXEMPT
    for finding in own:
        if finding.action != wanted:
            return f"line {finding.line} is {finding.action}, not {wanted}: {finding.reason}"
    if example.refused and not any(example.reason in finding.reason for finding in own):
        return f"it is refused for another reason: {own[0].reason}"
    return ""


def example_of(code: str, rules: Iterable[Rule]) -> Example | None:
    """The shortest example of some rules that is refused for a reason; None where none is."""
    rules = fitted(rules, SETTINGS.places)
    refused = (each for rule in rules for each in rule.examples if each.refused)
    for example in sorted(refused, key=lambda each: len(each.before)):
        if code in codes_of(example, rules):
            return example
    return None


def codes_of(example: Example, rules: tuple[Rule, ...]) -> Iterator[str]:
    """The codes of the reasons for which places of an example stay."""
    found = scan(example.path, example.before.encode(), SETTINGS, rules).findings
    yield from (finding.reason_code for finding in found if finding.action == REFUSE)
