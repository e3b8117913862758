"""`fleetmod check`"""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fleetmod.cli.output import echo
from fleetmod.cli.reports import Wanted, deliver, report_options
from fleetmod.errors import CLEAN, FleetmodError
from fleetmod.printed import as_lines, one_line
from fleetmod.workspace.disk import is_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fleetmod.baseline import Baseline
    from fleetmod.check import Checked
    from fleetmod.project import Project
    from fleetmod.since import Since
    from fleetmod.workspace.tree_state import Fault


@click.command()
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--staged",
    is_flag=True,
    help="Check what the next commit changes, or FILES, as git's index has them.",
)
@click.option(
    "--since",
    "ref",
    metavar="REF",
    help="Let pass what was debt where the branch parted from this one, and not the baseline.",
)
@click.option("--fix", is_flag=True, help="Rewrite the files with new debt where that is safe.")
@report_options
@click.pass_obj
def command(
    root: Path, files: tuple[Path, ...], staged: bool, ref: str | None, fix: bool, wanted: Wanted
) -> int:
    """Block new debt in FILES and folders; without FILES, in the whole repository.

    Debt that the baseline holds is let pass. Each new finding is shown with why it matters and
    what to write. Exit 1 means new debt. Only a run over the whole repository tells which entries
    of the baseline are stale.
    """
    if staged and fix:
        raise click.UsageError("--staged reads git's index, and --fix writes the working tree")
    if staged and ref is not None:
        raise click.UsageError("--staged asks the baseline; --since compares the working tree")
    if staged:
        from fleetmod.staged import staged as next_commit

        places = [_place(root.resolve(), file, as_spelled=True) for file in files] or None
        with next_commit(root, places) as commit:
            checked = _check(commit.project, commit.contents, commit.exists)
            return _tell(wanted, commit.project, checked)
    from fleetmod.project import open_project
    from fleetmod.since import Since, debt_at

    project = open_project(root, cached=True)
    places = [_place(project.root, file) for file in files]
    subset = bool(places) and "." not in places

    then = debt_at(project, ref) if ref is not None else None

    def look() -> Checked:
        unseen = _unseen(project, places) if subset else ()
        contents = _read(project, places) if subset else None
        return _check(project, contents, unseen=unseen, recorded=then[0] if then else None)

    checked = look()
    if fix and checked.replacements:
        _fix(project, checked)
        checked = look()
    since = None
    if ref is not None and then is not None:
        remaining = sum(f.known for f in checked.audit.findings)
        since = Since(ref, then[1], len(checked.new), remaining, checked.stale)
        checked = replace(checked, stale=())
    return _tell(wanted, project, checked, since)


def _check(
    project: Project,
    contents: Mapping[str, bytes] | None,
    exists: Callable[[str], bool] | None = None,
    unseen: Sequence[Fault] = (),
    recorded: Baseline | None = None,
) -> Checked:
    from fleetmod.check import check

    checked = check(project, contents, exists, unseen, recorded)
    project.cache.save(whole=contents is None)
    return checked


def _tell(wanted: Wanted, project: Project, checked: Checked, since: Since | None = None) -> int:
    own = {
        "text": lambda _: as_lines(_lines(project, checked, since)),
        "json": lambda _: _document(checked),
    }
    deliver(
        wanted, own, project, checked.audit, checked.sources, "check", baseline=True, since=since
    )
    return checked.exit_code


def _place(root: Path, file: Path, as_spelled: bool = False) -> str:
    """A path of the command line as one below the root, "." for the root itself.

    The folder's links count, a file's own do not: an audit follows no link. `as_spelled` is for
    the index, which knows nothing of the disk's.
    """
    absolute = Path(os.path.normpath(Path.cwd() / file))
    real = absolute if is_folder(absolute) else absolute.parent
    resolved = real.resolve() / absolute.relative_to(real)
    for place in (absolute, resolved) if as_spelled else (resolved,):
        if place.is_relative_to(root):
            return place.relative_to(root).as_posix()
    raise FleetmodError(f"lies outside of {root}", where=str(file), todo="Give its root with -C")


def _read(project: Project, places: Sequence[str]) -> dict[str, bytes]:
    """Contents by path below the root, of folders what an audit and a gate look at below them;
    files that are gone, as in a deleting commit, are none. Raises FleetmodError for one that never
    was."""
    from fleetmod.filekinds import is_code
    from fleetmod.workspace.discover import discover, looked_at
    from fleetmod.workspace.grep import grep_files

    looks = looked_at(project.config)
    contents: dict[str, bytes] = {}
    gone = []
    for place in places:
        if is_folder(project.root / place):
            found = discover(project.root, project.config, search=project.search)
            below = [path for path in found if path.startswith(f"{place}/")]
            # the gate's grep reads what is excluded, too
            below += [path for path in grep_files(project.root, place) if not looks(path)]
            contents |= {p: _content(project.root, p) for p in below if is_code(p)}
            continue
        try:
            contents[place] = _content(project.root, place)
        except (FileNotFoundError, NotADirectoryError):
            gone.append(place)
    if gone and (unknown := _never_there(project.root, gone)):
        raise FleetmodError(
            "no such file", where=", ".join(unknown), todo="Name files that are there"
        )
    return contents


