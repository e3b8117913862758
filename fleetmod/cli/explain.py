"""`fleetmod explain`"""

from __future__ import annotations

from pathlib import Path

import click

from fleetmod.errors import CLEAN

_LEXERS = {"shell": "bash", "python": "python"}


@click.command()
@click.argument("rule", required=False)
@click.pass_obj
def command(root: Path, rule: str | None) -> int:
    """Tell what a rule looks for and what it makes of it; without RULE, list them."""
    from rich.markup import escape
    from rich.syntax import Syntax
    from rich.table import Table

    from fleetmod.grepped import RULE as GREP
    from fleetmod.host.examples import load_examples
    from fleetmod.host.tools import RULE as HOST
    from fleetmod.host.tools import load_tools
    from fleetmod.project import open_project
    from fleetmod.report.console import make_console
    from fleetmod.suppress import RULE

    apart = {each.id: each for each in (HOST, RULE, GREP)}  # they are no query of a syntax tree
    project = open_project(root, (rule,) if rule and rule not in apart else (), examples=True)
    console = make_console()
    if rule is None:
        table = Table()
        for column in ("rule", "phase", "class", "what"):
            table.add_column(column)
        for each in (*project.rules, *apart.values()):
            table.add_row(each.id, each.phase, each.cls, escape(each.title))
        console.print(table)
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
    if found is HOST:
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
    for example in found.examples:
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
    return CLEAN
