"""The repository's own linters and formatters on the files that a migration changes."""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fleetmod.filekinds import CODE
from fleetmod.verify.packages import Package, package_of, program
from fleetmod.verify.preflight import ENVIRONMENT
from fleetmod.verify.scripts import calls
from fleetmod.workspace.managers import folders_above

_CODE = tuple(CODE)
_SECONDS = 600
Problem = tuple[str, str, str]  # file, rule, message
_FORMAT = "format"  # the rule of a formatter


@dataclass(frozen=True)
class Tool:
    """A linter or formatter: what its package and its program are called, the files that configure
    it (beginnings of names), how it is asked to check and, for a formatter, to mend."""

    name: str
    package: str
    configs: tuple[str, ...]
    key: str  # of package.json, that configures it, too
    arguments: tuple[str, ...]
    read: Callable[[str], Iterator[Problem]]
    mend: str
    code_only: bool = False


@dataclass(frozen=True)
class Told:
    """What one tool says: problems that were not there before, counted by the place (a file, or the
    folder of a new package), rule and first message, how to mend them, or why it is silent."""

    tool: str
    files: int
    new: tuple[tuple[str, str, str, int], ...] = ()
    mend: str = ""
    silent: str = ""


@dataclass(frozen=True)
class _Job:
    tool: Tool
    program: str
    folder: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class _Answer:
    problems: Counter[Problem]
    failure: str = ""


