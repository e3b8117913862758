"""A repository as fleetmod sees it: its configuration, its rules, and its files' contents."""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from fleetmod import families
from fleetmod.cache import Cache, open_cache
from fleetmod.errors import FleetmodError, did_you_mean
from fleetmod.families.family import Family
from fleetmod.places import Places
from fleetmod.rules import Rule, fitted, load_rules
from fleetmod.workspace.above import configured_above
from fleetmod.workspace.config import Config, load_config
from fleetmod.workspace.discover import discover
from fleetmod.workspace.disk import is_folder
from fleetmod.workspace.git import run_git
from fleetmod.workspace.globs import matcher
from fleetmod.workspace.graph import ModuleGraph, read_graph
from fleetmod.workspace.inlined import Inline, inline_of, installed
from fleetmod.workspace.manifest import find_packages, owner, package_at
from fleetmod.workspace.schema import FILE
from fleetmod.workspace.search import Search
from fleetmod.workspace.wiring import is_published

PROCESS_MANAGER = "process-manager"
PORTS = (PROCESS_MANAGER, "node-identity", "container-runtime")
ADAPTER = "the repository's own adapter of the tool ({}.adapters of fleetmod.toml)"
# a directive may name these, though no audit of 1a and 1b looks for them
HOST_RULE = "host-tool"
GREP_RULE = "gate-grep"
PORTABLE_RULES = frozenset(
    f"{kind}-{what}"
    for kind in ("shell", "python", "plist", "other")
    for what in ("home", "launchctl")
)


@dataclass(frozen=True)
class Project:
    """`configured` tells whether a fleetmod.toml was found; else the configuration is proposed.

    `copy_of` is the repository that the root is a copy of, if it is one.
    """

    root: Path
    config: Config
    configured: bool
    rules: tuple[Rule, ...]
    packages: dict[str, str]
    known_rules: frozenset[str]
    cached: bool = False
    copy_of: Path | None = None
    whole: bool = True  # every rule is asked, so what none explains can be told
    known: Cache | None = field(default=None, compare=False)  # what another place's run found

    def at(self, root: Path) -> Project:
        """The same project with a copy of its files, or of what they once were, for its files."""
        return replace(self, root=root, copy_of=self.origin, known=self.cache)

    def edited(self, path: str, data: bytes) -> Project:
        """The same project where a file has imports that the disk does not have."""
        other = copy(self)  # with all that is known of the other files
        other.__dict__["graph"] = self.graph.with_text(path, data.decode("utf-8", "replace"))
        return other

    @property
    def origin(self) -> Path:
        """The repository itself, which has a past and a place."""
        return self.copy_of or self.root

    @cached_property
    def cache(self) -> Cache:
        """What earlier runs found, and this one does; nothing of earlier ones if not `cached`."""
        if self.known is not None:
            return self.known
        return open_cache(self.origin, self.rules) if self.cached else Cache()

    @cached_property
    def search(self) -> Search:
        """What git knows of the files, as of when it is first asked."""
        return Search(self.root)

    @cached_property
    def graph(self) -> ModuleGraph:
        """Which files import which, as of when it is first asked."""
        listed = self.search.listed
        if not listed:  # no git, or a folder that a repository further up ignores
            return read_graph(self.root, discover(self.root, self.config), by_git=False)
        return read_graph(self.root, listed)

    def read(self, path: str) -> bytes:
        """A file's bytes; none of one that cannot be read, which is told elsewhere."""
        try:
            return (self.root / path).read_bytes()
        except OSError:
            return b""

    @property
    def places(self) -> Places:
        home = self.config.home
        return Places(home.users, home.root, home.vault)

    @cached_property
    def present(self) -> dict[str, str]:
        """The ports that the repository has a package for already, with its folder."""
        usual = f"{self.config.runtime.dir}/"
        found = find_packages(self.root, usual, tuple(self.packages.values()), self.search)
        return {port: found[name] for port, name in self.packages.items() if name in found}

    def port_folder(self, port: str) -> str:
        """Where a runtime package is, or will be installed, relative to the root."""
        return self.present.get(port) or f"{self.config.runtime.dir}/{port}"

    def port_of(self, path: str) -> str:
        """The runtime package that a file belongs to, installed or found; "" for none."""
        if (own := self.inlined.get(path)) is not None:
            return own
        return next((port for port in PORTS if path.startswith(f"{self.port_folder(port)}/")), "")

    @cached_property
    def inlined(self) -> dict[str, str]:
        """The ports that stand in one file of a published package, by the path of the file."""
        listed = self.search.listed or discover(self.root, self.config)
        return installed(self.root, listed, PORTS)

    def inline_of(self, path: str) -> Inline | None:
        """Where the package of a file keeps its ports, if that is published; else None."""
        folder = path.rpartition("/")[0]
        if folder not in self._inline:
            info = owner(self.root, path)
            packages = tuple(self.packages.values())
            own = info is not None and not self._published_ports
            known = inline_of(self.root, info, packages) if own and info is not None else None
            self._inline[folder] = known
        return self._inline[folder]

    @cached_property
    def _published_ports(self) -> bool:
        """Whether the repository has packages of the ports that go to a registry themselves."""
        infos = (package_at(self.root, folder) for folder in self.present.values())
        return any(is_published(info) for info in infos if info is not None)

    @cached_property
    def _inline(self) -> dict[str, Inline | None]:
        return {}

    def is_setting(self, path: str) -> bool:
        """Whether a file is fleetmod's configuration, or a rule that this names."""
        rules = (f"{folder.rstrip('/')}/" for folder in self.config.workspace.rules)
        return path == FILE or (path.endswith(".toml") and path.startswith(tuple(rules)))

    @cached_property
    def own_adapters(self) -> dict[str, Callable[[str], bool]]:
        """For each family with a tool, whether a file is the repository's own adapter of it."""
        return {
            family.id: matcher(tuple(family.adapters(self.config)))
            for family in families.with_tool()
        }

    def has_owner(self, path: str) -> bool:
        """Whether a package.json stands above a file; raises FleetmodError where one is broken."""
        folder = path.rpartition("/")[0]
        if folder not in self._owned:
            self._owned[folder] = owner(self.root, path) is not None
        return self._owned[folder]

    @cached_property
    def options(self) -> dict[str, frozenset[str]]:
        """The options of the compiler that decide what a rewrite may write, for each folder that
        was asked for."""
        return {}

    @cached_property
    def _owned(self) -> dict[str, bool]:
        return {}

    def rules_for(self, path: str) -> tuple[Rule, ...]:
        """The rules that a file must keep: a port's package may name the tools of its family."""
        own = self.own_port(path).id
        return tuple(rule for rule in self.rules if rule.family != own) if own else self.rules

    def own_port(self, path: str) -> Family:
        """The family whose tool a file may name, for it is of the port that answers for it."""
        family = families.of_port(self.port_of(path))
        return family if family.may_name else families.named("")


