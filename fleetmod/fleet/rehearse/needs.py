"""What a repository needs to be rehearsed, and what of the old machine it may still reach for."""

from __future__ import annotations

import json
import os
import posixpath
import re
import shlex
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fleetmod import families
from fleetmod.audit import audit
from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.filekinds import is_code
from fleetmod.fleet.rehearse.model import Node
from fleetmod.fleet.rehearse.programs import given, typescript_runtime
from fleetmod.fleet.rehearse.snapshot import Modules, Snapshot, module_folders
from fleetmod.fleet.rehearse.stage import line
from fleetmod.fleet.rehearse.touch import Old, foreign_tools, old_places
from fleetmod.host.plan import scan_repository, tools_of
from fleetmod.model import EXEMPT
from fleetmod.project import PROCESS_MANAGER, Project
from fleetmod.testfiles import is_test
from fleetmod.workspace import infer_programs
from fleetmod.workspace.copy import MODULES
from fleetmod.workspace.discover import candidates
from fleetmod.workspace.managers import manager_of
from fleetmod.workspace.manifest import packages

_INSTALL = {  # the lock file may not know the ports' packages yet
    "pnpm": "pnpm install --no-frozen-lockfile",
    "npm": "npm install --no-audit --no-fund",
    "yarn": "yarn install",
    "bun": "bun install",
}
# how this machine reaches its registries
_NETWORK = re.compile(
    r"(?i)(?:https?|no|all)_proxy|(?:npm|bun)_config_\w+|NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)"
)
# what a POSIX shell has itself (POSIX.1-2024, 2.15 and 1.7)
_BUILTINS = frozenset(
    ". : break cd command continue eval exec exit export false if for getopts read return set "
    "shift test times trap true type ulimit umask unset wait while until case { [".split()
)
_RUNS = re.compile(r"runs (\S+), of ")  # how a finding of a host-bound tool says which


@dataclass(frozen=True)
class Options:
    """What the command line gives in place of the configuration; None and () for nothing."""

    install: str | None = None
    modules: Path | None = None
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Needs:
    """`paths` are the own files of the repository at `root`, `links` those among them that are
    links, with what each says; `modules` are its installed dependencies, `runtime` is what runs
    TypeScript. `problems` are known beforehand; `unproven` is what no run can show; `migrated` are
    the files whose code uses the ports."""

    root: Path
    paths: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    commands: tuple[str, ...]
    env: tuple[str, ...]
    install: str
    modules: tuple[Modules, ...]
    packages: tuple[tuple[str, str], ...]  # the ports' names and folders
    runtime: str
    problems: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    migrated: tuple[str, ...] = ()

    @property
    def network_env(self) -> dict[str, str]:
        return {key: value for key, value in os.environ.items() if _NETWORK.fullmatch(key)}

    def plan(self, node: Node) -> Iterator[str]:
        """The lines of node.sh's functions that the repository asks for."""
        checkout = str(node.checkout).lstrip("/")
        for source, place, number in self.modules:
            yield line("layer", source, f"{checkout}/{place}", number)
        if self.modules:  # an installation that is older than the ports does not know them
            for name, folder in self.packages:
                place = f"{MODULES}/{name}"
                target = posixpath.relpath(folder, posixpath.dirname(place))
                yield line("link", target, f"{checkout}/{place}")
        words = (shlex.split(each, comments=True)[:1] for each in (*self.commands, self.install))
        names = [word for each in words for word in each if "/" not in word]
        for how, what, where in given(names):
            yield line(how, what, where)
        yield line("hide", self.root)

    def leading_out(self, checkout: Path) -> dict[str, str]:
        """The links among the files that lead out of the checkout, with where each leads there."""
        found = {
            path: posixpath.normpath(checkout / posixpath.dirname(path) / target)
            for path, target in self.links
        }
        return {path: to for path, to in found.items() if not Path(to).is_relative_to(checkout)}


