"""`fleetmod explain`"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetmod.errors import CLEAN, FleetmodError, did_you_mean

if TYPE_CHECKING:
    from fleetmod.refusal import Reason
    from fleetmod.rules import Example

_LEXERS = {"shell": "bash", "python": "python"}


@click.command()
@click.argument("rule", required=False, metavar="[RULE|REASON]")
@click.option("--full", is_flag=True, help="Show every example, and every tool of host-tool.")
@click.pass_obj
def command(root: Path, rule: str | None, full: bool) -> int:
    """Tell what a rule looks for and what it makes of it, or what a reason of a refusal means and
    what to do; without either, list the rules."""
    from rich.markup import escape
    from rich.syntax import Syntax
    from rich.table import Table

    from fleetmod.grepped import RULE as GREP
    from fleetmod.host.examples import load_examples
    from fleetmod.host.tools import RULE as HOST
    from fleetmod.host.tools import load_tools
    from fleetmod.project import open_project
    from fleetmod.reasons import CATALOGUE
    from fleetmod.report.console import make_console
    from fleetmod.suppress import RULE

    if rule in CATALOGUE:
        return _reason(CATALOGUE[rule])
    apart = {each.id: each for each in (HOST, RULE, GREP)}  # they are no query of a syntax tree
    known = open_project(root).known_rules if rule else frozenset[str]()
    if rule and rule not in {*known, *apart}:
        raise FleetmodError(
            f"no rule and no reason is called `{rule}`",
            todo=did_you_mean(rule, sorted({*known, *apart, *CATALOGUE}))
            or "`fleetmod explain` lists both",
        )
    project = open_project(root, (rule,) if rule and rule not in apart else (), examples=True)
    console = make_console()
    if rule is None:
        table = Table()
        for column in ("rule", "phase", "class", "what"):
            table.add_column(column)
        for each in (*project.rules, *apart.values()):
            table.add_row(each.id, each.phase, each.cls, escape(each.title))
        console.print(table)
        console.print("`fleetmod explain RULE` tells more of one.", markup=False)
        console.print(f"Reasons of refusals: {', '.join(CATALOGUE)}.", markup=False)
        return CLEAN
    found = apart.get(rule) or project.rules[0]
    console.print(f"[bold]{found.id}[/bold]: {escape(found.title)}")
    console.print(
        f"family {found.family}, class {found.cls}, phase {found.phase or '-'}, "
        f"safety {found.safety}",
        style="dim",
    )
    for line in found.prose.split("\n"):
        console.print(escape(line))
    if found.refusal:
        console.print(f"Never rewritten: {escape(found.refusal)}.")
    if found.exempt:
        console.print(f"No debt: {escape(found.exempt)}.")
    if found is HOST and not full:
        folders = tuple(project.root / folder for folder in project.config.workspace.rules)
        console.print(f"The tools: {', '.join(sorted(load_tools(folders)))}.", markup=False)
        console.print("`fleetmod explain host-tool --full` tells what to use elsewhere.")
    elif found is HOST:
        table = Table("tool", "platform", "elsewhere")
        folders = tuple(project.root / folder for folder in project.config.workspace.rules)
        for tool in load_tools(folders).values():
            table.add_row(tool.name, tool.where, escape(tool.instead))
        console.print(table)
        for script in load_examples():
            console.print()
            console.print(f"[bold]{escape(script.title)}[/bold] ({script.language})")
            console.print(
                Syntax(script.code.strip(), _LEXERS[script.language], background_color="default")
            )
            console.print(f"finds: {', '.join(script.finds) or 'nothing'}")
    shown = found.examples if full else _telling(found.examples)
    for example in shown:
        if example.after is not None:
            label, after = "before", example.after
        else:
            label, after = ("refused" if example.refused else "left as it is"), None
        console.print()
        console.print(f"[bold]{escape(example.title)}[/bold] ({label})")
        console.print(Syntax(example.before.strip(), "typescript", background_color="default"))
        if after is not None:
            console.print("[bold]after[/bold]")
            console.print(Syntax(after.strip(), "typescript", background_color="default"))
    if left := len(found.examples) - len(shown):
        console.print()
        console.print(f"{left} more examples: fleetmod explain {found.id} --full", markup=False)
    return CLEAN


def _reason(reason: Reason) -> int:
    """Show an entry of the catalogue, with an example that is refused for it."""
    from rich.markup import escape
    from rich.syntax import Syntax

    from fleetmod.report.console import make_console
    from fleetmod.rule_examples import example_of
    from fleetmod.rules import load_rules

    console = make_console()
    console.print(f"[bold]{reason.code}[/bold]: {escape(reason)}")
    console.print(f"What to do: {escape(reason.todo)}.")
    title, path, code = reason.path, reason.path, reason.example
    if not code and (found := example_of(reason.code, load_rules(examples=True))) is not None:
        title, path, code = found.title, found.path, found.before
    if code:
        console.print()
        console.print(f"[bold]{escape(title)}[/bold] (refused)")
        lexer = Syntax.guess_lexer(path, code)
        console.print(Syntax(code.strip(), lexer, background_color="default"))
    return CLEAN


def _telling(examples: Sequence[Example]) -> list[Example]:
    """The shortest example that is rewritten, and the shortest that is not."""
    kinds = (
        [each for each in examples if each.after is not None],
        [each for each in examples if each.after is None],
    )
    return [min(kind, key=lambda each: len(each.before)) for kind in kinds if kind]