def open_project(
    root: Path,
    rule_ids: tuple[str, ...] = (),
    examples: bool = False,
    cached: bool = False,
    origin: Path | None = None,
) -> Project:
    """The repository at `root`, its rules with their examples if asked for.

    A `cached` one takes what earlier runs found of files that are still the same. `origin` is the
    repository that this one is a copy of.

    Raises FleetmodError for a wrong configuration or rule.
    """
    root = root.resolve()
    if not is_folder(root):
        raise FleetmodError("is no folder", where=str(root), todo="Give the repository with -C")
    config = load_config(root)
    configured = config is not None
    if config is None:
        if origin is None:
            check_top(root)
        from fleetmod.proposal import propose

        config, _ = propose(root)
    rules = load_rules(tuple(root / folder for folder in config.workspace.rules), examples)
    known = frozenset(rule.id for rule in rules)
    rules = fitted(rules, Places(config.home.users, config.home.root, config.home.vault))
    if not config.container.vm_addresses and "container-address" not in rule_ids:
        rules = tuple(rule for rule in rules if rule.id != "container-address")
    unknown = [i for i in rule_ids if i not in known]
    if unknown:
        raise FleetmodError(
            f"unknown rule `{unknown[0]}`",
            todo=did_you_mean(unknown[0], sorted(known)) or "`fleetmod explain` lists the rules",
        )
    if rule_ids:
        rules = tuple(r for r in rules if r.id in rule_ids)
    packages = {port: f"{config.runtime.scope}/{port}" for port in PORTS}
    known |= {HOST_RULE, GREP_RULE} | PORTABLE_RULES
    cached = cached and not rule_ids
    return Project(
        root, config, configured, rules, packages, known, cached, origin, whole=not rule_ids
    )


def check_top(root: Path) -> None:
    """Raises FleetmodError for a folder, itself not configured, of a repository that is."""
    if (above := configured_above(root)) is not None:
        raise FleetmodError(
            "is a folder of a repository that is configured above it",
            where=str(root),
            todo=f"Run this in {above}, or give it with -C",
        )


def check_repository(root: Path) -> None:
    """Raises FleetmodError for a folder that is in no repository and no package, such as a home: an
    audit would read all below it."""
    known = any(os.path.lexists(root / name) for name in ("package.json", ".git", FILE))
    if is_folder(root) and not known and run_git(root, ["rev-parse", "--git-dir"]) is None:
        raise FleetmodError(
            "is no repository: it has no package.json, and git knows it not",
            where=str(root),
            todo="Run this in a monorepo, or give it with -C",
        )
