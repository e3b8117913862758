"""The steps of a bootstrap as plain data.

A step is done when its acts are done and its checks pass; nothing else remembers that. So a step
can be run again at any time, and only does what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

Argv = tuple[str, ...]


@dataclass(frozen=True)
class Ask:
    """A question to tools: passes when one command ends with 0 and prints what `expect` matches.

    `expect` is a regular expression searched in standard output; "" asks for the exit code alone.
    Nothing that a command prints is ever shown: it may hold secrets.
    """

    what: str
    commands: tuple[Argv, ...]
    expect: str = ""
    todo: str = ""


@dataclass(frozen=True)
class Fact:
    """Something that is known already; `ok` is None where it cannot be told."""

    what: str
    ok: bool | None
    todo: str = ""


@dataclass(frozen=True)
class Images:
    """Every image that the repository publishes has this platform in its registry."""

    what: str
    platform: str


@dataclass(frozen=True)
class Reach:
    """A TCP port answers from here; one that does not is a failure only where it is `needed`."""

    what: str
    host: str
    port: int
    todo: str = ""
    needed: bool = True


Check = Ask | Fact | Images | Reach


@dataclass(frozen=True)
class Write:
    """A file with exactly this text; undone by restoring the bytes it had."""

    path: Path
    text: str = field(repr=False)
    mode: int = 0o644


@dataclass(frozen=True)
class Folder:
    """A folder that must be there; undone by removing it while it is empty."""

    path: Path


@dataclass(frozen=True)
class Run:
    """A command; `undo` takes it back, `done` tells whether there is nothing to do.

    Without `done` it runs once: that it has run is remembered with what is to be undone.
    """

    argv: Argv
    undo: Argv = ()
    done: Ask | None = None


Act = Write | Folder | Run


@dataclass(frozen=True)
class Step:
    """`needs` must pass before its `acts`; `checks` tell afterwards whether it worked.

    `settle` is run when an act did something or was undone, and where `settled` does not pass.
    The acts of an `independent` step are tried all, whatever becomes of each, and so are the
    steps after it. `notes` are what a person has to know or to decide; they fail nothing.
    """

    id: str
    what: str
    why: str
    needs: tuple[Check, ...] = ()
    acts: tuple[Act, ...] = ()
    settle: Argv = ()
    settled: Ask | None = None
    checks: tuple[Check, ...] = ()
    independent: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Node:
    """A node to be: its name, its places, and what it runs on.

    `platform` is `linux` or `darwin`, `arch` as OCI spells it (`arm64`, `amd64`). `config` and
    `state` are the folders for configuration and for what the bootstrap remembers; `own_home` is
    False where --home gave another than the user's.
    """

    name: str
    home: Path
    root: Path
    vault: str
    platform: str
    arch: str
    config: Path
    state: Path
    own_home: bool = True


@dataclass(frozen=True)
class Join:
    """What is known for joining the cluster; "" for what was not given.

    Either the existing cluster's `secrets` with its `cluster` name, or the `machine_config` of a
    node that it has. `address` is that of the machine in maintenance mode, `role` is `worker` or
    `controlplane`; `talos` and `kubernetes` are the cluster's versions, as 1.12.4. `patches` are
    files with settings of the machine's own.
    """

    secrets: str = ""
    machine_config: str = ""
    cluster: str = ""
    address: str = ""
    talosconfig: str = ""
    role: str = "worker"
    disk: str = ""
    patches: tuple[str, ...] = ()
    talos: str = ""
    kubernetes: str = ""


@dataclass(frozen=True)
class Choice:
    """Which services the node gets: not those `without`, and started only those in `shared`, which
    are labels or globs."""

    without: frozenset[str] = frozenset()
    shared: tuple[str, ...] = ()
