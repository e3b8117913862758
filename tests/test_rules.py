"""The rules: every example is a test, and every mistake in a rule file is named with its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fleetmod.engine import scan
from fleetmod.errors import FleetmodError
from fleetmod.model import EXEMPT, REFUSE, REWRITE
from fleetmod.rewrites import REWRITES
from fleetmod.rules import Example, Rule, load_rules, read_rule
from fleetmod.syntax.source import open_source
from tests.scan import SETTINGS, look, migrated

RULES = load_rules(examples=True)
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]


def names(case: Rule | Example) -> str:
    return case.id if isinstance(case, Rule) else case.title.replace(" ", "-")


@pytest.mark.parametrize(("rule", "example"), EXAMPLES, ids=names)
def test_example(rule: Rule, example: Example) -> None:
    """What an example shows happens with all rules at work, and a second cycle changes nothing."""
    result = look(example.before, example.path)
    own = [f for f in result.findings if f.rule == rule.id]
    assert bool(own) == example.finds
    assert not result.unparsed
    if example.after is not None:
        assert {f.action for f in own} == {REWRITE}
        after = migrated(example.before, example.path)
        assert after == example.after
        assert not open_source(example.path, after.encode()).errors()
        assert not scan(example.path, after.encode(), SETTINGS, RULES).edits
        return
    assert migrated(example.before, example.path) == example.before
    assert {f.action for f in own} <= ({REFUSE} if example.refused else {EXEMPT})
    if example.refused:
        assert any(example.reason in f.reason for f in own), [f.reason for f in own]


# rewrites that only say what to do by hand, which hangs on what stands beside
REFUSES = ("home-stranger",)


@pytest.mark.parametrize("rule", RULES, ids=names)
def test_a_rule_explains_itself(rule: Rule) -> None:
    assert rule.file == f"{rule.id}.toml"
    assert rule.examples and rule.prose and rule.phase
    assert sum(map(bool, (rule.rewrite, rule.refusal, rule.exempt))) == 1
    kinds = {
        "after" if e.after is not None else "refused" if e.refused else "unchanged"
        for e in rule.examples
    }
    rewrites = rule.rewrite not in ("", *REFUSES)
    assert ("after" if rewrites else "unchanged" if rule.exempt else "refused") in kinds


def test_the_head_alone_is_the_same_rule() -> None:
    assert load_rules() == tuple(replace(rule, examples=()) for rule in RULES)


def test_every_rewrite_is_named_by_a_rule() -> None:
    assert {rule.rewrite for rule in RULES if rule.rewrite} == set(REWRITES)


GOOD = """id = "no-todo"
title = "a note is left"
family = "process"
class = "comment"
triggers = ["TODO"]
query = '((comment) @debt (#match? @debt "TODO"))'
refusal = "finish it"
prose = "Say what."
"""


def broken(old: str, new: str, folder: Path) -> str:
    """What the loader says of the good rule with one text replaced."""
    assert old in GOOD
    file = folder / "no-todo.toml"
    file.write_text(GOOD.replace(old, new))
    with pytest.raises(FleetmodError) as error:
        read_rule(file)
    return str(error.value).replace(str(folder), "")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "a note', 'titel = "x"\ntitle = "a note', "/no-todo.toml:2: unknown key `titel`"),
        ('class = "comment"\n', "", "the key `class` is missing"),
        ('"process"', '"cooking"', "/no-todo.toml:3: `family` must be one of"),
        ('["TODO"]', '"TODO"', "/no-todo.toml:5: `triggers` must be a list"),
        ('["TODO"]', "[1]", "/no-todo.toml:5: `triggers` must be a list of non-empty strings"),
        ("#match?", "#matches?", "/no-todo.toml:6: unknown predicate `#matches?`"),
        ("(comment)", "(coment)", "/no-todo.toml:6: the query is malformed"),
        ("@debt (#match? @debt", "@x (#match? @x", "/no-todo.toml:6: the query captures nothing"),
        (
            'refusal = "finish it"',
            'rewrite = "finish"',
            "/no-todo.toml:7: unknown rewrite `finish`",
        ),
        ('class = "comment"', "class = comment", "/no-todo.toml:4: is not valid TOML"),
        (
            'prose = "Say what."',
            'prose = "Say what."\n[[example]]\nbefore = "x"',
            "/no-todo.toml:9: an example has before and after",
        ),
        (
            'prose = "Say what."',
            'prose = "Say what."\n[[example]]\nunchanged = "x"\nwhen = "y"',
            "/no-todo.toml:11: unknown key `when`",
        ),
    ],
)
def test_a_mistake_in_a_rule(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert said in broken(old, new, tmp_path)


def test_a_rule_of_one_s_own(tmp_path: Path) -> None:
    (tmp_path / "no-todo.toml").write_text(GOOD)
    rules = load_rules((tmp_path,))
    assert {r.id for r in rules} == {r.id for r in RULES} | {"no-todo"}
    (finding,) = look("// TODO: mend\n", rules=rules).findings
    assert (finding.rule, finding.action, finding.reason) == ("no-todo", REFUSE, "finish it")


def test_an_id_that_comes_twice(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD.replace("no-todo", "home-path"))
    with pytest.raises(FleetmodError, match=r"a\.toml:1: the id `home-path` is used by"):
        load_rules((tmp_path,))


def test_a_folder_of_rules_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(FleetmodError, match=r"is no folder of rules\. Correct workspace\.rules"):
        load_rules((tmp_path / "rules",))
