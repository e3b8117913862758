"""The steps of the node's services: their units from the repository's plists, and their start."""

from __future__ import annotations

import getpass
import plistlib
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from fleetmod.errors import FleetmodError
from fleetmod.fleet.bootstrap.files import ours
from fleetmod.fleet.bootstrap.identity import load_agent
from fleetmod.fleet.bootstrap.model import (
    Act,
    Ask,
    Check,
    Choice,
    Fact,
    Folder,
    Node,
    Run,
    Step,
    Write,
)
from fleetmod.fleet.units.convert import Node as Target
from fleetmod.fleet.units.domain import is_daemon
from fleetmod.fleet.units.model import Converted, Unit
from fleetmod.fleet.units.plists import convert_repository, jobs
from fleetmod.places import HOME, ROOT, VAULT, Places
from fleetmod.project import Project

_MARK = "# Made by `fleetmod units` from "
_SYSTEMCTL = ("systemctl", "--user")
_WHY = "The repository's services run on this node as they do on the first one."
_WHY_START = "A service that is enabled starts by itself whenever the node starts."
_PROGRAM = re.compile(r"-?@?((?:%h)?/[\w+=:,./~^@-]+)(?= |$)")  # one that nothing quotes or escapes
_LINGER = Path("/var/lib/systemd/linger")
# Running, about to, or run to a good end; `Result` is what the last run came to
# (org.freedesktop.systemd1(5)).
_WELL = (
    r"(?=[\s\S]*^Result=success$)(?=[\s\S]*^ActiveState=(?:active|activating|reloading)$"
    r"|[\s\S]*^ExecMainStartTimestampMonotonic=[1-9])"
)


def service_steps(project: Project, node: Node, choice: Choice) -> tuple[Step, ...]:
    """What installs and starts the services of the node's platform.

    A service may have to run once in the fleet (one that polls a mailbox, one that holds a lock),
    and no plist says so: only those that are said to run on every node are started. Raises
    FleetmodError for a label that no plist has.
    """
    sources = {
        str(job["Label"]): source
        for source, job in jobs(project.root, project.config, project.places)
    }
    for label in sorted(choice.without - set(sources)):
        raise FleetmodError(f"no plist has the label {label!r}", todo="Correct --without")
    for glob in choice.shared:
        if glob != "*" and not any(fnmatchcase(label, glob) for label in sources):
            raise FleetmodError(
                f"no plist has the label {glob!r}", todo="Correct --with, or process.every_node"
            )
    left = frozenset(sources[label] for label in choice.without)
    once = {
        source: label
        for label, source in sources.items()
        if not any(fnmatchcase(label, glob) for glob in choice.shared)
    }
    if node.platform == "darwin":
        return (_agents(project, node, left, once),)
    return tuple(_units(project, node, left, once))


def _told_once(labels: list[str]) -> tuple[str, ...]:
    """The question that a person has to answer, None started until it is."""
    if not labels:
        return ()
    return (
        f"not started, since each may have to run once in the fleet: {', '.join(labels)}. Start "
        "one here, too, with --with LABEL, or on every node with process.every_node",
    )


def _units(
    project: Project, node: Node, left: frozenset[str], once: dict[str, str]
) -> Iterator[Step]:
    target = Target(str(node.root), str(node.home))
    done = convert_repository(project.root, project.config, target)
    done = [each for each in done if each.source not in left]
    folder = node.config / "systemd/user"
    own = [each for each in done if not each.is_system]
    units = [(each, unit) for each in own for unit in each.units]
    names = tuple(unit.name for _, unit in units)
    left_out = tuple(_left_out(done))
    if not units and not left_out:
        return
    folders = {path for _, unit in units for path in _log_folders(unit, node.home)}
    yield Step(
        "units",
        "install the services' units",
        _WHY,
        needs=tuple(ours(folder / name, _MARK) for name in names),
        acts=(
            *(Folder(path) for path in sorted(folders)),
            *(Write(folder / unit.name, unit.text) for _, unit in units),
        ),
        settle=(*_SYSTEMCTL, "daemon-reload") if names else (),
        settled=Ask(
            "the user manager has read the units",
            ((*_SYSTEMCTL, "show", "--property=NeedDaemonReload", "--value", *names),),
            r"\A(?:no\s*)+\Z",
            "Run: systemctl --user daemon-reload",
        )
        if names
        else None,
        checks=left_out,
    )
    startable = [
        (each, unit) for each, unit in units if not each.disabled and unit.sections.get("Install")
    ]
    starts = [unit for each, unit in startable if each.source not in once]
    held = [once[each.source] for each, _ in startable if each.source in once]
    notes = _told_once(list(dict.fromkeys(held)))
    if starts or notes:
        acts: list[Act] = [*_linger(node)] if starts else []
        checks: list[Check] = []
        for unit in starts:
            if missing := _missing(unit, units, node.home):
                what = f"{unit.name} is not started: {missing} is not on this node"
                checks.append(Fact(what, False, "Install it, or leave the service out: --without"))
            else:
                acts += [_enable(unit.name), _start(unit.name)]
        yield Step(
            "services",
            "enable and start the services",
            _WHY_START,
            acts=tuple(acts),
            checks=tuple(checks),
            independent=True,
            notes=notes,
        )