class Style:
    """Asks every tool that a repository configures, in a copy of it, before and after."""

    def __init__(self, copy: Path, packages: Sequence[Package]) -> None:
        self.copy, self.packages = copy, packages
        self._before: dict[tuple[str, str], _Answer] = {}
        self._named = {
            (package.folder, call.name)
            for package in packages
            for text in package.scripts.values()
            for call in calls(text)
        }

    def before(self, paths: Iterable[str]) -> None:
        """Ask of the files as they are, before the migration."""
        for job in self._jobs(paths):
            self._before[job.tool.name, job.folder] = self._ask(job)

    def after(self, paths: Iterable[str], created: Sequence[str]) -> tuple[Told, ...]:
        """Ask of the files as they are now, and compare; `created` are folders of new packages."""
        out = []
        for job in self._jobs(paths):
            answer = self._ask(job)
            before = self._before.get((job.tool.name, job.folder), _Answer(Counter()))
            failure = before.failure or answer.failure
            new = () if failure else _counted(answer.problems - before.problems, created)
            places = " ".join(dict.fromkeys(place for place, *_ in new))
            mend = f"{job.tool.mend} {places}" if new and job.tool.mend else ""
            out.append(Told(job.tool.name, len(job.files), new, mend, failure))
        return tuple(out)

    def _jobs(self, paths: Iterable[str]) -> Iterator[_Job]:
        groups: dict[tuple[str, str], list[str]] = defaultdict(list)
        tools = {tool.name: tool for tool in TOOLS}
        for path in sorted(paths):
            for tool in TOOLS:
                if tool.code_only and not path.endswith(_CODE):
                    continue
                if (self.copy / path).is_file() and (place := self._place(tool, path)) is not None:
                    groups[tool.name, place].append(path)
        for (name, folder), files in groups.items():
            found = program(self.copy, folder, tools[name].name)
            if found is not None:
                yield _Job(tools[name], found, folder, tuple(files))

    def _place(self, tool: Tool, path: str) -> str | None:
        """The folder from which a tool is run for a file; None where it is not the repository's."""
        package = package_of(self.packages, path)
        owners = (package, self.packages[0])
        if not any(tool.package in owner.dependencies for owner in owners):
            return None
        for folder in folders_above(path.rpartition("/")[0]):
            names = _names(self.copy / folder)
            if any(name.startswith(tool.configs) for name in names):
                return folder
        for owner in owners:
            if (owner.folder, tool.name) in self._named or tool.key in owner.manifest:
                return owner.folder
        return None

    def _ask(self, job: _Job) -> _Answer:
        up = f"{job.folder}/" if job.folder else ""
        words = [str(self.copy / job.program), *job.tool.arguments]
        try:
            done = subprocess.run(
                [*words, *(path.removeprefix(up) for path in job.files)],
                cwd=self.copy / job.folder,
                env={**os.environ, **ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return _Answer(Counter(), str(error))
        top = f"{self.copy.resolve()}/"
        try:
            found = list(job.tool.read(done.stdout.decode("utf-8", "replace")))
        except (ValueError, KeyError, TypeError, AttributeError):
            found = []
        if done.returncode != 0 and not found:
            lines = (done.stderr or done.stdout).decode("utf-8", "replace").split("\n")
            told = next((line.strip() for line in lines if line.strip()), "it says nothing")
            return _Answer(Counter(), told)
        return _Answer(Counter((_inside(file, top, up), rule, text) for file, rule, text in found))


def _counted(
    problems: Counter[Problem], created: Sequence[str]
) -> tuple[tuple[str, str, str, int], ...]:
    counts: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    for (file, rule, text), count in sorted(problems.items()):
        place = next((folder for folder in created if file.startswith(f"{folder}/")), file)
        counts[place, rule] += count
        first.setdefault((place, rule), text)
    return tuple((place, rule, first[place, rule], n) for (place, rule), n in counts.items())


def _inside(file: str, top: str, up: str) -> str:
    return file.removeprefix(top) if file.startswith("/") else up + file.removeprefix("./")


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []


def _eslint(output: str) -> Iterator[Problem]:
    for result in json.loads(output):
        for message in result["messages"]:
            if message["ruleId"] is not None or message["severity"] > 1:  # else: it is ignored
                yield result["filePath"], message["ruleId"] or "error", message["message"]


def _biome(output: str) -> Iterator[Problem]:
    for each in json.loads(output)["diagnostics"]:
        path: Any = (each.get("location") or {}).get("path") or ""
        path = path.get("file", "") if isinstance(path, Mapping) else path
        rule, text = each.get("category") or "", each.get("message") or each.get("description", "")
        yield path, rule, "not formatted" if rule == _FORMAT else str(text)


def _oxlint(output: str) -> Iterator[Problem]:
    for each in json.loads(output)["diagnostics"]:
        yield each["filename"], each.get("code", ""), each["message"]


def _listed(output: str) -> Iterator[Problem]:
    for line in output.splitlines():
        if line.strip():
            yield line.strip(), _FORMAT, "not formatted"


# eslint.org/docs/latest/use/command-line-interface, biomejs.dev/reference/cli,
# prettier.io/docs/cli, oxc.rs/docs/guide/usage/linter/cli, dprint.dev/cli
TOOLS = (
    Tool(
        "eslint",
        "eslint",
        ("eslint.config.", ".eslintrc"),
        "eslintConfig",
        ("--format", "json", "--no-error-on-unmatched-pattern"),
        _eslint,
        "",
        code_only=True,
    ),
    Tool(
        "biome",
        "@biomejs/biome",
        ("biome.json", ".biome.json"),
        "",
        (
            *("check", "--reporter=json", "--max-diagnostics=200"),
            *("--files-ignore-unknown=true", "--no-errors-on-unmatched"),
        ),
        _biome,
        "biome check --write",
    ),
    Tool(
        "prettier",
        "prettier",
        (".prettierrc", "prettier.config."),
        "prettier",
        ("--list-different", "--ignore-unknown"),
        _listed,
        "prettier --write",
    ),
    Tool(
        "oxlint",
        "oxlint",
        (".oxlintrc.json", "oxlint.config."),
        "",
        ("--format", "json"),
        _oxlint,
        "",
        code_only=True,
    ),
    Tool(
        "dprint",
        "dprint",
        ("dprint.json", ".dprint.json"),
        "",
        ("check", "--list-different", "--allow-no-files"),
        _listed,
        "dprint fmt",
    ),
)
