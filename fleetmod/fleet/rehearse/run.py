"""Rehearses nodes side by side: each is laid out, started, put to work, and judged."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from fleetmod.fleet.rehearse import means
from fleetmod.fleet.rehearse.judge import judge
from fleetmod.fleet.rehearse.model import (
    INSTALL,
    STEPS,
    WORKLOAD,
    Node,
    Outcome,
    Rehearsal,
    Run,
)
from fleetmod.fleet.rehearse.namespace import Namespace, running
from fleetmod.fleet.rehearse.needs import Needs
from fleetmod.fleet.rehearse.stage import (
    EVENTS,
    NODE_IDENTITY,
    entry,
    environment,
    identity,
    lay_out,
)
from fleetmod.fleet.rehearse.stage import WORKLOAD as SERVICE
from fleetmod.fleet.rehearse.touch import Old
from fleetmod.project import PROCESS_MANAGER, Project

Say = Callable[[str], None]
_USERS = ("koala", "wombat", "quokka", "numbat", "bilby", "dingo", "emu", "possum", "quoll")
_FIRST_UID = 62000  # above what useradd(8) gives, below systemd's dynamic users


@dataclass(frozen=True)
class Asked:
    """How many nodes, the bound on each command in seconds, and whether to keep the stages."""

    nodes: int = 2
    seconds: int = 300
    keep: Path | None = None


def rehearse(project: Project, needs: Needs, old: Old, asked: Asked, say: Say) -> Rehearsal:
    """Rehearse the repository as it is on the disk; it is not touched.

    Raises FleetmodError, with UNPROVEN, where this machine cannot do it.
    """
    means.require()
    parent = asked.keep or Path(tempfile.mkdtemp(prefix="fleetmod-rehearsal-"))
    try:
        nodes = _nodes(parent, project.root.name, asked.nodes)
        (parent / "events").mkdir(parents=True)
        (parent / "events").chmod(0o1777)
        for node in nodes:
            say(f"{node.name}: copying the repository for a new user")
            lay_out(node, project, needs.paths, needs.plan(node))
        names = tuple(node.name for node in nodes)
        started: list[subprocess.Popen[bytes]] = []
        with ThreadPoolExecutor(len(nodes)) as pool:
            do = partial(_node, project, needs, names, asked.seconds, say, started)
            work = [pool.submit(do, node) for node in nodes]
            try:
                wait(work, return_when=FIRST_EXCEPTION)
                ends = [each.result() for each in work if each.done()]
            except BaseException:
                for process in started:  # the others would run to their end
                    process.kill()
                raise
        outcomes = tuple(
            _judged(outcome, needs, old, namespace)
            for outcome, namespace in zip(*zip(*ends, strict=True), strict=True)
        )
    finally:
        if asked.keep is None:
            shutil.rmtree(parent, ignore_errors=True)
    return Rehearsal(outcomes, needs.unproven)


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


def _node(
    project: Project,
    needs: Needs,
    names: Sequence[str],
    seconds: int,
    say: Say,
    started: list[subprocess.Popen[bytes]],
    node: Node,
) -> tuple[Outcome, Namespace]:
    """What one node does, from its start to its end; its first process is added to `started`."""
    runs: list[Run] = []
    known = {**dict(each.split("=", 1) for each in needs.env), **identity(node, project)}
    with running(node, environment(node), started) as namespace:
        if needs.install:
            say(f"{node.name}: {needs.install}")
            more = {**needs.network_env, **known}
            runs.append(
                namespace.run("install", INSTALL, needs.install, seconds * 4, more, network=True)
            )
        say(f"{node.name}: starting the user manager and its workload")
        namespace.start_manager(means.manager())
        workload = _work(namespace, project, needs, names, seconds, known)
        for at, command in enumerate(needs.commands):
            say(f"{node.name}: {command}")
            runs.append(namespace.run(f"command-{at}", command, command, seconds, known))
    runs = [namespace.end(), workload, *runs]
    steps, problems, seen = _told(node, namespace.log("workload"), names)
    return Outcome(node, tuple(runs), steps, seen, (*needs.problems, *problems)), namespace


def _work(
    namespace: Namespace,
    project: Project,
    needs: Needs,
    names: Sequence[str],
    seconds: int,
    known: dict[str, str],
) -> Run:
    """Run the service through the process manager's port."""
    node = namespace.node
    manager, who = (entry(node, project, port) for port in (PROCESS_MANAGER, NODE_IDENTITY))
    folder = node.home / SERVICE
    label = f"{project.config.process.label_prefix or 'fleetmod.'}rehearsal"
    unit, told = folder / f"{label}.service", folder / "identity.json"
    said = folder / "said.log"  # there is no journal
    # a whole path, since the manager's services have a PATH of their own (systemd.exec(5))
    words = (needs.runtime, folder / "serve.mjs", who, told)
    start = " ".join(f'"{each}"' for each in words)
    node.outside(unit).write_text(
        f"[Service]\nExecStart={start}\nWorkingDirectory={node.checkout}\n"
        f"StandardOutput=append:{said}\nStandardError=append:{said}\n"
        "[Install]\nWantedBy=default.target\n"
    )
    os.chown(node.outside(unit), node.uid, node.uid)
    ask = {
        "entry": str(manager),
        "label": label,
        "unit": str(unit),
        "told": str(told),
        "said": str(said),
        "events": str(EVENTS),
        "nodes": list(names),
        "patienceMs": min(seconds * 500, 30_000),
        "wanted": {
            "nodeId": node.name,
            "homeDir": str(node.home),
            "repoRoot": str(node.checkout),
        },
    }
    driver = (needs.runtime, str(folder / "drive.mjs"), json.dumps(ask))
    return namespace.run("workload", WORKLOAD, driver, seconds, known)


def _told(
    node: Node, log: Path, names: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The steps that the workload did, what is wrong with them, and the nodes that it saw."""
    lines = []
    for text in log.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            found = json.loads(text)
        except ValueError:
            continue  # a warning of the runtime's
        if isinstance(found, dict) and "step" in found:
            lines.append(found)
    steps = tuple(str(each["step"]) for each in lines)
    seen = tuple(next((each["seen"] for each in lines if each["step"] == "events"), ()))
    problems = []
    if left := [step for step in STEPS if step not in steps]:
        problems.append(f"the workload did not {' or '.join(left)}")
    if steps and "events" in steps and not set(names) <= set(seen):
        problems.append(f"saw the probe events of {', '.join(seen) or 'no node'} only")
    return steps, tuple(problems), seen


def _judged(outcome: Outcome, needs: Needs, old: Old, namespace: Namespace) -> Outcome:
    """The outcome with what each of its runs reached for."""
    node = outcome.node
    path = namespace.environment["PATH"].split(":")
    links = needs.links(node.checkout)
    mine = replace(old, links={str(node.checkout / link): to for link, to in links.items()})
    runs = tuple(
        replace(run, touches=judge(namespace.traces(run.name), mine, path, node.home))
        for run in outcome.runs
    )
    return replace(outcome, runs=runs)
