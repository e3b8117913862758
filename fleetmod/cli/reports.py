"""The options of every command that reports findings, and the delivery of its reports."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fleetmod.report.formats import FORMATS, JSON, WITH_FIXES, render

if TYPE_CHECKING:
    from fleetmod.audit import Audit
    from fleetmod.gates.check import Verdict
    from fleetmod.gates.not_looked_at import Group
    from fleetmod.project import Project
    from fleetmod.since import Since
    from fleetmod.sources import Sources

_STDOUT = Path("-")


@dataclass(frozen=True)
class Wanted:
    """The formats asked for, each with the file it goes to; None for standard output."""

    outputs: tuple[tuple[str, Path | None], ...]
    history: Path | None
    source: str

    def has(self, *names: str) -> bool:
        return any(name in names for name, _ in self.outputs)


def report_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds --format, --output, --history and --source-url; the command gets them as `wanted`."""

    @click.option(
        "--format",
        "forms",
        type=click.Choice(FORMATS),
        multiple=True,
        help="May be given several times (default: text).",
    )
    @click.option(
        "--output",
        "outputs",
        type=click.Path(path_type=Path),
        multiple=True,
        metavar="FILE",
        help="Where the report goes: the first one for the first --format, and so on; '-' is "
        "standard output, as for a format without one.",
    )
    @click.option(
        "--history",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="For html: a file of `fleetmod trend --format json`.",
    )
    @click.option(
        "--source-url",
        "source",
        default="",
        metavar="TEMPLATE",
        help="For html: links to the code, e.g. 'https://host/a/b/blob/{commit}/{path}#L{line}' "
        "(default: the files on the disk).",
    )
    @wraps(command)
    def wrapped(
        *args: Any,
        forms: tuple[str, ...],
        outputs: tuple[Path, ...],
        history: Path | None,
        source: str,
        **more: Any,
    ) -> Any:
        from fleetmod.cli.output import make_room

        wanted = Wanted(paired(forms, outputs), history, source)
        make_room(*(file for _, file in wanted.outputs))
        return command(*args, wanted=wanted, **more)

    return wrapped


def paired(
    forms: Sequence[str], files: Sequence[Path], default: str = "text"
) -> tuple[tuple[str, Path | None], ...]:
    """Each format with its file; raises click.UsageError where they do not fit together."""
    forms = forms or (default,)
    if len(files) > len(forms):
        raise click.UsageError(f"{len(files)} --output for {len(forms)} --format")
    targets = [None if file == _STDOUT else file for file in files]
    targets += [None] * (len(forms) - len(files))
    if targets.count(None) > 1:
        alone = [form for form, file in zip(forms, targets, strict=True) if file is None]
        raise click.UsageError(
            f"only one format can go to standard output, not {' and '.join(alone)}; "
            "give the others an --output, in the order of the formats"
        )
    named = [file.absolute() for file in targets if file is not None]
    if len(set(named)) < len(named):
        raise click.UsageError("two formats cannot go to one --output")
    return tuple(zip(forms, targets, strict=True))


def deliver(
    wanted: Wanted,
    own: Mapping[str, Callable[[bool], str]],
    project: Project,
    audit: Audit,
    sources: Sources,
    command: str,
    verdicts: tuple[Verdict, ...] = (),
    baseline: bool = False,
    apart: tuple[Group, ...] = (),
    since: Since | None = None,
) -> None:
    """Print or write every report. `own` are the command's text and JSON; they are told whether
    they go to a file. Raises FleetmodError where a file cannot be written or read."""
    from fleetmod.cli.output import echo_report, save
    from fleetmod.printed import json_text

    texts: list[tuple[Path | None, str]] = []
    shared = [name for name, _ in wanted.outputs if name not in own]
    if shared:
        from fleetmod.report.report import report_of
        from fleetmod.trend import load
        from fleetmod.workspace.changes import head
        from fleetmod.workspace.manifest import packages

        report = report_of(
            project,
            audit,
            sources,
            command,
            commit=head(project.origin)[0],
            packages=[p.path for p in packages(project.root, project.config)],
            verdicts=verdicts,
            baseline=baseline,
            fixes=wanted.has(*WITH_FIXES),
            history=load(wanted.history) if wanted.history else (),
            apart=apart,
            since=since,
        )
        if "github" in shared:
            _summarise(report)
    for name, file in wanted.outputs:
        if name in own:
            texts.append((file, own[name](file is not None)))
        else:
            source = wanted.source or _beside(project.origin, file)
            texts.append((file, render(name, replace(report, source=source))))
    for name, (file, text) in zip((name for name, _ in wanted.outputs), texts, strict=True):
        text = json_text(text) if name in JSON else text
        if file is None:
            echo_report(text)
        else:
            save(file, text)


def _beside(root: Path, file: Path | None) -> str:
    """A link from a report to the files on the disk, relative so that both may move together."""
    folder = file.absolute().parent if file else Path.cwd()
    return os.path.relpath(root, folder) + "/{path}"


def _summarise(report: Any) -> None:
    """Adds to the step's summary, where GitHub gives a file for one."""
    name = os.environ.get("GITHUB_STEP_SUMMARY")
    if not name:
        return
    from fleetmod.errors import FleetmodError
    from fleetmod.report.github import summary

    path = Path(name)
    try:
        taken = path.stat().st_size if path.exists() else 0
        with path.open("a", encoding="utf-8") as file:
            file.write(summary(report, taken))
    except OSError as error:
        raise FleetmodError(
            f"cannot be written: {error.strerror}",
            where=name,
            todo="Correct GITHUB_STEP_SUMMARY, or unset it",
        ) from error
