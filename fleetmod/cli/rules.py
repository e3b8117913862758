"""`fleetmod rules`"""

from __future__ import annotations

import re
from pathlib import Path

import click

from fleetmod.errors import CLEAN, DEBT, FleetmodError, did_you_mean

_STARTER = '''# `fleetmod rules test {id}` runs the examples below; `explain {id}` shows the rule.
id = "{id}"
title = "a notification that only macOS shows"
# the phase that its findings count for: process (1a), home (1b), container (1c) or place (1d)
family = "process"
class = "call"
# Code with holes: $NAME stands for one thing, $$$NAME for any number of arguments. In place of
# `pattern` a rule may have a tree-sitter `query`, whose captures in capitals are the holes.
pattern = "showOnMac($TEXT, $$$OPTIONS)"
# What it becomes; a rule that only reports has `refusal = "what to do by hand"` in its place.
template = "notify($TEXT, $$$OPTIONS)"
imports = {{ "@acme/notify" = ["notify"] }}
prose = """
Say why this is debt, and what to do about it.
"""

[[example]]
title = "a call"
before = """
showOnMac(`done: ${{name}}`, {{ sound: true }});
"""
after = """
import {{ notify }} from "@acme/notify";

notify(`done: ${{name}}`, {{ sound: true }});
"""

[[example]]
title = "another function"
unchanged = """
showOnPhone("done");
"""
'''


@click.group()
def command() -> None:
    """Begin rules of your own, and run their examples.

    They are TOML files in the folders that `workspace.rules` of fleetmod.toml names.
    """


@command.command(short_help="Run the examples of your own rules.")
@click.argument("ids", nargs=-1, metavar="[RULE]...")
@click.pass_obj
def test(root: Path, ids: tuple[str, ...]) -> int:
    """Run the examples of this repository's own rules, or of some rules.

    Exit 1 means that an example does not come true, or that a rule has none.
    """
    from fleetmod.cli.output import echo, echo_text
    from fleetmod.project import open_project
    from fleetmod.rule_examples import failure
    from fleetmod.rules import rule_files
    from fleetmod.sources import make_settings

    project = open_project(root, examples=True)
    own = {
        path.name
        for folder in project.config.workspace.rules
        for path in rule_files(project.root / folder)
    }
    known = {rule.id: rule for rule in project.rules}
    for each in ids:
        if each not in known:
            todo = did_you_mean(each, known) or "`fleetmod explain` lists the rules"
            raise FleetmodError(f"unknown rule `{each}`", todo=todo)
    rules = [r for r in project.rules if (r.id in ids if ids else r.file in own)]
    if not rules:
        echo("This repository has no rules of its own. `fleetmod rules new ID` begins one.")
        return CLEAN
    settings, ran, failed = make_settings(project, {}, ()), 0, 0
    for rule in rules:
        if not rule.examples:
            failed += 1
            echo(f"{rule.id}: has no example, so nothing shows what it does. Write one.")
        for example in rule.examples:
            ran += 1
            if problem := failure(rule, example, settings, project.rules):
                failed += 1
                echo_text(f"{rule.id}, example `{example.title}`: {problem}\n")
    counted = f"{ran} example{'' if ran == 1 else 's'} of {len(rules)} rule"
    counted += "" if len(rules) == 1 else "s"
    echo(f"{counted}: {f'{failed} failed' if failed else 'all come true'}.")
    return DEBT if failed else CLEAN


@command.command(short_help="Write a rule of your own to start from.")
@click.argument("rule", metavar="ID")
@click.pass_obj
def new(root: Path, rule: str) -> int:
    """Write a rule to start from into the first folder of `workspace.rules`."""
    from fleetmod.cli.output import echo
    from fleetmod.workspace.beneath import Folder
    from fleetmod.workspace.config import load_config

    if not re.fullmatch(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*", rule):
        raise click.UsageError(f"`{rule}` is no id of a rule: write lower-case words with dashes")
    config = load_config(root)
    if config is None or not config.workspace.rules:
        raise FleetmodError(
            "names no folder for rules of your own",
            where="fleetmod.toml",
            todo='Add `rules = ["FOLDER"]` to its [workspace]',
        )
    path = f"{config.workspace.rules[0].rstrip('/')}/{rule}.toml"
    with Folder.open(root.resolve()) as top, top.holder(path, make=True) as (folder, name):
        if folder.stat(name) is not None:
            raise FleetmodError("is there already", where=path, todo="Choose another id")
        folder.put(name, _STARTER.format(id=rule).encode())
    echo(f"wrote {path}; change it, then run `fleetmod rules test {rule}`")
    return CLEAN