def _missing(unit: Unit, units: list[tuple[Converted, Unit]], home: Path) -> str:
    """The program of a unit, or of the service that it starts, where it is not there.

    Only a program with an absolute path is looked for; the manager searches others itself.
    """
    service = f"{unit.name.rpartition('.')[0]}.service"
    for _, each in units:
        for key, value in each.sections.get("Service", ()) if each.name == service else ():
            word = _PROGRAM.match(value) if key == "ExecStart" else None
            if word:
                path = word[1].replace("%h", str(home), 1)
                return "" if Path(path).exists() else path
    return ""


def _enable(name: str) -> Run:
    enabled = Ask(
        f"{name} is enabled",
        ((*_SYSTEMCTL, "is-enabled", "--quiet", name),),
        todo=_see(name),
    )
    return Run((*_SYSTEMCTL, "enable", name), (*_SYSTEMCTL, "disable", name), enabled)


def _see(name: str) -> str:
    return f"See: systemctl --user status {name}; journalctl --user -u {name}"


def _start(name: str) -> Run:
    shown = ("ActiveState", "Result", "ExecMainStartTimestampMonotonic")
    query = (*_SYSTEMCTL, "show", *(f"--property={each}" for each in shown), name)
    well = Ask(
        f"{name} runs, or ran to a good end",
        (query,),
        rf"(?m)\A{_WELL}",
        _see(name),
    )
    return Run((*_SYSTEMCTL, "start", name), (*_SYSTEMCTL, "stop", name), well)


def _linger(node: Node) -> Iterator[Run]:
    """Without it, a user's services end with the last session (loginctl(1), enable-linger)."""
    if node.own_home and Path("/run/systemd/users").is_dir():  # systemd-logind(8) runs
        user = getpass.getuser()
        lingers = Ask(
            f"the services of {user} run without a session",
            (("test", "-e", str(_LINGER / user)),),
            todo="Run: sudo loginctl enable-linger $USER",
        )
        yield Run(("loginctl", "enable-linger"), ("loginctl", "disable-linger"), lingers)


def _log_folders(unit: Unit, home: Path) -> Iterator[Path]:
    for key, value in unit.sections.get("Service", ()):
        if key in ("StandardOutput", "StandardError") and value.startswith("append:%h/"):
            yield (home / value.removeprefix("append:%h/").replace("%%", "%")).parent


def _left_out(done: list[Converted]) -> Iterator[Check]:
    for each in done:
        if each.refused:
            yield Fact(f"{each.source} is not installed: {each.refused}", False, "Mend the plist")
        elif each.is_system:
            names = " ".join(unit.name for unit in each.units)
            yield Fact(
                f"{each.source} is a service of the system, which only root installs",
                False,
                f"Write {names} with `fleetmod units --output`, which tells how root installs them",
            )


def _agents(project: Project, node: Node, left: frozenset[str], once: dict[str, str]) -> Step:
    """The plists as launch agents of this node: home, checkout and vault are its own.

    launchd starts what lies in ~/Library/LaunchAgents at each login, so one that is not to run is
    not written.
    """
    held: list[str] = []
    acts: list[Act] = []
    needs: list[Check] = []
    checks: list[Check] = []
    for source, job in jobs(project.root, project.config, project.places):
        if source in left:
            continue
        label = str(job["Label"])
        if is_daemon(source, job):
            todo = "Install it to /Library/LaunchDaemons by hand"
            checks.append(Fact(f"{source} is a daemon, which only root installs", False, todo))
            continue
        if source in once:
            held.append(label)
            continue
        rendered = _rendered(job, project.places, node)
        target = node.home / "Library/LaunchAgents" / f"{label}.plist"
        needs.append(ours(target, label))
        acts.append(Write(target, plistlib.dumps(rendered).decode()))
        if job.get("Disabled") is not True:
            acts.append(load_agent(label, str(target)))
    return Step(
        *("services", "install and load the launch agents", _WHY, tuple(needs), tuple(acts)),
        checks=tuple(checks),
        independent=True,
        notes=_told_once(held),
    )


def _rendered(value: Any, places: Places, node: Node) -> Any:
    """A plist's value with each home path of the configured users at its place on the node."""
    if isinstance(value, dict):
        return {key: _rendered(each, places, node) for key, each in value.items()}
    if isinstance(value, list):
        return [_rendered(each, places, node) for each in value]
    if not isinstance(value, str):
        return value
    bases = {HOME: str(node.home), ROOT: str(node.root), VAULT: node.vault}
    done, at = "", 0
    for found in places.find(value):
        if bases.get(found.base):
            done += value[at : found.start] + bases[found.base]
            at = found.end
    return done + value[at:]