def _unseen(project: Project, places: Sequence[str]) -> list[Fault]:
    """What is not at some places of the disk as the commit has it, though git calls it clean."""
    from fleetmod.workspace.tree_state import code_files, inside, not_on_disk

    def asked(path: str) -> bool:
        return inside(path, places) or any(inside(place, [path]) for place in places)

    matters = code_files(project.config)
    faults = not_on_disk(project.root, project.search, lambda path: asked(path) and matters(path))
    return [(path, why) for path, why in faults if path == ".git" or asked(path)]


def _content(root: Path, place: str) -> bytes:
    try:
        if not stat.S_ISREG((root / place).lstat().st_mode):
            return b""  # a link, or what would be waited for: an audit looks at neither
        return (root / place).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise FleetmodError(
            f"cannot be read: {error.strerror}", where=place, exit_code=3
        ) from error


def _never_there(root: Path, gone: Sequence[str]) -> list[str]:
    """Those of some paths that are not there and that git does not know as deleted either."""
    from fleetmod.workspace.index import read_index

    index = read_index(root)
    return [place for place in gone if index is None or not index.knows(place)]


def _fix(project: Project, checked: Checked) -> None:
    """Apply the whole rewrite of each file with new debt, and install the packages that it needs.

    No other file's code changes; the manifests that name the packages do.
    """
    from fleetmod.apply import recover, write
    from fleetmod.migrate import plan

    paths = {finding.path for finding in checked.replacements}
    changes = plan(project, paths=frozenset(paths)).changes
    recover(project.root)
    write(project.root, changes)
    for change in changes:
        echo(f"{'fixed' if change.path in paths else 'wrote'} {change.path}")


def _document(checked: Checked) -> str:
    from fleetmod.report.jsonreport import audit_document, dumps

    return dumps(audit_document(checked.audit)) + "\n"


def _lines(project: Project, checked: Checked, since: Since | None) -> Iterator[str]:
    """What a committer reads: each new finding with what to write, and why once for each rule."""
    from fleetmod.baseline import FILE
    from fleetmod.grepped import RULE as GREP
    from fleetmod.headline import problem
    from fleetmod.report.frames import change, frame
    from fleetmod.report.summary import of_check
    from fleetmod.suppress import RULE

    absent = [f'"{name}"' for port, name in project.packages.items() if port not in project.present]
    needed = set[str]()
    for finding in checked.new:
        place = f"{finding.path}:{finding.line}:{finding.col}"
        yield f"{place}: {finding.rule}: {problem(finding)}"
        made = checked.replacements.get(finding)
        if made is None:
            if data := checked.sources.contents.get(finding.path):
                yield from frame(data, finding)
            yield f"  stays: {finding.why or 'its rewrite is part of another place'}"
            # the reason of the one says so, where that is possible; the other is a directive itself
            if finding.rule not in (GREP.id, RULE.id):
                yield f"  accept it with: // fleetmod-ignore {finding.rule}: why"
            continue
        yield from change(made)
        needed.update(name for name in absent if any(name in line for line in made.imports))
    rules = {rule.id: rule for rule in (*project.rules, RULE, GREP)}
    for rule in dict.fromkeys(finding.rule for finding in checked.new):
        why = " ".join(rules[rule].prose.split()).split(". ")[0]
        yield f"{rule}: {why.removesuffix('.')}. More: fleetmod explain {rule}"
    if needed:
        files = " ".join(dict.fromkeys(one_line(f.path) for f in checked.replacements))
        are = "is" if len(needed) == 1 else "are"
        yield f"{', '.join(sorted(needed))} {are} not installed yet:"
        yield f"  fleetmod check --fix {files}"
        yield "  installs what is needed, and rewrites these files and no other code"
    for entry in checked.stale:
        yield f"stale: {entry.path}: {entry.rule} {entry.text}: run `fleetmod baseline`"
    yield from (f"unproven: {reason}" for reason in checked.unproven)
    if checked.format == 1:
        yield f"{FILE}: is of format 1, which formatting code breaks: run `fleetmod baseline` once"
    known = sum(f.known for f in checked.audit.findings)
    yield of_check(checked.new, known, checked.exit_code == CLEAN, since)