def find_needs(seen: Snapshot, options: Options) -> Needs:
    """What the repository needs, from its configuration, its packages and the command line.

    Raises FleetmodError for dependencies behind a link, and where this machine has no runtime for
    TypeScript.
    """
    project, paths = seen.project, seen.paths
    root, config = project.root, project.config.rehearse
    commands = options.commands or config.commands
    if not commands:
        infos = packages(root, project.config)
        commands = infer_programs.commands(root, infos)
    manager = manager_of(root, "")
    install = config.install if options.install is None else options.install
    modules: tuple[Modules, ...] = ()
    if not install:
        modules = tuple(module_folders(options.modules or seen.root, paths))
        if options.modules and not modules:
            raise FleetmodError(f"holds no {MODULES}", where=str(options.modules))
    if not install and not modules and options.install is None and _has_dependencies(root, paths):
        install = _INSTALL[manager]
    of_others = foreign_tools(tools_of(project).values())  # that one reaches for is to be seen
    require_tools((*commands, *([install] if install else [])), of_others)
    left = [each for each in config.commands if each not in commands]
    unproven = [f"not started, of rehearse.commands: {each}" for each in left]
    if not commands:
        unproven.append("no command was started: name some in rehearse.commands")
    return Needs(
        seen.root,
        paths,
        seen.links,
        commands,
        config.env,
        install,
        modules,
        tuple((project.packages[port], folder) for port, folder in project.present.items()),
        typescript_runtime(manager == "bun"),
        _problems(project),
        tuple(unproven),
        tuple(_migrated(project, paths)),
    )


def require_tools(commands: Sequence[str], of_others: Collection[str] = ()) -> None:
    """Raises FleetmodError, with UNPROVEN, for commands whose program this machine does not have,
    unless it is a tool `of_others`' platforms: the nodes have the programs of this machine alone.
    """
    lacks: dict[str, str] = {}
    for command in commands:
        try:
            words = shlex.split(command, comments=True)
        except ValueError:
            continue  # the shell will tell
        while words and re.fullmatch(r"\w+=.*", words[0], re.S):
            words = words[1:]
        named = words and re.fullmatch(r"[\w.+-]+", words[0]) and words[0] not in of_others
        if named and not _is_there(words[0]):
            lacks.setdefault(words[0], command)
    if lacks:
        told = "; ".join(f"{tool} is not on PATH (for `{why}`)" for tool, why in lacks.items())
        raise FleetmodError(
            f"nothing was rehearsed: {told}",
            todo="Install it, or give other commands with --install and --command",
            exit_code=UNPROVEN,
        )


def _is_there(name: str) -> bool:
    return shutil.which(name) is not None or name in _BUILTINS


def _migrated(project: Project, paths: Sequence[str]) -> Iterator[str]:
    """The files of code that name one of the ports' packages, without the packages themselves."""
    own = tuple(f"{folder}/" for folder in project.present.values())
    names = [project.packages[port] for port in project.present]
    code = [p for p in paths if is_code(p) and not is_test(p) and not p.startswith(own)]
    quoted = [f"{mark}{name}{mark}".encode() for name in names for mark in "\"'"]
    if quoted:
        yield from candidates(project.root, code, quoted).hits


def old_machine(project: Project) -> Old:
    """The places and tools that a second node must not reach for."""
    tools = tools_of(project)
    results, _ = scan_repository(project)
    findings = [f for result in results for f in result.findings if f.action != EXEMPT]
    unguarded = {match[1] for f in findings if (match := _RUNS.match(f.understood))}
    if _launchd_findings(project):
        unguarded.add("launchctl")
    return Old(
        old_places(project.config.home), foreign_tools(tools.values()), {}, frozenset(unguarded)
    )


def _problems(project: Project) -> tuple[str, ...]:
    count = 0 if PROCESS_MANAGER in project.present else _launchd_findings(project)
    if not count:
        return ()
    name = project.packages[PROCESS_MANAGER]
    return (f"{count} finding(s) of launchctl, and no {name} that speaks to systemd: see migrate",)


def _launchd_findings(project: Project) -> int:
    findings = audit(project).findings
    return sum(families.of(f).port == PROCESS_MANAGER and f.action != EXEMPT for f in findings)


def _has_dependencies(root: Path, paths: tuple[str, ...]) -> bool:
    for path in paths:
        if path.rpartition("/")[2] != "package.json":
            continue
        try:
            manifest = json.loads((root / path).read_bytes())
        except (OSError, ValueError):
            continue
        if isinstance(manifest, dict) and any(
            manifest.get(key) for key in ("dependencies", "devDependencies")
        ):
            return True
    return False
