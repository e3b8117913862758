"""Rehearses nodes side by side: each is laid out, started, put to work, and judged."""

from __future__ import annotations

import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from fleetmod.errors import UNPROVEN, FleetmodError
from fleetmod.fleet.rehearse import means
from fleetmod.fleet.rehearse.judge import judge
from fleetmod.fleet.rehearse.model import INSTALL, Node, Outcome, Rehearsal, Run
from fleetmod.fleet.rehearse.namespace import Namespace, running
from fleetmod.fleet.rehearse.needs import Needs
from fleetmod.fleet.rehearse.snapshot import temporary
from fleetmod.fleet.rehearse.stage import environment, identity, lay_out
from fleetmod.fleet.rehearse.strace import is_whole, opened
from fleetmod.fleet.rehearse.touch import Old
from fleetmod.fleet.rehearse.workload import read_steps, run_workload
from fleetmod.project import Project
from fleetmod.workspace.beneath import check_way

Say = Callable[[str], None]
_USERS = ("koala", "wombat", "quokka", "numbat", "bilby", "dingo", "emu", "possum", "quoll")
_TRIES = 2
_WAKE = 0.5  # seconds
_FIRST_UID = 62000  # above what useradd(8) gives, below systemd's dynamic users


@dataclass(frozen=True)
class Asked:
    """How many nodes, the bound on each command in seconds, and whether to keep the stages."""

    nodes: int = 2
    seconds: int = 300
    keep: Path | None = None


@dataclass(frozen=True)
class _Crew:
    """What all nodes share; `started` are their first processes."""

    project: Project
    needs: Needs
    names: tuple[str, ...]
    seconds: int
    say: Say
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)


def rehearse(project: Project, needs: Needs, old: Old, asked: Asked, say: Say) -> Rehearsal:
    """Rehearse the repository as it is on the disk; it is not touched.

    Raises FleetmodError where others can change the folder to keep; with UNPROVEN, where this
    machine cannot do it, and where strace does not live to the end of what it follows: what it did
    not see proves nothing, whatever came of it.
    """
    means.require()
    for _ in range(_TRIES):
        with _place(asked.keep) as parent:
            outcomes, lost = _rehearse(project, needs, old, asked, parent, say)
        if not lost:
            found = Rehearsal(outcomes, needs.unproven, needs.migrated)
            return replace(found, unproven=(*found.unproven, *_uncovered(found)))
        say(f"strace broke off: {lost}")
        if asked.keep is not None:
            shutil.rmtree(asked.keep)
    raise FleetmodError(
        f"strace broke off {_TRIES} times, of {lost}", todo="Run it again", exit_code=UNPROVEN
    )


def _uncovered(found: Rehearsal) -> Iterator[str]:
    """That the commands ran nothing of what was migrated, which then is as unproven as before."""
    if found.migrated and not found.ran:
        yield (
            f"the commands ran none of the {len(found.migrated)} files that use the ports, as "
            f"{found.migrated[0]}: name commands that do in rehearse.commands"
        )


@contextmanager
def _place(keep: Path | None) -> Iterator[Path]:
    """The folder for the stages, which nobody else can change; raises FleetmodError for a `keep`
    that others can."""
    if keep is None:
        with temporary("fleetmod-rehearsal-") as parent:
            yield parent
        return
    try:
        check_way(keep, make=True)
    except OSError as error:
        raise FleetmodError(f"cannot be made: {error.strerror}", where=str(keep)) from error
    yield keep


