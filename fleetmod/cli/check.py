"""`fleetmod check`"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetmod.cli.output import echo
from fleetmod.cli.reports import Wanted, deliver, report_options
from fleetmod.errors import FleetmodError
from fleetmod.printed import as_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fleetmod.check import Checked
    from fleetmod.project import Project


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option("--staged", is_flag=True, help="Check what the next commit holds, as git has it.")
@click.option("--fix", is_flag=True, help="Rewrite the files with new debt where that is safe.")
@report_options
@click.pass_obj
def command(root: Path, files: tuple[Path, ...], staged: bool, fix: bool, wanted: Wanted) -> int:
    """Block new debt in FILES; without FILES, in the whole repository.

    Debt that the baseline holds is let pass. Each new finding is shown with why it matters and
    what to write. Exit 1 means new debt. Only a run over the whole repository tells which entries
    of the baseline are stale.
    """
    if staged and (files or fix):
        raise click.UsageError("--staged reads git's index: it takes no FILES and no --fix")
    from fleetmod.check import check
    from fleetmod.project import open_project

    project = open_project(root, cached=True)
    contents = None
    if staged:
        contents = _staged(project)
    elif files:
        contents = _read(project, files)
    checked = check(project, contents)
    if fix and checked.replacements:
        _fix(project, checked)
        checked = check(project, None if contents is None else _read(project, files))
    project.cache.save(whole=contents is None)
    own = {
        "text": lambda _: as_lines(_lines(project, checked)),
        "json": lambda _: _document(checked),
    }
    deliver(wanted, own, project, checked.audit, checked.sources, "check", baseline=True)
    return checked.exit_code


def _staged(project: Project) -> dict[str, bytes]:
    from fleetmod.workspace.git import staged

    contents = staged(project.root)
    if contents is None:
        raise FleetmodError("is no git repository", where=str(project.root), todo="Give FILES")
    return contents


def _read(project: Project, files: tuple[Path, ...]) -> dict[str, bytes]:
    """Contents by path below the root; files that are gone, as in a deleting commit, are none."""
    contents = {}
    for file in files:
        absolute = Path(os.path.normpath(Path.cwd() / file))
        try:
            # the folder's links count, the file's own do not: an audit follows no link
            place = (absolute.parent.resolve() / absolute.name).relative_to(project.root)
        except ValueError:
            raise FleetmodError(
                f"lies outside of {project.root}", where=str(file), todo="Give its root with -C"
            ) from None
        try:
            contents[place.as_posix()] = absolute.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except IsADirectoryError:
            raise FleetmodError(
                "is a folder", where=str(file), todo="Name files, or none for the whole repository"
            ) from None
        except OSError as error:
            raise FleetmodError(
                f"cannot be read: {error.strerror}", where=str(file), exit_code=3
            ) from error
    return contents


def _fix(project: Project, checked: Checked) -> None:
    """Apply the whole rewrite of each file with new debt; the packages must be there already."""
    from fleetmod.apply import recover, write
    from fleetmod.migrate import plan

    paths = {finding.path for finding in checked.replacements}
    changes = plan(project, paths=frozenset(paths)).changes
    if any(not change.sha256 for change in changes):
        why = "the packages that the rewritten code imports are not installed yet"
        echo(f"fleetmod: nothing is fixed: {why}. Run fleetmod migrate once", err=True)
        return
    recover(project.root)
    write(project.root, changes)
    for change in changes:
        echo(f"fixed {change.path}")


def _document(checked: Checked) -> str:
    from fleetmod.report.jsonreport import audit_document, dumps

    return dumps(audit_document(checked.audit)) + "\n"


def _lines(project: Project, checked: Checked) -> Iterator[str]:
    """What a committer reads: each new finding with what to write, and why once for each rule."""
    from fleetmod.suppress import RULE

    for finding in checked.new:
        what = finding.understood or finding.text
        yield f"{finding.path}:{finding.line}:{finding.col}: {finding.rule}: {what}"
        made = checked.replacements.get(finding)
        if made is None:
            yield f"  stays: {finding.reason or 'its rewrite is part of another place'}"
            yield f"  accept it with: // fleetmod-ignore {finding.rule}: why"
            continue
        yield from (f"  write: {line.strip()}" for line in made.after.split("\n"))
        yield from (f"  with:  {line}" for line in made.imports)
    rules = {rule.id: rule for rule in (*project.rules, RULE)}
    for rule in dict.fromkeys(finding.rule for finding in checked.new):
        why = " ".join(rules[rule].prose.split()).split(". ")[0]
        yield f"{rule}: {why.removesuffix('.')}. More: fleetmod explain {rule}"
    for entry in checked.stale:
        yield f"stale: {entry.path}: {entry.rule} {entry.text}: run `fleetmod baseline`"
    yield from (f"unproven: {reason}" for reason in checked.unproven)