def _rehearse(
    project: Project, needs: Needs, old: Old, asked: Asked, parent: Path, say: Say
) -> tuple[tuple[Outcome, ...], str]:
    """What became of all nodes, and the run whose trace does not go to its end; "" for none."""
    nodes = _nodes(parent, needs.root.name, asked.nodes)
    (parent / "events").mkdir(parents=True)
    (parent / "events").chmod(0o1777)
    for node in nodes:
        say(f"{node.name}: copying the repository for a new user")
        lay_out(node, project, needs.paths, needs.links, needs.plan(node))
    crew = _Crew(project, needs, tuple(node.name for node in nodes), asked.seconds, say)
    with ThreadPoolExecutor(len(nodes)) as pool:
        work = [pool.submit(_node, crew, node) for node in nodes]
        try:
            _wait(work)
            ends = [each.result() for each in work if each.done()]
        except BaseException:
            for process in crew.started:  # the others would run to their end
                process.kill()
            raise
    lost = (
        f"{outcome.node.name}, {run.what}"
        for outcome, namespace in ends
        for run in outcome.runs
        if not all(map(is_whole, namespace.traces(run.name)))
    )
    return tuple(_judged(outcome, needs, old, each) for outcome, each in ends), next(lost, "")


def _wait(work: Sequence[Future[tuple[Outcome, Namespace]]]) -> None:
    """Until all are done, or one failed.

    With a bound on each wait: it is this thread that has to run a signal's handler (signal(7) may
    give the signal to any), and nothing else wakes it up for that.
    """
    while True:
        done, left = wait(work, _WAKE, FIRST_EXCEPTION)
        if not left or any(each.exception() for each in done):
            return


def _nodes(parent: Path, repository: str, count: int) -> list[Node]:
    folder = re.sub(r"[^\w.-]", "-", repository, flags=re.A)  # a unit's file names it
    found = []
    for at in range(count):
        user = _USERS[at % len(_USERS)]
        name = f"{user}-{secrets.token_hex(2)}"
        home = Path("/home") / name
        uid = _FIRST_UID + at
        found.append(Node(name, user, uid, home, home / "src" / folder, parent / name))
    return found


def _node(crew: _Crew, node: Node) -> tuple[Outcome, Namespace]:
    """What one node does, from its start to its end."""
    needs, project, seconds = crew.needs, crew.project, crew.seconds
    runs: list[Run] = []
    broken = False
    known = {**dict(each.split("=", 1) for each in needs.env), **identity(node, project)}
    with running(node, environment(node), crew.started) as namespace:
        if needs.install:
            crew.say(f"{node.name}: {needs.install}")
            more = {**needs.network_env, **known}
            runs.append(
                namespace.run("install", INSTALL, needs.install, seconds * 4, more, network=True)
            )
            broken = bool(runs[-1].code)
        if not broken:
            crew.say(f"{node.name}: starting the user manager and its workload")
            namespace.start_manager(means.manager())
            runs.append(run_workload(namespace, project, needs.runtime, crew.names, seconds, known))
            for at, command in enumerate(needs.commands):
                crew.say(f"{node.name}: {command}")
                runs.append(namespace.run(f"command-{at}", command, command, seconds, known))
    ended = namespace.end()
    if broken:  # what follows would only say the same in other words
        problems = (*needs.problems, "nothing else was started: the installation failed")
        return Outcome(node, tuple(runs), (), (), problems), namespace
    runs.insert(0, ended)
    steps, seen, problems = read_steps(namespace.log("workload"), crew.names)
    return Outcome(node, tuple(runs), steps, seen, (*needs.problems, *problems)), namespace


def _judged(outcome: Outcome, needs: Needs, old: Old, namespace: Namespace) -> Outcome:
    """The outcome with what each of its runs reached for."""
    node = outcome.node
    path = namespace.environment["PATH"].split(":")
    links = needs.leading_out(node.checkout)
    mine = replace(old, links={str(node.checkout / link): to for link, to in links.items()})
    runs = tuple(
        replace(run, touches=judge(namespace.traces(run.name), mine, path, node.home))
        for run in outcome.runs
    )
    traces = [
        file
        for run in outcome.runs
        if run.name.startswith("command-")
        for file in namespace.traces(run.name)
    ]
    ran = opened(traces, str(node.checkout), needs.migrated)
    return replace(outcome, runs=runs, ran=tuple(ran))
